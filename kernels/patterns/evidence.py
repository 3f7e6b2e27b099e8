"""Evidence: the log positions of the last events in a window, for those windows alone that fire.

Writing them out for each event would cost more than counting it. So each key has a ring of its last events, which is
brought up to date after a batch was judged; what a window in the midst of the batch held are events of the batch,
chained by key, and behind them the ring as it was.
"""

import numpy as np

from kernels.compile import kernel
from kernels.limits import EVIDENCE_MAX
from kernels.prefetch import AHEAD, prefetch


@kernel("void(int64[::1], int64[::1], int64[::1])")
def chain(rows, last, previous):
    """Return in `previous` the event before each one of the same key, in the same batch; -1 where there is none.

    Parameters
    ----------
    rows
        int64[n], state rows of the events
    last
        int64[state rows], all -1 before and after
    previous
        int64[n]

    Cost: 3 ns an event.
    """
    for i in range(len(rows)):
        previous[i] = last[rows[i]]
        last[rows[i]] = i
    for i in range(len(rows)):
        last[rows[i]] = -1


@kernel("void(int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1])")
def remember(times, positions, rows, ring, heads):
    """Enter the events of a batch into the rings of their keys.

    Parameters
    ----------
    times, positions, rows
        int64[n] each, in order
    ring, heads
        state: int64[state rows, 2 x EVIDENCE_MAX], time and log position of the last events, and int64[state rows],
        how many there were

    Cost: 4 ns an event; memory 8 + 16 x EVIDENCE_MAX bytes a key.
    """
    asked = len(rows) - AHEAD
    for i in range(len(rows)):
        if i < asked:
            prefetch(heads, rows[i + AHEAD], 0)
        row = rows[i]
        at = heads[row] % EVIDENCE_MAX
        ring[row, 2 * at] = times[i]
        ring[row, 2 * at + 1] = positions[i]
        heads[row] += 1


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1], "
    "int64[:, ::1])"
)
def gather(begins, newest, rows, times, positions, previous, ring, heads, evidence):
    """Return in `evidence` the last events of some windows, oldest first, -1 behind them.

    Parameters
    ----------
    begins, newest, rows
        int64[k] each: the time from which on events are in the window (epoch ms), the place in the batch of the
        last one that had come (-1: none of this batch), and the state row
    times, positions, previous
        int64[n] each, the batch: epoch ms, log position, and what `chain` says
    ring, heads
        state before the batch, as in `remember`
    evidence
        int64[k, EVIDENCE_MAX]
    """
    held = np.empty(EVIDENCE_MAX, np.int64)
    for k in range(len(begins)):
        found = 0
        i = newest[k]
        while i >= 0 and found < EVIDENCE_MAX and times[i] >= begins[k]:
            held[found] = positions[i]
            found += 1
            i = previous[i]
        row = rows[k]
        at = heads[row]
        oldest = max(at - EVIDENCE_MAX, 0)
        while at > oldest and found < EVIDENCE_MAX:
            at -= 1
            if ring[row, 2 * (at % EVIDENCE_MAX)] < begins[k]:
                break
            held[found] = ring[row, 2 * (at % EVIDENCE_MAX) + 1]
            found += 1
        for j in range(EVIDENCE_MAX):
            evidence[k, j] = held[found - 1 - j] if j < found else -1
