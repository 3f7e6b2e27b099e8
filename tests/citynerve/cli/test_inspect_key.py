"""What a snapshot remembers of a key is told rule by rule, with the events behind it."""

import json
import shutil

import orjson
import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import SNAPSHOTS, open_engine
from streams.log.file_log import Retention
from streams.time.watermark import Feed

T = 1_795_500_000_000  # 2026-11-24T14:00:00+08:00
MINUTE = 60_000
RULES = """\
version: 1
timezone: Asia/Shanghai
rules:
- {rule: burst, from: gate, key: device, window: 10m, threshold: count() >= 9, %s}
- {rule: burst_too, from: gate, key: device, window: 10m, threshold: count() >= 3, %s}
- {rule: hot, from: sensor, key: device, window: 10m, threshold: avg(value) > 50, for: 1m, resolve_after: 1d, %s}
- {rule: silent, from: sensor, key: device, absence: {for: 20m}, %s}
- {rule: turned, from: gate, key: [site, device], window: 1h, change: prev.direction != direction, %s}
- {rule: goes, key: site, sequence: [{first: gate, when: direction == 'in'}, {then: gate, when: direction == 'out',
   within: 5m}], %s}
- {rule: at_once, from: gate, key: device, %s}
"""
RULES %= ("severity: high, purpose: operations, title: t, message: m",) * 7


def gate(minute, id, device="g1", direction="in"):
    return {
        "kind": "gate",
        "id": id,
        "time": T + int(minute * MINUTE),
        "site": "S1",
        "device": device,
        "direction": direction,
    }


def sensor(minute, id, value=80):
    return {"kind": "sensor", "id": id, "time": T + int(minute * MINUTE), "site": "S1", "device": "s1", "value": value}


EVENTS = [
    *(sensor(minute, f"h{minute}") for minute in range(13)),
    *(gate(minute, f"e{minute}") for minute in range(1, 13, 3)),
    gate(12.5, "other", "g2", "out"),
    sensor(13, "h13"),
    gate(13, "e13"),
]


@pytest.fixture(scope="module", params=[1, 2])
def engine(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    plan = loads({"rules.yaml": RULES}, Schemas.load(), CityKey()).plan
    opened, _ = open_engine(
        folder,
        Edition.of(plan, References.of(plan, {}, CityKey())),
        [Feed("a", None, 0)],
        CityKey(),
        shards=request.param,
        retention=Retention(headroom_bytes=0),
        clock=lambda: T + 14 * MINUTE,
    )
    opened.recover()
    lines = b"".join(orjson.dumps(each) + b"\n" for each in sorted(EVENTS, key=lambda each: each["time"]))
    opened.take([opened.logs.events.append("a", lines).result()])
    opened.snapshot()
    opened.close()
    return folder


@pytest.fixture
def told(citynerve, engine, monkeypatch):
    monkeypatch.delenv("CITYNERVE_SECRET", raising=False)

    def tell(*arguments, format="json"):
        more = ("--data", engine, "--rules", engine / "rules.yaml", "--format", format)
        found = citynerve("inspect", "key", *arguments, *more)
        assert found.code == 0, found.err
        return {each["rule"]: each for each in json.loads(found.out)["rules"]} if format == "json" else found.out

    return tell


def ids(each):
    return [event["id"] for event in each["events"]]


def test_counts_are_of_the_window_and_bounded_by_what_the_rule_asks(told):
    found = told("gate", "g1")
    assert found["burst"]["count"] == 3 and ids(found["burst"]) == ["e4", "e7", "e10"]
    assert found["burst_too"]["held"] and not found["at_once"]["held"]
    assert found["burst"]["last"] == T + 10 * MINUTE and found["burst"]["reached"] == T + 13 * MINUTE
    assert "turned" not in found  # which has another key


def test_an_open_alert_and_a_last_sight_are_told(told):
    found = told("sensor", "s1")
    assert found["hot"]["open_since"] and found["hot"]["severity"] == "high" and "h12" in ids(found["hot"])
    assert found["silent"]["last_seen"] == T + 12 * MINUTE and ids(found["silent"]) == ["h12"]
    assert found["silent"]["reached"] == T + 13 * MINUTE


def test_a_change_and_a_sequence_tell_of_what_they_wait_for(told):
    found = told("turned", "S1", "g1")["turned"]
    assert found["held"] and ids(found) == ["e10"] and found["last"] == T + 10 * MINUTE
    found = told("goes", "S1")["goes"]  # which `other` has completed
    assert found["held"] and found["chains"] == 0 and found["fired"] == T + 12.5 * MINUTE


def test_people_are_told_with_times_and_ids(told, citynerve, engine):
    out = told("silent", "s1", format="table")
    assert "last seen 2026-11-24 14:12:00" in out and "h12" in out
    out = citynerve(
        "inspect", "key", "hot", "s1", "--data", engine, "--rules", engine / "rules.yaml", "--lang", "zh"
    ).out
    assert "告警持续始于" in out and "级别 高" in out
    assert "nothing of this key" in told("silent", "s9", format="table")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("turned", "g1"), "(site, device)"),
        (("brust", "g1"), "did you mean `burst`?"),
    ],
)
def test_slips_are_told(citynerve, engine, arguments, word):
    told = citynerve("inspect", "key", *arguments, "--data", engine, "--rules", engine / "rules.yaml")
    assert told.code == 1 and word in told.err


def test_a_snapshot_of_other_rules_is_told(citynerve, engine, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES.replace(">= 9", ">= 8"), encoding="utf-8")
    told = citynerve("inspect", "key", "burst", "g1", "--data", engine, "--rules", tmp_path / "rules.yaml")
    assert told.code == 1 and "name its rules with --rules" in told.err


def spoilt(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_damaged_snapshot_gives_way_to_the_one_before_and_is_named(citynerve, engine, tmp_path):
    folder = tmp_path / "engine"
    shutil.copytree(engine, folder)
    asked = ("inspect", "key", "silent", "s1", "--data", folder, "--rules", folder / "rules.yaml")
    newest = max((folder / SNAPSHOTS).glob("shard-000*"))
    position = int(newest.stem.split(".")[1])
    damaged = newest.with_name(newest.name.replace(f"{position:016}", f"{position + 1:016}"))
    shutil.copy(newest, damaged)
    spoilt(damaged)
    told = citynerve(*asked)
    assert told.code == 0 and "last seen" in told.out and f"this is of the one before: {damaged.name}" in told.err
    spoilt(newest)
    told = citynerve(*asked)
    assert told.code == 1 and "no snapshot of shard 0 is sound" in told.err and "--rules" not in told.err


def test_rules_of_another_key_are_named(citynerve, engine):
    told = citynerve("inspect", "key", "gate", "g1", "--data", engine, "--rules", engine / "rules.yaml")
    assert "not shown, of another key: turned (site, device)" in told.err and "turned" not in told.out
