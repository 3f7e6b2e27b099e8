import numpy as np
import pytest

from streams.time.watermark import Feed
from tests.streams.small_log import DAY, HEAD, HOUR, MINUTE, Log, T, alerts_of, line, planned, shard_of, told

EXPECTED = "quiet, from: gate, key: person, absence: {for: 1h, expect: elders}, purpose: elder_care"
ONCE_SEEN = "quiet, from: gate, key: person, absence: {for: 1h}, purpose: elder_care"
NOW = [{"person": "p"}]


def test_who_is_never_seen_is_missed_one_silence_after_the_epoch_or_after_its_row():
    log = Log().control("epoch").tick(HOUR + 5)
    rows = [{"person": "p"}, {"person": "q", "since": T + 5}, {"person": "r", "since": T + 6}]
    alerts = alerts_of(planned(EXPECTED), log, elders=rows)
    assert [(a.key["person"], a.time - T, a.since - T) for a in alerts] == [("p", HOUR, 0), ("q", HOUR + 5, 5)]


def test_a_late_sight_before_the_epoch_is_known_is_no_sight_if_it_is_older_than_the_epoch():
    feeds = [Feed("a"), Feed("b")]
    log = Log().events(line(9000, "x", person="q"), line(100, "late", person="p")).control("epoch", 9000)
    alerts = alerts_of(planned(EXPECTED), log.tick(2 * HOUR).tick(2 * HOUR, "b"), feeds=feeds, elders=NOW)
    assert told(alerts) == [("firing", HOUR + 9000, 9000)]
    assert alerts[0].evidence == ()


def test_a_late_sight_before_the_epoch_is_known_counts_if_it_is_younger():
    feeds = [Feed("a"), Feed("b")]
    log = Log().events(line(9000, "x", person="q"), line(100, "late", person="p")).control("epoch", 50)
    alerts = alerts_of(planned(EXPECTED), log.tick(2 * HOUR).tick(2 * HOUR, "b"), feeds=feeds, elders=NOW)
    assert told(alerts) == [("firing", HOUR + 100, 100)]
    assert alerts[0].evidence == ("late",)


def test_without_a_set_a_key_is_awaited_from_its_first_event():
    log = Log().events(line(7, "x", person="p")).tick(HOUR + 6)
    assert alerts_of(planned(ONCE_SEEN), log) == []
    [alert] = alerts_of(planned(ONCE_SEEN), log.tick(HOUR + 7))
    assert (alert.key, alert.evidence) == ({"person": "p"}, ("x",))


def test_a_silence_fires_once_and_again_only_after_it_has_ended():
    log = Log().control("epoch").tick(5 * HOUR).events(line(5 * HOUR, "x", person="p")).tick(6 * HOUR)
    alerts = alerts_of(planned(EXPECTED), log, elders=NOW)
    assert told(alerts) == [("firing", HOUR, 0), ("resolved", 5 * HOUR, 0), ("firing", 6 * HOUR, 5 * HOUR)]
    assert [(a.n, a.alert == alerts[0].alert) for a in alerts] == [(0, True), (1, True), (0, False)]


def test_a_cooldown_longer_than_the_silence_keeps_an_ended_episode_quiet():
    plan = planned(EXPECTED + ", cooldown: 3h")
    log = Log().control("epoch").tick(2 * HOUR).events(line(2 * HOUR, "x", person="p")).tick(5 * HOUR - 1)
    assert [t for t, *_ in told(alerts_of(plan, log, elders=NOW))] == ["firing", "resolved"]
    assert told(alerts_of(plan, log.tick(5 * HOUR), elders=NOW))[-1] == ("firing", 5 * HOUR, 2 * HOUR)


def test_a_cooldown_shorter_than_the_silence_says_nothing_more():
    log = Log().control("epoch").tick(2 * HOUR).events(line(2 * HOUR, "x", person="p")).tick(3 * HOUR)
    assert told(alerts_of(planned(EXPECTED + ", cooldown: 30m"), log, elders=NOW))[-1] == ("firing", 3 * HOUR, 2 * HOUR)


def test_outside_its_calendar_it_waits_for_the_next_opening_and_for_nobody_seen_meanwhile():
    plan = planned(EXPECTED + ", active: night")  # T is 14:00
    log = Log().control("epoch").tick(8 * HOUR - 1)
    assert alerts_of(plan, log, elders=NOW) == []
    assert told(alerts_of(plan, log.tick(8 * HOUR), elders=NOW)) == [("firing", 8 * HOUR, 0)]
    seen = Log().control("epoch").events(line(7 * HOUR + 30 * MINUTE, "x", person="p")).tick(8 * HOUR + 29 * MINUTE)
    assert alerts_of(plan, seen, elders=NOW) == []
    assert told(alerts_of(plan, seen.tick(9 * HOUR), elders=NOW)) == [
        ("firing", 8 * HOUR + 30 * MINUTE, 7 * HOUR + 30 * MINUTE)
    ]


def test_a_calendar_that_never_opens_again_fires_nothing():
    head = HEAD.replace('night: "22:00-06:00"', "fair: [2026-11-23]")
    log = Log().control("epoch").tick(40 * DAY)
    assert alerts_of(planned(EXPECTED + ", active: fair", head=head), log, elders=NOW) == []


def test_a_full_table_forgets_the_key_that_was_silent_longest():
    plan = planned(ONCE_SEEN + ", capacity: 2")
    log = Log().events(*(line(i, f"x{i}", person=f"p{i}") for i in range(4))).tick(2 * HOUR)
    shard = shard_of(plan, log)
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert [alert.key["person"] for alert in alerts] == ["p2", "p3"]
    assert shard.evicted() == {"quiet": 2}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_key_is_awaited_by_exactly_one_shard(count):
    from streams.shard.choose import Slice

    rows = [{"person": f"p{i}"} for i in range(50)]
    log = Log().control("epoch").tick(HOUR)
    alerts = [a for i in range(count) for a in alerts_of(planned(EXPECTED), log, elders=rows, part=Slice(i, count))]
    assert sorted(a.key["person"] for a in alerts) == sorted(row["person"] for row in rows)


def test_what_happens_between_two_steps_happens_at_its_own_instants():
    log = (
        Log()
        .control("epoch")
        .events(line(HOUR + 10, "x", person="p"), line(3 * HOUR, "y", person="p"), line(9 * HOUR, "z", person="q"))
    )
    assert told(alerts_of(planned(EXPECTED), log, elders=NOW)) == [
        ("firing", HOUR, 0),
        ("resolved", HOUR + 10, 0),
        ("firing", 2 * HOUR + 10, HOUR + 10),
        ("resolved", 3 * HOUR, HOUR + 10),
        ("firing", 4 * HOUR, 3 * HOUR),
    ]


def test_state_is_27_bytes_a_key():
    shard = shard_of(planned(EXPECTED), Log(), elders=[{"person": f"p{i}"} for i in range(1000)])
    state = shard._groups[0].ordered[0].state
    assert sum(array.nbytes for array in state.values()) == 27_000
    assert all(isinstance(array, np.ndarray) for array in state.values())


def test_a_late_sight_corrects_an_alert_at_the_watermark_of_its_arrival():
    log = Log().control("epoch").tick(HOUR + 9000).events(line(HOUR - 1, "late", person="p"))
    alerts = alerts_of(planned(EXPECTED), log, elders=NOW)
    assert told(alerts) == [("firing", HOUR, 0), ("corrected", HOUR - 1, 0)]
    assert [alert.order - T for alert in alerts] == [HOUR, HOUR + 9000]


def test_a_restored_shard_misses_a_key_without_another_event():
    log = Log().control("epoch").tick(5)
    shard, other = (shard_of(planned(EXPECTED), log, elders=NOW) for _ in range(2))
    for block in log.blocks:
        shard.step(block)
    other.restore(shard.snapshot())
    [last] = Log().tick(HOUR).blocks
    assert told(other.step(last)) == [("firing", HOUR, 0)]
