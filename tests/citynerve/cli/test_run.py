import orjson
import pytest

from citynerve.truth import read_truth


def test_a_simulated_city_is_the_same_byte_for_byte_for_a_seed(citynerve, tmp_path):
    for name in ("a", "b"):
        told = citynerve(
            "simulate",
            "--events",
            5000,
            "--seed",
            3,
            "--out",
            tmp_path / name / "events.ndjson",
            "--truth",
            tmp_path / name / "truth.csv",
            "--reference",
            tmp_path / name / "reference",
        )
        assert told.code == 0 and "5,000 events" in told.err
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*"))
            if path.is_file()
        }
        for name in ("a", "b")
    )
    assert first == second and len(first[next(iter(first))]) > 0


def test_events_and_truth_never_go_to_one_file(citynerve, tmp_path):
    one = tmp_path / "city"
    told = citynerve("simulate", "--events", 1000, "--out", one, "--truth", one, "--reference", tmp_path / "r")
    assert told.code == 1 and "two outputs" in told.err and not one.exists()


def test_numbers_that_do_not_go_together_are_explained(citynerve, tmp_path):
    told = citynerve(
        "simulate",
        "--events",
        1000,
        "--communities",
        1913,
        "--out",
        tmp_path / "e",
        "--truth",
        tmp_path / "t",
        "--reference",
        tmp_path / "r",
    )
    assert told.code == 1 and told.err.startswith("error: ") and "fewer communities" in told.err


@pytest.mark.parametrize(("language", "words"), [("en", "alerts besides: 0"), ("zh", "此外的告警 0 条")])
def test_a_run_finds_every_planted_incident_and_nothing_else(citynerve, tmp_path, monkeypatch, language, words):
    monkeypatch.setenv("COLUMNS", "120")
    told = citynerve("--lang", language, "run", "--events", 60_000, "--folder", tmp_path)
    planted = len(read_truth(tmp_path / "truth.csv"))
    assert told.code == 0 and planted > 0
    assert words in told.out and (f"{planted} of {planted}" in told.out or f"{planted} / {planted}" in told.out)
    assert "citynerve replay" in told.out
    alerts = [orjson.loads(line) for line in (tmp_path / "alerts.ndjson").read_bytes().splitlines()]
    assert sum(alert["n"] == 0 for alert in alerts) >= planted
    assert orjson.loads((tmp_path / "summary.json").read_bytes())["events"] > 59_000


def test_what_a_run_left_can_be_replayed_to_the_same_alerts(citynerve, tmp_path):
    citynerve("run", "--events", 20_000, "--folder", tmp_path)
    told = citynerve(
        "replay",
        tmp_path / "events.ndjson",
        "--reference",
        tmp_path / "reference",
        "--alerts",
        tmp_path / "again.ndjson",
    )
    assert told.code == 0
    assert (tmp_path / "again.ndjson").read_bytes() == (tmp_path / "alerts.ndjson").read_bytes()
