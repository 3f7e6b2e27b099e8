from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.patterns.plan import Aggregate, Threshold, Window
from streams.shard.patterns.episode import EpisodeJudge
from tests.streams.shard.patterns.judged import Judged, Look, brief, compares
from tests.streams.shard.patterns.judged import family_of as made

WINDOW = Window(60_000, "sliding", (Aggregate("avg"), Aggregate("count", parameter=100)))
CRITICAL, MEDIUM = 0, 2


def slow(limit=20.0, hold_ms=None, resolve_after_ms=None):
    """Traffic is slow, and not over before it is twice as fast."""
    return Threshold(WINDOW, compares(0, "<", limit), 1, hold_ms, compares(0, ">=", 2 * limit), resolve_after_ms)


family_of = cache(made)


def judged(*patterns, capacity=16, **more):
    return Judged(EpisodeJudge, family_of(*patterns, **more), capacity)


def look(time, speed, cars=5, **more):
    return Look(time, (speed, cars), **more)


def test_an_alert_tells_of_the_event_at_which_it_opens_and_of_the_one_that_ends_it():
    judge = judged(slow())
    [opened] = judge.take(look(1000, 10, evidence=(3, 4, 7), cause=7))
    assert (opened.name, opened.time, opened.since, opened.n) == ("firing", 1000, 1000, 0)
    assert (opened.evidence, opened.cause, opened.extra) == ((3, 4, 7), 7, (10, 5))
    [ended] = judge.take(look(1500, 30, evidence=(3, 4, 7, 8), cause=8), look(2000, 50, evidence=(4, 8, 9), cause=9))
    assert (ended.name, ended.time, ended.since, ended.n) == ("resolved", 2000, 1000, 1)
    assert (ended.evidence, ended.cause, ended.extra) == ((9,), 9, (50, 5))


def test_what_falls_due_by_time_tells_of_the_last_point_before_it():
    for cut in (True, False):
        judge = judged(slow(hold_ms=5000))
        looks = [look(1000, 10, evidence=(3,), cause=3), look(4000, 12, evidence=(3, 5)), look(9000, 15, cause=9)]
        if cut:
            assert judge.take(*looks[:2]) == []
            [opened] = judge.pass_to(6001)
        else:
            [opened] = judge.take(*looks)
        assert (opened.name, opened.time, opened.since) == ("firing", 6000, 1000)
        assert (opened.extra, opened.evidence, opened.cause) == ((12, 5), (3, 5), -1)


def test_an_end_without_an_event_shows_the_last_one_that_is_known():
    judge = judged(slow())
    judge.take(look(1000, 10, evidence=(3, 7), cause=7), look(1500, 11, evidence=(3, 7, 8), cause=8))
    [ended] = judge.take(look(2000, 50, 0, vacant=True))
    assert (ended.name, ended.evidence, ended.cause) == ("resolved", (8,), -1)
    panes = judged(slow(resolve_after_ms=5000))
    panes.take(look(10_000, 10, evidence=(3, 7)), look(20_000, None, 0, vacant=True))
    [expired] = panes.pass_to(60_000)
    assert (expired.name, expired.time, expired.evidence) == ("expired", 25_000, (7,))
    assert expired.extra == (None, 0)


def test_a_change_of_the_severity_shows_the_events_in_the_window():
    judge = judged(slow(), ladder=compares(0, "<", 8))
    got = judge.take(
        look(1000, 10, evidence=(3,), cause=3),
        look(2000, 5, evidence=(3, 4), cause=4),
        look(3000, None),
        look(4000, 30, evidence=(4, 6)),
    )
    assert [(each.name, each.time, each.severity, each.n, each.evidence) for each in got] == [
        ("firing", 1000, MEDIUM, 0, (3,)),
        ("raised", 2000, CRITICAL, 1, (3, 4)),
        ("lowered", 4000, MEDIUM, 2, (4, 6)),
    ]


def test_without_clear_an_alert_ends_when_its_condition_is_false():
    judge = judged(Threshold(WINDOW, compares(0, "<", 20), 1, hold_ms=1000))
    judge.take(look(1000, 10))
    assert brief(judge.take(look(3000, None), look(4000, 20))) == [("firing", 2000), ("resolved", 4000)]


def test_rules_of_a_family_differ_in_their_limits_and_gaps():
    judge = judged(slow(20), slow(40), cooldowns=(0, 60_000))
    both = [
        Look(at, (speed, 5), key=key, member=key - 1) for at, speed in ((1, 30), (2, 90), (3, 30)) for key in (1, 2)
    ]
    got = judge.take(*both)
    assert [(each.member, each.name, each.time) for each in got] == [(1, "firing", 1), (1, "resolved", 2)]
    assert judge.family.suppressed.tolist() == [0, 1]
    assert [(each.member, each.name, each.time) for each in judge.pass_to(100_000)] == [(1, "firing", 60_002)]


def test_nothing_is_known_while_all_feeds_are_blind():
    judge = judged(Threshold(WINDOW, compares(1, ">=", 20), 1, resolve_after_ms=5000))
    judge.family.surroundings.dark = [(1500, 9000)]
    judge.take(look(1000, 10, 30, cause=1))
    assert judge.take(look(2000, 10, 5), look(3000, 10, 0, vacant=True)) == []
    assert brief(judge.take(look(7500, 10, 5, cause=2))) == [("expired", 7000)]
    judge.family.surroundings.dark = []
    judge.take(look(9000, 10, 30, cause=3))
    assert brief(judge.take(look(9500, 10, 0, vacant=True))) == [("resolved", 9500)]


def test_nothing_is_known_to_hold_still_while_all_feeds_are_blind():
    judge = judged(slow(hold_ms=5000))
    judge.family.surroundings.dark = [(2000, 20_000)]
    judge.take(look(1000, 10))
    assert judge.pass_to(15_000) == []
    assert brief(judge.take(look(21_000, 10))) == [("firing", 21_000)]


def test_nothing_is_looked_for_before_something_can_fall_due():
    judge = judged(slow(hold_ms=5000))
    judge.take(look(1000, 10))
    judge.table.state["episode_dues"][:] = 0  # a sweep would take them all
    assert judge.pass_to(6000) == []


def test_a_full_table_lets_open_alerts_go_last_and_says_so():
    judge = judged(slow(), capacity=16)
    assert len(judge.take(*(look(1000, 10, key=key) for key in range(1, 17)))) == 16
    got = judge.take(look(2000, 50, key=2), look(3000, 10, key=99), look(4000, 10, key=100))
    assert [(each.key, each.name, each.time) for each in got] == [
        (1, "expired", 4000),
        (2, "resolved", 2000),
        (99, "firing", 3000),
        (100, "firing", 4000),
    ]


def test_a_key_is_done_when_its_gap_is_over():
    judge = judged(slow(), cooldowns=(5000,))
    judge.take(look(1000, 10), look(2000, 50))
    row = judge.table.rows(np.array([1]))
    assert [bool(judge.judge.done(judge.table, now)[row][0]) for now in (7000, 7001)] == [False, True]


looks = st.builds(
    look,
    st.integers(1, 60),
    st.sampled_from([5, 10, 15, 30, 50, 50, None]),
    key=st.integers(1, 3),
    replayed=st.sampled_from([False] * 6 + [True]),
)


def numbered(looks):
    """Give looks events: one in hand, an edge, or an empty window."""
    out = []
    for i, each in enumerate(looks):
        kind = (each.time + i) % 4
        event = (
            {"cause": i, "evidence": (i - 1, i)} if kind < 2 else {"evidence": (i,)} if kind == 2 else {"vacant": True}
        )
        out.append(Look(each.time, each.extra, key=each.key, replayed=each.replayed and kind < 2, **event))
    return out


HASTY, PATIENT = slow(resolve_after_ms=9), slow(hold_ms=4, resolve_after_ms=9)
WORSE = compares(0, "<", 8)


@settings(max_examples=150, deadline=None)
@given(st.lists(looks, max_size=30), st.data(), st.sampled_from([None, 4]), st.sampled_from([0, 7]))
def test_any_cut_into_batches_tells_the_same(given, data, hold, gap):
    given = numbered(sorted(given, key=lambda each: each.time))
    pattern = HASTY if hold is None else PATIENT
    whole, pieces = (judged(pattern, cooldowns=(gap,), ladder=WORSE) for _ in range(2))
    wanted = whole.take(*given) + whole.pass_to(100)
    got, start = [], 0
    while start < len(given):
        stop = data.draw(st.integers(start + 1, min(start + 4, len(given))))
        got += pieces.take(*given[start:stop])
        got += pieces.pass_to(given[stop].time if stop < len(given) else 100)
        start = stop
    order = lambda each: (each.key, each.time, each.since, each.n)  # noqa: E731
    assert sorted(got, key=order) == sorted(wanted, key=order)
    assert (pieces.table.state["words"] == whole.table.state["words"]).all()
