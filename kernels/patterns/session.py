"""Aggregates over sessions: a session ends `gap` after its last event, or `longest` after its first."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    HAND,
    NEVER,
    OPENED,
    POINTS,
    STATE,
    TABLE,
    VACANT,
    add,
    clear,
    enter_all,
    forget_all,
    note,
    tell,
)
from kernels.prefetch import AHEAD, prefetch

LAST = 0  # column of `marks`: the last event of the session, NULL where there is none
LOOKS = 2  # at most so many points come of one event
MINUTE_MS = 60_000.0


@kernel(inline=True, allocates=False)
def ends_at(marks, row, gap, longest):
    """Return when a session is over; an event of that instant begins another."""
    return min(marks[row, LAST] + gap, marks[row, OPENED] + longest)


@kernel(inline=True, allocates=False)
def close(marks, dues, cells, value_sizes, buckets, held_sizes, row, operations):
    """Empty the session of a key."""
    marks[row, LAST] = NULL
    dues[row] = NEVER
    clear(cells, row, 0, operations)
    forget_all(value_sizes, buckets, held_sizes, row)


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64, int64, int64, "
    f"{TABLE}, {STATE}, {POINTS})",
    allocates=False,
)
def sit(times, rows, numbers, bits, start, gap, longest, needed, ends, table, state, extra, looks):
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
    ends
        whether the end of a session is looked at, too, unless an event begins another at that instant

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 15 ns an event and 2 ns a cell and aggregate.
    """
    operations, arguments, distinct, bounds, quantiles, results, parameters, _ = table
    marks, dues, cells, _, recent, values, _, value_sizes, buckets, _, held_sizes = state
    room = extra.shape[1] - LOOKS
    found = np.int64(0)
    n = np.int64(len(times))
    for i in range(start, n):
        if found > room:
            return np.int64(i), found
        if i + AHEAD < n:
            prefetch(marks, rows[i + AHEAD], 0)
            prefetch(cells, rows[i + AHEAD], 0)
        row = rows[i]
        time = times[i]
        end = ends_at(marks, row, gap, longest) if marks[row, LAST] != NULL else NULL
        if end <= time:
            close(marks, dues, cells, value_sizes, buckets, held_sizes, row, operations)
            if ends and end != NULL and end < time:
                tell(
                    cells,
                    row,
                    0,
                    gap / MINUTE_MS,
                    recent,
                    value_sizes,
                    buckets,
                    held_sizes,
                    row,
                    results,
                    parameters,
                    extra,
                    found,
                )
                note(looks, found, row, end, i, VACANT, end + 1)
                found += 1
            marks[row, OPENED] = time
        marks[row, LAST] = time
        if ends:
            dues[row] = ends_at(marks, row, gap, longest)
        add(cells, row, 0, operations, arguments, numbers, i)
        enter_all(values, value_sizes, buckets, held_sizes, row, distinct, bounds, quantiles, numbers, bits, i)
        if cells[row, 0, 0] >= needed:
            lasts = max(time - marks[row, OPENED], gap) / MINUTE_MS
            tell(cells, row, 0, lasts, recent, value_sizes, buckets, held_sizes, row, results, parameters, extra, found)
            note(looks, found, row, time, i, HAND, marks[row, OPENED])
            found += 1
    return n, found


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, int64, {TABLE}, {STATE}, {POINTS})", allocates=False)
def sit_on(start, bound, gap, longest, table, state, extra, looks):
    """End the sessions of the rows from `start` on that are over before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points
    """
    operations, _, _, _, _, results, parameters, _ = table
    marks, dues, cells, _, recent, _, _, value_sizes, buckets, _, held_sizes = state
    room = extra.shape[1] - LOOKS
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        if dues[row] < bound:
            end = dues[row]
            close(marks, dues, cells, value_sizes, buckets, held_sizes, row, operations)
            tell(
                cells,
                row,
                0,
                gap / MINUTE_MS,
                recent,
                value_sizes,
                buckets,
                held_sizes,
                row,
                results,
                parameters,
                extra,
                found,
            )
            note(looks, found, row, end, -1, VACANT, end + 1)
            found += 1
    return np.int64(len(dues)), found
