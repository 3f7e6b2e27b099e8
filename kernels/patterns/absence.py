"""Absence: a deadline for every key, a fixed silence after its last sight; decided at exact event times.

State is 24 bytes a key: `bases`, the last sight (or the armed time of a key never seen), `positions`, the log
position of that sight (-1: never seen), and `fired`, when the open episode fired (NULL: none is open).
"""

import numpy as np

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.nulls import NULL

FIRING, RESOLVED, CORRECTED = 0, 1, 2
NEVER = np.int64(2**63 - 1)


@kernel(inline=True)
def due(base, silence, edges):  # type: ignore[no-untyped-def]
    """Return when an absence may fire: its deadline, or the next instant at which the calendar `edges` is true.

    An empty `edges` is always true.
    """
    deadline = base + silence
    if len(edges) == 0:
        return deadline
    turned = index_after(edges, 0, len(edges), deadline)
    if turned & 1:
        return deadline
    return edges[turned] if turned < len(edges) else NEVER


@kernel("int64(int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[::1], int64[::1], int64[::1], int64[::1], "
        "int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def sight(times, orders, positions, rows, silence, edges, bases, seen, fired, out_row, out_kind, out_time, out_since,
          out_position, out_order):  # type: ignore[no-untyped-def]
    """Take sights of keys in order; let deadlines that lie before them fire first.

    Parameters
    ----------
    times, orders, positions, rows
        int64[n] each: epoch ms, order (`kernels.order`: even for a late event), log position, state row
    silence, edges
        ms, and the calendar in which it may fire
    bases, seen, fired
        int64[r] each, the state; `seen` is the log position of the last sight
    out_row, out_kind, out_time, out_since, out_position, out_order
        int64[2 n] each, receive the transitions in order: state row, FIRING, RESOLVED or CORRECTED, its time, the
        episode's since, log position of the causing event (-1: none), and its place in event time

    Returns
    -------
    the number of transitions

    Cost: about 3 ns an event.
    """
    found = 0
    for i in range(len(times)):
        row = rows[i]
        time = times[i]
        late = (orders[i] & 1) == 0
        now = orders[i] >> 1  # a late event is judged when the watermark stood there
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence <= now:
            deadline = due(bases[row], silence, edges)
            if deadline <= now:
                out_row[found] = row
                out_kind[found] = FIRING
                out_time[found] = deadline
                out_since[found] = bases[row]
                out_position[found] = seen[row]
                out_order[found] = deadline
                found += 1
                fired[row] = deadline
        if time > bases[row] or (time == bases[row] and not (late and seen[row] >= 0)):
            if fired[row] != NULL:
                out_row[found] = row
                out_kind[found] = CORRECTED if time < fired[row] else RESOLVED
                out_time[found] = time
                out_since[found] = bases[row]
                out_position[found] = positions[i]
                out_order[found] = max(time, now)
                found += 1
                fired[row] = NULL
            bases[row] = time
            seen[row] = positions[i]
    return found


@kernel("int64(int64, int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
        "int64[::1], int64[::1], int64[::1])")
def expire(watermark, silence, edges, bases, seen, fired, out_row, out_kind, out_time, out_since, out_position,
           out_order):  # type: ignore[no-untyped-def]
    """Let every deadline up to the watermark fire; the arrays are those of `sight`, `out_*` of int64[r].

    Cost: 1 ns a key.
    """
    found = 0
    for row in range(len(bases)):
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence <= watermark:
            deadline = due(bases[row], silence, edges)
            if deadline <= watermark:
                out_row[found] = row
                out_kind[found] = FIRING
                out_time[found] = deadline
                out_since[found] = bases[row]
                out_position[found] = seen[row]
                out_order[found] = deadline
                found += 1
                fired[row] = deadline
    return found


@kernel("int64(int64, int64[::1], int64[::1], int64[::1])")
def first_due(silence, edges, bases, fired):  # type: ignore[no-untyped-def]
    """Return the earliest instant at which a key can fire if it is not seen again; NEVER where none can.

    Sights only move deadlines on, so that nothing can fire before it and no sweep is needed until then.
    """
    first = NEVER
    for row in range(len(bases)):
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence < first:
            first = min(first, due(bases[row], silence, edges))
    return first
