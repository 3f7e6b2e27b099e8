import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.patterns.first_seen import first_seen
from tests.naive.change import is_new

WINDOW = 10


def new(seen, *events):
    """Take events of (time, row of key and value); return whether the value of each is new."""
    times, rows = (np.array([event[i] for event in events], np.int64) for i in (0, 1))
    out = np.empty(len(events))
    first_seen(times, rows, WINDOW, seen, out)
    return [value == 1.0 for value in out.tolist()]


def never():
    return np.full(3, NULL)


def test_a_value_is_new_until_it_was_seen_and_again_when_its_window_is_over():
    assert new(never(), (0, 0), (1, 0), (1, 1), (11, 1)) == [True, False, True, True]


def test_each_sight_renews_it():
    assert new(never(), (0, 0), (9, 0), (18, 0), (28, 0)) == [True, False, False, True]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=30), st.integers(0, 30))
def test_it_says_what_a_search_would(steps, cut):
    times = np.cumsum([step for step, _ in steps], dtype=np.int64).tolist()
    rows = [row for _, row in steps]
    events = list(zip(times, rows, strict=True))
    seen = never()
    expected = [is_new(times, rows, rows, i, WINDOW) for i in range(len(events))]
    assert new(seen, *events[:cut]) + new(seen, *events[cut:]) == expected
