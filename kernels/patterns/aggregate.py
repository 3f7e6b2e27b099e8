"""Aggregates over a window: what is kept of its events, and what comes out of it.

Every aggregate but distinct() and quantile() is made of *cells*, numbers that each event changes and that join: the
cells of a window are those of its panes, joined. So a sliding window keeps them of each pane, and several aggregates
share one. What a rule needs is data (`Table`), so that no rule compiles a kernel.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.distinct import enter, expire, see
from kernels.patterns.quantile import bucket_of, put, quantile

# what a cell does with an event; the first is of no argument, the others skip null (NaN)
EVENTS, KNOWN, SUM, LEAST, GREATEST = range(5)
# what an aggregate is made of
CELL, MEAN, SPAN, PER_MINUTE, RECENT, DISTINCT, QUANTILE = range(7)

NEVER = np.int64(2**63 - 1)
PANE, MASK, OPENED = range(3)  # columns of `marks`
NONE, HAND, VACANT = range(3)  # what is in hand at a look
FIRST_PANE = 0  # where a window that is not cut into panes keeps its cells

TABLE = "Tuple((int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], float64[::1]))"
"""What to accumulate.

operations, arguments    int64[cells]: what a cell does, and with which argument; cell 0 is EVENTS
distinct, bounds         int64[d] each: the argument of each distinct(), and how many values it tells apart
quantiles                int64[q]: the argument of each quantile()
results                  int64[a, 3]: what each aggregate is, and its cells, list or tree
parameters               float64[a]: the share of a quantile
"""

STATE = (
    "Tuple((int64[:, ::1], int64[::1], float64[:, :, ::1], float64[:, ::1], int64[:, ::1], int64[:, :, ::1], "
    "int64[:, :, ::1], int64[:, ::1], int32[:, :, ::1], uint16[:, :, ::1], int64[:, :, ::1]))"
)
"""What is kept of each key, by row.

marks          int64[rows, 3]: the pane (its number, its end, or a session's last event; NULL: none), the mask of the
               panes that hold events (bit i: i panes ago), and when the window's first event was
dues           int64[rows]: when the window is looked at next though no event comes (of a sliding one the number of
               the pane at whose edge), NEVER if it is not
cells          float64[rows, panes, cells]
bases          float64[rows, cells]: the cells of all panes but the present one, joined, the oldest first
recent         int64[rows, 2 + ring]: place of the next event, events in the window, and the times of the last ones
values         int64[rows, d, bound]: different values (`kernels.patterns.distinct`)
value_times    int64[rows, d, bound]
value_sizes    int64[rows, d]
buckets        int32[rows, q, BUCKETS + 1] (`kernels.patterns.quantile`)
held           uint16[rows, q, HELD]: the buckets of the last events
held_sizes     int64[rows, q, 2 + panes]: the place of the next one, how many, and how many of each pane
"""

POINTS = "Tuple((float64[:, ::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1]))"
"""Where the windows are looked at, room for m.

extra      float64[a, m]: the aggregates
rows       int64[m]: state rows
times      int64[m]: epoch ms
places     int64[m]: the event in hand; of a pane's end or an edge the event before which it stood, -1 for none
hands      int64[m]: HAND, an event is in hand; NONE; or VACANT, and there is none in the window
begins     int64[m]: events from this time on are in the window
"""


@kernel(inline=True)
def changed(operation, cell, x):
    """Return a cell after one more event, of which `x` is the argument."""
    if operation == EVENTS:
        return cell + 1.0
    if x != x:
        return cell
    if operation == KNOWN:
        return cell + 1.0
    return joined(operation, cell, x)


@kernel(inline=True)
def joined(operation, a, b):
    """Return two cells as one; that of no event is 0, for LEAST and GREATEST NaN."""
    if operation < LEAST:
        return a + b
    if a != a or (b < a if operation == LEAST else b > a):
        return b
    return a


@kernel(inline=True)
def empty(operation):
    """Return the cell of no event."""
    return np.nan if operation >= LEAST else 0.0


@kernel(inline=True)
def clear(cells, operations, row, pane):
    """Begin a pane's cells anew."""
    for c in range(len(operations)):
        cells[row, pane, c] = empty(operations[c])


@kernel(inline=True)
def add(cells, operations, arguments, row, pane, numbers, i):
    """Add an event to a pane's cells."""
    for c in range(len(operations)):
        cells[row, pane, c] = changed(operations[c], cells[row, pane, c], numbers[arguments[c], i])


@kernel(inline=True)
def enter_all(table, state, row, numbers, bits, i):
    """Enter an event's values into the lists and trees of a window whose events leave all at once."""
    distinct, bounds, quantiles = table[2], table[3], table[4]
    values, sizes, buckets = state[5], state[7], state[8]
    for d in range(len(distinct)):
        value = bits[distinct[d], i]
        if value != NULL:
            enter(values, sizes, row, d, bounds[d], value)
    for q in range(len(quantiles)):
        x = numbers[quantiles[q], i]
        if x == x:
            put(buckets, row, q, bucket_of(x), 1)
            state[10][row, q, 1] += 1


@kernel(inline=True)
def forget_all(table, state, row):
    """Empty the lists and trees of a key."""
    for d in range(len(table[2])):
        state[7][row, d] = 0
    for q in range(len(table[4])):
        if state[10][row, q, 1] > 0:
            state[8][row, q, :] = 0
            state[10][row, q, :] = 0


@kernel(inline=True)
def see_all(table, state, row, time, numbers, bits, i):
    """Note an event's values in the lists of a sliding window."""
    distinct, bounds = table[2], table[3]
    for d in range(len(distinct)):
        value = bits[distinct[d], i]
        if value != NULL:
            see(state[5], state[6], state[7], row, d, bounds[d], value, time)


@kernel(inline=True)
def expire_all(table, state, row, after):
    """Forget the values that a sliding window last saw at or before `after`."""
    for d in range(len(table[2])):
        expire(state[6], state[7], row, d, after)


@kernel(inline=True)
def tell(table, state, row, totals, minutes, extra, at):
    """Return the aggregates in `extra[:, at]`; `totals` are the window's cells, `minutes` what rate() divides by."""
    results, parameters = table[5], table[6]
    for a in range(len(results)):
        first, second = results[a, 1], results[a, 2]
        kind = results[a, 0]
        if kind == CELL:
            value = totals[first]
        elif kind == MEAN:
            value = totals[first] / totals[second] if totals[second] > 0 else np.nan
        elif kind == SPAN:
            value = totals[second] - totals[first]
        elif kind == PER_MINUTE:
            value = totals[first] / minutes
        elif kind == RECENT:
            value = np.float64(state[4][row, 1])
        elif kind == DISTINCT:
            value = np.float64(state[7][row, first])
        else:
            value = quantile(state[8], row, first, parameters[a], state[10][row, first, 1])
        extra[a, at] = value
