"""Aggregates over tumbling panes (end - width, end], aligned to the epoch in civil time and looked at at their end."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    FIRST_PANE,
    NEVER,
    NONE,
    OPENED,
    PANE,
    POINTS,
    STATE,
    TABLE,
    VACANT,
    add,
    clear,
    enter_all,
    forget_all,
    tell,
)
from kernels.patterns.panes import pane_end
from kernels.prefetch import AHEAD, prefetch

LOOKS = 2  # at most so many points come of one event
MINUTE_MS = 60_000.0


@kernel(inline=True)
def look(table, state, row, width, needed, place, points, found):
    """Look at a pane that is over, if it holds enough events; return how many points there are then."""
    extra, rows, times, places, hands, begins = points
    cells = state[2]
    if cells[row, FIRST_PANE, 0] < needed:
        return found
    tell(table, state, row, cells[row, FIRST_PANE], width / MINUTE_MS, extra, found)
    rows[found] = row
    times[found] = state[0][row, PANE]
    places[found] = place
    hands[found] = NONE if cells[row, FIRST_PANE, 0] > 0 else VACANT
    begins[found] = state[0][row, OPENED]
    return found + 1


@kernel(inline=True)
def end_pane(table, state, row, width, offset_edges, offsets, needed, followed, place, points, found):
    """End the open pane of a key and look at it; with `followed` one that held events leaves an empty one open."""
    marks, dues, cells = state[0], state[1], state[2]
    found = look(table, state, row, width, needed, place, points, found)
    if followed and cells[row, FIRST_PANE, 0] > 0:
        open_pane(table, state, row, pane_end(marks[row, PANE] + 1, width, offset_edges, offsets))
        marks[row, OPENED] = NEVER
    else:
        marks[row, PANE] = NULL
        dues[row] = NEVER
    return found


@kernel(inline=True)
def open_pane(table, state, row, end):
    """Begin an empty pane."""
    state[0][row, PANE] = end
    state[1][row] = end
    clear(state[2], table[0], row, FIRST_PANE)
    forget_all(table, state, row)


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64[::1], "
    f"int64[::1], int64, int64, {TABLE}, {STATE}, {POINTS})"
)
def tumble(times, rows, numbers, bits, start, width, offset_edges, offsets, needed, followed, table, state, points):
    """Take events into their keys' panes until there is no more room for points; one behind a pane ends it.

    Parameters
    ----------
    times, rows, numbers, bits, start, table, state, points
        as in `kernels.patterns.sliding.slide`
    width
        ms
    offset_edges, offsets
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
    marks, cells = state[0], state[2]
    room = len(points[1]) - LOOKS
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
        while marks[row, PANE] != NULL and marks[row, PANE] < time:
            found = end_pane(table, state, row, width, offset_edges, offsets, needed, followed, i, points, found)
        if marks[row, PANE] == NULL:
            open_pane(table, state, row, pane_end(time, width, offset_edges, offsets))
        if cells[row, FIRST_PANE, 0] == 0:
            marks[row, OPENED] = time
        add(cells, table[0], table[1], row, FIRST_PANE, numbers, i)
        enter_all(table, state, row, numbers, bits, i)
    return n, found


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, int64[::1], int64[::1], int64, int64, {TABLE}, {STATE}, {POINTS})")
def tumble_on(start, bound, width, offset_edges, offsets, needed, followed, table, state, points):
    """End the panes of the rows from `start` on that are over before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points, each row's in order
    """
    dues = state[1]
    room = len(points[1]) - LOOKS
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        while dues[row] < bound:
            found = end_pane(table, state, row, width, offset_edges, offsets, needed, followed, -1, points, found)
    return np.int64(len(dues)), found
