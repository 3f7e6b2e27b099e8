import csv
import json

import pytest

from citynerve.cli.main import run
from streams.learn import travel
from streams.learn.limits import PAIRS_MAX, PASSAGES_MIN

START = 1_780_243_200_000  # midnight in Shanghai


def trips(count, seconds, devices=("a", "b")):
    for number in range(count):
        for s, device in zip((0, seconds), devices, strict=True):
            time = START + 60_000 * number + 1000 * s
            yield json.dumps({"kind": "traffic", "time": time, "plate": f"{devices}{number}", "device": device})


def test_travel_times_are_written_as_a_reference_set(tmp_path, capsys):
    (tmp_path / "june.ndjson").write_text("\n".join(trips(40, 100)))
    out = tmp_path / "sets" / "travel_times.csv"
    assert run(["learn", "travel", str(tmp_path / "june.ndjson"), "--out", str(out), "--lang", "en"]) == 0
    (row,) = csv.DictReader(out.open())
    assert (row["from_device"], row["to_device"], row["passages"]) == ("a", "b", "40")
    assert 100 / 1.1 < float(row["least_s"]) <= 100
    assert row["least_00_s"] == row["least_s"] and row["least_02_s"] == ""
    assert "1 way between neighbours among 2 devices, of 40 passages\n" in capsys.readouterr().err


def test_files_that_overlap_in_time_are_read_side_by_side(tmp_path):
    """Each camera has a file of its own."""
    lines = list(trips(20_000, 30))
    for k, name in enumerate("ab"):
        (tmp_path / f"{name}.ndjson").write_text("\n".join(lines[k::2]))
    names = [str(tmp_path / f"{name}.ndjson") for name in "ab"]
    assert run(["learn", "travel", *names, "--out", str(tmp_path / "out.csv")]) == 0
    rows = {(row["from_device"], row["to_device"]): row for row in csv.DictReader((tmp_path / "out.csv").open())}
    assert rows["a", "b"]["passages"] == "20000"


def test_without_passages_nothing_is_written_and_it_is_said_why(tmp_path, capsys):
    (tmp_path / "few.ndjson").write_text("\n".join(trips(PASSAGES_MIN - 1, 100)))
    out = tmp_path / "out.csv"
    for lang, said in (
        ("en", f"no pair of cameras has {PASSAGES_MIN} passages: 2 devices and {PASSAGES_MIN - 1} passages"),
        ("zh", f"没有任何一对摄像机达到 {PASSAGES_MIN} 次通过"),
    ):
        assert run(["learn", "travel", str(tmp_path / "few.ndjson"), "--out", str(out), "--lang", lang]) == 1
        assert said in capsys.readouterr().err
    assert not out.exists()


def test_an_output_over_an_input_is_refused(tmp_path):
    events = tmp_path / "june.ndjson"
    events.write_text("\n".join(trips(40, 100)))
    assert run(["learn", "travel", str(events), "--out", str(events)]) == 1
    assert events.read_text().startswith('{"kind"')


@pytest.mark.parametrize(
    ("lang", "left_out", "forgotten"),
    [
        ("en", "left out: 2 further pairs", f"pairs of devices were forgotten, since {PAIRS_MAX:,}"),
        ("zh", "另有 2 对设备", f"同时只统计 {PAIRS_MAX:,} 对设备"),
    ],
)
def test_what_the_table_does_not_have_is_told(tmp_path, capsys, monkeypatch, lang, left_out, forgotten):
    pairs = {("a", "b"): 100, ("b", "c"): 100, ("c", "d"): 100, ("a", "c"): 230, ("b", "d"): 230}
    lines = [line for devices, seconds in pairs.items() for line in trips(40, seconds, devices)]
    (tmp_path / "june.ndjson").write_text("\n".join(sorted(lines, key=lambda line: json.loads(line)["time"])))
    command = ["learn", "travel", str(tmp_path / "june.ndjson"), "--out", str(tmp_path / "out.csv"), "--lang", lang]
    assert run(command) == 0
    said = capsys.readouterr().err
    assert left_out in said and forgotten not in said
    monkeypatch.setattr(travel, "PAIRS_MAX", 4)
    assert run(command) == 0
    assert forgotten in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_help_says_how_many_passages_are_enough(capsys, lang):
    assert run(["learn", "travel", "--help", "--lang", lang]) == 0
    assert str(PASSAGES_MIN) in capsys.readouterr().out
