import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.baseline import LEARNED, SAMPLES, WHOLE, compare, first_pane, learn, vacant_before
from kernels.patterns.episode import IDLE, OPEN
from rules.calendar import offsets
from tests.naive.baseline import SEASONS_MS, Key, Usual
from tests.naive.panes import pane_end

MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000
MONDAY = 1_772_985_600_000  # 2026-03-09 00:00 in Shanghai


class Keys:
    """What is usual of some keys, in the arrays of the kernels."""

    def __init__(self, usual, count=1):
        self.usual, aggregates = usual, len(usual.units)
        season = SEASONS_MS[usual.season]
        slots = -(-season // usual.slot_ms) if season else 1
        self.clock = usual.slot_ms, season, *(np.array(array) for array in offsets(usual.timezone))
        self.units = np.array([unit or 0.0 for unit in usual.units])
        self.phases = np.full(count, IDLE, np.int8)
        self.decided, self.lively = np.full(count, NULL), np.full(count, NULL)
        self.judged_from = np.full(count, NULL)
        self.slots, self.wholes = np.zeros((count, slots, aggregates, LEARNED)), np.zeros((count, aggregates, WHOLE))

    def compare(self, *panes):
        """Compare panes of (row, end, values); return for each (z-score, expected) of each aggregate."""
        values, ends, rows = self._columns(panes)
        out = np.empty((2 * len(values), len(panes)))
        usual = self.usual
        compare(
            values,
            ends,
            rows,
            *self.clock,
            usual.learn_ms,
            usual.min_samples,
            self.units,
            self.lively,
            self.slots,
            self.wholes,
            self.judged_from,
            out,
        )
        told = [[None if math.isnan(x) else x for x in column] for column in out.T.tolist()]
        return [list(zip(column[::2], column[1::2], strict=True)) for column in told]

    def learn(self, *panes, vacant=False):
        values, ends, rows = self._columns(panes)
        usual, in_slot = self.usual, self.usual.samples_a_slot
        learn(
            values,
            ends,
            rows,
            np.full(len(panes), vacant),
            self.phases,
            *self.clock,
            usual.learn_ms,
            usual.min_samples,
            self.units,
            min(1.0, 2 / (in_slot + 1)),
            min(1.0, 2 / (usual.learn_ms / usual.pane_ms + 1)),
            max(math.ceil(in_slot), usual.min_samples),
            usual.persist,
            self.decided,
            self.lively,
            self.slots,
            self.wholes,
        )

    def vacant(self, row, before):
        """Return the end of the next pane without an event that is judged."""
        rows, ends = np.empty(1, np.int64), np.empty(1, np.int64)
        usual = self.usual
        found = vacant_before(
            np.array([row]),
            np.array([before]),
            usual.pane_ms,
            *self.clock,
            usual.learn_ms,
            usual.min_samples,
            self.phases,
            self.decided,
            self.lively,
            self.slots,
            rows,
            ends,
        )
        return int(ends[0]) if found else None

    def first_pane(self):
        usual = self.usual
        return int(first_pane(usual.pane_ms, *self.clock[2:], usual.learn_ms, self.decided, self.lively))

    def _columns(self, panes):
        values = np.array([[math.nan if x is None else x for x in values] for _, _, values in panes], np.float64)
        ends, rows = (np.array([pane[i] for pane in panes], np.int64) for i in (1, 0))
        return np.ascontiguousarray(values.T), ends, rows


def usual(season="day", learn_ms=4 * WEEK, min_samples=3, pane_ms=15 * MINUTE, units=(None,), timezone="Asia/Shanghai"):
    return Usual(season, learn_ms, min_samples, pane_ms, units, timezone)


def taught(keys, values, start=MONDAY, step=DAY):
    """Teach one key a value a day, at one time of the day."""
    for i, value in enumerate(values):
        keys.learn((0, start + i * step, (value,)))
    return start + len(values) * step


usuals = st.builds(
    usual,
    st.sampled_from(["none", "day", "week"]),
    st.sampled_from([2 * DAY, 2 * WEEK]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([5 * MINUTE, 7 * MINUTE, 50 * MINUTE, HOUR, DAY]),
    st.sampled_from([(None,), (1.0,), (None, 0.2)]),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]),
)
numbers = st.one_of(st.floats(0, 100), st.integers(0, 3).map(float), st.floats(50, 60), st.none())
# (key, alarm, vacant, values, hours until the next pane)
steps = st.tuples(
    st.integers(0, 1),
    st.sampled_from([False, False, True]),
    st.sampled_from([False] * 5 + [True]),
    st.tuples(numbers, numbers),
    st.sampled_from([1, 1, 1, 2, 6, 24, 24, 24, 7 * 24]),
)
hours = st.sampled_from([0, 0, 0, 0, 1, 1, 24, 24, -24, 60 * 24])


@settings(max_examples=300, deadline=None)
@given(usuals, st.integers(0, 20 * DAY), st.lists(steps, max_size=60))
def test_keys_know_what_their_twin_knows(usual, start, taken):
    keys, twins, zone = Keys(usual, 2), [Key(usual), Key(usual)], ZoneInfo(usual.timezone)
    end = pane_end(MONDAY + start, usual.pane_ms, zone)
    for row, alarm, vacant, some, hours in taken:
        values = some[: len(usual.units)]
        for got, wanted in zip(keys.compare((row, end, values))[0], twins[row].compare(end, values), strict=True):
            for one, other in zip(got, wanted, strict=True):
                assert one == other if None in (one, other) else math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        keys.phases[row] = OPEN if alarm else IDLE
        if twins[row].last_event is not None or not vacant:
            keys.learn((row, end, values), vacant=vacant)
            twins[row].learn(end, values, alarm=alarm, vacant=vacant)
        end = pane_end(end + max(1, hours * HOUR - usual.pane_ms + 1), usual.pane_ms, zone)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([5 * MINUTE, 15 * MINUTE, 40 * MINUTE, 8 * HOUR, DAY]),
    st.sampled_from(["day", "week"]),
    st.lists(st.lists(st.floats(0, 100), min_size=8, max_size=8), min_size=3, max_size=5),
)
def test_slots_near_one_another_vary_alike(pane_ms, season, days):
    """Panes of the same hours around midnight, every day or week: their slots know one another."""
    usual_ = usual(season=season, pane_ms=pane_ms)
    keys, twin = Keys(usual_), Key(usual_)
    for i, values in enumerate(days):
        end = pane_end(MONDAY + i * SEASONS_MS[season] - 4 * pane_ms, pane_ms, ZoneInfo("Asia/Shanghai"))
        for value in values[: 3 if pane_ms == DAY else None]:
            [got], [wanted] = keys.compare((0, end, (value,)))[0], twin.compare(end, (value,))
            assert (got[0] is None) == (wanted[0] is None)
            assert got[0] is None or math.isclose(got[0], wanted[0], rel_tol=1e-9, abs_tol=1e-9)
            keys.learn((0, end, (value,)))
            twin.learn(end, (value,), alarm=False, vacant=False)
            end += pane_ms


@settings(max_examples=50, deadline=None)
@given(usuals, st.integers(0, 20 * DAY), st.lists(st.tuples(st.integers(0, 9), numbers, numbers, hours), max_size=200))
def test_panes_of_one_call_are_told_as_one_by_one(usual, start, taken):
    together, alone, zone = Keys(usual, 10), Keys(usual, 10), ZoneInfo(usual.timezone)
    end, panes = MONDAY + start, []
    for row, one, other, later in taken:
        end = pane_end(end + later * HOUR, usual.pane_ms, zone)
        panes.append((row, end, (one, other)[: len(usual.units)]))
    for first in range(0, len(panes), 80):
        some = panes[first : first + 80]
        assert together.compare(*some) == [alone.compare(pane)[0] for pane in some]
        together.learn(*some)
        for pane in some:
            alone.learn(pane)
    assert [array.tolist() for array in (together.slots, together.wholes, together.lively)] == [
        array.tolist() for array in (alone.slots, alone.wholes, alone.lively)
    ]


def test_the_last_slot_of_a_season_ends_with_it():
    keys = Keys(usual(pane_ms=50 * MINUTE), 3)
    keys.learn((0, MONDAY - MINUTE, (1.0,)), (1, MONDAY, (1.0,)), (2, MONDAY + MINUTE, (1.0,)))
    assert np.argwhere(keys.slots[:, :, 0, SAMPLES]).tolist() == [[0, 28], [1, 28], [2, 0]]


def test_what_is_usual_is_null_before_so_many_samples_of_its_slot():
    keys = Keys(usual())
    at = taught(keys, [100.0, 110.0])
    assert keys.compare((0, at, (500.0,))) == [[(None, None)]]
    at = taught(keys, [90.0], at)
    [[(score, expected)]] = keys.compare((0, at, (100.0,)))
    assert (score, expected) == (pytest.approx(0), pytest.approx(100))
    assert keys.compare((0, at + 15 * MINUTE, (100.0,))) == [[(None, None)]]  # another slot


def test_the_pane_in_hand_is_no_part_of_what_it_is_compared_with():
    keys = Keys(usual())
    at = taught(keys, [100.0, 100.0, 100.0])
    assert keys.compare((0, at, (300.0,)))[0][0][1] == 100.0


def test_a_wild_pane_teaches_little():
    keys = Keys(usual())
    at = taught(keys, [100.0, 104.0, 96.0, 100.0, 104.0, 96.0, 1_000_000.0])
    assert 96 < keys.compare((0, at, (100.0,)))[0][0][1] < 110


def test_an_open_alert_teaches_nothing():
    keys = Keys(usual())
    at = taught(keys, [100.0, 104.0, 96.0])
    before = keys.compare((0, at, (100.0,)))
    keys.phases[0] = OPEN
    at = taught(keys, [0.0] * 5, at)
    assert keys.compare((0, at, (100.0,))) == before


def test_a_level_that_has_shifted_for_long_begins_anew_even_in_alarm():
    keys = Keys(usual("none", learn_ms=40 * MINUTE, pane_ms=MINUTE))  # a quarter of it: 10 panes
    at = taught(keys, [100.0, 104.0, 96.0] * 5, step=MINUTE)
    keys.phases[0] = OPEN
    at = taught(keys, [10.0] * 9, at, MINUTE)
    assert keys.compare((0, at, (10.0,)))[0][0][0] < -3
    at = taught(keys, [10.0] * 2, at, MINUTE)
    assert keys.compare((0, at, (10.0,))) == [[(None, None)]]
    at = taught(keys, [10.0] * 3, at, MINUTE)  # while it is learning it learns in alarm too
    assert keys.compare((0, at, (10.0,))) == [[(0.0, 10.0)]]


def test_an_incident_a_day_is_no_shifted_level():
    keys = Keys(usual("none", learn_ms=4 * DAY, pane_ms=HOUR))  # a quarter of it: 24 panes
    at = taught(keys, [100.0, 104.0, 96.0] * 8, step=HOUR)
    for _ in range(10):
        keys.phases[0] = OPEN
        at = taught(keys, [10.0] * 3, at, HOUR)
        keys.phases[0] = IDLE
        at = taught(keys, [100.0, 104.0, 96.0] * 7, at, HOUR)
    assert keys.compare((0, at, (10.0,)))[0][0][1] == pytest.approx(100, abs=5)


def test_null_teaches_nothing():
    keys = Keys(usual())
    at = taught(keys, [100.0, None, 100.0, None, 100.0, None])
    assert keys.compare((0, at, (100.0,)))[0][0] == (0.0, 100.0)
    assert keys.compare((0, at, (None,)))[0][0] == (None, 100.0)


def test_the_scale_has_a_floor_of_one_event_and_of_the_root_of_those_expected():
    uncertain = math.sqrt(1 + 1 / 3)  # a mean of three
    keys = Keys(usual(units=(1.0,)))
    at = taught(keys, [0.0, 0.0, 0.0])
    assert keys.compare((0, at, (5.0,)))[0][0][0] == pytest.approx(5.0 / uncertain)
    keys = Keys(usual(units=(1.0,)))
    at = taught(keys, [400.0, 400.0, 400.0])
    assert keys.compare((0, at, (300.0,)))[0][0][0] == pytest.approx(-5.0 / uncertain)
    keys = Keys(usual(units=(None,)))
    at = taught(keys, [400.0, 400.0, 400.0])
    assert keys.compare((0, at, (398.0,)))[0][0][0] == pytest.approx(-5.0 / uncertain)


def test_a_series_that_varies_with_its_level_has_few_large_scores_at_noon():
    """Of two weeks of quarter hours with 6 % of noise 16 are beyond 4 where the slot alone tells its scale."""
    rng = np.random.default_rng(1)
    keys, far = Keys(usual(season="week", learn_ms=4 * WEEK)), 0
    for i in range(5 * 7 * 96):
        level = 60 + 400 * (1 - math.cos(2 * math.pi * i / 96))
        pane = (0, MONDAY + (i + 1) * 15 * MINUTE, (level * (1 + 0.06 * rng.standard_normal()),))
        score = keys.compare(pane)[0][0][0]
        far += score is not None and abs(score) > 4
        keys.learn(pane)
    assert far <= 4


def test_slots_follow_civil_time_when_the_clocks_change():
    zone = ZoneInfo("Europe/Berlin")
    keys = Keys(usual(timezone="Europe/Berlin", pane_ms=HOUR))
    for day in (26, 27, 28):
        keys.learn((0, int(datetime(2026, 3, day, 8, tzinfo=zone).timestamp()) * 1000, (50.0,)))
    summer = int(datetime(2026, 3, 29, 8, tzinfo=zone).timestamp()) * 1000
    assert keys.compare((0, summer, (50.0,)))[0][0] == (0.0, 50.0)
    assert keys.compare((0, summer + HOUR, (50.0,)))[0][0] == (None, None)


def test_a_week_has_slots_of_its_own_for_each_day():
    keys = Keys(usual("week"))
    at = taught(keys, [70.0] * 3, step=WEEK)
    assert keys.compare((0, at, (70.0,)))[0][0] == (0.0, 70.0)
    assert keys.compare((0, at + DAY, (70.0,)))[0][0] == (None, None)


def test_a_pane_without_an_event_is_judged_where_something_is_usual():
    keys = Keys(usual())
    at = taught(keys, [100.0] * 3) - DAY  # the last pane that was looked at
    assert keys.first_pane() == at + 15 * MINUTE
    assert keys.vacant(0, at + DAY) is None  # nothing is usual at other times of the day
    assert keys.vacant(0, at + DAY + 1) == at + DAY
    assert keys.vacant(0, at + DAY + 1) is None  # once


def test_a_pane_without_an_event_is_judged_while_an_alert_is_open():
    keys = Keys(usual())
    taught(keys, [100.0])
    assert keys.vacant(0, MONDAY + HOUR) is None
    keys.phases[0] = OPEN
    assert keys.vacant(0, MONDAY + HOUR + 1) == MONDAY + HOUR


def test_a_key_that_is_silent_for_as_long_as_it_learns_is_forgotten():
    keys = Keys(usual(learn_ms=4 * DAY))
    last = taught(keys, [100.0] * 3) - DAY
    for day in range(1, 5):
        assert keys.vacant(0, last + day * DAY + 1) == last + day * DAY
    assert keys.vacant(0, last + 60 * DAY) is None
    assert keys.first_pane() == NEVER
    assert keys.compare((0, last + 8 * DAY, (100.0,))) == [[(None, None)]]
    taught(keys, [50.0] * 3, last + 8 * DAY)
    assert keys.compare((0, last + 11 * DAY, (50.0,))) == [[(0.0, 50.0)]]
