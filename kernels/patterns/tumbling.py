"""Aggregates over tumbling panes (end - width, end], aligned to the epoch in civil time and looked at at their end."""

import numpy as np

from kernels.compile import kernel
from kernels.instants import MINUTE_MS, NEVER
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    NONE,
    OPENED,
    POINTS,
    STATE,
    TABLE,
    VACANT,
    add,
    ask_for_all,
    clear,
    enter_all,
    forget_all,
    note,
    tell,
)
from kernels.patterns.panes import pane_end
from kernels.prefetch import AHEAD, prefetch

END = 0  # column of `marks`: the end of the open pane, NULL where there is none
LOOKS = 2  # at most so many points come of one event


@kernel(inline=True, allocates=False)
def follow_up(
    counts, marks, dues, cells, value_sizes, buckets, held_sizes, row, operations, width, edges, offsets, followed
):
    """Leave a pane that is over; with `followed` one that held events leaves an empty one open."""
    if followed and cells[row, 0, 0] > 0:
        end = pane_end(marks[row, END] + 1, width, edges, offsets)
        marks[row, END] = end
        marks[row, OPENED] = end
        dues[row] = end
        clear(cells, row, 0, operations)
        forget_all(counts, marks, value_sizes, buckets, held_sizes, row)
    else:
        marks[row, END] = NULL
        dues[row] = NEVER


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64[::1], "
    f"int64[::1], int64, int64, {TABLE}, {STATE}, {POINTS})",
    allocates=False,
)
def tumble(times, rows, numbers, bits, start, width, edges, offsets, needed, followed, table, state, extra, looks):
    """Take events into their keys' panes until there is no more room for points; one behind a pane ends it.

    Parameters
    ----------
    times, rows, numbers, bits, start, table, state, extra, looks
        as in `kernels.patterns.sliding.slide`; the marks are the end of the open pane and its first event
    width
        ms
    edges, offsets
        the city's UTC offsets (`rules.plan.Plan`)
    needed
        the least count() that is worth looking at
    followed
        whether the pane behind one with events is looked at even if it is empty

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 10 ns an event and 2 ns a cell.
    """
    operations, arguments, distinct, bounds, quantiles, results, parameters, _ = table
    marks, dues, cells, _, recent, _, _, value_sizes, buckets, _, held_sizes, groups, members, counts = state
    room = extra.shape[1] - LOOKS
    found = np.int64(0)
    n = np.int64(len(times))
    for i in range(start, n):
        if found > room:
            return np.int64(i), found
        if i + AHEAD < n:
            prefetch(marks, rows[i + AHEAD], 0)
            prefetch(cells, rows[i + AHEAD], 0)
            ask_for_all(groups, members, marks, value_sizes, rows, distinct, bits, i)
        row = rows[i]
        time = times[i]
        while marks[row, END] != NULL and marks[row, END] < time:
            if cells[row, 0, 0] >= needed:
                tell(
                    cells,
                    row,
                    0,
                    width / MINUTE_MS,
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
                note(
                    looks, found, row, marks[row, END], i, NONE if cells[row, 0, 0] > 0 else VACANT, marks[row, OPENED]
                )
                found += 1
            follow_up(
                counts,
                marks,
                dues,
                cells,
                value_sizes,
                buckets,
                held_sizes,
                row,
                operations,
                width,
                edges,
                offsets,
                followed,
            )
        if marks[row, END] == NULL:
            marks[row, END] = pane_end(time, width, edges, offsets)
            dues[row] = marks[row, END]
            clear(cells, row, 0, operations)
            forget_all(counts, marks, value_sizes, buckets, held_sizes, row)
        if cells[row, 0, 0] == 0:
            marks[row, OPENED] = time
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
    return n, found


@kernel(
    f"UniTuple(int64, 2)(int64, int64, int64, int64[::1], int64[::1], int64, int64, {TABLE}, {STATE}, {POINTS})",
    allocates=False,
)
def tumble_on(start, bound, width, edges, offsets, needed, followed, table, state, extra, looks):
    """End the panes of the rows from `start` on that are over before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points, each row's in order
    """
    operations, _, _, _, _, results, parameters, _ = table
    marks, dues, cells, _, recent, _, _, value_sizes, buckets, _, held_sizes, _, _, counts = state
    room = extra.shape[1] - LOOKS
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        while dues[row] < bound:
            if cells[row, 0, 0] >= needed:
                tell(
                    cells,
                    row,
                    0,
                    width / MINUTE_MS,
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
                note(
                    looks, found, row, marks[row, END], -1, NONE if cells[row, 0, 0] > 0 else VACANT, marks[row, OPENED]
                )
                found += 1
            follow_up(
                counts,
                marks,
                dues,
                cells,
                value_sizes,
                buckets,
                held_sizes,
                row,
                operations,
                width,
                edges,
                offsets,
                followed,
            )
    return np.int64(len(dues)), found
