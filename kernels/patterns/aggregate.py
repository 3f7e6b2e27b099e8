"""Aggregates over a window: what is kept of its events, and what comes out of it.

Every aggregate but distinct() and quantile() is made of *cells*, numbers that each event changes and that join: the
cells of a window are those of its panes, joined. So a sliding window keeps them of each pane, and several aggregates
share one. What a rule needs is data (`Table`), so that no rule compiles a kernel.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.cells import CELL, DISTINCT, EVENTS, KNOWN, LEAST, MEAN, PER_MINUTE, RECENT, SPAN
from kernels.patterns.distinct import LAST_GROUP, ask_for_value, enter
from kernels.patterns.quantile import bucket_of, fell, put, quantile
from kernels.prefetch import AHEAD, prefetch

PANES = 60  # of a sliding window
PANE, NEW, OLD = range(3)  # columns of `marks`: the present pane, and which panes of its block and the one before
#                            hold events, by bits; the one that is as old as the window stays until an edge has shown it
OPENED, GROUP = 1, 2  # columns of `marks`, of a window that is not cut into panes
NONE, HAND, VACANT, ALIKE = range(4)  # what is in hand at a look
ROW, TIME, PLACE, HELD_BY, BEGINS = range(5)  # rows of `looks`

TABLE = (
    "Tuple((int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], float64[::1], "
    "float64[:, :, ::1]))"
)
"""What to accumulate.

operations, arguments    int64[cells]: what a cell does, and with which argument; where windows have one pane, cell 0
                         is EVENTS
distinct, bounds         int64[d] each: the argument of each distinct(), and how many values it tells apart
quantiles                int64[q]: the argument of each quantile()
results                  int64[a, 3]: what each aggregate is, and its cells, list or tree
parameters               float64[a]: the share of a quantile
totals                   float64[1, 1, cells], scratch
"""

STATE = (
    "Tuple((int64[:, ::1], int64[::1], float64[:, :, ::1], float64[:, ::1], int64[:, ::1], int64[:, :, ::1], "
    "int64[:, :, ::1], int64[:, ::1], int32[:, :, ::1], uint16[:, :, ::1], int64[:, :, ::1], int64[::1], int64[::1], "
    "int64[::1]))"
)
"""What is kept of each key, by row. Kernels take it apart once: a tuple of arrays that is handed on costs more than
what is done with it.

marks          int64[rows, m]: where a window stands, as its kind says
dues           int64[rows]: when the window is looked at next though no event comes (of a sliding one the number of
               the pane at whose edge), NEVER if it is not
cells          float64[rows, panes, cells]
bases          float64[rows, cells]: cells of panes that have been joined
recent         int64[rows, 2 + ring]: place of the next event, events in the window, and the times of the last ones
values         int64[rows, d, bound]: different values of a sliding window (`kernels.patterns.distinct`)
value_times    int64[rows, d, bound]
value_sizes    int64[rows, d]: how many there are
buckets        int32[rows, q, WORDS] (`kernels.patterns.quantile`)
held           uint16[rows, q, HELD]: the buckets of the last events
held_sizes     int64[rows, q, 2 + panes]: how many there ever were, how many are held, and how many there were when
               each pane was over

and of all keys together the different values of windows whose events leave all at once: groups, members and counts
(`kernels.patterns.distinct.enter`).
"""

POINTS = "float64[:, ::1], int64[:, ::1]"
"""Where the windows are looked at, room for m.

extra      float64[a, m]: the aggregates
looks      int64[5, m]: state row; epoch ms; the event in hand, or of a pane's end or an edge the event before which it
           stood (-1: none); HAND, an event is in hand, NONE, or ALIKE, and it holds what it held before, or VACANT, and
           there is none in the window; and from which time on events are in the window
"""


@kernel(inline=True, allocates=False)
def changed(operation, cell, x):
    """Return a cell after one more event, of which `x` is the argument."""
    if operation == EVENTS:
        return cell + 1.0
    if x != x:
        return cell
    if operation == KNOWN:
        return cell + 1.0
    return joined(operation, cell, x)


@kernel(inline=True, allocates=False)
def joined(operation, a, b):
    """Return two cells as one; that of no event is 0, for LEAST and GREATEST NaN."""
    if operation < LEAST:
        return a + b
    if a != a or (b < a if operation == LEAST else b > a):
        return b
    return a


@kernel(inline=True, allocates=False)
def empty(operation):
    """Return the cell of no event."""
    return np.nan if operation >= LEAST else 0.0


@kernel(inline=True, allocates=False)
def clear(cells, row, pane, operations):
    """Begin a pane's cells anew."""
    for c in range(len(operations)):
        cells[row, pane, c] = empty(operations[c])


@kernel(inline=True, allocates=False)
def add(cells, row, pane, operations, arguments, numbers, i):
    """Add an event to a pane's cells."""
    for c in range(len(operations)):
        cells[row, pane, c] = changed(operations[c], cells[row, pane, c], numbers[arguments[c], i])


@kernel(inline=True, allocates=False)
def ask_for_all(groups, members, marks, value_sizes, rows, distinct, bits, i):
    """Ask for what the events ahead enter: how much their keys hold, then where their values are.

    A key may begin another group until then; what was asked for is then of no use.
    """
    for d in range(len(distinct)):
        prefetch(value_sizes, rows[i + AHEAD], d)
        group = marks[rows[i + AHEAD // 2], GROUP] + d
        ask_for_value(groups, members, group, bits[distinct[d], i + AHEAD // 2])


@kernel(inline=True, allocates=False)
def enter_all(
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
):
    """Enter an event's values into the groups and trees of a window whose events leave all at once."""
    for d in range(len(distinct)):
        value = bits[distinct[d], i]
        if value != NULL and value_sizes[row, d] < bounds[d]:
            value_sizes[row, d] += enter(groups, members, counts, marks[row, GROUP] + d, value)
    for q in range(len(quantiles)):
        x = numbers[quantiles[q], i]
        if x == x:
            put(buckets, row, q, bucket_of(x), 1)
            held_sizes[row, q, 1] += 1


@kernel(inline=True, allocates=False)
def forget_all(counts, marks, value_sizes, buckets, held_sizes, row):
    """Give a key new groups, and empty its trees."""
    if value_sizes.shape[1] > 0:
        marks[row, GROUP] = counts[LAST_GROUP] + 1
        counts[LAST_GROUP] += value_sizes.shape[1]
    for d in range(value_sizes.shape[1]):
        value_sizes[row, d] = 0
    if buckets.shape[1] > 0:
        fell(buckets, held_sizes, row)


@kernel(inline=True, allocates=False)
def tell(cells, at, pane, minutes, recent, value_sizes, buckets, held_sizes, row, results, parameters, extra, found):
    """Return the aggregates of a window in `extra[:, found]`: its cells are `cells[at, pane]`, all else its row's.

    `minutes` is what rate() divides by.
    """
    for a in range(len(results)):
        kind, first, second = results[a, 0], results[a, 1], results[a, 2]
        if kind == CELL:
            value = cells[at, pane, first]
        elif kind == MEAN:
            known = cells[at, pane, second]
            value = cells[at, pane, first] / known if known > 0 else np.nan
        elif kind == SPAN:
            value = cells[at, pane, second] - cells[at, pane, first]
        elif kind == PER_MINUTE:
            value = cells[at, pane, first] / minutes
        elif kind == RECENT:
            value = np.float64(recent[row, 1])
        elif kind == DISTINCT:
            value = np.float64(value_sizes[row, first])
        else:
            value = quantile(buckets, row, first, parameters[a], held_sizes[row, first, 1])
        extra[a, found] = value


@kernel(inline=True, allocates=False)
def note(looks, found, row, time, place, hand, begins):
    """Write down where a window was looked at."""
    looks[ROW, found] = row
    looks[TIME, found] = time
    looks[PLACE, found] = place
    looks[HELD_BY, found] = hand
    looks[BEGINS, found] = begins
