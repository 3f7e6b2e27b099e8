import shlex
import signal
import subprocess
import sys
import time

import orjson
import pytest
from rich.cells import cell_len

from citynerve.truth import read_truth
from dispatch.progress import progress
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader


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


RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [fire]
rules:
- rule: smoke
  title: {zh: 烟雾, en: Smoke}
  purpose: public_safety
  from: sensor
  when: metric == 'smoke'
  key: device
  severity: high
  route: fire
  message: {zh: "${device}", en: "${device}"}
"""


def test_rules_of_ones_own_are_part_of_the_command_that_replays_and_alone_are_measured(citynerve, tmp_path):
    rules = tmp_path / "my rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    told = citynerve("run", "--events", 20_000, "--folder", tmp_path / "city", "--rules", rules)
    assert told.code == 0, told.err
    hint = told.out[told.out.index("citynerve replay") :].replace("\\\n", " ").splitlines()[0]
    words = shlex.split(hint)[1:]
    words[words.index("alerts.ndjson")] = str(tmp_path / "again.ndjson")
    words[words.index("summary.json")] = str(tmp_path / "again.json")
    assert citynerve(*words).code == 0
    assert (tmp_path / "again.ndjson").read_bytes() == (tmp_path / "city" / "alerts.ndjson").read_bytes()
    planted = sum(incident.rule == "smoke" for incident in read_truth(tmp_path / "city" / "truth.csv"))
    assert f" of {planted};" in told.out if planted else "No incident was planted" in told.out


def test_the_topic_that_is_proposed_is_one_of_the_run(citynerve, tmp_path):
    told = citynerve("run", "--events", 5_000, "--folder", tmp_path / "city")
    assert told.code == 0, told.err
    hint = told.out[told.out.index("citynerve tail") :].replace("\\\n", " ").splitlines()[0]
    tailed = citynerve(*shlex.split(hint)[1:])
    assert tailed.code == 0, tailed.err
    assert "dispatch" not in hint or tailed.out


def test_how_to_go_on_fits_80_columns(citynerve, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for language in ("en", "zh"):
        told = citynerve("--lang", language, "run", "--events", 20_000)
        hints = told.out[told.out.index("citynerve replay") - 200 :]
        assert max(map(cell_len, hints.splitlines())) <= 80


def test_rules_with_errors_are_told_before_anything_is_simulated(citynerve, tmp_path):
    told = citynerve("run", "--folder", tmp_path / "city", "--rules", tmp_path / "nowhere.yaml")
    assert told.code == 1 and "nowhere.yaml" in told.err and not (tmp_path / "city").exists()


def test_a_run_takes_its_own_folder_again_and_no_other_that_holds_files(citynerve, tmp_path):
    for _ in range(2):
        assert citynerve("run", "--events", 20_000, "--folder", tmp_path / "city").code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "events.ndjson").write_text("mine")
    told = citynerve("run", "--events", 20_000, "--folder", tmp_path / "mine")
    assert told.code == 1 and "--folder" in told.err
    assert [path.read_text() for path in (tmp_path / "mine").iterdir()] == ["mine"]


def test_a_run_leaves_other_folders_within_its_folder_alone(citynerve, tmp_path):
    (tmp_path / "ndw").mkdir()
    assert citynerve("run", "--events", 20_000, "--folder", tmp_path).code == 0
    (tmp_path / "mine" / "reference").mkdir(parents=True)
    assert citynerve("run", "--events", 20_000, "--folder", tmp_path / "mine").code == 1


def test_a_city_that_goes_on_is_stopped_by_a_signal_and_has_been_dispatched(tmp_path):
    folder = tmp_path / "city"
    command = [sys.executable, "-m", "citynerve", "--lang", "en", "run", "--speed", "600", "--events", "40000"]
    running = subprocess.Popen(
        [*command, "--folder", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    [first] = [running.stdout.readline()]
    time.sleep(2.0)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert first.startswith("2025-03-03 ") and "everything is in" in out
    found = progress(folder / "data" / "desk")
    assert found.position == LogReader(log_folder(folder / "data", "alerts")).end > 0 and found.waiting == 0


def test_two_paces_at_once_are_refused(citynerve, tmp_path):
    told = citynerve("run", "--live", "--speed", 2, "--folder", tmp_path)
    assert told.code == 2 and "leave --speed out" in told.err
