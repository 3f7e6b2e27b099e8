"""Logs and snapshots are told segment by segment and table by table, damage too."""

import json
import shutil
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.embedded.folder import SNAPSHOTS, log_folder


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder of a run."""
    from citynerve.cli.main import run

    folder = tmp_path_factory.mktemp("ran") / "run"
    assert run(["run", "--events", "20000", "--folder", str(folder)]) == 0
    return folder


def test_each_segment_of_each_log_is_told(citynerve, ran):
    told = citynerve("inspect", "log", "--data", ran, "--format", "json")
    document = json.loads(told.out)
    assert told.code == 0 and set(document["logs"]) >= {"alerts", "late", "dead-letter", "events"}
    (events,) = document["logs"]["events"]
    assert events["until"] >= (ran / "events.ndjson").stat().st_size and events["frames"] > events["controls"] == 2
    assert events["received_first"] <= events["received_last"] and events["damage"] == [] and events["torn"] == 0
    assert document["needed_from"] > 0
    shown = citynerve("inspect", "log", "events", "--data", ran).out.splitlines()
    assert shown[0].startswith("topic\tsegment") and shown[1].endswith("sound") and "needed from" in shown[2]


def test_times_are_those_of_the_city(citynerve, ran, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        document = json.loads(citynerve("inspect", "log", "events", "--data", ran, "--format", "json").out)
        (events,) = document["logs"]["events"]
        here = datetime.fromtimestamp(events["received_first"] / 1000, ZoneInfo("Asia/Shanghai"))
        assert f"\t{here:%Y-%m-%d %H:%M:%S}\t" in citynerve("inspect", "log", "events", "--data", ran).out
        told = citynerve("inspect", "snapshot", "--data", ran).out
        epoch = json.loads(citynerve("inspect", "snapshot", "--data", ran, "--format", "json").out)["snapshots"][-1][
            "epoch"
        ]
        assert f"{datetime.fromtimestamp(epoch / 1000, ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}" in told
    finally:
        monkeypatch.undo()
        time.tzset()


def test_damage_and_a_torn_tail_are_told_apart(citynerve, ran, tmp_path):
    shutil.copytree(ran, tmp_path / "run")
    (path,) = log_folder(tmp_path / "run" / "data", "events").glob("*.log")
    whole = path.read_bytes()
    path.write_bytes(whole + b"CNLFtorn")
    told = citynerve("inspect", "log", "events", "--data", tmp_path / "run")
    assert told.code == 0 and "8 bytes not acknowledged" in told.out
    path.write_bytes(whole[:60] + b"x" + whole[61:])
    told = citynerve("inspect", "log", "events", "--data", tmp_path / "run", "--format", "json")
    (damage,) = json.loads(told.out)["logs"]["events"][0]["damage"]
    assert told.code == 1 and damage["since"] == 0 and damage["until"] > 0
    assert "已损坏" not in citynerve("inspect", "log", "events", "--data", tmp_path / "run").out
    assert "损坏: 0 – " in citynerve("inspect", "log", "events", "--data", tmp_path / "run", "--lang", "zh").out


def test_a_snapshot_is_told_with_its_tables(citynerve, ran):
    told = citynerve("inspect", "snapshot", "--data", ran, "--format", "json")
    newest = json.loads(told.out)["snapshots"][-1]
    assert told.code == 0 and newest["shard"] == [0, 1] and newest["epoch"] and newest["feeds"]
    assert all(table["sound"] for table in newest["tables"])
    assert any(table["name"].startswith("rule/") and table["shape"][0] for table in newest["tables"])
    assert "ruleset" in citynerve("inspect", "snapshot", "--data", ran).out


def test_a_damaged_table_is_named_and_a_damaged_header_told(citynerve, ran, tmp_path):
    path = max((ran / "data" / SNAPSHOTS).glob("*.snapshot"))
    data = bytearray(path.read_bytes())
    tables = json.loads(citynerve("inspect", "snapshot", path, "--format", "json").out)["snapshots"][0]["tables"]
    last = next(table for table in reversed(tables) if table["size"] >= 64)
    sizes = [-(-table["size"] // 64) * 64 for table in tables]
    at = len(data) - sum(sizes[tables.index(last) :])
    data[at] ^= 1
    broken = tmp_path / path.name
    broken.write_bytes(data)
    told = citynerve("inspect", "snapshot", broken, "--format", "json")
    found = json.loads(told.out)["snapshots"][0]["tables"]
    assert told.code == 1 and [table["name"] for table in found if not table["sound"]] == [last["name"]]
    assert "damaged" in citynerve("inspect", "snapshot", broken).out
    broken.write_bytes(b"none")
    told = citynerve("inspect", "snapshot", broken)
    assert told.code == 1 and "not a snapshot" in told.out
