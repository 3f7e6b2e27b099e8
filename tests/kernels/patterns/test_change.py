import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.patterns.change import KEPT, lag
from tests.naive.change import previous

WINDOW = 10
NOTHING = -99  # what stands for nothing in the one field


class Keys:
    """The last events of three keys, of which their number is kept."""

    def __init__(self):
        self.last, self.place = np.full((3, KEPT + 1), NULL), 0

    def take(self, *events):
        """Take events of (time, key); return the number and the log position of the one before each, None: none."""
        n = len(events)
        times, rows = (np.array([event[i] for event in events], np.int64) for i in (0, 1))
        numbers = np.arange(self.place, self.place + n)
        before, kept = np.empty(n, np.int64), np.empty((1, n), np.int64)
        lag(times, 100 + numbers, rows, numbers[None, :], WINDOW, np.array([NOTHING]), self.last, before, kept)
        self.place += n
        return [
            None if position < 0 and number == NOTHING else (number, position)
            for number, position in zip(kept[0].tolist(), before.tolist(), strict=True)
        ]


def test_the_event_before_is_that_of_the_same_key():
    assert Keys().take((0, 0), (1, 1), (2, 0), (2, 0)) == [None, None, (0, 100), (2, 102)]


def test_an_event_is_forgotten_when_its_window_is_over():
    assert Keys().take((0, 0), (9, 0), (19, 0)) == [None, (0, 100), None]


def test_it_is_remembered_from_batch_to_batch():
    keys = Keys()
    keys.take((0, 0))
    assert keys.take((5, 0)) == [(0, 100)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), max_size=40), st.integers(0, 40))
def test_it_gives_the_event_that_a_search_would_find(steps, cut):
    times = np.cumsum([step for step, _ in steps], dtype=np.int64).tolist()
    rows = [row for _, row in steps]
    events = list(zip(times, rows, strict=True))
    keys = Keys()
    found = [previous(times, rows, i, WINDOW) for i in range(len(events))]
    assert keys.take(*events[:cut]) + keys.take(*events[cut:]) == [None if i is None else (i, 100 + i) for i in found]
