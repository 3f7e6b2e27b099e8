"""Stories with a known end, so that the twin which everything is compared with is itself known to be right."""

from zoneinfo import ZoneInfo

import orjson
import pytest

from events.block import End, Epoch, Events, FeedEnd, Tick
from tests.naive.engine import City, run
from tests.naive.panes import pane_end
from tests.naive.rule import Absence, Rule, Threshold
from tests.naive.time import BEGINNING, Feed, group
from tests.naive.windows import Aggregate, Window

T = 1_795_500_000_000  # 2026-11-24T14:00:00+08:00
MINUTE = 60_000
HOUR = 60 * MINUTE
GATE = frozenset({"gate"})


def event(at_ms, id, **fields):
    return {"kind": "gate", "id": id, "time": T + at_ms, "person": "p", "device": "g", **fields}


def events(*rows, feed="f", received=None):
    return Events.of(b"\n".join(map(orjson.dumps, rows)), feed=feed, received=received)


def end(at_ms):
    return End(0, T + at_ms)


EPOCH = Epoch(0, T)


ONE_FEED = (Feed("f"),)


def city(rule, feeds=ONE_FEED, elders=()):
    return City([rule], {"elders": elders}, feeds, b"secret")


def outcome(log, rule, **kwargs):
    return [(a["transition"], a["time"] - T, a["since"] - T, a["order"] - T) for a in run(log, city(rule, **kwargs))]


def always(scope):
    return True


def counting(length_ms, panes):
    """Two of a person within a window."""
    window = Window(length_ms, panes, (Aggregate("count"),), zone=ZoneInfo("Asia/Shanghai"))
    pattern = Threshold(window, ("count()",), lambda s: s.given["count()"] >= 2)
    return Rule("r", GATE, always, ("person",), pattern, ordered=True)


COUNT = counting(10_000, "sliding")
SILENCE = Rule("r", GATE, always, ("person",), Absence(HOUR, "elders", "since"), ordered=True)
ELDERS = ({"person": "p", "since": None},)


@pytest.mark.parametrize(("second", "fired"), [(9_999, [("firing", 9_999, 9_999, 9_999)]), (10_000, [])])
def test_a_window_is_open_at_its_start(second, fired):
    assert outcome([events(event(0, "a"), event(second, "b")), end(second)], COUNT) == fired


def test_an_event_that_nothing_has_passed_yet_is_not_judged():
    log = [events(event(0, "a"), event(1, "b"), event(2001, "c", person="q"))]
    assert outcome(log, COUNT) == []
    assert outcome([*log, Tick("f", 0, T + 2)], COUNT) == [("firing", 1, 1, 1)]


def test_a_feed_that_has_delivered_nothing_holds_its_group_and_one_that_ended_does_not():
    log = [events(event(0, "a"), event(1, "b"), event(9000, "c"))]
    feeds = (Feed("f"), Feed("slow"))
    assert group(log, feeds, GATE, city(COUNT).schemas).watermark == BEGINNING
    log += [FeedEnd(0, "slow")]
    assert group(log, feeds, GATE, city(COUNT).schemas).watermark == T + 7000


def test_the_same_identity_and_time_counts_once_and_arrival_order_does_not_matter():
    log = [events(event(1, "b"), event(0, "a"), event(0, "a"), event(1, "b")), end(1)]
    [alert] = run(log, city(COUNT))
    assert alert["evidence"] == ["a", "b"]


def test_late_is_judged_by_the_greatest_counted_time_before_it():
    rows = [event(5000, "b"), event(3000, "in"), event(2999, "out")]
    assert [a.late for a in group([events(*rows)], [Feed("f")], GATE, city(COUNT).schemas).arrivals] == [0, 0, 1]
    seen = group([events(*rows, received=T + 4999)], [Feed("f")], GATE, city(COUNT).schemas)
    assert [a.late for a in seen.arrivals] == [0, 0, 0]


def test_who_is_never_seen_is_missed_from_the_epoch_or_the_row_on():
    assert outcome([EPOCH, end(HOUR - 1)], SILENCE, elders=ELDERS) == []
    assert outcome([EPOCH, end(HOUR)], SILENCE, elders=ELDERS) == [("firing", HOUR, 0, HOUR)]
    later = ({"person": "p", "since": T + 5},)
    assert outcome([EPOCH, end(HOUR + 5)], SILENCE, elders=later) == [("firing", HOUR + 5, 5, HOUR + 5)]


def test_an_event_at_the_deadline_comes_too_late_and_ends_the_silence():
    log = [EPOCH, events(event(7, "a"), event(HOUR + 7, "b")), end(HOUR + 7)]
    assert outcome(log, SILENCE, elders=ELDERS) == [
        ("firing", HOUR + 7, 7, HOUR + 7),
        ("resolved", HOUR + 7, 7, HOUR + 7),
    ]


def test_a_late_event_corrects_an_absence_that_was_none():
    log = [EPOCH, Tick("f", 0, T + HOUR + 9), events(event(HOUR - 1, "a")), end(2 * HOUR)]
    assert outcome(log, SILENCE, elders=ELDERS) == [
        ("firing", HOUR, 0, HOUR),
        ("corrected", HOUR - 1, 0, HOUR + 9),
        ("firing", 2 * HOUR - 1, HOUR - 1, 2 * HOUR - 1),
    ]


def test_history_counts_and_resolves_but_fires_nothing():
    log = [events(event(0, "a"), event(1, "b", replayed=True), event(2, "c")), end(2)]
    assert outcome(log, COUNT) == [("firing", 2, 2, 2)]
    log = [EPOCH, events(event(HOUR + 1, "a", replayed=True)), end(HOUR + 1)]
    assert [row[0] for row in outcome(log, SILENCE, elders=ELDERS)] == ["firing", "resolved"]


def test_a_cooldown_is_counted_from_the_firing_and_a_worse_match_breaks_it():
    rule = Rule(
        "r",
        GATE,
        always,
        ("person",),
        None,
        ordered=True,
        cooldown_ms=1000,
        severity=(("high", lambda s: s.event["match_score"] is not None), ("low", None)),
    )
    log = [
        events(
            event(0, "a"),
            event(999, "b"),
            event(1000, "c"),
            event(1001, "d", match_score=1),
            event(1999, "e", match_score=1),
        ),
        end(1999),
    ]
    assert [row[1] for row in outcome(log, rule)] == [0, 1000, 1001]


def test_at_once_fires_late_keyless_and_only_once():
    rule = Rule("r", GATE, always, ("person",))
    log = [Tick("f", 0, T + 9), events(event(3, "a", person=None), event(3, "a", person=None), event(12, "b"))]
    assert outcome(log, rule) == [("firing", 3, 3, 9), ("firing", 12, 12, 12)]


def test_panes_end_on_civil_time():
    shanghai = ZoneInfo("Asia/Shanghai")
    midnight = 1_795_536_000_000  # 2026-11-25T00:00:00+08:00
    assert pane_end(midnight - 1, 24 * HOUR, shanghai) == midnight == pane_end(midnight, 24 * HOUR, shanghai)
    assert pane_end(midnight + 1, 5 * MINUTE, shanghai) == midnight + 5 * MINUTE
    berlin = ZoneInfo("Europe/Berlin")
    spring = 1_774_746_000_000  # 2026-03-29T02:00+01:00, when the clock goes to 03:00
    assert pane_end(spring - HOUR, 24 * HOUR, berlin) == spring + 21 * HOUR


def test_a_pane_is_judged_when_everything_up_to_its_end_has_been_seen():
    rule = counting(MINUTE, "tumbling")
    log = [events(event(1, "a"), event(MINUTE, "b"), event(MINUTE + 1, "c"))]
    assert outcome([*log, Tick("f", 0, T + MINUTE)], rule) == []
    assert outcome([*log, Tick("f", 0, T + MINUTE + 1)], rule) == [("firing", MINUTE, MINUTE, MINUTE)]
    assert outcome([*log, end(MINUTE)], rule) == [("firing", MINUTE, MINUTE, MINUTE)]
