import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.scores.visits import BUILDINGS_MAX, INPUTS, OUTPUTS, PARAMETERS, VISITS_MAX, WIDTH, step
from tests.naive.visits import Somebody

MINUTE, HOUR = 60_000, 3_600_000
MIDNIGHT = 1_740_931_200_000  # of a civil day
NOWHERE = math.nan


class People:
    """What is known of some pseudonyms, in the arrays of the kernel."""

    def __init__(self, count=1, **parameters):
        self.state = np.zeros((count, WIDTH))
        self.parameters = np.array(list((PARAMETERS | parameters).values()), np.float64)

    def take(self, sights):
        """Take sights of (row, ms, building); return what is told at each."""
        rows, times = (np.array([sight[k] for sight in sights], np.int64) for k in (0, 1))
        inputs = np.array([[building, hour(t)] for _, t, building in sights]).reshape(-1, len(INPUTS)).T
        out = np.full((len(OUTPUTS), len(sights)), np.nan)
        step(rows, times, np.ascontiguousarray(inputs), self.state, self.parameters, out)
        return [dict(zip(OUTPUTS, told, strict=True)) for told in out.T.tolist()]

    def last(self, sights):
        """Return what is told at the last of sights (ms, building) of one."""
        return self.take([(0, *sight) for sight in sights])[-1]


def hour(t):
    return (t - MIDNIGHT) / HOUR % 24


def at(*hours, building=NOWHERE):
    """Sights at some hours."""
    return [(MIDNIGHT + round(h * HOUR), building) for h in hours]


steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(st.integers(0, 20), st.integers(0, 240), st.sampled_from([5, 30, 1440, 1440 + 30, 5000])),
        st.sampled_from([0, 0, -1, 1]),
        st.sampled_from([NOWHERE, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    ),
    max_size=60,
)
laws = st.sampled_from(
    [
        {},
        {"within_ms": 72 * HOUR},
        {"within_ms": 2 * HOUR, "visit_gap_ms": 20 * MINUTE, "stay_gap_ms": 20 * MINUTE, "night_h": 24},
    ]
)


def sights_of(steps):
    times, sights = [MIDNIGHT] * 3, []
    for row, minutes, extra, building in steps:
        times[row] += max(0, minutes * MINUTE + extra)
        sights.append((row, times[row], building))
    return sights


@given(steps, laws)
def test_visits_are_told_as_if_all_sights_were_kept(steps, law):
    sights = sights_of(steps)
    twins = [Somebody(**law) for _ in range(3)]
    told = People(3, **law).take(sights)
    for (row, t, building), mine in zip(sights, told, strict=True):
        assert mine == twins[row].take(t, building, hour(t))


@given(steps, laws, st.integers(0, 60))
def test_batches_may_be_cut_anywhere_and_people_do_not_meet(steps, law, cut):
    sights = sights_of(steps)
    whole, parts, apart = (People(3, **law) for _ in range(3))
    told = whole.take(sights)
    assert parts.take(sights[:cut]) + parts.take(sights[cut:]) == told
    for row in range(3):
        own = [sight for sight in sights if sight[0] == row]
        assert apart.take(own) == [each for sight, each in zip(sights, told, strict=True) if sight[0] == row]
    assert whole.state.tobytes() == parts.state.tobytes() == apart.state.tobytes()


@pytest.mark.parametrize(("gap_ms", "visits"), [(30 * MINUTE - 1, 1), (30 * MINUTE, 2)])
def test_half_an_hour_out_of_sight_ends_a_visit(gap_ms, visits):
    start = MIDNIGHT + 9 * HOUR
    assert People().last([(start, NOWHERE), (start + gap_ms, NOWHERE)])["visits"] == visits


@pytest.mark.parametrize(("gap_ms", "dwell_s"), [(5 * MINUTE - 1, 299.999), (5 * MINUTE, 0)])
def test_five_minutes_out_of_sight_end_a_stay(gap_ms, dwell_s):
    start = MIDNIGHT + 9 * HOUR
    assert People().last([(start, NOWHERE), (start + gap_ms, NOWHERE)])["dwell_s"] == dwell_s


@pytest.mark.parametrize(("h", "night_visits"), [(4.99, 1), (5, 0), (23.99, 0), (24, 1)])
def test_night_is_from_midnight_to_five(h, night_visits):
    assert People().last(at(h))["night_visits"] == night_visits


def test_a_visit_that_reaches_into_the_night_is_one_of_the_night():
    people = People()
    assert people.last(at(23.5, 23.9))["night_visits"] == 0
    assert people.last(at(24.1))["night_visits"] == 1
    assert people.last(at(30)) == {
        "visits": 2,
        "night_visits": 1,
        "buildings": 0,
        "dwell_s": 0,
        "known_s": 6.5 * 3600,
    }


def test_what_is_a_day_old_does_not_count():
    assert People().last(at(1, 9, 24.9))["visits"] == 3
    assert People().last(at(1, 9, 25))["visits"] == 2
    assert People().last(at(1, 24.9, 25))["visits"] == 1
    assert People().last([*at(1, building=1.0), *at(9, building=2.0), *at(25, building=2.0)])["buildings"] == 1


def test_whoever_was_not_seen_for_a_day_is_somebody_new_and_leaves_nothing_behind():
    known, new = People(), People()
    known.last([*at(1, 2, 3, building=1.0), *at(27, building=2.0)])
    new.last(at(27, building=2.0))
    assert known.state.tobytes() == new.state.tobytes()


def test_more_than_six_visits_are_six_and_more_than_four_buildings_four():
    for n in range(1, 9):
        told = People().last([at(h, building=float(h))[0] for h in range(n)])
        assert told["visits"] == min(n, VISITS_MAX) and told["buildings"] == min(n, BUILDINGS_MAX)


def test_a_building_that_is_entered_again_is_counted_once():
    assert People().last([at(h / 60, building=float(h % 3))[0] for h in range(30)])["buildings"] == 3
