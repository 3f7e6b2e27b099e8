"""Surveys: what a feed's history says of its roads and detectors, as reference sets."""

from pathlib import Path

import orjson
import pytest

from connectors.files import FileSource
from connectors.survey import locate, main, survey
from events.place import Problems
from events.reference import read_set


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CITYNERVE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def feed(folder: Path) -> Path:
    events = [{"time": n, "kind": "flow", "site": "r1", "device": "d1", "speed_kmh": n} for n in range(1, 102)]
    events += [
        {"time": 1, "kind": "flow", "site": "r2", "device": "d2", "speed_kmh": None, "lon": 5.1, "lat": 51.2},
        {"time": 1, "kind": "traffic", "site": "r3", "device": "t1", "speed_kmh": 80},
    ]
    path = folder / "events.ndjson"
    path.write_bytes(b"broken\n\n" + b"\r\n".join(map(orjson.dumps, events)) + b"\n[1]\n")
    return path


def test_free_flow_is_the_85th_percentile_of_a_sites_flow_speeds(tmp_path: Path) -> None:
    found = survey(FileSource(feed(tmp_path), feed="f", number=0, time_max=0))
    assert found.free_kmh() == {"r1": 86.0}


def test_sets_are_written_as_the_rules_declare_them(tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    places.write_text("name,x,y\nd1,115.9,28.7\nelsewhere,1,1\n")
    arguments = [str(feed(tmp_path)), "--reference", str(tmp_path / "sets"), "--places", str(places)]
    assert main([*arguments, "--columns", "name,x,y"]) == 0
    roads, devices = (read_set(tmp_path / "sets" / f"{name}.csv") for name in ("roads", "devices"))
    assert {name: cells.texts() for name, cells in roads.columns.items()} == {
        "site": ["r1"],
        "free_kmh": ["86.0"],
        "class": [None],
    }
    assert [devices.columns[name].texts() for name in ("device", "site", "lon", "lat")] == [
        ["d1", "d2"],
        ["r1", "r2"],
        ["115.9", "5.1"],
        ["28.7", "51.2"],
    ]


def test_what_cannot_be_read_is_told_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing"), "--reference", str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().err
    found = survey(FileSource(feed(tmp_path), feed="f", number=0, time_max=0))
    table = tmp_path / "places.csv"
    table.write_text("lon,lat\n1,2\n")
    with pytest.raises(Problems, match="device"):
        locate(found, table, ("device", "lon", "lat"))


def test_a_feed_that_tells_nothing_writes_no_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gates").write_bytes(b'{"kind":"gate","device":"g"}\n')
    assert main([str(tmp_path / "gates"), "--reference", str(tmp_path / "sets")]) == 1
    assert "no set was written" in capsys.readouterr().err
    assert not (tmp_path / "sets").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")
    assert main([str(feed(tmp_path)), "--reference", str(tmp_path / "taken" / "sets")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CITYNERVE_LANG": "zh"}, "没有这个文件"),
        ({"LANG": "zh_CN.UTF-8"}, "没有这个文件"),
        ({"CITYNERVE_LANG": "en", "LANG": "zh_CN.UTF-8"}, "there is no such file"),
        ({}, "there is no such file"),
    ],
)
def test_the_reader_is_spoken_to_in_one_language(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    says: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main([str(tmp_path / "missing"), "--reference", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert says in told
    assert ("cannot" in told) is not ("无法" in told)


def test_odd_values_of_events_and_tables_are_passed_over(tmp_path: Path) -> None:
    odd = [
        {"kind": "flow", "site": ["r"], "device": {"d": 1}, "speed_kmh": 3},
        {"kind": "flow", "site": 7, "device": 8, "speed_kmh": "fast", "lon": "east", "lat": 1},
        {"kind": "flow", "site": "7", "device": "d", "speed_kmh": True},
        {"kind": "flow", "site": 7, "speed_kmh": 40},
    ]
    (tmp_path / "odd").write_bytes(b"\n".join(map(orjson.dumps, odd)))
    found = survey(FileSource(tmp_path / "odd", feed="f", number=0, time_max=0))
    (tmp_path / "p.csv").write_text("device,lon,lat\n8,east,1\nd,2,3\n")
    locate(found, tmp_path / "p.csv", ("device", "lon", "lat"))
    found.write(tmp_path)
    assert found.free_kmh() == {"7": 40.0}
    assert found.devices == {"8": ("7", None, None), "d": ("7", 2.0, 3.0)}
