import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.limits import EVIDENCE_MAX
from kernels.patterns.evidence import chain, gather, remember

KEYS = 2


class Rings:
    def __init__(self):
        self.ring, self.heads = np.zeros((KEYS, 2 * EVIDENCE_MAX), np.int64), np.zeros(KEYS, np.int64)
        self.last = np.full(KEYS, -1)

    def take(self, events, asked):
        """Take a batch of (time, position, row); return the evidence of (begin, place, row) before it is remembered."""
        times, positions, rows = (np.array([e[i] for e in events], np.int64) for i in range(3))
        begins, newest, of = (np.array([a[i] for a in asked], np.int64) for i in range(3))
        previous, evidence = np.empty(len(events), np.int64), np.empty((len(asked), EVIDENCE_MAX), np.int64)
        chain(rows, self.last, previous)
        assert (self.last == -1).all()
        gather(begins, newest, of, times, positions, previous, self.ring, self.heads, evidence)
        remember(times, positions, rows, self.ring, self.heads)
        return [[p for p in found.tolist() if p >= 0] for found in evidence]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, KEYS - 1)), max_size=30), max_size=4),
    st.integers(0, 60),
)
def test_evidence_are_the_last_events_of_the_key_since_the_window_began(batches, length):
    rings, seen, now = Rings(), [], 0
    for steps in batches:
        events, asked, expected = [], [], []
        for step, row in steps:
            now += step
            events.append((now, len(seen), row))
            seen.append((now, row))
            asked.append((now - length, len(events) - 1, row))
            expected.append([i for i, (t, r) in enumerate(seen) if r == row and t >= now - length][-EVIDENCE_MAX:])
        assert rings.take(events, asked) == expected


def test_a_look_without_an_event_of_the_batch_asks_the_ring_alone():
    rings = Rings()
    rings.take([(1, 10, 0), (2, 11, 0)], [])
    assert rings.take([(3, 12, 0)], [(2, -1, 0), (0, -1, 0), (0, -1, 1)]) == [[11], [10, 11], []]
