"""Absence: a deadline for every key, a fixed silence after its last sight; decided at exact event times.

State is 26 bytes a key: `bases`, the last sight (or the armed time of a key never seen), `seen`, the log position
of that sight (-1: never seen), `feeds`, the number of the feed that brought it (-1: never seen, or it was late), and
`fired`, when the open episode fired (NULL: none is open). A rule whose cooldown is longer than its silence has
`shut` besides, until when an ended episode keeps the key quiet, and one with `unless` has `groups`, which keys' clocks
stop together (`kernels.patterns.stops`); else they are empty.

A sight that only moves a deadline on needs no order: `glance` takes it on arrival. All else waits for its place in
the order and is taken by `sight`. Of several sights of one instant the last in the order is the evidence, which no
kernel needs to know: the one that is held goes to `ties` when another takes its place.
"""

import numpy as np

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.stops import RUNS, counted, reached, running
from kernels.prefetch import AHEAD, prefetch

FIRING, RESOLVED, CORRECTED, EXPIRED = 0, 1, 2, 3
# Columns of a transition: state row; one of the above; its time; the episode's since; log position of the causing
# event, of a firing or expiry that of the last sight (-1: none); its place in event time; the last sight before (NULL:
# none); the feed of the last sight of a firing or expiry (-1: none, or it was late)
ROW, TRANSITION, TIME, SINCE, CAUSE, PLACE, LAST, FEED = range(8)
# Columns of a tie: which entry tied with the sight that its key had; that sight's log position, and its feed
TIED, HELD, HELD_FEED = range(3)
EVENT_TIME, POSITION = 0, 2  # lanes, as in events.batch
NEVER_FORGET = 2**61  # ms, longer than anything lasts; with an instant it fits into an int64
LAW = "Tuple((int64, int64, int64, int64[::1]))"  # silence, forget, cooldown (ms each); edges of a calendar
# bases, seen, feeds, fired, shut, groups; all of one length, the last two may be empty
KEYS = "Tuple((int64[::1], int64[::1], int16[::1], int64[::1], int64[::1], int32[::1]))"


@kernel(inline=True)
def group_of(row, groups):
    """Return whose clock goes for a key; where no groups are told apart all have one."""
    return np.int64(groups[row]) if len(groups) > 0 else np.int64(0)


@kernel(inline=True)
def lapse(row, length, bases, groups, heads, totals, runs):
    """Return when so much time has counted since the base of a key, if nothing stops its clock any more."""
    group = group_of(row, groups)
    if heads[group] < 0:  # nothing has stopped it since any base
        return bases[row] + length
    since = counted(bases[row], group, heads, totals, runs)
    return reached(since + length, group, heads, totals, runs)


@kernel(inline=True)
def due(row, silence, edges, bases, shut, groups, heads, totals, runs):
    """Return when an absence may fire: at its deadline, or when its gap, its calendar and what stops its clock let it.

    An empty calendar is always true.
    """
    group = group_of(row, groups)
    instant = lapse(row, silence, bases, groups, heads, totals, runs)
    if len(shut) > 0:
        instant = max(instant, shut[row])
    while True:
        opening = instant
        if len(edges) > 0:
            turned = index_after(edges, 0, len(edges), instant)
            if not turned & 1:
                if turned == len(edges):
                    return NEVER
                opening = edges[turned]
        instant = running(opening, group, heads, runs)
        if instant == opening:
            return instant


@kernel(inline=True)
def report(row, transition, time, cause, place, feed, bases, seen, out):
    """Describe a transition."""
    out[ROW] = row
    out[TRANSITION] = transition
    out[TIME] = time
    out[SINCE] = bases[row]
    out[CAUSE] = cause
    out[PLACE] = place
    out[LAST] = bases[row] if seen[row] >= 0 else NULL
    out[FEED] = feed


@kernel()
def settle(
    row,
    now,
    floor,
    silence,
    forget,
    edges,
    bases,
    seen,
    feeds,
    fired,
    shut,
    groups,
    heads,
    totals,
    runs,
    out,
    found,
):
    """Let what falls due for a key by the watermark `now` happen; its place in event time is not before `floor`.

    An episode begins, and a key that has been silent for too long is forgotten, which ends its episode. Returns how
    many transitions there are, up to two more than `found`.
    """
    forgotten = NEVER
    if bases[row] + forget <= now:
        forgotten = lapse(row, forget, bases, groups, heads, totals, runs)
    if fired[row] == NULL:
        instant = due(row, silence, edges, bases, shut, groups, heads, totals, runs)
        if instant <= min(now, forgotten):
            report(row, FIRING, instant, seen[row], max(instant, floor), feeds[row], bases, seen, out[found])
            fired[row] = instant
            found += 1
    if forgotten <= now:
        if fired[row] != NULL:
            report(row, EXPIRED, forgotten, seen[row], max(forgotten, floor), feeds[row], bases, seen, out[found])
            found += 1
        drop(row, bases, seen, feeds, fired, shut)
    return found


@kernel(inline=True)
def drop(row, bases, seen, feeds, fired, shut):
    """Forget a key."""
    bases[row] = NULL
    seen[row] = -1
    feeds[row] = -1
    fired[row] = NULL
    if len(shut) > 0:
        shut[row] = NULL


@kernel(inline=True)
def tie(entry, row, position, feed, seen, feeds, ties):
    """Let another sight of the same instant take the place of the one that a key has, and report that one."""
    ties[TIED] = entry
    ties[HELD] = seen[row]
    ties[HELD_FEED] = feeds[row]
    seen[row] = position
    feeds[row] = feed


@kernel(
    f"UniTuple(int64, 2)(int64[:, ::1], int64[::1], int64[::1], boolean[::1], int64, boolean, int64, {KEYS}, "
    "int64[::1], int64[:, ::1])"
)
def glance(lanes, rows, places, late, feed, fresh, silence, keys, slow, ties):
    """Take the sights of a batch that only move a deadline on, as they arrive, and name the others.

    Such a sight is not late, its key is awaited and no episode of it is open, and it is younger than the earliest
    deadline that the key can have. That its place in the order does not matter:

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
    - What stops the clock only moves deadlines on, further than `base + silence`, and how far is asked when the
      watermark has reached them. A sight behind that instant waits, though the key's clock may have been stopped.
      A key is forgotten no earlier than its deadline.

    Parameters
    ----------
    lanes
        of the batch
    rows, places
        int64[n] each: rows of the batch in the order of the log, and their state rows (NULL: none)
    late
        boolean[batch]
    feed, fresh, silence
        number of the batch's feed; whether a key without a state row is new, or nobody's; ms
    keys
        the state
    slow
        int64[n], receives which of them have to wait
    ties
        int64[n, 3], receives the sights that lost their place to another of the same instant

    Returns
    -------
    how many rows have to wait, and the number of ties

    Cost: about 3 ns an event, 20 ns where a million keys lie in no cache.
    """
    bases, seen, feeds, fired, _, _ = keys
    ahead = np.int64(len(rows) - AHEAD)
    kept = 0
    tied = 0
    for i in range(len(rows)):
        if i < ahead:
            coming = places[i + AHEAD]
            prefetch(bases, coming, 0)
            prefetch(fired, coming, 0)
            prefetch(seen, coming, 0)
            prefetch(feeds, coming, 0)
        row = rows[i]
        key = places[i]
        if key == NULL:
            slow[kept] = i
            kept += fresh
            continue
        time = lanes[EVENT_TIME, row]
        base = bases[key]
        if late[row] or fired[key] != NULL or time >= base + silence:  # as is any time of a key not yet armed
            slow[kept] = i
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
    f"UniTuple(int64, 2)(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], {LAW}, {KEYS}, {RUNS}, "
    "int64[:, ::1], int64[:, ::1])"
)
def sight(times, orders, positions, sources, rows, law, keys, runs, out, ties):
    """Take sights of keys in order; let what lies before them fall due first.

    One that was taken on arrival already changes nothing, and a late one makes no key known.

    Parameters
    ----------
    times, orders, positions, sources, rows
        int64[n] each: epoch ms, order (`kernels.order`: even for a late event), log position, feed, state row
    law
        what the rule says
    keys, runs
        the state, and what stopped the clocks, at least up to the watermark
    out
        int64[4 n, 8], receives the transitions in order
    ties
        int64[n, 3], receives the sights that lost their place to another of the same instant

    Returns
    -------
    the numbers of transitions and of ties

    Cost: about 3 ns an event.
    """
    bases, seen, feeds, fired, shut, groups = keys  # taken out once: it costs as much as a sight
    heads, totals, stops = runs
    silence, forget, cooldown, edges = law
    found = 0
    tied = 0
    for i in range(len(times)):
        row = rows[i]
        time = times[i]
        late = (orders[i] & 1) == 0
        now = orders[i] >> 1  # a late event is judged when the watermark stood there
        base = bases[row]
        if base != NULL and ((fired[row] == NULL and base + silence <= now) or base + forget <= now):
            found = settle(
                row,
                now,
                NULL,
                silence,
                forget,
                edges,
                bases,
                seen,
                feeds,
                fired,
                shut,
                groups,
                heads,
                totals,
                stops,
                out,
                found,
            )
        if late and bases[row] == NULL:
            continue
        if time > bases[row] or (time == bases[row] and feeds[row] < 0 and not (late and seen[row] >= 0)):
            if fired[row] != NULL and time > bases[row]:  # one at the armed time itself tells of no later sight
                transition = CORRECTED if time < fired[row] else RESOLVED
                report(row, transition, time, positions[i], max(time, now), sources[i], bases, seen, out[found])
                found += 1
                fired[row] = NULL
                if len(shut) > 0:
                    shut[row] = time + cooldown
            bases[row] = time
            seen[row] = positions[i]
            feeds[row] = -1 if late else sources[i]
            if late and fired[row] == NULL and time + silence <= now:  # so old that the next silence is over, too
                found = settle(
                    row,
                    now,
                    now,
                    silence,
                    forget,
                    edges,
                    bases,
                    seen,
                    feeds,
                    fired,
                    shut,
                    groups,
                    heads,
                    totals,
                    stops,
                    out,
                    found,
                )
        elif time == bases[row] and not late and positions[i] != seen[row]:
            tie(i, row, positions[i], sources[i], seen, feeds, ties[tied])
            tied += 1
    return found, tied


@kernel(f"int64(int64, {LAW}, {KEYS}, {RUNS}, int64[:, ::1])")
def expire(watermark, law, keys, runs, out):
    """Let everything up to the watermark fall due; the arrays are those of `sight`, `out` of int64[2 r, 8].

    Cost: 1 ns a key, 10 ns more for one that was silent for long enough had its clock not been stopped.
    """
    bases, seen, feeds, fired, shut, groups = keys
    heads, totals, stops = runs
    silence, forget, _, edges = law
    now = watermark
    found = 0
    for row in range(len(bases)):
        base = bases[row]
        if base != NULL and ((fired[row] == NULL and base + silence <= now) or base + forget <= now):
            found = settle(
                row,
                now,
                NULL,
                silence,
                forget,
                edges,
                bases,
                seen,
                feeds,
                fired,
                shut,
                groups,
                heads,
                totals,
                stops,
                out,
                found,
            )
    return found


@kernel(f"int64({LAW}, {KEYS}, {RUNS})")
def first_due(law, keys, runs):
    """Return the earliest instant at which something can fall due if no key is seen again; NEVER where nothing can.

    Sights and stops only move it on, so that nothing can fall due before it and no sweep is needed until then.
    """
    bases, _, _, fired, shut, groups = keys
    heads, totals, stops = runs
    silence, forget, _, edges = law
    first = NEVER
    for row in range(len(bases)):
        base = bases[row]
        if base != NULL and fired[row] == NULL and base + silence < first:
            first = min(first, due(row, silence, edges, bases, shut, groups, heads, totals, stops))
        if base != NULL and forget != NEVER_FORGET and base + forget < first:
            first = min(first, lapse(row, forget, bases, groups, heads, totals, stops))
    return first


@kernel(f"void(int64[::1], {KEYS}, int64[:, ::1])")
def leave(rows, keys, out):
    """Report the keys of some rows as they stand (`out` int64[n, 8], TIME and PLACE left open), and forget them."""
    bases, seen, feeds, fired, shut, _ = keys
    for i in range(len(rows)):
        row = rows[i]
        report(row, EXPIRED, NULL, seen[row], NULL, feeds[row], bases, seen, out[i])
        drop(row, bases, seen, feeds, fired, shut)
