"""Aggregates over a sliding window (t - window, t], by 60 panes of it.

Pane p holds the events of ((p - 1) w/60, p w/60], counted from the epoch; w p / 60, rounded down to a ms, is its
*edge*. At an instant in pane p sums, means, extremes, rates, spans and quantiles are those of the panes p - 59 .. p: at
an edge of exactly the window, between edges of up to w/60 less. count() and distinct() are exact, up to their bounds.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    HAND,
    MASK,
    NEVER,
    NONE,
    PANE,
    POINTS,
    STATE,
    TABLE,
    VACANT,
    add,
    clear,
    empty,
    expire_all,
    joined,
    see_all,
    tell,
)
from kernels.patterns.quantile import HELD, bucket_of, put
from kernels.prefetch import AHEAD, prefetch

PANES = 60
EDGES = PANES + 2  # at most so many points come of one event
INSIDE = (1 << PANES) - 1  # of a mask; bit 60 has left the window, but no edge has shown it yet
MINUTE_MS = 60_000.0


@kernel(inline=True)
def pane_of(time, window):
    """Return the pane of an instant."""
    return -((-PANES * time) // window)


@kernel(inline=True)
def edge_of(pane, window):
    """Return the last instant of a pane."""
    return (pane * window) // PANES


@kernel(inline=True)
def oldest(mask):
    """Return how many panes ago the oldest event was: the place of the highest bit."""
    at = np.int64(0)
    for step in (32, 16, 8, 4, 2, 1):
        if mask >> (at + step) != 0:
            at += step
    return at


@kernel(inline=True)
def move(table, state, row, pane):
    """Let a key's window reach a pane: what has left it is taken out, the rest joined anew, the oldest pane first.

    The order is fixed and nothing is ever subtracted from a sum, so that a window's sum depends on its events alone.
    """
    operations = table[0]
    marks, cells, bases = state[0], state[2], state[3]
    past = marks[row, PANE]
    mask = marks[row, MASK]
    ago = pane - past if past != NULL else np.int64(PANES + 1)
    if ago > PANES:
        if mask != 0:
            forget_trees(table, state, row)
        mask = np.int64(0)
    elif ago > 0:
        drop(table, state, row, past, mask, ago)
        mask = (mask << ago) & ((np.int64(1) << (PANES + 1)) - 1)
    marks[row, PANE] = pane
    marks[row, MASK] = mask
    for c in range(len(operations)):
        bases[row, c] = empty(operations[c])
    left = mask & (INSIDE - 1)  # without the present pane
    while left != 0:
        at = oldest(left)
        left ^= np.int64(1) << at
        slot = (pane - at) % PANES
        for c in range(len(operations)):
            bases[row, c] = joined(operations[c], bases[row, c], cells[row, slot, c])


@kernel(inline=True)
def drop(table, state, row, past, mask, ago):
    """Take the panes that leave the window when it moves on by `ago` out of the trees of quantiles."""
    buckets, held, sizes = state[8], state[9], state[10]
    for q in range(len(table[4])):
        for at in range(max(PANES - ago, 0), PANES):
            if (mask >> at) & 1:
                slot = 2 + (past - at) % PANES
                for _ in range(sizes[row, q, slot]):
                    take_out(buckets, held, sizes, row, q)
                sizes[row, q, slot] = 0


@kernel(inline=True)
def take_out(buckets, held, sizes, row, q):
    """Take the oldest number out of a tree."""
    put(buckets, row, q, np.int64(held[row, q, (sizes[row, q, 0] - sizes[row, q, 1]) % HELD]), -1)
    sizes[row, q, 1] -= 1


@kernel(inline=True)
def forget_trees(table, state, row):
    """Empty the trees of a key."""
    for q in range(len(table[4])):
        if state[10][row, q, 1] > 0:
            state[8][row, q, :] = 0
        state[10][row, q, :] = 0


@kernel(inline=True)
def put_in(table, state, row, pane, numbers, i):
    """Put an event into the trees of a key; a full one loses its oldest."""
    buckets, held, sizes = state[8], state[9], state[10]
    for q in range(len(table[4])):
        x = numbers[table[4][q], i]
        if x == x:
            if sizes[row, q, 1] == HELD:
                take_out(buckets, held, sizes, row, q)
                at = pane - PANES + 1
                while sizes[row, q, 2 + at % PANES] == 0:
                    at += 1
                sizes[row, q, 2 + at % PANES] -= 1
            bucket = bucket_of(x)
            put(buckets, row, q, bucket, 1)
            held[row, q, sizes[row, q, 0] % HELD] = bucket
            sizes[row, q, 0] += 1
            sizes[row, q, 1] += 1
            sizes[row, q, 2 + pane % PANES] += 1


@kernel(inline=True)
def leave(recent, row, after):
    """Take the events at or before `after` out of count()."""
    ring = recent.shape[1] - 2
    size = recent[row, 1]
    while size > 0 and recent[row, 2 + (recent[row, 0] - size) % ring] <= after:
        size -= 1
    recent[row, 1] = size


@kernel(inline=True)
def come(recent, row, time):
    """Count an event."""
    ring = recent.shape[1] - 2
    recent[row, 2 + recent[row, 0]] = time
    recent[row, 0] = (recent[row, 0] + 1) % ring
    recent[row, 1] = min(recent[row, 1] + 1, ring)


@kernel(inline=True)
def look(table, state, row, time, window, place, hand, totals, points, at):
    """Write down one look at a window, whose panes have been moved to `time`."""
    extra, rows, times, places, hands, begins = points
    operations = table[0]
    marks, cells, bases = state[0], state[2], state[3]
    slot = marks[row, PANE] % PANES
    present = marks[row, MASK] & 1
    for c in range(len(operations)):
        totals[c] = joined(operations[c], bases[row, c], cells[row, slot, c]) if present else bases[row, c]
    tell(table, state, row, totals, window / MINUTE_MS, extra, at)
    rows[at] = row
    times[at] = time
    places[at] = place
    hands[at] = hand
    begins[at] = time - window + 1


@kernel(inline=True)
def next_edge(mask, pane, time, window, every):
    """Return the pane at whose edge, after `time` in `pane`, a window is looked at next."""
    if mask == 0:
        return NEVER
    if every:
        return pane if edge_of(pane, window) > time else pane + 1
    return pane - oldest(mask) + PANES


@kernel(inline=True)
def pass_edges(table, state, row, bound, window, every, place, totals, points, found):
    """Look at a window at the edges of its panes before `bound`; return how many points there are then."""
    marks, dues, recent = state[0], state[1], state[4]
    while dues[row] < bound:
        pane = dues[row]
        time = edge_of(pane, window)
        move(table, state, row, pane)
        marks[row, MASK] &= INSIDE
        if recent.shape[1] > 2:
            leave(recent, row, time - window)
        expire_all(table, state, row, time - window)
        hand = NONE if marks[row, MASK] != 0 else VACANT
        look(table, state, row, time, window, place, hand, totals, points, found)
        found += 1
        dues[row] = next_edge(marks[row, MASK], pane, time, window, every)
    return found


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64, int64, int64, "
    f"{TABLE}, {STATE}, {POINTS})"
)
def slide(times, rows, numbers, bits, start, window, needed, edges, every, table, state, points):
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
    table, state, points
        see `kernels.patterns.aggregate`

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 20 ns an event and 2 ns a cell and aggregate, 1 ns a cell and pane with events when the pane changes.
    """
    operations, arguments = table[0], table[1]
    marks, dues, cells, recent = state[0], state[1], state[2], state[4]
    counts = recent.shape[1] > 2
    totals = np.empty(len(operations), np.float64)
    room = len(points[1]) - EDGES
    found = np.int64(0)
    n = np.int64(len(times))
    for i in range(start, n):
        if found > room:
            return np.int64(i), found
        if i + AHEAD < n:
            prefetch(marks, rows[i + AHEAD], 0)
            prefetch(cells, rows[i + AHEAD], pane_of(times[i], window) % PANES)
        row = rows[i]
        time = times[i]
        pane = pane_of(time, window)
        if edges:
            found = pass_edges(table, state, row, pane, window, every, i, totals, points, found)
        if pane != marks[row, PANE]:
            move(table, state, row, pane)
        slot = pane % PANES
        if marks[row, MASK] & 1 == 0:
            clear(cells, operations, row, slot)
            marks[row, MASK] |= 1
        add(cells, operations, arguments, row, slot, numbers, i)
        put_in(table, state, row, pane, numbers, i)
        if counts:
            leave(recent, row, time - window)
            come(recent, row, time)
        expire_all(table, state, row, time - window)
        see_all(table, state, row, time, numbers, bits, i)
        if edges:
            if edge_of(pane, window) == time:
                marks[row, MASK] &= INSIDE
            dues[row] = next_edge(marks[row, MASK], pane, time, window, every)
        if not counts or recent[row, 1] >= needed:
            look(table, state, row, time, window, i, HAND, totals, points, found)
            found += 1
    return n, found


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, int64, {TABLE}, {STATE}, {POINTS})")
def slide_on(start, bound, window, every, table, state, points):
    """Look at the windows of rows from `start` on at their edges before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points, each row's in order
    """
    dues = state[1]
    totals = np.empty(len(table[0]), np.float64)
    last = pane_of(bound, window)
    room = len(points[1]) - EDGES
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        found = pass_edges(table, state, row, last, window, every, -1, totals, points, found)
    return np.int64(len(dues)), found
