"""Absence: a deadline for every key, a fixed silence after its last sight; decided at exact event times.

State is 24 bytes a key: `bases`, the last sight (or the armed time of a key never seen), `seen`, the log position
of that sight (-1: never seen), and `fired`, when the open episode fired (NULL: none is open). A rule whose cooldown
is longer than its silence has `shut` besides, until when an ended episode keeps the key quiet; else it is empty.
"""


from kernels.compile import kernel
from kernels.expression import NEVER, index_after
from kernels.nulls import NULL

FIRING, RESOLVED, CORRECTED = 0, 1, 2
# Columns of a transition: state row; one of the above; its time; the episode's since; log position of the causing
# event, of a firing that of the last sight (-1: none); its place in event time; the last sight before (NULL: none)
ROW, TRANSITION, TIME, SINCE, CAUSE, PLACE, LAST = range(7)


@kernel(inline=True)
def due(row, silence, edges, bases, shut):
    """Return when an absence may fire: its deadline, or the next instant at which the calendar `edges` is true.

    An empty `edges` is always true.
    """
    deadline = bases[row] + silence
    if len(shut) > 0:
        deadline = max(deadline, shut[row])
    if len(edges) == 0:
        return deadline
    turned = index_after(edges, 0, len(edges), deadline)
    if turned & 1:
        return deadline
    return edges[turned] if turned < len(edges) else NEVER


@kernel(inline=True)
def fire(row, deadline, now, bases, seen, fired, out):
    """Open an episode and report it; `now` is the watermark at which that is decided."""
    out[ROW] = row
    out[TRANSITION] = FIRING
    out[TIME] = deadline
    out[SINCE] = bases[row]
    out[CAUSE] = seen[row]
    out[PLACE] = max(deadline, now)
    out[LAST] = bases[row] if seen[row] >= 0 else NULL
    fired[row] = deadline


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int64[:, ::1])"
)
def sight(times, orders, positions, rows, silence, cooldown, edges, bases, seen, fired, shut, out):
    """Take sights of keys in order; let deadlines that lie before them fire first.

    Parameters
    ----------
    times, orders, positions, rows
        int64[n] each: epoch ms, order (`kernels.order`: even for a late event), log position, state row
    silence, cooldown, edges
        ms each, and the calendar in which it may fire
    bases, seen, fired, shut
        int64[r] each, the state
    out
        int64[3 n, 7], receives the transitions in order

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
            deadline = due(row, silence, edges, bases, shut)
            if deadline <= now:
                fire(row, deadline, deadline, bases, seen, fired, out[found])
                found += 1
        if time > bases[row] or (time == bases[row] and not (late and seen[row] >= 0)):
            if fired[row] != NULL and time > bases[row]:  # one at the armed time itself tells of no later sight
                out[found, ROW] = row
                out[found, TRANSITION] = CORRECTED if time < fired[row] else RESOLVED
                out[found, TIME] = time
                out[found, SINCE] = bases[row]
                out[found, CAUSE] = positions[i]
                out[found, PLACE] = max(time, now)
                out[found, LAST] = bases[row] if seen[row] >= 0 else NULL
                found += 1
                fired[row] = NULL
                if len(shut) > 0:
                    shut[row] = time + cooldown
            bases[row] = time
            seen[row] = positions[i]
            if late and time + silence <= now:  # it tells of a sight so old that the next silence is over too
                deadline = due(row, silence, edges, bases, shut)
                if deadline <= now:
                    fire(row, deadline, now, bases, seen, fired, out[found])
                    found += 1
    return found


@kernel("int64(int64, int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def expire(watermark, silence, edges, bases, seen, fired, shut, out):
    """Let every deadline up to the watermark fire; the arrays are those of `sight`, `out` of int64[r, 7].

    Cost: 1 ns a key.
    """
    found = 0
    for row in range(len(bases)):
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence <= watermark:
            deadline = due(row, silence, edges, bases, shut)
            if deadline <= watermark:
                fire(row, deadline, deadline, bases, seen, fired, out[found])
                found += 1
    return found


@kernel("int64(int64, int64[::1], int64[::1], int64[::1], int64[::1])")
def first_due(silence, edges, bases, fired, shut):
    """Return the earliest instant at which a key can fire if it is not seen again; NEVER where none can.

    Sights only move deadlines on, so that nothing can fire before it and no sweep is needed until then.
    """
    first = NEVER
    for row in range(len(bases)):
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence < first:
            first = min(first, due(row, silence, edges, bases, shut))
    return first
