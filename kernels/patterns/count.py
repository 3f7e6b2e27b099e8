"""count() over a sliding window of event time, (t - window, t], exact up to the size of its ring."""

import numpy as np

from kernels.compile import kernel

EVIDENCE_MAX = 20


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64, int64, int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], "
    "float64[::1], int64[::1], int64[:, ::1])"
)
def count(
    times, positions, rows, window, needed, ring_times, ring_positions, heads, sizes, counts, candidates, evidence
):
    """Count each event into its key's window and report those that may satisfy the condition.

    Parameters
    ----------
    times, positions, rows
        int64[n] each, the events in order: epoch ms, log position, state row of the key
    window, needed
        ms, and the least count that is worth judging
    ring_times, ring_positions, heads, sizes
        state: int64[rows, ring] twice and int64[rows] twice; the last events of each key, the place of the next
        one, and how many are in the window
    counts
        float64[n], receives count() at each candidate, saturated at the ring's size
    candidates, evidence
        int64[n] and int64[n, EVIDENCE_MAX]: receive the places of the candidates in `times`, and the log positions
        of the last events in the window, oldest first, -1 where there are fewer

    Returns
    -------
    the number of candidates

    Cost: about 5 ns an event; memory 16 bytes x ring + 16 bytes a key.
    """
    ring = np.int64(ring_times.shape[1])
    found = 0
    for i in range(len(times)):
        row = rows[i]
        time = times[i]
        head = heads[row]
        size = sizes[row]
        while size > 0:
            oldest = head - size
            if oldest < 0:
                oldest += ring
            if ring_times[row, oldest] > time - window:
                break
            size -= 1
        ring_times[row, head] = time
        ring_positions[row, head] = positions[i]
        head += 1
        if head == ring:
            head = 0
        if size < ring:
            size += 1
        heads[row] = head
        sizes[row] = size
        if size >= needed:
            counts[found] = np.float64(size)
            candidates[found] = i
            shown = min(size, EVIDENCE_MAX)
            for k in range(shown):
                at = head - shown + k
                if at < 0:
                    at += ring
                evidence[found, k] = ring_positions[row, at]
            for k in range(shown, EVIDENCE_MAX):
                evidence[found, k] = -1
            found += 1
    return found
