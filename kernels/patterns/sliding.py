"""Aggregates over a sliding window (t - window, t], by 60 panes of it.

Pane p holds the events of ((p - 1) w/60, p w/60], counted from the epoch; w p / 60, rounded down to a ms, is its
*edge*. At an instant in pane p sums, means, extremes, rates, spans and quantiles are those of the panes p - 59 .. p: at
an edge of exactly the window, between edges of up to w/60 less. count() and distinct() are exact, up to their bounds.

The cells of a window are joined by van Herk's scheme (van Herk, Pattern Recognition Letters 13, 1992; Gil and Werman,
IEEE PAMI 15, 1993): panes are cut into blocks of 60, so that a window is the end of one block and the beginning of the
next. When a block is over its cells are joined from its end on, in place; those of the present one are joined as they
come. So each pane is joined twice, whatever the window, nothing is ever subtracted from a sum, and a sum depends on the
window's events alone. Panes without events take no part, by masks, and cost nothing.
"""

import numpy as np

from kernels.bits import highest, lowest
from kernels.compile import kernel
from kernels.instants import MINUTE_MS, NEVER
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    ALIKE,
    HAND,
    NEW,
    NONE,
    OLD,
    PANE,
    PANES,
    POINTS,
    STATE,
    TABLE,
    VACANT,
    add,
    clear,
    empty,
    joined,
    note,
    tell,
)
from kernels.patterns.distinct import ask_for, expire, see
from kernels.patterns.sliding_quantile import ask_for_tree, leave_trees, put_in
from kernels.prefetch import AHEAD, prefetch

EDGES = PANES + 2  # at most so many points come of one event


@kernel(inline=True, allocates=False)
def pane_of(time, window):
    """Return the pane of an instant."""
    return -((-PANES * time) // window)


@kernel(inline=True, allocates=False)
def edge_of(pane, window):
    """Return the last instant of a pane."""
    return (pane * window) // PANES


@kernel(inline=True, allocates=False)
def move(marks, cells, bases, buckets, held, held_sizes, row, pane, operations):
    """Let a key's window reach a pane, later than the one where it is.

    Cost: 1 ns a cell, and that again for each pane with events of a block that is over.
    """
    past = marks[row, PANE]
    slot = pane % PANES
    block = pane - slot
    if buckets.shape[1] > 0:
        leave_trees(marks, buckets, held, held_sizes, row, slot, block)
    marks[row, PANE] = pane
    if past >= block:
        last = past - block
        if (marks[row, NEW] >> last) & 1:
            for c in range(len(operations)):
                bases[row, c] = joined(operations[c], bases[row, c], cells[row, last, c])
        marks[row, OLD] = (marks[row, OLD] >> slot) << slot
        return
    old = np.int64(0)
    if past >= block - PANES:
        old = marks[row, NEW]
        left = old
        after = highest(left)
        while left != 0:
            at = highest(left)
            if at != after:
                for c in range(len(operations)):
                    cells[row, at, c] = joined(operations[c], cells[row, at, c], cells[row, after, c])
            after = at
            left ^= np.int64(1) << at
    marks[row, OLD] = (old >> slot) << slot
    marks[row, NEW] = 0
    for c in range(len(operations)):
        bases[row, c] = empty(operations[c])


@kernel(inline=True, allocates=False)
def leave(recent, row, after):
    """Take the events at or before `after` out of count()."""
    ring = recent.shape[1] - 2
    size = recent[row, 1]
    while size > 0:
        oldest = recent[row, 0] - size
        if oldest < 0:
            oldest += ring
        if recent[row, 2 + oldest] > after:
            break
        size -= 1
    recent[row, 1] = size


@kernel(inline=True, allocates=False)
def come(recent, row, time):
    """Count an event."""
    ring = recent.shape[1] - 2
    head = recent[row, 0]
    recent[row, 2 + head] = time
    recent[row, 0] = head + 1 if head + 1 < ring else 0
    recent[row, 1] = min(recent[row, 1] + 1, ring)


@kernel(inline=True, allocates=False)
def inside(marks, row):
    """Return which panes of the block before are still in a key's window, by bits."""
    return marks[row, OLD] & ~((np.int64(2) << marks[row, PANE] % PANES) - 1)


@kernel(inline=True, allocates=False)
def window_of(marks, cells, bases, row, operations, totals):
    """Return in `totals[0, 0]` the cells of a window: the end of the block before, the panes since, the present one."""
    slot = marks[row, PANE] % PANES
    old = inside(marks, row)
    first = lowest(old)
    present = (marks[row, NEW] >> slot) & 1
    for c in range(len(operations)):
        cell = bases[row, c]
        if old != 0:
            cell = joined(operations[c], cells[row, first, c], cell)
        if present:
            cell = joined(operations[c], cell, cells[row, slot, c])
        totals[0, 0, c] = cell


@kernel(inline=True, allocates=False)
def next_edge(marks, row, time, window, every):
    """Return the pane at whose edge, after `time`, a window is looked at next: where events leave it."""
    pane, old, new = marks[row, PANE], marks[row, OLD], marks[row, NEW]
    if old == 0 and new == 0:
        return NEVER
    if every:
        return pane if edge_of(pane, window) > time else pane + 1
    block = pane - pane % PANES
    return block + lowest(old) if old != 0 else block + PANES + lowest(new)


@kernel(inline=True, allocates=False)
def show_edge(marks, row):
    """Let the pane go that is as old as the window."""
    slot = marks[row, PANE] % PANES
    marks[row, OLD] = (marks[row, OLD] >> (slot + 1)) << (slot + 1)


@kernel(inline=True, allocates=False)
def pass_edges(
    marks,
    dues,
    cells,
    bases,
    recent,
    value_times,
    value_sizes,
    buckets,
    held,
    held_sizes,
    row,
    last,
    window,
    every,
    place,
    operations,
    results,
    parameters,
    totals,
    extra,
    looks,
    found,
):
    """Look at a window at the edges of its panes before pane `last`; return how many points there are then."""
    while dues[row] < last:
        pane = dues[row]
        time = edge_of(pane, window)
        if pane != marks[row, PANE]:
            move(marks, cells, bases, buckets, held, held_sizes, row, pane, operations)
        leaves = (marks[row, OLD] >> pane % PANES) & 1
        show_edge(marks, row)
        if recent.shape[1] > 0:
            leave(recent, row, time - window)
        for d in range(value_sizes.shape[1]):
            expire(value_times, value_sizes, row, d, time - window)
        window_of(marks, cells, bases, row, operations, totals)
        minutes = window / MINUTE_MS
        tell(totals, 0, 0, minutes, recent, value_sizes, buckets, held_sizes, row, results, parameters, extra, found)
        hand = NONE if leaves else ALIKE
        if marks[row, NEW] == 0 and inside(marks, row) == 0:
            hand = VACANT
        note(looks, found, row, time, place, hand, time - window + 1)
        found += 1
        dues[row] = next_edge(marks, row, time, window, every)
    return found


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64, int64, int64, "
    f"{TABLE}, {STATE}, {POINTS})",
    allocates=False,
)
def slide(times, rows, numbers, bits, start, window, needed, edges, every, table, state, extra, looks):
    """Take events into their keys' windows and look at them, until there is no more room for points.

    Parameters
    ----------
    times, rows
        int64[n] each, the events in order: epoch ms, state row of the key
    numbers, bits
        float64[k, n] and int64[k, n], the arguments of the aggregates, null where one is NaN or NULL; row 0 of
        `numbers` are the times
    start
        the first event to be taken
    window, needed
        ms, and the least count() that is worth looking at
    edges, every
        whether windows are looked at at the edges of their panes, too: at those where events have left, or at every
        one while there are events, and once more when there are none. An edge at which the key has an event is
        judged with that
    table, state, extra, looks
        see `kernels.patterns.aggregate`; there is room for EDGES points at least

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 25 ns an event, 40 ns where it begins a pane or its key lies in no cache, 65 ns where windows are looked at at
    edges; memory 480 bytes x cells a key and what lists and trees take.
    """
    operations, arguments, distinct, bounds, quantiles, results, parameters, totals = table
    marks, dues, cells, bases, recent, values, value_times, value_sizes, buckets, held, held_sizes, _, _, _ = state
    counts = recent.shape[1] > 0
    paned = edges != 0 or len(operations) > 0 or len(quantiles) > 0
    minutes = window / MINUTE_MS
    room = extra.shape[1] - EDGES
    found = np.int64(0)
    n = np.int64(len(times))
    pane, slot, since, until = np.int64(0), np.int64(0), NEVER, NEVER
    for i in range(start, n):
        if found > room:
            return np.int64(i), found
        row = rows[i]
        time = times[i]
        if not since < time <= until:
            pane = pane_of(time, window)
            slot = pane % PANES
            since, until = edge_of(pane - 1, window), edge_of(pane, window)
        if i + AHEAD < n:
            coming = rows[i + AHEAD]
            if paned:
                prefetch(marks, coming, 0)
                prefetch(marks, coming, 2)
                prefetch(bases, coming, 0)
                prefetch(cells, coming, slot)
                coming = rows[i + AHEAD // 2]
                prefetch(cells, coming, marks[coming, PANE] % PANES)
                prefetch(cells, coming, lowest(marks[coming, OLD] & ~((np.int64(2) << slot) - 1)))
                if len(quantiles) > 0:
                    ask_for_tree(buckets, held, held_sizes, rows, slot, quantiles, numbers, i)
            for d in range(len(distinct)):
                ask_for(values, value_times, value_sizes, rows[i + AHEAD], d)
        if edges:
            found = pass_edges(
                marks,
                dues,
                cells,
                bases,
                recent,
                value_times,
                value_sizes,
                buckets,
                held,
                held_sizes,
                row,
                pane,
                window,
                every,
                i,
                operations,
                results,
                parameters,
                totals,
                extra,
                looks,
                found,
            )
        if paned:
            if pane != marks[row, PANE]:
                move(marks, cells, bases, buckets, held, held_sizes, row, pane, operations)
            new = marks[row, NEW] | np.int64(1) << slot
            if new != marks[row, NEW]:
                marks[row, NEW] = new
                clear(cells, row, slot, operations)
            add(cells, row, slot, operations, arguments, numbers, i)
            put_in(buckets, held, held_sizes, row, slot, quantiles, numbers, i)
        if counts:
            leave(recent, row, time - window)
            come(recent, row, time)
        for d in range(len(distinct)):
            expire(value_times, value_sizes, row, d, time - window)
            if bits[distinct[d], i] != NULL:
                see(values, value_times, value_sizes, row, d, bounds[d], bits[distinct[d], i], time)
        if edges:
            if edge_of(pane, window) == time:
                show_edge(marks, row)
            dues[row] = next_edge(marks, row, time, window, every)
        if not counts or recent[row, 1] >= needed:
            if paned:
                window_of(marks, cells, bases, row, operations, totals)
            tell(
                totals, 0, 0, minutes, recent, value_sizes, buckets, held_sizes, row, results, parameters, extra, found
            )
            note(looks, found, row, time, i, HAND, time - window + 1)
            found += 1
    return n, found


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, int64, {TABLE}, {STATE}, {POINTS})", allocates=False)
def slide_on(start, bound, window, every, table, state, extra, looks):
    """Look at the windows of rows from `start` on at their edges before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points, each row's in order
    """
    operations, _, _, _, _, results, parameters, totals = table
    marks, dues, cells, bases, recent, _, value_times, value_sizes, buckets, held, held_sizes, _, _, _ = state
    last = pane_of(bound, window)
    room = extra.shape[1] - EDGES
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        found = pass_edges(
            marks,
            dues,
            cells,
            bases,
            recent,
            value_times,
            value_sizes,
            buckets,
            held,
            held_sizes,
            row,
            last,
            window,
            every,
            -1,
            operations,
            results,
            parameters,
            totals,
            extra,
            looks,
            found,
        )
    return np.int64(len(dues)), found
