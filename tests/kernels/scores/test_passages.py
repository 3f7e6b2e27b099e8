import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.scores.landmarks import SLOT_MS, SLOTS
from kernels.scores.passages import (
    BINS,
    COUNT_MAX,
    EDGES,
    LAST,
    LENGTH_MAX_MS,
    consecutive,
    neighbours,
    quickest,
    tally,
)
from tests.naive.travel import shortest

MIDNIGHT = 1_794_960_000_000 // (SLOTS * SLOT_MS) * SLOTS * SLOT_MS
UTC = np.array([NULL]), np.array([0])


def passages(sightings, lasts=None):
    """Return the passages (from, to, time of day, lower end of the bin) of sightings (plate, ms, place)."""
    rows, times, places = (np.array([each[k] for each in sightings], np.int64) for k in range(3))
    lasts = np.full((4, LAST), NULL) if lasts is None else lasts
    out = np.empty((4, len(rows)), np.int64)
    found = consecutive(rows, MIDNIGHT + times, places, lasts, *UTC, out)
    return [(*each[:3], EDGES[each[3]]) for each in out[:, :found].T.tolist()]


def test_a_passage_is_from_where_a_plate_was_seen_to_where_it_is_seen_next():
    found = passages([(0, 0, 5), (1, 1000, 7), (0, 60_000, 6), (0, 61_000, 6), (1, 90_000, 5)])
    assert [each[:2] for each in found] == [(5, 6), (7, 5)]
    assert [length <= s < 1.1 * length for (*_, length), s in zip(found, (60, 89), strict=True)] == [True, True]


def test_sightings_out_of_order_are_a_passage_the_other_way_round():
    assert [each[:2] for each in passages([(0, 60_000, 5), (0, 0, 6), (0, 90_000, 7)])] == [(6, 5), (5, 7)]


def test_what_lies_too_far_apart_is_no_passage():
    assert len(passages([(0, 0, 1), (0, LENGTH_MAX_MS - 1, 2)])) == 1
    assert passages([(0, 0, 1), (0, LENGTH_MAX_MS, 2)]) == []


def test_the_time_of_day_is_that_of_the_begin():
    starts = [SLOT_MS - 1000, SLOT_MS + 1000, 5 * SLOT_MS]
    found = passages([(k, t, p) for k, begin in enumerate(starts) for t, p in ((begin, 0), (begin + 60_000, 1))])
    assert [each[2] for each in found] == [0, 1, 5]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4_000_000), st.integers(0, 4)), max_size=40), st.integers(1, 9)
)
def test_any_cut_finds_the_same(sightings, size):
    lasts = np.full((4, LAST), NULL)
    cut = [each for i in range(0, len(sightings), size) for each in passages(sightings[i : i + size], lasts)]
    assert passages(sightings) == cut


def test_the_quickest_fiftieth_and_one_at_least_is_passed_over():
    counts = np.zeros((3, SLOTS, BINS), np.uint16)
    counts[0, 4, [3, 10, 40]] = 1, 1, 60
    counts[1, 4, [3, 10, 40]] = 2, 98, 900
    counts[2, 0, 20], counts[2, 1, 30] = 30, 29
    times, totals = quickest(counts, 30)
    assert totals.tolist() == [62, 1000, 59]
    assert times[:, 0].tolist() == [EDGES[10], EDGES[10], EDGES[20]]
    assert times[2, 1] == EDGES[20] and np.isnan(times[2, 2]) and times[0, 5] == EDGES[10]


def test_a_full_count_stays_as_it_is():
    counts = np.full((1, SLOTS, BINS), COUNT_MAX, np.uint16)
    tally(*(np.zeros(2, np.int64),) * 3, counts)
    assert counts[0, 0, 0] == COUNT_MAX


@st.composite
def networks(draw):
    places = draw(st.integers(2, 12))
    ends = st.tuples(st.integers(0, places - 1), st.integers(0, places - 1)).filter(lambda pair: pair[0] != pair[1])
    pairs = draw(st.lists(ends, min_size=1, max_size=5 * places, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    return places, pairs, np.floor(rng.uniform(0, draw(st.sampled_from([4.0, 300.0])), (len(pairs), SLOTS)))


@settings(max_examples=60)
@given(networks())
def test_what_is_left_out_changes_no_way(case):
    places, pairs, seconds = case
    starts, ends = (np.array([pair[k] for pair in pairs], np.int64) for k in (0, 1))
    kept = neighbours(places, starts, ends, seconds)
    for slot in range(SLOTS):
        whole = dict(zip(pairs, seconds[:, slot].tolist(), strict=True))
        less = {pair: s for pair, s, stays in zip(pairs, seconds[:, slot].tolist(), kept, strict=True) if stays}
        for place in range(places):
            assert shortest(less, place) == pytest.approx(shortest(whole, place))


def test_of_a_row_of_places_neighbours_are_left():
    pairs = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3)]
    starts, ends = (np.array([pair[k] for pair in pairs], np.int64) for k in (0, 1))
    seconds = np.repeat([[60.0], [60.0], [60.0], [120.0], [119.0], [200.0]], SLOTS, axis=1)
    assert neighbours(4, starts, ends, seconds).tolist() == [True, True, True, False, True, False]
