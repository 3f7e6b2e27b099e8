"""Aggregates over sessions: a session ends `gap` after its last event, or `longest` after its first."""

import numpy as np

from kernels.compile import kernel
from kernels.instants import MINUTE_MS
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    HAND,
    OPENED,
    POINTS,
    STATE,
    TABLE,
    add,
    ask_for_all,
    clear,
    enter_all,
    forget_all,
    note,
    tell,
)
from kernels.prefetch import AHEAD, prefetch

LAST = 0  # column of `marks`: the last event of the session, NULL where there is none


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64, int64, "
    f"{TABLE}, {STATE}, {POINTS})",
    allocates=False,
)
def sit(times, rows, numbers, bits, start, gap, longest, needed, table, state, extra, looks):
    """Take events into their keys' sessions and look at them, until there is no more room for points.

    rate() is of no shorter time than the gap.

    Parameters
    ----------
    times, rows, numbers, bits, start, table, state, extra, looks
        as in `kernels.patterns.sliding.slide`; the marks are the last event of the session and the first
    gap, longest
        ms; `longest` is far in the future where a session may last
    needed
        the least count() that is worth looking at

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 15 ns an event and 2 ns a cell and aggregate.
    """
    operations, arguments, distinct, bounds, quantiles, results, parameters, _ = table
    marks, _, cells, _, recent, _, _, value_sizes, buckets, _, held_sizes, groups, members, counts = state
    found = np.int64(0)
    n = np.int64(len(times))
    for i in range(start, n):
        if found == extra.shape[1]:
            return np.int64(i), found
        if i + AHEAD < n:
            prefetch(marks, rows[i + AHEAD], 0)
            prefetch(cells, rows[i + AHEAD], 0)
            ask_for_all(groups, members, marks, value_sizes, rows, distinct, bits, i)
        row = rows[i]
        time = times[i]
        last = marks[row, LAST]
        if last == NULL or min(last + gap, marks[row, OPENED] + longest) <= time:
            marks[row, OPENED] = time
            clear(cells, row, 0, operations)
            forget_all(counts, marks, value_sizes, buckets, held_sizes, row)
        marks[row, LAST] = time
        add(cells, row, 0, operations, arguments, numbers, i)
        enter_all(
            groups,
            members,
            counts,
            marks,
            value_sizes,
            buckets,
            held_sizes,
            row,
            distinct,
            bounds,
            quantiles,
            numbers,
            bits,
            i,
        )
        if cells[row, 0, 0] >= needed:
            lasts = max(time - marks[row, OPENED], gap) / MINUTE_MS
            tell(cells, row, 0, lasts, recent, value_sizes, buckets, held_sizes, row, results, parameters, extra, found)
            note(looks, found, row, time, i, HAND, marks[row, OPENED])
            found += 1
    return n, found
