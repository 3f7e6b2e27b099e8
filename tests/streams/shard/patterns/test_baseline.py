import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.patterns.episode import IDLE
from rules.patterns.plan import Aggregate, Baseline, Threshold, Window
from streams.shard.patterns.baseline import BaselineJudge, Memory
from tests.naive.baseline import Usual, follow
from tests.naive.episode import Key, Point
from tests.streams.shard.patterns.judged import Judged, Look, brief, compares, family_of

UNCERTAIN = math.sqrt(1 + 1 / 5)  # a mean of the five panes that were taught

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WEEK = 7 * DAY
MONDAY = 1_772_985_600_000  # 2026-03-09 00:00 in Shanghai
COUNT, AVERAGE = 0, 1


def drop(season="day", learn_ms=4 * WEEK, min_samples=3, width=15 * MINUTE, of=COUNT, hold_ms=None, limit=-4.0):
    """Less than usual."""
    window = Window(width, "day" if width == DAY else "tumbling", (Aggregate("count"), Aggregate("avg")))
    return Threshold(
        window, compares(2, "<", limit), 1, hold_ms, baseline=Baseline(season, learn_ms, min_samples, (of,))
    )


def judged(pattern, **more):
    return Judged(BaselineJudge, family_of(pattern, **more))


def pane(end, cars, speed=50.0, key=1):
    return Look(end, (cars, speed), evidence=(end % 1000, end % 1000 + 1), key=key)


def taught(judge, days=5, cars=400.0):
    """Let a key be usual at 8:00, and return when it is the next day."""
    for day in range(days):
        assert judge.take(pane(MONDAY + 8 * HOUR + day * DAY, cars)) == []
    return MONDAY + 8 * HOUR + days * DAY


def test_flow_that_drops_below_the_usual_raises_an_alert_that_tells_both():
    judge = judged(drop())
    at = taught(judge)
    [alert] = judge.take(pane(at, 100.0))
    assert (alert.name, alert.time, alert.since) == ("firing", at, at)
    assert alert.extra == pytest.approx((100.0, 50.0, -15.0 / UNCERTAIN, 400.0))
    assert alert.evidence == (at % 1000, at % 1000 + 1)


def test_nothing_fires_before_a_baseline_is_established():
    judge = judged(drop(min_samples=6))
    at = taught(judge)
    assert judge.take(pane(at, 0.0)) == []


def test_a_pane_without_an_event_is_judged_where_something_is_usual():
    judge = judged(drop())
    at = taught(judge)
    assert judge.pass_to(at) == []
    [alert] = judge.pass_to(at + 1)
    assert (alert.name, alert.time) == ("firing", at)
    assert alert.extra == pytest.approx((0.0, None, -20.0 / UNCERTAIN, 400.0))
    last = at - DAY
    assert alert.evidence == (last % 1000 + 1,)  # the last event that is known of the key
    assert judge.pass_to(at + 1) == []


def test_panes_without_events_are_judged_before_the_next_one_with_events():
    judge = judged(drop())
    at = taught(judge)
    got = judge.take(pane(at + DAY, 400.0))
    assert brief(got) == [("firing", at), ("resolved", at + DAY)]


def test_each_key_is_judged_up_to_its_own_next_pane():
    judge = judged(drop())
    for day in range(3):
        judge.take(*(pane(MONDAY + day * DAY + at, cars, key=2) for at, cars in ((HOUR, 1.0), (2 * HOUR, 400.0))))
    at = MONDAY + 3 * DAY
    got = judge.take(pane(at + 30 * MINUTE, 7.0, key=1), pane(at + 3 * HOUR, 7.0, key=2))
    assert [(each.key, each.name, each.time) for each in got] == [(2, "firing", at + 2 * HOUR)]


def test_an_average_of_no_event_is_unknown_and_no_drop():
    judge = judged(drop(of=AVERAGE))
    at = taught(judge)
    assert judge.pass_to(at + WEEK) == []


def test_a_pane_in_which_all_feeds_were_blind_is_no_drop_and_teaches_nothing():
    judge = judged(drop())
    at = taught(judge)
    before = judge.table.state["slots"].copy()
    judge.family.surroundings.dark = [(at - 30 * MINUTE, at - 14 * MINUTE)]
    assert judge.take(pane(at, 3.0)) == []
    judge.family.surroundings.dark = [(at + DAY - 10 * MINUTE, at + DAY - 9 * MINUTE)]
    assert judge.pass_to(at + DAY + 1) == []
    assert (judge.table.state["slots"] == before).all()
    judge.family.surroundings.dark = [(at + 2 * DAY - HOUR, at + 2 * DAY - 15 * MINUTE)]
    assert brief(judge.pass_to(at + 2 * DAY + 1)) == [("firing", at + 2 * DAY)]


def test_a_drop_is_not_known_to_last_while_all_feeds_are_blind():
    judge = judged(drop(hold_ms=10 * MINUTE))
    at = taught(judge)
    judge.family.surroundings.dark = [(at + MINUTE, at + 14 * MINUTE)]
    judge.take(pane(at, 0.0))
    assert judge.pass_to(at + 14 * MINUTE) == []


def test_an_open_alert_is_judged_at_each_pane():
    judge = judged(drop())
    at = taught(judge)
    judge.take(pane(at, 100.0))
    [ended] = judge.pass_to(at + DAY) or judge.take(pane(at + DAY, 400.0))
    assert (ended.name, ended.time) == ("resolved", at + DAY)


def test_time_that_ends_no_pane_costs_nothing():
    judge = judged(drop())
    at = taught(judge)
    judge.pass_to(at + 1)
    judge.table.state["decided"][:] = 0  # all panes since 1970 would have to be judged
    assert judge.pass_to(at + 15 * MINUTE) == []


def test_a_key_is_done_when_nothing_of_it_is_remembered():
    judge = judged(drop(learn_ms=DAY, min_samples=1))
    judge.take(pane(MONDAY, 5.0))
    row = judge.table.rows(np.array([1]))

    def done(now):
        return bool(judge.judge.done(judge.table, now)[row][0])

    judge.pass_to(MONDAY + DAY + 1)
    assert not done(MONDAY + DAY)
    judge.pass_to(MONDAY + DAY + HOUR)
    assert judge.table.state["phases"][row] == IDLE
    assert done(MONDAY + DAY + HOUR)


def test_a_week_of_quarter_hours_takes_16_kilobytes_a_key():
    memory = Memory(Baseline("week", 4 * WEEK, 3, (0,)), drop().window)
    assert memory.slots == 672
    size = sum(np.dtype(kind).itemsize * int(np.prod(shape)) for kind, shape, _ in memory.columns.values())
    assert 16_100 < size < 16_300


def test_learning_is_as_fast_as_an_average_over_learn():
    def memory(season, width):
        return Memory(Baseline(season, 4 * WEEK, 3, (0,)), drop(width=width).window)

    week = memory("week", 15 * MINUTE)
    assert (week.slot_weight, week.samples_max, week.persist) == (2 / 5, 4, 672)
    assert memory("week", 5 * MINUTE).slot_weight == 2 / 13
    assert memory("none", HOUR).slot_weight == 2 / (28 * 24 + 1)
    assert (memory("day", DAY).slots, memory("day", DAY).slot_weight) == (1, 2 / 29)


@cache
def pattern(season, learn_ms, of, width, hold):
    return drop(season, learn_ms, 2, width, of, hold, limit=-2.0)


made = cache(family_of)


@settings(max_examples=250, deadline=None)
@given(
    st.data(),
    st.sampled_from(["none", "day", "week"]),
    st.sampled_from([12 * HOUR, 3 * DAY]),
    st.sampled_from([COUNT, AVERAGE]),
    st.sampled_from([2 * HOUR, DAY]),
    st.booleans(),
    st.booleans(),
)
def test_keys_have_the_alerts_of_their_twin_for_any_cut(data, season, learn_ms, of, width, holds, gap):
    hold, cooldown = (2 * width if holds else 0), (3 * width if gap else 0)
    usual = Usual(season, learn_ms, 2, width, (1.0 if of == COUNT else None,), "Asia/Shanghai")
    some = st.tuples(
        st.integers(0, 30), st.sampled_from([1, 9, 10, 10, 11, 12]), st.sampled_from([50, 50, 51, 30, None])
    )
    keys = {
        key: {
            MONDAY + number * width: (float(cars), speed and float(speed))
            for number, cars, speed in data.draw(st.lists(some, max_size=25))
        }
        for key in (1, 2)
    }
    judge = Judged(BaselineJudge, made(pattern(season, learn_ms, of, width, hold or None), cooldowns=(cooldown,)))
    taken = sorted((end, key) for key, panes in keys.items() for end in panes)
    got, start, until = [], 0, MONDAY + 50 * width
    while start < len(taken):
        stop = data.draw(st.integers(start + 1, min(start + 6, len(taken))))
        got += judge.take(*(Look(end, keys[key][end], evidence=(1,), key=key) for end, key in taken[start:stop]))
        if stop < len(taken):
            got += judge.pass_to(data.draw(st.integers(taken[stop - 1][0], taken[stop][0])))
        start = stop
    got += judge.pass_to(until)

    def verdict(looked):
        score = looked.compared[0][0]
        truth = None if score is None else score < -2.0
        return Point(looked.end, truth, None if truth is None else not truth)

    for key, panes in keys.items():
        values = {end: (own[of],) for end, own in panes.items()}
        alert = Key(hold, cooldown, None)
        follow(usual, values, (0.0 if of == COUNT else None,), verdict, alert, before=until)
        assert [(t.name, t.time, t.since, t.n) for t in got if t.key == key] == [
            (t.name, t.time, t.since, t.n) for t in alert.out
        ]
