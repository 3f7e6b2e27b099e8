import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.limits import EVIDENCE_MAX
from kernels.patterns.count import count, words

WINDOW = 10


class Windows:
    """The windows of three keys."""

    def __init__(self, ring, needed=1):
        self.ring, self.needed = ring, needed
        self.state = np.zeros((3, words(ring)), np.int64)
        self.position = 0

    def take(self, events):
        """Count events of (time, row); return (place, count, evidence) of the candidates."""
        n = len(events)
        times, rows = (np.array([event[i] for event in events], np.int64) for i in (0, 1))
        counts, candidates, evidence = np.empty(n), np.empty(n, np.int64), np.empty((n, EVIDENCE_MAX), np.int64)
        positions = np.arange(self.position, self.position + n)
        self.position += n
        found = count(times, positions, rows, WINDOW, self.ring, self.needed, self.state, counts, candidates, evidence)
        sizes = counts[:found].astype(np.int64).tolist()
        return [
            (int(candidates[i]), size, evidence[i].tolist()[: min(size, EVIDENCE_MAX)]) for i, size in enumerate(sizes)
        ]


def test_a_window_is_open_at_its_start_and_closed_at_its_end():
    assert [c for _, c, _ in Windows(5).take([(0, 0), (9, 0), (10, 0), (19, 0)])] == [1, 2, 2, 2]


def test_keys_do_not_mix():
    assert [c for _, c, _ in Windows(5).take([(0, 0), (1, 1), (2, 0), (3, 2)])] == [1, 1, 2, 1]


def test_only_counts_that_are_worth_judging_are_reported():
    assert Windows(5, needed=3).take([(0, 0), (1, 0), (2, 0), (20, 0)]) == [(2, 3, [0, 1, 2])]


def test_a_count_saturates_at_its_ring_and_keeps_the_last_events():
    assert Windows(2).take([(0, 0), (1, 0), (2, 0)])[-1] == (2, 2, [1, 2])
    assert [c for _, c, _ in Windows(1).take([(0, 0), (1, 0)])] == [1, 1]


def test_evidence_are_the_last_twenty():
    assert Windows(30).take([(0, 0)] * 25)[-1] == (24, 25, list(range(5, 25)))


@settings(deadline=None)
@given(
    st.integers(1, 25),
    st.integers(1, 4),
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=40), max_size=4),
)
def test_it_counts_what_a_list_would(ring, needed, batches):
    windows, seen, now = Windows(ring, needed), [], 0
    for steps in batches:
        events, expected = [], []
        for step, row in steps:
            now += step
            events.append((now, row))
            seen.append((now, row))
            inside = [i for i, (time, other) in enumerate(seen) if other == row and time > now - WINDOW][-ring:]
            if len(inside) >= needed:
                expected.append((len(events) - 1, len(inside), inside[-EVIDENCE_MAX:]))
        assert windows.take(events) == expected
