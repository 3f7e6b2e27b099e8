import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.compile import kernel
from kernels.scores.landmarks import LINE, SLOTS, excess, network
from tests.naive.travel import shortest


@kernel("int64(uint16[:, ::1], int64, int64)")
def bound(bounds, place, other):
    return excess(bounds, other, place)


@st.composite
def networks(draw):
    """How many places there are, and the steps between them with their seconds at each time of day."""
    places = draw(st.integers(1, 30))
    ends = st.tuples(st.integers(0, places - 1), st.integers(0, places - 1))
    pairs = draw(st.lists(ends, max_size=4 * places, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    seconds = rng.uniform(0, draw(st.sampled_from([5.0, 300.0, 40_000.0])), (SLOTS, len(pairs)))
    return places, pairs, seconds


def made(places, pairs, seconds):
    starts, ends = (np.array([pair[k] for pair in pairs], np.int64) for k in (0, 1))
    return network(places, starts, ends, seconds)


@settings(max_examples=60)
@given(networks())
def test_no_way_is_shorter_than_its_bound(case):
    places, pairs, seconds = case
    bounds, longest, known = made(*case)
    for slot in (0, SLOTS - 1):
        steps = dict(zip(pairs, seconds[slot].tolist(), strict=True))
        for place in np.flatnonzero(known):
            ways = shortest(steps, place)
            for other in np.flatnonzero(known):
                least = bound(bounds, slot * places + place, slot * places + other)
                assert least <= longest
                assert least < ways[other] + 1  # both times are cut to seconds


def test_on_a_line_with_landmarks_at_its_ends_bounds_are_the_ways():
    places = 40
    ahead = np.arange(places - 1)
    starts, ends = np.concatenate([ahead, ahead + 1]), np.concatenate([ahead + 1, ahead])
    bounds, longest, known = network(places, starts, ends, np.full((SLOTS, len(starts)), 60.0))
    assert known.all() and longest == 39 * 60
    assert [bound(bounds, 7, other) for other in (0, 7, 8, 39)] == [420, 0, 60, 32 * 60]


def test_places_that_have_no_way_back_are_unknown():
    bounds, _, known = made(4, [(0, 1), (1, 0), (1, 2)], np.full((SLOTS, 3), 100.0))
    assert known.tolist() == [True, True, False, False]
    assert bound(bounds, 0, 1) == 100
    assert bounds.ctypes.data % 64 == 0


def test_without_steps_nothing_is_known():
    bounds, longest, known = made(3, [], np.zeros((SLOTS, 0)))
    assert (bounds.shape, longest, known.any()) == ((3 * SLOTS, LINE), 0.0, False)


def test_a_wrong_clock_is_a_part_of_the_bounds_to_its_camera_and_of_those_from_it():
    rng = np.random.default_rng(3)
    n = 12
    cells = np.arange(n * n).reshape(n, n)
    there = [(a, b) for a in cells.ravel().tolist() for b in (a + 1, a + n) if b < n * n and (b % n or b == a + n)]
    pairs = [*there, *((b, a) for a, b in there)]
    seconds = np.tile(rng.uniform(100, 200, len(pairs)), (SLOTS, 1))
    slow = cells[5, 5]
    skew = np.array([90.0 * (b == slow) - 90.0 * (a == slow) for a, b in pairs])
    right, wrong = made(n * n, pairs, seconds)[0], made(n * n, pairs, seconds + skew)[0]
    others = [p for p in range(n * n) if p != slow]
    to = [bound(wrong, p, slow) - bound(right, p, slow) for p in others]
    back = [bound(wrong, slow, p) - bound(right, slow, p) for p in others]
    assert np.median(to) == 90 and np.median(back) == -90
