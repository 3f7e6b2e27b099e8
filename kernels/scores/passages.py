"""Passages: what a history tells of how long the ways between neighbouring places take at least.

Two sightings of one plate at different places, one after the other, are a passage. Of each pair of places and time of
day passages are counted by their length in bins of a factor GROWTH, and the least time is the lower end of the bin of a
low quantile: racers, wrong readings and cloned plates are among the quickest, so a share of them is passed over.

A way that takes as long as one through a third place adds nothing to what the others tell and is left out, so that
neighbours are left.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.nulls import NULL
from kernels.scores.landmarks import SLOT_MS, SLOTS

BINS = 64
GROWTH = 1.1
# Lower ends, s: the first bin begins at 0, the last one ends at LENGTH_MAX_MS.
EDGES = np.concatenate([[0.0], 5.0 * GROWTH ** np.arange(BINS)])
LENGTH_MAX_MS = int(1000 * EDGES[-1])
COUNT_MAX = 65_535
PASSED_OVER = 0.02  # share of the passages, one at least
LAST = 2  # of a plate: when and where it was seen last
TIME, PLACE = range(LAST)

Counts = NDArray[np.uint16]
Ints = NDArray[np.int64]


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[:, ::1])", allocates=False
)
def consecutive(rows, times, places, lasts, offset_edges, offsets, out):
    """Find the passages among sightings, which may come out of order by seconds.

    Parameters
    ----------
    rows, times, places
        int64[n] each: the row of the plate, epoch ms, the number of the place
    lasts
        int64[r, LAST], NULL where a plate was not seen; the state
    offset_edges, offsets
        the city's UTC offsets (`rules.plan.Plan`)
    out
        int64[4, n], receives of each passage the two places, the time of day (0 to 11) and the bin

    Returns
    -------
    how many passages there are
    """
    count = 0
    for i in range(len(rows)):
        row, time, place = rows[i], times[i], places[i]
        before, start = lasts[row, TIME], lasts[row, PLACE]
        if before == NULL or time >= before:
            lasts[row, TIME], lasts[row, PLACE] = time, place
        if before == NULL or place == start or abs(time - before) >= LENGTH_MAX_MS:
            continue
        began = min(time, before)
        offset = offsets[index_after(offset_edges, 0, len(offset_edges), began) - 1]
        out[0, count], out[1, count] = (start, place) if time >= before else (place, start)
        out[2, count] = (began + offset) // SLOT_MS % SLOTS
        out[3, count] = index_after(EDGES, 0, BINS, abs(time - before) / 1000.0) - 1
        count += 1
    return count


@kernel("void(int64[::1], int64[::1], int64[::1], uint16[:, :, ::1])", allocates=False)
def tally(rows, slots, bins, counts):
    """Count passages: `counts` (uint16[r, SLOTS, BINS]) of a pair's row, time of day and bin; a full one stays so."""
    for i in range(len(rows)):
        if counts[rows[i], slots[i], bins[i]] < COUNT_MAX:
            counts[rows[i], slots[i], bins[i]] += 1


def quickest(counts: Counts, passages_min: int) -> tuple[NDArray[np.float64], Ints]:
    """Return the least times of pairs: float64[r, 1 + SLOTS], s, first those of the whole day, and how many passages.

    A time is NaN where there are fewer than `passages_min` passages. `counts` is uint16[r, SLOTS, BINS].
    """
    by_slot = counts.astype(np.int64)
    every = np.concatenate([by_slot.sum(axis=1, keepdims=True), by_slot], axis=1)
    totals = every.sum(axis=2)
    skipped = np.maximum(1, np.floor(PASSED_OVER * totals))
    bins = (every.cumsum(axis=2) <= skipped[:, :, None]).sum(axis=2)
    return np.where(totals >= passages_min, EDGES[np.minimum(bins, BINS - 1)], np.nan), totals[:, 0]


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1], float64[:, ::1], boolean[::1])", allocates=False)
def implied(order, heads, starts, ends, seconds, out):
    """Say which steps take at all times as long as a way through a third place by steps that are not left out.

    Parameters
    ----------
    order
        int64[e]: steps by falling length, in which they are looked at
    heads
        int64[places + 1]: the steps from place p are `heads[p]` to `heads[p + 1]`
    starts, ends
        int64[e], sorted by both
    seconds
        float64[e, SLOTS]
    out
        boolean[e], receives the answer
    """
    out[:] = False
    for step in order:
        for first in range(heads[starts[step]], heads[starts[step] + 1]):
            if first == step or out[first]:
                continue
            low, high = heads[ends[first]], heads[ends[first] + 1]
            second = low + index_after(ends, low, high, ends[step]) - 1
            if second < low or ends[second] != ends[step] or second == step or out[second]:
                continue
            shorter = True
            for slot in range(SLOTS):
                shorter &= seconds[first, slot] + seconds[second, slot] <= seconds[step, slot]
            if shorter:
                out[step] = True
                break


def neighbours(places: int, starts: Ints, ends: Ints, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of some steps (float64[e, SLOTS] s) no way through a third place takes the place of."""
    sort = np.lexsort((ends, starts))
    heads = np.searchsorted(starts[sort], np.arange(places + 1)).astype(np.int64)
    held = np.ascontiguousarray(seconds[sort])
    order = np.argsort(-held.sum(axis=1), kind="stable").astype(np.int64)
    found = np.empty(len(starts), np.bool_)
    implied(order, heads, np.ascontiguousarray(starts[sort]), np.ascontiguousarray(ends[sort]), held, found)
    out = np.empty(len(starts), np.bool_)
    out[sort] = ~found
    return out
