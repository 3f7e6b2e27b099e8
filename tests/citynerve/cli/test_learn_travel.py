import csv
import json

from citynerve.cli.main import run

START = 1_780_243_200_000  # midnight in Shanghai


def trips(count, seconds, devices=("a", "b")):
    for number in range(count):
        for s, device in zip((0, seconds), devices, strict=True):
            time = START + 60_000 * number + 1000 * s
            yield json.dumps({"kind": "traffic", "time": time, "plate": f"p{number}", "device": device})


def test_travel_times_are_written_as_a_reference_set(tmp_path, capsys):
    (tmp_path / "june.ndjson").write_text("\n".join(trips(40, 100)))
    out = tmp_path / "sets" / "travel_times.csv"
    assert run(["learn", "travel", str(tmp_path / "june.ndjson"), "--out", str(out), "--lang", "en"]) == 0
    (row,) = csv.DictReader(out.open())
    assert (row["from_device"], row["to_device"], row["passages"]) == ("a", "b", "40")
    assert 100 / 1.1 < float(row["least_s"]) <= 100
    assert row["least_00_s"] == row["least_s"] and row["least_02_s"] == ""
    assert "1 ways between 2 devices, of 40 passages" in capsys.readouterr().err


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
    (tmp_path / "few.ndjson").write_text("\n".join(trips(29, 100)))
    out = tmp_path / "out.csv"
    for lang, said in (
        ("en", "no pair of cameras has 30 passages: 2 devices and 29 passages"),
        ("zh", "没有任何一对摄像机达到 30 次通过"),
    ):
        assert run(["learn", "travel", str(tmp_path / "few.ndjson"), "--out", str(out), "--lang", lang]) == 1
        assert said in capsys.readouterr().err
    assert not out.exists()


def test_an_output_over_an_input_is_refused(tmp_path):
    events = tmp_path / "june.ndjson"
    events.write_text("\n".join(trips(40, 100)))
    assert run(["learn", "travel", str(events), "--out", str(events)]) == 1
    assert events.read_text().startswith('{"kind"')
