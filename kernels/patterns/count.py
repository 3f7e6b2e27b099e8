"""count() over a sliding window of event time, (t - window, t], exact up to the size of its ring.

The commonest pattern, so it stands apart from the other aggregates (`kernels.patterns.sliding`): all that it knows of
a key lies together, and is asked for some events ahead. Of a city's plates none is in a cache; a kernel that waits
for each of them does a third of the work.
"""

import numpy as np

from kernels.compile import kernel
from kernels.limits import EVIDENCE_MAX
from kernels.prefetch import AHEAD, LINE, prefetch

HEADER = 2  # words: the place of the next event in the ring, and how many are in the window


def words(ring: int) -> int:
    """Return how many words the state of one key takes: whole cache lines."""
    return -(-(HEADER + 2 * ring) // LINE) * LINE


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64, int64, int64, int64[:, ::1], float64[::1], int64[::1], "
    "int64[:, ::1])"
)
def count(times, positions, rows, window, ring, needed, state, counts, candidates, evidence):
    """Count each event into its key's window and report those that may satisfy the condition.

    Parameters
    ----------
    times, positions, rows
        int64[n] each, the events in order: epoch ms, log position, state row of the key
    window, ring, needed
        ms, how many events a key remembers, and the least count that is worth judging
    state
        int64[rows, words(ring)], fresh rows 0: the place of the next event, how many are in the window, then the
        time and log position of each. A window that was empty begins at the first place, so that a quiet key needs
        one cache line
    counts
        float64[n], receives count() at each candidate, saturated at the ring's size
    candidates, evidence
        int64[n] and int64[n, EVIDENCE_MAX]: receive the places of the candidates in `times`, and the log positions
        of the last events in the window, oldest first, min(count, EVIDENCE_MAX) of them; what is behind is rubbish

    Returns
    -------
    the number of candidates

    Cost: 7 to 12 ns an event, whatever the number of keys; memory 8 x words(ring) bytes a key.
    """
    found = 0
    asked = np.int64(len(times) - AHEAD)
    for i in range(len(times)):
        if i < asked:
            prefetch(state, rows[i + AHEAD], 0)
        row = rows[i]
        time = times[i]
        head = state[row, 0]
        size = state[row, 1]
        while size > 0:
            oldest = head - size
            if oldest < 0:
                oldest += ring
            if state[row, HEADER + 2 * oldest] > time - window:
                break
            size -= 1
        if size == 0:
            head = 0
        state[row, HEADER + 2 * head] = time
        state[row, HEADER + 2 * head + 1] = positions[i]
        head += 1
        if head == ring:
            head = 0
        if size < ring:
            size += 1
        state[row, 0] = head
        state[row, 1] = size
        if size >= needed:
            counts[found] = np.float64(size)
            candidates[found] = i
            shown = min(size, EVIDENCE_MAX)
            for k in range(shown):
                at = head - shown + k
                if at < 0:
                    at += ring
                evidence[found, k] = state[row, HEADER + 2 * at + 1]
            found += 1
    return found
