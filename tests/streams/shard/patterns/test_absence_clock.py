"""Absences whose clock is stopped, by `unless` or because nobody could see; keys that are forgotten or must leave."""

import pytest

from streams.shard.choose import Slice
from streams.time.watermark import Feed
from tests.streams.small_log import DAY, HOUR, MINUTE, SECOND, Log, T, alerts_of, line, planned, shard_of, told

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  elders: {key: person, columns: {site: id, name: text, away_until: time, since: time}}
  devices: {key: device, columns: {site: id, person: id, expected_s: number s}}
routes: [desk]
calendars: {night: "22:00-06:00"}
rules:
"""
AWAY = "elders.away_until > now()"
DEAD = "coverage(elders.site) < 0.5"
ELDERS = [{"person": "p", "site": "S1", "away_until": T + 10 * HOUR}, {"person": "q", "site": "S1"}]
DEVICES = [{"device": f"d{i}", "site": "S1", "expected_s": 1200} for i in range(4)]


def missing(unless="", *, silence="48h", expect=", expect: elders", more=""):
    condition = f", unless: '{unless}'" if unless else ""
    return planned(
        f"quiet, from: [gate, sensor], key: person, purpose: elder_care{more}, "
        f"absence: {{for: {silence}{expect}{condition}}}",
        head=HEAD,
    )


def beating(log, until, *devices, every=20 * MINUTE):
    for at in range(0, until, every):
        log.events(*(line(at, f"{device}-{at}", "heartbeat", device=device) for device in devices))
    return log


def test_the_time_of_absence_from_home_does_not_count():
    log = Log().control("epoch").tick(60 * HOUR)
    alerts = alerts_of(missing(AWAY), log, elders=ELDERS)
    assert [(a.key["person"], a.time - T) for a in alerts] == [("q", 48 * HOUR), ("p", 58 * HOUR)]


def test_the_time_that_had_elapsed_before_is_kept():
    log = Log().control("epoch").tick(60 * HOUR)  # T is 14:00; eight hours until the night, and two behind it
    assert told(alerts_of(missing("night", silence="10h"), log, elders=ELDERS[:1])) == [("firing", 18 * HOUR, 0)]


@pytest.mark.parametrize(("alive", "expected"), [(4, [48 * HOUR]), (2, [48 * HOUR]), (1, []), (0, [])])
def test_nobody_is_missed_where_the_devices_that_would_have_seen_are_dead(alive, expected):
    log = beating(Log().control("epoch"), 59 * HOUR, *(f"d{i}" for i in range(alive))).tick(60 * HOUR)
    alerts = alerts_of(missing(DEAD), log, elders=ELDERS[1:], devices=DEVICES)
    assert [alert.time - T for alert in alerts] == expected


def test_devices_that_die_stop_the_clock_when_they_are_missed_and_others_start_it_again():
    log = beating(Log().control("epoch"), 10 * HOUR, "d0", "d1")
    for at in range(20 * HOUR, 60 * HOUR, 20 * MINUTE):
        log.events(line(at + 1, f"x{at}", device="d2"), line(at + 1, f"y{at}", "sensor", device="d3"))
    [alert] = alerts_of(missing(DEAD), log.tick(61 * HOUR), elders=ELDERS[1:], devices=DEVICES)
    last = 10 * HOUR - 20 * MINUTE + HOUR  # three times 20 minutes after the last sign of life
    assert alert.time - T == 48 * HOUR + (20 * HOUR + MINUTE - last)  # they count from the minute behind a sight on


def test_a_coverage_that_nobody_knows_stops_nothing():
    log = Log().control("epoch").tick(60 * HOUR)
    alerts = alerts_of(missing(DEAD), log, elders=[{"person": "p", "site": "S9"}], devices=DEVICES)
    assert [alert.time - T for alert in alerts] == [48 * HOUR]


def test_the_coverage_of_a_place_stands_in_the_texts():
    plan = missing(AWAY, silence="1h", more=", message: '${coverage(elders.site)}'")
    log = beating(Log().control("epoch"), 2 * HOUR, "d0").tick(2 * HOUR)
    [alert] = alerts_of(plan, log, elders=ELDERS[1:], devices=DEVICES)
    assert alert.values == {"coverage(elders.site)": 0.25}


def test_equal_keys_are_judged_once_and_state_is_31_bytes_a_key():
    elders = [{"person": f"p{i}", "site": f"S{i % 3}", "away_until": T + i % 2 * HOUR} for i in range(600)]
    log = Log().control("epoch").tick(MINUTE)
    shard = shard_of(missing(f"{AWAY} or {DEAD}"), log, elders=elders, devices=DEVICES)
    for block in log.blocks:
        shard.step(block)
    rule = shard._groups[0].ordered[0]
    assert len(rule._stops) == 6
    assert sum(array.nbytes for array in rule.state.values()) == 31 * 600


@pytest.mark.parametrize("restored", [False, True])
def test_stops_survive_a_restart_with_other_rows(restored):
    log = Log().control("epoch").tick(5 * HOUR)
    plan, elders = missing(AWAY), [{"person": name, "away_until": T + 10 * HOUR} for name in "pqr"]
    shard = shard_of(plan, log, elders=elders)
    for block in log.blocks:
        shard.step(block)
    if restored:
        snapshot = shard.snapshot()
        elders = [{"person": "n"}, {"person": "q"}, *elders[:1]]
        shard = shard_of(plan, log, elders=elders)
        shard.restore(snapshot)
    [last] = Log().tick(60 * HOUR).blocks
    times = {alert.key["person"]: (alert.time - T) // HOUR for alert in shard.step(last)}
    assert times == ({"n": 48, "q": 48, "p": 58} if restored else {"p": 58, "q": 58, "r": 58})


def test_what_is_long_past_is_forgotten():
    log = Log().control("epoch")
    for hour in range(2000):  # it is stopped half of the time
        log.tick(hour * HOUR + 1).events(line(hour * HOUR + 1, f"x{hour}", person="p", device="d9"))
        log.events(*(line(hour * HOUR + 2, f"{hour}-{i}", "heartbeat", device=f"d{i}") for i in range(4)))
    devices = [{**device, "expected_s": 600} for device in DEVICES]
    shard = shard_of(missing(DEAD, silence="1h"), log, elders=[{"person": "p", "site": "S1"}], devices=devices)
    assert [alert for block in log.blocks for alert in shard.step(block)] == []
    assert len(shard._groups[0].ordered[0]._stops.runs[2]) <= 300


def test_nothing_is_missed_while_nobody_could_see_and_the_clock_goes_on_when_one_of_them_does():
    feeds = [Feed("a"), Feed("b")]
    log = Log().control("epoch").tick(10 * HOUR).tick(10 * HOUR, "b")
    log.tick(100 * HOUR, blind=True).tick(100 * HOUR, "b", blind=True)
    plan = missing()
    assert alerts_of(plan, log, feeds=feeds, elders=ELDERS[:1]) == []
    log.tick(100 * HOUR).tick(101 * HOUR, "b", blind=True).tick(138 * HOUR)
    assert alerts_of(plan, log, feeds=feeds, elders=ELDERS[:1]) == []
    assert told(alerts_of(plan, log.tick(138 * HOUR, "b", blind=True), feeds=feeds, elders=ELDERS[:1])) == [
        ("firing", 138 * HOUR, 0)
    ]


def test_one_dead_feed_never_stops_elder_care():
    feeds = [Feed("a"), Feed("b")]
    log = Log().control("epoch").tick(10 * HOUR).tick(10 * HOUR, "b", blind=True)
    log.tick(100 * HOUR, "b", blind=True).tick(48 * HOUR)
    assert told(alerts_of(missing(), log, feeds=feeds, elders=ELDERS[:1])) == [("firing", 48 * HOUR, 0)]


def test_a_rule_of_which_only_heartbeats_still_come_is_blind():
    feeds = [Feed("a", frozenset({"gate", "sensor"})), Feed("b", frozenset({"heartbeat"}))]
    log = Log().control("epoch").tick(10 * HOUR)
    for at in range(0, 60 * HOUR, 20 * MINUTE):
        log.events(*(line(at, f"d{i}-{at}", "heartbeat", device=f"d{i}") for i in range(4)), feed="b")
    sees = {"feeds": feeds, "elders": ELDERS[1:], "devices": DEVICES}
    assert alerts_of(missing(DEAD), log.tick(60 * HOUR, blind=True).tick(60 * HOUR, "b"), **sees) == []
    log.tick(98 * HOUR - 1).tick(98 * HOUR, "b").tick(98 * HOUR)
    assert told(alerts_of(missing(), log, **sees)) == [("firing", 98 * HOUR, 0)]  # 50 of them in the dark


def test_what_comes_after_the_return_of_a_feed_is_late_and_may_end_an_absence():
    log = Log().control("epoch").tick(50 * HOUR).tick(60 * HOUR, blind=True)
    log.events(line(55 * HOUR, "late", person="p")).tick(60 * HOUR + SECOND)
    assert told(alerts_of(missing(), log, elders=ELDERS[:1])) == [("firing", 48 * HOUR, 0), ("resolved", 55 * HOUR, 0)]
    alerts = alerts_of(missing(), log.tick(60 * HOUR + 48 * HOUR), elders=ELDERS[:1])
    assert told(alerts)[2:] == [("firing", 108 * HOUR, 55 * HOUR)]  # what was left of the blind time did not count


def test_a_gap_that_ends_in_the_dark_lets_nothing_fire_before_somebody_sees():
    plan = missing(silence="1h", more=", cooldown: 5h")
    log = Log().control("epoch").events(line(2 * HOUR, "x", person="p")).tick(6 * HOUR)
    for hour in (7, 8, 9):
        log.tick(hour * HOUR, blind=True)
    assert [t for t, *_ in told(alerts_of(plan, log, elders=ELDERS[:1]))] == ["firing", "resolved"]
    assert told(alerts_of(plan, log.tick(9 * HOUR + 1), elders=ELDERS[:1]))[2:] == [("firing", 9 * HOUR, 2 * HOUR)]


FORGETFUL = {"silence": "1h", "expect": ", forget: 3h"}


def test_a_key_that_is_silent_for_too_long_is_forgotten_and_known_anew_when_it_is_seen():
    log = Log().events(line(0, "x", person="p")).tick(3 * HOUR).events(line(9 * HOUR, "y", person="p"))
    alerts = alerts_of(missing(**FORGETFUL), log.tick(10 * HOUR))
    assert told(alerts) == [("firing", HOUR, 0), ("expired", 3 * HOUR, 0), ("firing", 10 * HOUR, 9 * HOUR)]
    assert [alert.n for alert in alerts] == [0, 1, 0]
    assert [alert.key for alert in alerts] == [{"person": "p"}] * 3
    assert [alert.evidence for alert in alerts] == [("x",), ("x",), ("y",)]
    assert alerts[1].severity == alerts[0].severity


def test_what_is_late_makes_nobody_known():
    log = Log().tick(9 * HOUR).events(line(HOUR, "x", person="p")).tick(20 * HOUR)
    assert alerts_of(missing(silence="1h", expect=""), log) == []


def test_the_state_of_forgotten_keys_is_used_again():
    plan = missing(**FORGETFUL, more=", capacity: 256")
    log = Log()
    for day in range(8):
        log.events(*(line(day * DAY + i, f"{day}-{i}", person=f"p{day}-{i}") for i in range(200))).tick(
            day * DAY + HOUR
        )
    shard = shard_of(plan, log)
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert shard.evicted() == {}
    assert [alert.transition for alert in alerts].count("expired") == 7 * 200


def test_a_full_table_gives_up_keys_without_an_episode_first_and_never_an_episode_without_a_word():
    plan = missing(silence="1h", expect="", more=", capacity: 3")
    log = Log().events(line(0, "a", person="a"), line(1, "b", person="b")).tick(2 * HOUR)
    log.events(line(2 * HOUR, "c", person="c")).tick(2 * HOUR + 1)
    log.events(line(2 * HOUR + 2, "d", person="d")).tick(2 * HOUR + 3)  # c has to go, the youngest, but without episode
    log.events(line(4 * HOUR, "e", person="e")).tick(4 * HOUR + 1)  # d's is open by then: a goes, the oldest
    shard = shard_of(plan, log)
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert [(a.transition, a.key["person"], a.time - T) for a in alerts] == [
        ("firing", "a", HOUR),
        ("firing", "b", HOUR + 1),
        ("firing", "d", 3 * HOUR + 2),
        ("expired", "a", 4 * HOUR),
    ]
    assert shard.evicted() == {"quiet": 2}


@pytest.mark.parametrize("count", [1, 3])
def test_keys_that_appear_are_judged_with_those_of_their_kind_in_every_shard(count):
    elders = [{"person": f"p{i}", "site": "S1", "away_until": T + i % 3 * 20 * MINUTE} for i in range(20)]
    log = Log().control("epoch")
    for i in range(20):
        log.events(line(i * 41 * SECOND, f"x{i}", person=f"p{i}")).tick(i * 41 * SECOND + 1)
    log.tick(5 * HOUR)
    plan = missing(AWAY, silence="1h", expect="")
    found = {}
    for index in range(count):
        for alert in alerts_of(plan, log, elders=elders, part=Slice(index, count)):
            found[alert.key["person"]] = alert.time - alert.since - HOUR
    for i in range(20):
        seen, back = i * 41 * SECOND, i % 3 * 20 * MINUTE
        assert found[f"p{i}"] == max(0, back - seen)
