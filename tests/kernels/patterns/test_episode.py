from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.instants import NEVER
from kernels.opcodes import FALSE, TRUE, UNKNOWN
from kernels.patterns.episode import COLUMNS, NO_EXPIRY, OUT_LAST, WORDS, first_due, follow, pass_time, points_before
from tests.naive.episode import Point, Transition, episodes

TRUTHS = {False: FALSE, True: TRUE, None: UNKNOWN}
NAMES = ("firing", "raised", "lowered", "resolved", "expired")


@dataclass
class Episodes:
    """Some keys of rules that differ in their cooldown: that of a key is `cooldowns[row % len(cooldowns)]`."""

    hold: int = 0
    resolve_after: int | None = None
    cooldowns: tuple[int, ...] = (0,)
    count: int = 1
    dark: tuple[tuple[int, int], ...] = ()
    suppressed: list[int] = field(default_factory=list)

    def __post_init__(self):
        rules = len(self.cooldowns)
        self.members = np.arange(self.count) % rules
        self.phases, self.dues = np.zeros(self.count, np.int8), np.full(self.count, NEVER)
        self.keys = np.zeros((self.count, WORDS), np.int64)
        self._suppressed, self._cooldowns = np.zeros(rules, np.int64), np.array(self.cooldowns)

    def take(self, *points):
        """Take (row, point); return (row, transition)."""
        column = lambda of, kind=np.int64: np.array([of(point) for _, point in points], kind)  # noqa: E731
        out = np.empty((2 * len(points), COLUMNS), np.int64)
        found = follow(
            column(lambda p: p.time),
            np.array([row for row, _ in points], np.int64),
            column(lambda p: TRUTHS[p.condition]),
            column(lambda p: TRUTHS[p.clear]),
            column(lambda p: p.severity),
            column(lambda p: p.replayed),
            column(lambda p: p.vacant, np.bool_),
            np.array([-1 if p.vacant else 100 + p.time for _, p in points], np.int64),
            self.hold,
            NO_EXPIRY if self.resolve_after is None else self.resolve_after,
            np.array(self.dark, np.int64).reshape(-1, 2),
            self._cooldowns,
            self._suppressed,
            self.members,
            self.phases,
            self.dues,
            self.keys,
            out,
        )
        self.suppressed = self._suppressed.tolist()
        return self.told(out[:found])

    def pass_to(self, bound):
        out = np.empty((self.count, COLUMNS), np.int64)
        dark = np.array(self.dark, np.int64).reshape(-1, 2)
        found = pass_time(bound, dark, self._cooldowns, self.members, self.phases, self.dues, self.keys, out)
        return self.told(out[:found])

    def told(self, out):
        self.lasts = out[:, OUT_LAST].tolist()
        return [
            (row, Transition(NAMES[kind], time, since, level, n, None if due else point))
            for row, kind, time, since, level, n, point, due, _ in out.tolist()
        ]


def point(time, condition, clear="opposite", **also):
    """A point; without a `clear` of its own the end condition is that the condition is false."""
    opposite = None if condition is None else not condition
    return 0, Point(time, condition, opposite if clear == "opposite" else clear, **also)


def told(transitions):
    return [(t.name, t.time, t.since) for _, t in transitions]


# (condition, clear): what hysteresis gives, and what nobody would write but must not break
verdicts = st.sampled_from(
    [
        (True, False),
        (True, None),
        (False, False),
        (False, True),
        (None, None),
        (False, None),
        (None, True),
        (True, True),
    ]
)
points = st.builds(
    lambda time, verdict, **also: Point(time, *verdict, **also),
    st.integers(1, 40),
    verdicts,
    severity=st.integers(0, 2),
    replayed=st.sampled_from([False] * 7 + [True]),
    vacant=st.sampled_from([False, False, True]),
)


@settings(max_examples=400, deadline=None)
@given(st.data(), st.lists(st.tuples(st.integers(0, 1), points), max_size=30), st.sampled_from([0, 0, 3, 8]))
def test_a_key_has_the_episodes_of_its_twin_for_any_cut_into_batches(data, taken, hold):
    resolve_after = data.draw(st.sampled_from([None, 0, 2, 9]))
    cooldowns = data.draw(st.sampled_from([(0,), (6,), (3, 20)]))
    taken.sort(key=lambda entry: entry[1].time)
    dark = data.draw(st.sampled_from([(), ((5, 9), (20, 31))]))
    keys = Episodes(hold, resolve_after, cooldowns, 2, dark)
    got, start = [], 0
    while start < len(taken):
        stop = data.draw(st.integers(start + 1, len(taken)))
        got += [(row, t) for row, t in keys.take(*taken[start:stop])]
        bound = data.draw(st.integers(0, taken[stop][1].time if stop < len(taken) else 60))
        got += keys.pass_to(bound)
        start = stop
    got += keys.pass_to(60)
    for row in range(2):
        own = [each for of, each in taken if of == row]
        wanted = episodes(
            own,
            hold=hold,
            cooldown=cooldowns[row % len(cooldowns)],
            resolve_after=resolve_after,
            before=60,
            dark=dark,
        )
        forgotten = [Transition(t.name, t.time, t.since, t.severity, t.n, t.point is None) for t in wanted]
        assert [
            Transition(t.name, t.time, t.since, t.severity, t.n, t.point is None) for of, t in got if of == row
        ] == forgotten


@settings(max_examples=100, deadline=None)
@given(st.lists(points, max_size=12), st.sampled_from([0, 3]), st.sampled_from([0, 6]))
def test_no_two_transitions_of_a_key_have_one_name(own, hold, cooldown):
    own.sort(key=lambda each: each.time)
    got = Episodes(hold, 5, (cooldown,)).take(*((0, each) for each in own))
    names = [(t.since, t.n) for _, t in got]
    assert len(set(names)) == len(names)


def test_an_alert_opens_when_its_condition_has_been_true_so_long_though_nothing_comes():
    key = Episodes(hold=10)
    assert key.take(point(5, True)) == []
    assert first_due(key.dues) == 15
    assert key.pass_to(15) == []  # points of that instant may still come
    assert key.pass_to(16) == [(0, Transition("firing", 15, 5, 0, 0, None))]
    assert first_due(key.dues) == NEVER


def test_what_is_false_at_the_very_end_of_for_does_not_fire():
    key = Episodes(hold=10)
    assert key.take(point(5, True), point(15, False)) == []
    assert key.pass_to(100) == []


@pytest.mark.parametrize(("dark", "fires"), [((14, 15), 15), ((15, 16), 40), ((12, 50), 40), ((5, 15), 15)])
def test_in_the_dark_nothing_falls_due_but_what_is_found_to_hold_still_fires_then(dark, fires):
    key = Episodes(hold=10, dark=((1, 2), dark, (60, 70)))
    key.take(point(5, True))
    got = key.pass_to(40) + key.take(point(40, True)) + key.pass_to(100)
    assert told(got) == [("firing", fires, 5)]


def test_for_starts_anew_when_the_condition_was_false():
    key = Episodes(hold=10)
    key.take(point(5, True), point(9, False), point(12, True))
    assert told(key.pass_to(100)) == [("firing", 22, 12)]


def test_unknown_neither_fires_nor_resets_for():
    key = Episodes(hold=10)
    assert key.take(point(5, True), point(9, None)) == []
    assert key.pass_to(40) == []
    assert told(key.take(point(40, True))) == [("firing", 40, 5)]


def test_an_alert_ends_where_its_clear_is_true_and_not_where_its_condition_is_false():
    key = Episodes()
    got = key.take(point(1, True, False), point(2, False, False), point(3, None, None), point(4, False, True))
    assert told(got) == [("firing", 1, 1), ("resolved", 4, 1)]
    assert [t.n for _, t in got] == [0, 1]


def test_what_ends_an_alert_begins_none():
    key = Episodes()
    assert key.take(point(1, True, True)) == []
    key.take(point(2, True, False))
    assert told(key.take(point(3, True, True), point(4, True, True))) == [("resolved", 3, 2)]


def test_a_change_of_the_severity_is_told_while_something_is_known():
    key = Episodes()
    got = key.take(
        point(1, True, False, severity=2),
        point(2, True, False, severity=1),
        point(3, None, None, severity=2),
        point(4, False, False, severity=2),
        point(5, False, True, severity=1),
    )
    assert [(t.name, t.time, t.severity, t.n) for _, t in got] == [
        ("firing", 1, 2, 0),
        ("raised", 2, 1, 1),
        ("lowered", 4, 2, 2),
        ("resolved", 5, 2, 3),
    ]


def test_an_open_alert_of_which_nothing_is_known_for_too_long_expires_at_that_instant():
    key = Episodes(resolve_after=10)
    key.take(point(1, True, False), point(3, None), point(5, None))
    assert told(key.take(point(20, None))) == [("expired", 13, 1)]
    key.take(point(21, True), point(22, None), point(25, True), point(30, None))
    assert told(key.pass_to(100)) == [("expired", 40, 21)]


def test_a_transition_names_the_last_event_that_is_known_of_its_key():
    key = Episodes(resolve_after=10)
    key.take(point(1, True), point(3, True), point(5, False, vacant=True))
    assert key.lasts == [101, 103]
    key.take(point(21, True, vacant=True), point(22, True), point(24, None), point(25, None, vacant=True))
    assert key.lasts == [122]
    key.pass_to(100)
    assert key.lasts == [124]


def test_without_resolve_after_an_alert_stays_open_for_ever():
    key = Episodes()
    key.take(point(1, True), point(2, None))
    assert key.pass_to(NEVER) == []


def test_what_still_holds_when_the_gap_ends_fires_then():
    key = Episodes(cooldowns=(20,))
    assert told(key.take(point(1, True), point(5, False))) == [("firing", 1, 1), ("resolved", 5, 1)]
    assert key.take(point(8, True), point(9, True)) == []
    assert key.suppressed == [2]
    assert told(key.pass_to(100)) == [("firing", 25, 8)]


def test_what_is_worse_than_the_last_alert_breaks_the_gap():
    key = Episodes(cooldowns=(20,))
    key.take(point(1, True, severity=1), point(5, False))
    assert key.take(point(8, True, severity=1)) == []
    assert told(key.take(point(9, True, severity=0))) == [("firing", 9, 8)]


def test_history_ends_an_alert_and_begins_none():
    key = Episodes()
    assert key.take(point(1, True, replayed=True)) == []
    assert key.pass_to(10) == []
    assert told(key.take(point(10, True))) == [("firing", 10, 1)]
    assert told(key.take(point(11, False, replayed=True))) == [("resolved", 11, 1)]


def test_an_empty_window_begins_nothing_but_ends_an_alert():
    key = Episodes()
    assert key.take(point(1, True, vacant=True)) == []
    assert told(key.take(point(2, True), point(3, False, vacant=True))) == [("firing", 2, 2), ("resolved", 3, 2)]
    expired = Episodes(resolve_after=5)
    got = expired.take(point(1, True), point(2, None), point(8, True, vacant=True), point(9, False))
    assert told(got) == [("firing", 1, 1), ("expired", 7, 1)]
    held = Episodes(hold=10)
    held.take(point(1, True), point(4, True, vacant=True))
    assert told(held.pass_to(50)) == [("firing", 11, 1)]


def test_an_alert_that_begins_again_in_the_instant_of_its_beginning_goes_on_numbering():
    key = Episodes()
    got = key.take(point(1, True), point(1, False), point(1, True), point(1, False))
    assert [(t.name, t.n) for _, t in got] == [("firing", 0), ("resolved", 1), ("firing", 2), ("resolved", 3)]
    assert {t.since for _, t in got} == {1}


def test_the_point_before_is_the_last_of_the_same_key():
    rows, out = np.array([0, 1, 0, 2, 0, 1], np.int64), np.empty(4, np.int64)
    points_before(rows, np.array([0, 2, 4, 5], np.int64), out)
    assert out.tolist() == [-1, 0, 2, 1]


@pytest.mark.parametrize("bound", [10, 11])
def test_only_what_is_due_before_the_bound_happens(bound):
    keys = Episodes(hold=5, count=2)
    keys.take(point(5, True))
    assert len(keys.pass_to(bound)) == bound - 10
