import pytest

from events.alert import Alert
from streams.shard.choose import Slice
from tests.streams.small_log import HOUR, MINUTE, Log, alerts_of, line, planned, shard_of

CLONED = (
    "cloned, from: [traffic, gate], when: known(lon) and known(lat), key: plate, window: 2h, cooldown: 1d, "
    "change: distance_m(prev) > 2000 and implied_kmh(prev) > 180, "
    'message: "${plate} ${elapsed(prev)} ${prev.site} ${site}"'
)
NEW = "new, from: gate, key: person, window: 2h, change: first_seen(device), message: '${prev.device}'"
FASTER = (
    "faster, from: traffic, key: plate, window: 10s, change: speed_kmh > prev.speed_kmh, message: '${prev.speed_kmh}'"
)


def passes(at_ms, id, lon=116.0, site="S1", kind="traffic", plate="A1", **more):
    return line(at_ms, id, kind=kind, site=site, plate=plate, lon=lon, lat=39.9, **more)


def drives(at_ms, id, speed=None, **more):
    return line(at_ms, id, kind="traffic", plate="A1", speed_kmh=speed, **more)


def opens(at_ms, id, device, person="p"):
    return line(at_ms, id, device=device, person=person)


def begun():
    """A log that is older than any window."""
    return Log().control("epoch", -24 * HOUR)


def all_of(plan, *lines):
    return alerts_of(plan, begun().events(*lines).control("end", 24 * HOUR))


def test_a_plate_in_two_places_is_told_with_both_of_its_sights():
    (alert,) = all_of(
        planned(CLONED),
        passes(0, "a"),
        passes(MINUTE, "b", lon=116.1, site="S2", kind="gate"),
        passes(HOUR, "c", lon=117),
    )
    assert (alert.evidence, alert.time, alert.key) == (("a", "b"), alert.since, {"plate": "A1"})
    shown = {name: alert.values[name] for name in ("elapsed(prev)", "prev.site", "site")}
    assert shown == {"elapsed(prev)": MINUTE, "prev.site": "S1", "site": "S2"}


def test_the_event_before_is_the_one_before_that_was_selected_in_the_window_of_the_key():
    rows = [
        passes(0, "a"),
        line(1, "b", kind="traffic", plate="A1"),
        passes(2, "c", plate="B2"),
        passes(MINUTE, "d", 117),
    ]
    assert [alert.evidence for alert in all_of(planned(CLONED), *rows)] == [("a", "d")]
    late = passes(2 * HOUR, "d", 117)
    assert all_of(planned(CLONED), rows[0], late) == []


def test_an_unknown_is_no_change():
    plan = planned(FASTER)
    assert all_of(plan, drives(0, "a", 50)) == []
    assert all_of(plan, drives(0, "a"), drives(1, "b", 60), drives(2, "c"), drives(3, "d", 70)) == []
    (alert,) = all_of(plan, drives(0, "a", 50), drives(9_999, "b", 60), drives(19_999, "c", 70))
    assert (alert.evidence, alert.values["prev.speed_kmh"]) == (("a", "b"), 50)


def test_a_value_is_new_to_its_key_until_it_was_seen_in_the_window():
    rows = [
        opens(0, "a", "d1"),
        opens(HOUR, "b", "d1"),
        opens(2 * HOUR, "c", "d2"),
        opens(3 * HOUR - 1, "d", "d1"),
        opens(3 * HOUR - 1, "e", "d1", "q"),
        opens(5 * HOUR - 1, "f", "d1"),
    ]
    told = {alert.evidence[-1]: alert.values["prev.device"] for alert in all_of(planned(NEW), *rows)}
    assert told == {"a": None, "c": "d1", "e": None, "f": None}


def test_before_the_log_is_as_old_as_the_window_nothing_is_told_as_new():
    """Else a city would begin with an alert for each of its people."""
    rows = [
        opens(0, "a", "d1"),
        opens(HOUR, "b", "d1"),
        opens(2 * HOUR - 1, "c", "d2"),
        opens(2 * HOUR, "d", "d3"),
        opens(3 * HOUR, "e", "d1"),
    ]
    plan = planned(NEW)
    log = Log().control("epoch", 0).events(*rows).control("end", 24 * HOUR)
    assert [alert.evidence[-1] for alert in alerts_of(plan, log)] == ["d", "e"]
    either = planned(NEW.replace("first_seen(device)", "first_seen(device) or elapsed(prev) <= 1h"))
    assert [alert.evidence[-1] for alert in alerts_of(either, log)] == ["b", "c", "d", "e"]


def test_a_restored_engine_is_no_cold_start():
    plan = planned(NEW)
    log = (
        Log()
        .control("epoch", 0)
        .events(opens(0, "a", "d1"))
        .events(opens(3 * HOUR, "b", "d2"))
        .control("end", 4 * HOUR)
    )
    before, after = shard_of(plan, log), shard_of(plan, log)
    for block in log.blocks[:2]:
        before.step(block)
    after.restore(before.snapshot())
    assert [alert.evidence[-1] for block in log.blocks[2:] for alert in after.step(block)] == ["b"]


def test_history_is_the_event_before_and_fires_nothing():
    plan = planned(FASTER)
    assert [alert.evidence for alert in all_of(plan, drives(0, "a", 50, replayed=True), drives(1, "b", 60))] == [
        ("a", "b")
    ]
    assert all_of(plan, drives(0, "a", 50), drives(1, "b", 60, replayed=True)) == []


def test_an_event_that_comes_twice_is_one():
    plan = planned("same, from: traffic, key: plate, window: 1m, change: speed_kmh == prev.speed_kmh")
    assert all_of(plan, drives(0, "a", 50), drives(0, "a", 50)) == []


def test_rules_that_differ_in_a_constant_fire_each_by_itself():
    by = "from: traffic, key: plate, window: 1m, change: speed_kmh - prev.speed_kmh > {}"
    plan = planned("a, " + by.format(5), "b, " + by.format(15))
    rows = [drives(0, "x", 50), drives(1, "y", 60), drives(2, "z", 80)]
    assert [(alert.rule, alert.evidence[-1]) for alert in all_of(plan, *rows)] == [("a", "y"), ("a", "z"), ("b", "z")]


@pytest.mark.parametrize("rule", [CLONED, NEW, FASTER])
def test_a_snapshot_between_any_two_blocks_changes_nothing(rule):
    plan = planned(rule)
    log = begun()
    for row in (
        passes(0, "a", speed_kmh=50),
        opens(1000, "b", "d1"),
        passes(2000, "c", 117, speed_kmh=60),
        opens(3000, "d", "d1"),
        opens(4000, "e", "d2"),
        passes(5000, "f", 116, speed_kmh=70),
    ):
        log.events(row)
    log.tick(60_000).control("end", HOUR)
    whole = alerts_of(plan, log)
    assert whole
    for cut in range(len(log.blocks)):
        before, after = shard_of(plan, log), shard_of(plan, log)
        alerts = [alert for block in log.blocks[:cut] for alert in before.step(block)]
        assert after.restore(before.snapshot()) == []
        assert alerts + [alert for block in log.blocks[cut:] for alert in after.step(block)] == whole


def test_each_shard_remembers_the_keys_that_it_holds():
    plan = planned(NEW)
    log = begun().events(*(opens(i, f"e{i}", f"d{i % 2}", f"p{i % 7}") for i in range(60))).control("end", HOUR)
    parts = [alert for index in range(3) for alert in alerts_of(plan, log, part=Slice(index, 3))]
    assert sorted(parts, key=Alert.sort_key) == alerts_of(plan, log)
    assert len(parts) == 14


def test_a_full_memory_of_values_forgets_the_one_seen_longest_ago():
    plan = planned(NEW.replace("window: 2h", "window: 2h, capacity: 1"))
    rows = [opens(i, f"e{i}", f"d{i}") for i in range(5)]
    told = [alert.evidence[-1] for alert in all_of(plan, *rows, opens(10, "f", "d1"), opens(11, "g", "d0"))]
    assert told == ["e0", "e1", "e2", "e3", "e4", "g"]


def test_values_that_had_to_be_forgotten_are_counted():
    plan = planned(NEW.replace("window: 2h", "window: 2h, capacity: 1"))
    log = begun().events(*(opens(i, f"e{i}", f"d{i}") for i in range(7))).control("end", HOUR)
    shard = shard_of(plan, log)
    for block in log.blocks:
        shard.step(block)
    assert shard.evicted() == {"new": 3}  # four values of the one key fit
