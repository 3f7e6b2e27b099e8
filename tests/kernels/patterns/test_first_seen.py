import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.patterns.first_seen import first_seen
from tests.naive.change import is_new

WINDOW = 10


def new(seen, *events, known_from=int(NULL)):
    """Take events of (time, row of key and value); return whether the value of each is new, None: unknown."""
    times, rows = (np.array([event[i] for event in events], np.int64) for i in (0, 1))
    out = np.empty(len(events))
    first_seen(times, rows, WINDOW, np.full(len(events), known_from), seen, out)
    return [None if math.isnan(value) else value == 1.0 for value in out.tolist()]


def never():
    return np.full(3, NULL)


def test_a_value_is_new_until_it_was_seen_and_again_when_its_window_is_over():
    assert new(never(), (0, 0), (1, 0), (1, 1), (11, 1)) == [True, False, True, True]


def test_each_sight_renews_it():
    assert new(never(), (0, 0), (9, 0), (18, 0), (28, 0)) == [True, False, False, True]


def test_before_the_log_is_as_old_as_the_window_nothing_is_known_to_be_new():
    assert new(never(), (0, 0), (1, 0), (9, 1), (10, 2), known_from=10) == [None, False, None, True]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=30), st.integers(0, 30), st.none() | st.just(0)
)
def test_it_says_what_a_search_would(steps, cut, epoch):
    times = np.cumsum([step for step, _ in steps], dtype=np.int64).tolist()
    rows = [row for _, row in steps]
    events = list(zip(times, rows, strict=True))
    seen = never()
    expected = [is_new(times, rows, rows, i, WINDOW, epoch) for i in range(len(events))]
    known_from = int(NULL) if epoch is None else epoch + WINDOW
    parts = events[:cut], events[cut:]
    assert [told for part in parts for told in new(seen, *part, known_from=known_from)] == expected
