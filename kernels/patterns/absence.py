"""Absence: a deadline for every key, a fixed silence after its last sight; decided at exact event times.

State is 26 bytes a key: `bases`, the last sight (or the armed time of a key never seen), `seen`, the log position
of that sight (-1: never seen), `feeds`, the number of the feed that brought it (-1: never seen, or it was late), and
`fired`, when the open episode fired (NULL: none is open). A rule whose cooldown is longer than its silence has
`shut` besides, until when an ended episode keeps the key quiet; else it is empty.

A sight that only moves a deadline on needs no order: `glance` takes it on arrival. All else waits for its place in
the order and is taken by `sight`. Of several sights of one instant the last in the order is the evidence, which no
kernel needs to know: the one that is held goes to `ties` when another takes its place.
"""

from kernels.compile import kernel
from kernels.expression import NEVER, index_after
from kernels.nulls import NULL

FIRING, RESOLVED, CORRECTED = 0, 1, 2
# Columns of a transition: state row; one of the above; its time; the episode's since; log position of the causing
# event, of a firing that of the last sight (-1: none); its place in event time; the last sight before (NULL: none);
# the feed of a firing's last sight (-1: none, or it was late)
ROW, TRANSITION, TIME, SINCE, CAUSE, PLACE, LAST, FEED = range(8)
# Columns of a tie: which entry tied with the sight that its key had; that sight's log position, and its feed
TIED, HELD, HELD_FEED = range(3)
EVENT_TIME, POSITION = 0, 2  # lanes, as in events.batch


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
def fire(row, deadline, now, bases, seen, feeds, fired, out):
    """Open an episode and report it; `now` is the watermark at which that is decided."""
    out[ROW] = row
    out[TRANSITION] = FIRING
    out[TIME] = deadline
    out[SINCE] = bases[row]
    out[CAUSE] = seen[row]
    out[PLACE] = max(deadline, now)
    out[LAST] = bases[row] if seen[row] >= 0 else NULL
    out[FEED] = feeds[row]
    fired[row] = deadline


@kernel(inline=True)
def tie(entry, row, position, feed, seen, feeds, ties):
    """Let another sight of the same instant take the place of the one that a key has, and report that one."""
    ties[TIED] = entry
    ties[HELD] = seen[row]
    ties[HELD_FEED] = feeds[row]
    seen[row] = position
    feeds[row] = feed


@kernel(
    "UniTuple(int64, 2)(int64[:, ::1], int64[::1], int64[::1], boolean[::1], int64, boolean, int64, int64[::1], "
    "int64[::1], int16[::1], int64[::1], int64[::1], int64[:, ::1])"
)
def glance(lanes, rows, keys, late, feed, fresh, silence, bases, seen, feeds, fired, slow, ties):
    """Take the sights of a batch that only move a deadline on, as they arrive, and name the others.

    Such a sight is not late, its key is awaited and no episode of it is open, and it is younger than the key's
    deadline. That its place in the order does not matter:

    - The last sight of a key may be ahead of the watermark, but a deadline is decided only when the watermark
      reaches it. By then every sight before it has come, and those that had to wait have been released: so the last
      sight is the one that it would have been in order.
    - It moves only by less than the silence, each time. Thus no silence lies between two places where it was, and a
      sight between them, whenever it comes, neither begins nor ends an episode: it can be forgotten.
    - What could fire or end an episode waits: sights at or behind the deadline, of a key that is silent, unknown or
      not yet armed, and late ones. When one is released, all sights before it have come; if the last sight is
      behind it by now, they bridge the gap in which it would have fired, and it says nothing.
    - A late sight opens an episode only by a silence that ended by the watermark, and no sight of that silence
      can come any more but late.

    Parameters
    ----------
    lanes
        of the batch
    rows, keys
        int64[n] each: rows of the batch in the order of the log, and their state rows (NULL: none)
    late
        boolean[batch]
    feed, fresh, silence
        number of the batch's feed; whether a key without a state row is new, or nobody's; ms
    bases, seen, feeds, fired
        the state
    slow
        int64[n], receives the rows that have to wait
    ties
        int64[n, 3], receives the sights that lost their place to another of the same instant

    Returns
    -------
    how many rows have to wait, and the number of ties

    Cost: about 3 ns an event.
    """
    kept = 0
    tied = 0
    for i in range(len(rows)):
        row = rows[i]
        key = keys[i]
        if key == NULL:
            slow[kept] = row
            kept += fresh
            continue
        time = lanes[EVENT_TIME, row]
        base = bases[key]
        if late[row] or fired[key] != NULL or time >= base + silence:  # as is any time of a key not yet armed
            slow[kept] = row
            kept += 1
        elif time > base or (time == base and feeds[key] < 0):
            bases[key] = time
            seen[key] = lanes[POSITION, row]
            feeds[key] = feed
        elif time == base:
            tie(i, key, lanes[POSITION, row], feed, seen, feeds, ties[tied])
            tied += 1
    return kept, tied


@kernel(
    "UniTuple(int64, 2)(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64[::1], "
    "int64[::1], int64[::1], int16[::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1])"
)
def sight(
    times, orders, positions, sources, rows, silence, cooldown, edges, bases, seen, feeds, fired, shut, out, ties
):
    """Take sights of keys in order; let deadlines that lie before them fire first.

    One that was taken on arrival already changes nothing.

    Parameters
    ----------
    times, orders, positions, sources, rows
        int64[n] each: epoch ms, order (`kernels.order`: even for a late event), log position, feed, state row
    silence, cooldown, edges
        ms each, and the calendar in which it may fire
    bases, seen, feeds, fired, shut
        int64[r] each (`feeds` int16), the state
    out
        int64[3 n, 8], receives the transitions in order
    ties
        int64[n, 3], receives the sights that lost their place to another of the same instant

    Returns
    -------
    the numbers of transitions and of ties

    Cost: about 3 ns an event.
    """
    found = 0
    tied = 0
    for i in range(len(times)):
        row = rows[i]
        time = times[i]
        late = (orders[i] & 1) == 0
        now = orders[i] >> 1  # a late event is judged when the watermark stood there
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence <= now:
            deadline = due(row, silence, edges, bases, shut)
            if deadline <= now:
                fire(row, deadline, deadline, bases, seen, feeds, fired, out[found])
                found += 1
        if time > bases[row] or (time == bases[row] and feeds[row] < 0 and not (late and seen[row] >= 0)):
            if fired[row] != NULL and time > bases[row]:  # one at the armed time itself tells of no later sight
                out[found, ROW] = row
                out[found, TRANSITION] = CORRECTED if time < fired[row] else RESOLVED
                out[found, TIME] = time
                out[found, SINCE] = bases[row]
                out[found, CAUSE] = positions[i]
                out[found, PLACE] = max(time, now)
                out[found, LAST] = bases[row] if seen[row] >= 0 else NULL
                out[found, FEED] = sources[i]
                found += 1
                fired[row] = NULL
                if len(shut) > 0:
                    shut[row] = time + cooldown
            bases[row] = time
            seen[row] = positions[i]
            feeds[row] = -1 if late else sources[i]
            if (
                late and fired[row] == NULL and time + silence <= now
            ):  # it tells of a sight so old that the next silence is over too
                deadline = due(row, silence, edges, bases, shut)
                if deadline <= now:
                    fire(row, deadline, now, bases, seen, feeds, fired, out[found])
                    found += 1
        elif time == bases[row] and not late and positions[i] != seen[row]:
            tie(i, row, positions[i], sources[i], seen, feeds, ties[tied])
            tied += 1
    return found, tied


@kernel("int64(int64, int64, int64[::1], int64[::1], int64[::1], int16[::1], int64[::1], int64[::1], int64[:, ::1])")
def expire(watermark, silence, edges, bases, seen, feeds, fired, shut, out):
    """Let every deadline up to the watermark fire; the arrays are those of `sight`, `out` of int64[r, 8].

    Cost: 1 ns a key.
    """
    found = 0
    for row in range(len(bases)):
        if fired[row] == NULL and bases[row] != NULL and bases[row] + silence <= watermark:
            deadline = due(row, silence, edges, bases, shut)
            if deadline <= watermark:
                fire(row, deadline, deadline, bases, seen, feeds, fired, out[found])
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
