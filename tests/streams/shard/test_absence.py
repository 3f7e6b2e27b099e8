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


def waiting(shard):
    return sum(len(group.buffer) for group in shard._groups)


@pytest.mark.parametrize(("rule", "expected"), [(EXPECTED, [0, 0, 0, 0, 1]), (ONCE_SEEN, [0, 1, 0, 1, 1])])
def test_a_sight_that_only_moves_a_deadline_on_does_not_wait_for_its_place(rule, expected):
    log = Log().control("epoch").events(line(0, "x", person="p")).tick(1)
    log.events(*(line(i, f"x{i}", person="p") for i in (5, 3, 9)), line(4, "y", person="nobody"))
    log.events(line(2 * HOUR, "z", person="p"))
    shard = shard_of(planned(rule), log, elders=NOW)
    waits = []
    for block in log.blocks:
        shard.step(block)
        waits.append(waiting(shard))
    assert waits == expected  # without a set the first sight of a key waits


TIED = [
    line(5, "b", person="p", device="d"),
    line(5, "ab", person="p", device="d"),
    line(5, "b", "camera", person="p", device="d"),
    line(5, "b", person="p", device="e"),
    line(5, "b", person="p"),
]
BY_TWO = "quiet, from: [gate, camera], key: person, absence: {for: 1h, expect: elders}, purpose: elder_care"


@pytest.mark.parametrize("turn", range(len(TIED)))
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("restored", [False, True])
def test_the_evidence_is_the_last_sight_of_its_instant_however_they_arrive(turn, size, restored):
    lines = TIED[turn:] + TIED[:turn]
    log = Log().control("epoch").events(line(1, "x", person="p"))
    for start in range(0, len(lines), size):
        log.events(*lines[start : start + size])
    plan = planned(BY_TWO)
    shard = shard_of(plan, log, elders=[{"person": "p"}])
    for block in log.blocks:
        shard.step(block)
    if restored:
        snapshot, shard = shard.snapshot(), shard_of(plan, log, elders=[{"person": "p"}])
        shard.restore(snapshot)
    [last] = Log().tick(2 * HOUR).blocks
    [alert] = shard.step(last)
    assert alert.evidence == ("b",)
    rule = shard._groups[0].ordered[0]
    assert len(rule._ties) == len(TIED) - 1
    position = next(place for place, text in log.lines.items() if text == TIED[3])
    sights = rule._ties.of(rule._keys(), rule.state["bases"])[0]
    seen = (int(rule.state["seen"][0]), int(rule.state["feeds"][0]))
    assert shard._writer._events.last([seen, *sights]) is shard._writer._events.at(position)


def test_of_equal_sights_of_two_feeds_that_of_the_later_feed_is_the_evidence():
    feeds = [Feed("a"), Feed("b")]
    by_a, by_b = (line(5, "x", person="p", site=site) for site in ("S1", "S2"))
    for first, second in (("a", "b"), ("b", "a")):
        log = Log().control("epoch")
        for feed in (first, second):
            log.events(by_a if feed == "a" else by_b, feed=feed)
        [alert] = alerts_of(planned(EXPECTED), log.tick(2 * HOUR).tick(2 * HOUR, "b"), feeds=feeds, elders=NOW)
        assert (alert.evidence, alert.site) == (("x",), "S2")


def test_sights_of_one_instant_are_forgotten_when_the_key_is_seen_again():
    log = Log().control("epoch")
    for second in range(40):
        log.events(*(line(1000 * second, f"x{i}", person="p") for i in range(500)))
    shard = shard_of(planned(EXPECTED), log, elders=NOW)
    for block in log.blocks:
        shard.step(block)
        assert len(shard._groups[0].ordered[0]._ties) <= 5000
    [last] = Log().tick(2 * HOUR).blocks
    assert [alert.evidence for alert in shard.step(last)] == [("x99",)]


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_a_sight_that_waited_and_one_that_did_not_are_compared_as_well(ids):
    plan = planned("quiet, from: gate, key: person, absence: {for: 1s, expect: elders}, purpose: elder_care")
    log = Log().control("epoch").events(line(1500, ids[0], person="p"), line(700, "x", person="p"))
    log.events(line(1500, ids[1], person="p")).tick(2400).tick(9000)
    [alert] = alerts_of(plan, log, elders=NOW)
    assert (alert.since - T, alert.evidence) == (1500, ("b",))


@pytest.mark.parametrize("sites", [("S1", "S2"), ("S2", "S1")])
def test_of_a_sight_that_comes_again_the_last_line_is_the_evidence(sites):
    log = Log().control("epoch").events(*(line(5, "x", person="p", site=site) for site in sites)).tick(2 * HOUR)
    [alert] = alerts_of(planned(EXPECTED), log, elders=NOW)
    assert alert.site == sites[1]


def test_a_key_that_is_seen_stays_in_a_full_table_though_its_sights_do_not_wait():
    plan = planned(ONCE_SEEN + ", capacity: 2")
    log = Log().events(line(0, "a", person="p"), line(1, "b", person="q")).tick(2)
    log.events(line(3, "c", person="p")).events(line(4, "d", person="r")).tick(2 * HOUR)
    assert [alert.key["person"] for alert in alerts_of(plan, log)] == ["p", "r"]


def test_an_epoch_that_is_read_again_takes_no_sight_back():
    log = Log().control("epoch").events(line(5, "x", person="p")).control("epoch").tick(2 * HOUR)
    assert told(alerts_of(planned(EXPECTED), log, elders=NOW)) == [("firing", HOUR + 5, 5)]
