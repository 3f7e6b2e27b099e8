import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.scores.landmarks import SLOT_MS, SLOTS, network
from kernels.scores.travel import INPUTS, OUTPUTS, PARAMETERS, WIDTH, step
from tests.naive.geo import distance_m
from tests.naive.travel import Bound, Plate, Sighting

START = 1_794_960_000_000 // (SLOTS * SLOT_MS) * SLOTS * SLOT_MS  # midnight
MINUTE = 60_000
LON, LAT = 115.85, 28.68
KM = 1 / 97.55  # degrees of longitude at that latitude
DEFAULTS = np.array(list(PARAMETERS.values()))
NAN = math.nan

# Nine places in a row, 3 km and 240 s from each other, 150 s at night (the first time of day); both ways alike.
ROW = 9
STEPS = [(a, b) for a in range(ROW) for b in (a - 1, a + 1) if 0 <= b < ROW]
SECONDS = np.array([[150.0 if slot == 0 else 240.0] * len(STEPS) for slot in range(SLOTS)])
BOUNDS, LONGEST, KNOWN = network(ROW, np.array([a for a, _ in STEPS]), np.array([b for _, b in STEPS]), SECONDS)
NOTHING = network(0, *(np.empty(0, np.int64),) * 2, np.empty((SLOTS, 0)))[:2]


class Plates:
    """Some plates in the arrays of the kernel."""

    def __init__(self, count=1, known=(BOUNDS, LONGEST)):
        self.state = np.zeros((count, WIDTH))
        self.network = (*known, np.array([NULL]), np.array([0]))

    def take(self, sightings, **parameters):
        """Take sightings of (row, ms, *inputs); return what is told at each, {} mostly."""
        rows, times = (np.array([each[k] for each in sightings], np.int64) for k in (0, 1))
        inputs = np.array([each[2:] for each in sightings], np.float64).reshape(-1, len(INPUTS))
        law = np.array(list((PARAMETERS | parameters).values()))
        out = np.empty((len(OUTPUTS), len(sightings)))
        step(rows, times, np.ascontiguousarray(inputs.T), self.state, law, self.network, out)
        columns = out.T.tolist()
        return [{name: x for name, x in zip(OUTPUTS, told, strict=True) if not math.isnan(x)} for told in columns]


def at(ms, km=0.0, *, eps=0.0, sure=0.95, place=NAN, row=0):
    """A sighting so many km east."""
    return row, START + ms, LON + km * KM, LAT, eps, sure, place


def told(*sightings, known=NOTHING, **parameters):
    """Return the number of contradictions that is told at each sighting, 0 mostly."""
    return [each.get("contradictions", 0) for each in Plates(known=known).take(sightings, **parameters)]


@st.composite
def histories(draw):
    """A state's sightings: vehicles that drive on, jumps, doubts, missing positions and places."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    steps = [60_000, 150_000, 400_000, 20 * MINUTE, 3 * 60 * MINUTE]
    t, x, sightings = START, float(rng.integers(0, ROW)), []
    vehicles = [float(rng.integers(0, ROW)) for _ in range(3)]
    for _ in range(draw(st.integers(1, 40))):
        t += int(rng.choice(steps) * rng.uniform(0.3, 1.2)) if rng.random() < 0.9 else 0
        which = int(rng.choice(3, p=[0.6, 0.3, 0.1]))
        x = vehicles[which] = float(np.clip(vehicles[which] + rng.integers(-2, 3), 0, ROW - 1))
        lon, lat = (NAN, NAN) if rng.random() < 0.1 else (round(LON + 3 * x * KM, 5), LAT)
        place = NAN if rng.random() < 0.3 else x
        eps = float(rng.choice([0.0, 2.5, 30.0]))
        sightings.append((t, lon, lat, eps, NAN if rng.random() < 0.1 else 0.95, place))
    return sightings


BOUND = Bound([dict(zip(STEPS, each, strict=True)) for each in SECONDS.tolist()], list(range(ROW)))


@settings(max_examples=200)
@given(st.lists(histories(), min_size=1, max_size=2))
def test_plates_are_told_what_their_twins_are_told(plates):
    sightings = sorted(((row, *each) for row, own in enumerate(plates) for each in own), key=lambda each: each[1])
    twins = [Plate(BOUND) for _ in plates]
    for (row, t, lon, lat, eps, _, place), mine in zip(sightings, Plates(len(plates)).take(sightings), strict=True):
        now = Sighting(t, lon, lat, eps, None if math.isnan(place) else int(place))
        assert mine == pytest.approx(twins[row].take(now) or {}, rel=1e-9)


@settings(max_examples=50)
@given(histories(), st.integers(1, 10))
def test_any_cut_into_calls_tells_the_same_bits(history, size):
    sightings = [(0, *each) for each in history]
    whole, parts = Plates(), Plates()
    cut = [each for i in range(0, len(sightings), size) for each in parts.take(sightings[i : i + size])]
    assert whole.take(sightings) == cut
    assert whole.state.tobytes() == parts.state.tobytes()


def test_a_pair_is_told_with_distance_time_and_speed():
    (_, pair) = Plates(known=NOTHING).take([at(0, eps=3), at(100_000, 10, eps=7)])
    away = distance_m(LON, LAT, round(LON + 10 * KM, 5), LAT)
    assert pair["distance_m"] == pytest.approx(away, rel=1e-9)
    assert pair["implied_kmh"] == pytest.approx(away / 110 * 3.6, rel=1e-9)
    assert (pair["elapsed_s"], pair["least_s"]) == (100, pytest.approx(away / 50, rel=1e-9))
    assert pair["contradictions"] == 1 and pair["confidence"] == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize(("seconds", "pairs"), [(199, 1), (201, 0)])
def test_nobody_drives_ten_kilometres_at_more_than_180(seconds, pairs):
    assert told(at(0), at(1000 * seconds, 10)) == [0, pairs]


@pytest.mark.parametrize(("eps", "pairs"), [(49, 1), (51, 0)])
def test_the_doubt_of_both_clocks_is_allowed_for(eps, pairs):
    assert told(at(0, eps=eps), at(100_000, 10, eps=eps)) == [0, pairs]


@pytest.mark.parametrize(("km", "pairs"), [(1.99, 0), (2.01, 1)])
def test_within_two_kilometres_positions_and_clocks_are_not_that_exact(km, pairs):
    assert told(at(0), at(0, km)) == [0, pairs]


@pytest.mark.parametrize(("seconds", "pairs"), [(575, 1), (577, 0)])
def test_a_way_takes_at_least_a_share_of_what_was_learned(seconds, pairs):
    """Four steps of 240 s, by day; at 180 km/h they are 240 s."""
    day = 5 * SLOT_MS
    found = told(at(day, place=2), at(day + 1000 * seconds, 12, place=6), known=(BOUNDS, LONGEST))
    assert found == [0, pairs]


@pytest.mark.parametrize(("seconds", "pairs"), [(298, 1), (302, 0)])
def test_there_may_be_a_straight_way_at_60_that_was_not_learned(seconds, pairs):
    day = 5 * SLOT_MS
    found = told(at(day, place=2), at(day + 1000 * seconds, 5, place=6), known=(BOUNDS, LONGEST))
    assert found == [0, pairs]


def test_what_was_learned_knows_of_clocks_that_nobody_declared():
    """From one place to the other in a second, since the clock of one of them is wrong; at 180 km/h it is a minute."""
    quick = network(2, np.array([0, 1]), np.array([1, 0]), np.full((SLOTS, 2), 1.0))[:2]
    assert told(at(0, place=0), at(2000, 3, place=1), known=quick) == [0, 0]
    assert told(at(0, place=0), at(2000, 3, place=1)) == [0, 1]


@pytest.mark.parametrize(
    ("begin", "pairs"), [(-500_000, 1), (-200_000, 0), (1000, 0), (SLOT_MS - 200_000, 0), (SLOT_MS + 1000, 1)]
)
def test_of_two_times_of_day_the_quicker_one_counts(begin, pairs):
    """Four steps of 150 s from midnight on, of 240 s at other times, take 400 s."""
    assert told(at(begin, place=2), at(begin + 400_000, 12, place=6), known=(BOUNDS, LONGEST)) == [0, pairs]


def test_a_learned_time_of_less_than_a_minute_says_nothing():
    one = network(2, np.array([0, 1]), np.array([1, 0]), np.full((SLOTS, 2), 59.0))[:2]
    assert told(at(0, NAN, place=0), at(0, NAN, place=1), known=one) == [0, 0]
    one = network(2, np.array([0, 1]), np.array([1, 0]), np.full((SLOTS, 2), 60.0))[:2]
    assert told(at(0, NAN, place=0), at(0, NAN, place=1), known=one) == [0, 1]


def test_one_wrong_reading_is_one_contradiction_however_often_the_vehicle_is_seen():
    trip = [at(k * MINUTE, 0.5 * k) for k in range(10)]
    trip.insert(5, at(4 * MINUTE + 30_000, 30))
    assert told(*trip) == [0] * 5 + [1] + [0] * 5


def test_two_vehicles_that_drive_at_the_same_time_are_told_again_and_again():
    both = [at(k * MINUTE, 0.5 * k + (30 if k % 2 else 0)) for k in range(10)]
    assert told(*both) == [0, 1, 0, 2, 0, 3, 0, 4, 0, 4]
    sure = [each["confidence"] for each in Plates(known=NOTHING).take(both) if each]
    assert sure[0] < 0.02 and sure[1] > 0.6 and sure[2] > 0.99


def test_pairs_older_than_a_day_do_not_count():
    def pair(ms):
        return [at(ms), at(ms + MINUTE, 30)]

    day = 24 * 60 * MINUTE
    assert told(*pair(0), *pair(day - MINUTE)) == [0, 1, 0, 2]
    assert told(*pair(0), *pair(day)) == [0, 1, 0, 1]


def test_a_doubtful_reading_and_one_from_nowhere_tell_nothing():
    assert told(at(0), at(MINUTE, 30, sure=0.89), at(2 * MINUTE, 1)) == [0, 0, 0]
    assert told(at(0), (0, START + MINUTE, NAN, NAN, 0, 0.95, NAN), at(2 * MINUTE, 1)) == [0, 0, 0]
    assert told(at(0), at(MINUTE, 30, sure=NAN)) == [0, 1]


def test_doubts_of_many_minutes_and_far_places_are_kept():
    assert told(at(0, eps=1000), at(MINUTE, 30, eps=1e9)) == [0, 0]
    far = network(2, np.array([0, 1]), np.array([1, 0]), np.full((SLOTS, 2), 80_000.0))[:2]
    assert told(at(0, NAN, place=0), at(600 * MINUTE, NAN, place=1), known=far) == [0, 1]
    assert told((0, START, 179.99, 0, 0, 1, NAN), (0, START + MINUTE, -179.99, 0, 0, 1, NAN)) == [0, 0]
