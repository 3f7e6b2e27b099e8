"""Aggregates over sessions: a session ends `gap` after its last event, or `longest` after its first."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.aggregate import (
    FIRST_PANE,
    HAND,
    NEVER,
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
from kernels.prefetch import AHEAD, prefetch

LOOKS = 2  # at most so many points come of one event
MINUTE_MS = 60_000.0


@kernel(inline=True)
def ends_at(last, opened, gap, longest):
    """Return when a session is over; an event of that instant begins another."""
    return min(last + gap, opened + longest)


@kernel(inline=True)
def look(table, state, row, time, gap, place, hand, points, found):
    """Write down one look at a session. It lasts at least as long as its gap: rate() is of no shorter time."""
    extra, rows, times, places, hands, begins = points
    opened = state[0][row, OPENED]
    lasts = max(state[0][row, PANE] - opened, gap) if opened != NEVER else gap
    tell(table, state, row, state[2][row, FIRST_PANE], lasts / MINUTE_MS, extra, found)
    rows[found] = row
    times[found] = time
    places[found] = place
    hands[found] = hand
    begins[found] = opened
    return found + 1


@kernel(inline=True)
def end_session(table, state, row, gap, longest, place, points, found):
    """End a session and look at what is left: nothing."""
    marks = state[0]
    time = ends_at(marks[row, PANE], marks[row, OPENED], gap, longest)
    close(table, state, row)
    return look(table, state, row, time, gap, place, VACANT, points, found)


@kernel(inline=True)
def close(table, state, row):
    """Empty the session of a key."""
    state[0][row, PANE] = NULL
    state[0][row, OPENED] = NEVER
    state[1][row] = NEVER
    clear(state[2], table[0], row, FIRST_PANE)
    forget_all(table, state, row)


@kernel(
    f"UniTuple(int64, 2)(int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64, int64, int64, int64, "
    f"{TABLE}, {STATE}, {POINTS})"
)
def sit(times, rows, numbers, bits, start, gap, longest, needed, ends, table, state, points):
    """Take events into their keys' sessions and look at them, until there is no more room for points.

    Parameters
    ----------
    times, rows, numbers, bits, start, table, state, points
        as in `kernels.patterns.sliding.slide`
    gap, longest
        ms; `longest` is far in the future where a session may last
    needed
        the least count() that is worth looking at
    ends
        whether the end of a session is looked at, too, unless an event begins another at that instant

    Returns
    -------
    the first event that was not taken, and the number of points

    Cost: 10 ns an event and 2 ns a cell and aggregate.
    """
    marks, dues, cells = state[0], state[1], state[2]
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
        if marks[row, PANE] != NULL:
            end = ends_at(marks[row, PANE], marks[row, OPENED], gap, longest)
            if end < time and ends:
                found = end_session(table, state, row, gap, longest, i, points, found)
            elif end <= time:
                close(table, state, row)
        if marks[row, PANE] == NULL:
            close(table, state, row)
            marks[row, OPENED] = time
        marks[row, PANE] = time
        if ends:
            dues[row] = ends_at(time, marks[row, OPENED], gap, longest)
        add(cells, table[0], table[1], row, FIRST_PANE, numbers, i)
        enter_all(table, state, row, numbers, bits, i)
        if cells[row, FIRST_PANE, 0] >= needed:
            found = look(table, state, row, time, gap, i, HAND, points, found)
    return n, found


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, int64, {TABLE}, {STATE}, {POINTS})")
def sit_on(start, bound, gap, longest, table, state, points):
    """End the sessions of the rows from `start` on that are over before `bound` (epoch ms), as far as there is room.

    Returns
    -------
    the first row that was not looked at, and the number of points
    """
    dues = state[1]
    room = len(points[1]) - LOOKS
    found = np.int64(0)
    for row in range(start, len(dues)):
        if found > room:
            return np.int64(row), found
        if dues[row] < bound:
            found = end_session(table, state, row, gap, longest, -1, points, found)
    return np.int64(len(dues)), found
