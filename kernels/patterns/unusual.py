"""Absence whose deadline each sight computes: a silence is too long when it is unusual for that person.

It is an absence in all else (`kernels.patterns.absence`): `silences[row]` stands where that has one constant. A person
who has consented has a profile (`kernels.scores.inactivity`), from which each sign of life computes how long the
silence that begins may last; all others may be silent for their ceiling. When a consent ends, what fell due before is
decided, then the profile is forgotten, and the ceiling holds for the silence that goes on.

Signs teach in order, so none is taken on arrival, and they move deadlines back as well as on.
"""

import numpy as np

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.instants import NEVER
from kernels.nulls import NAN_BITS, NULL
from kernels.patterns.absence import CORRECTED, KEYS, NEVER_FORGET, RESOLVED, ROW, due, group_of, report, settle
from kernels.patterns.stops import RUNS
from kernels.prefetch import AHEAD, prefetch
from kernels.scores.inactivity import AGES, LAW, PEOPLE, ahead, forget, longest, run_of, sign, stopped_clock

# Columns of a transition behind those of an absence: how long the silence was that was too long (ms of time that
# counts); what the ceiling left of ln(1 / alpha) (bits of a float64; 0: the silence was unusual, NaN: no profile)
SILENCE, LEFT = 8, 9
WIDTH = 10
# until when a profile may be kept (epoch ms; NULL: never); after what any silence is unusual (ms); how long the silence
# that goes on may last (ms). int64[r] each, the last one is state
OWN = "Tuple((int64[::1], int64[::1], int64[::1]))"
# cooldown (ms); edges of a calendar; the law of the score; float64[MODES, blocks, AGES], the cohort's hazards
RULE = f"int64, int64[::1], {LAW}, float64[:, :, ::1]"


@kernel(allocates=False)
def tell(first, last, law, hazards, own, people, out):
    """Say of some transitions how long the silence was, and whether it was the person or the ceiling that ended it."""
    least, need, hours, week, offset_edges, offsets = law
    _, ceilings, silences = own
    lasts, modes, cells = people
    usual = hazards.reshape(hazards.size)
    lefts = out.view(np.float64)
    for at in range(first, last):
        row = out[at, ROW]
        began = lasts[row]
        out[at, SILENCE] = silences[row]
        out[at, LEFT] = NAN_BITS
        if began != NULL:
            offset = offsets[index_after(offset_edges, 0, len(offset_edges), began) - 1]
            run, passing = run_of(began + least, offset, hours)
            side = modes[row] * hazards.shape[1] * AGES
            _, left = longest(row, side, began, least, need, ceilings[row], run, passing, week, usual, cells)
            lefts[at, LEFT] = left


@kernel(allocates=False)
def decide(row, now, floor, edges, law, hazards, keys, runs, own, people, out, found):
    """Let what falls due for a key by `now` happen, and its consent end in between; return how many transitions."""
    bases, seen, feeds, fired, shut, groups = keys
    heads, totals, stops = runs
    consents, ceilings, silences = own
    lasts, modes, cells = people
    while True:
        ends = lasts[row] != NULL and consents[row] <= now
        until = consents[row] if ends else now
        if fired[row] == NULL and bases[row] + silences[row] <= until:
            before = found
            found = settle(
                row,
                until,
                floor,
                silences[row],
                NEVER_FORGET,
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
            tell(before, found, law, hazards, own, people, out)
        if not ends:
            return found
        forget(row, lasts, modes, cells)
        if fired[row] == NULL:
            silences[row] = ceilings[row]


@kernel(
    f"Tuple((int64, int64))(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int8[::1], {RULE}, {KEYS}, "
    f"{RUNS}, {OWN}, {PEOPLE}, int64[:, ::1])"
)
def sight(times, orders, positions, sources, rows, signs, cooldown, edges, law, hazards, keys, runs, own, people, out):
    """Take signs of life in order; let what lies before them fall due first, and say how long silence may last now.

    Parameters
    ----------
    times, orders, positions, sources, rows
        as of an absence (`kernels.patterns.absence.sight`)
    signs
        int8[n], the mode that each tells of (`kernels.scores.inactivity`)
    cooldown, edges, law, hazards
        what the rule says
    keys, own, people
        the state
    runs
        what stopped the clocks, at least up to the watermark
    out
        int64[4 n, WIDTH], receives the transitions in order

    Returns
    -------
    the number of transitions; the earliest instant at which something can fall due because of these signs

    Cost: about 47 ns a sign.
    """
    bases, seen, feeds, fired, shut, groups = keys
    heads, _, stops = runs
    consents, ceilings, silences = own
    lasts, modes, cells = people
    least, need, hours, week, offset_edges, offsets = law
    usual = hazards.reshape(hazards.size)
    half = np.int64(hazards.shape[1] * AGES)
    clock = stopped_clock()
    found, first = 0, NEVER
    for i in range(len(times)):
        if i + AHEAD < len(times):
            coming = rows[i + AHEAD]
            prefetch(bases, coming, 0)
            prefetch(fired, coming, 0)
            prefetch(seen, coming, 0)
            prefetch(feeds, coming, 0)
            prefetch(silences, coming, 0)
            ahead(coming, signs[i + AHEAD], half, week, clock, lasts, cells)
        row = rows[i]
        at = np.uint64(row)  # without a sign: else each index is asked for one
        time = times[i]
        late = (orders[i] & 1) == 0
        now = orders[i] >> 1  # a late sign is judged when the watermark stood there
        keeps = now < consents[at]
        if (lasts[at] != NULL and not keeps) or (fired[at] == NULL and bases[at] + silences[at] <= now):
            found = decide(row, now, NULL, edges, law, hazards, keys, runs, own, people, out, found)
        if time > bases[at] or (time == bases[at] and feeds[at] < 0 and not (late and seen[at] >= 0)):
            if fired[at] != NULL and time > bases[at]:  # one at the armed time itself tells of no later sight
                transition = CORRECTED if time < fired[at] else RESOLVED
                report(row, transition, time, positions[i], max(time, now), sources[i], bases, seen, out[found])
                tell(found, found + 1, law, hazards, own, people, out)
                found += 1
                fired[at] = NULL
                if len(shut) > 0:
                    shut[at] = time + cooldown
            bases[at] = time
            seen[at] = positions[i]
            feeds[at] = -1 if late else sources[i]
            if not keeps:
                silences[at] = ceilings[at]
            elif time > lasts[at]:
                group = group_of(row, groups)
                silences[at] = sign(
                    row,
                    time,
                    signs[i],
                    ceilings[at],
                    group,
                    least,
                    need,
                    hours,
                    week,
                    offset_edges,
                    offsets,
                    usual,
                    half,
                    heads,
                    stops,
                    lasts,
                    modes,
                    cells,
                    clock,
                )
                first = min(first, consents[at])
            first = min(first, time + silences[at])
            if late and fired[at] == NULL and time + silences[at] <= now:  # so old that the next silence is over, too
                found = decide(row, now, now, edges, law, hazards, keys, runs, own, people, out, found)
        elif time == bases[at] and not late:  # of several of one instant the last in the order is the evidence
            seen[at] = positions[i]
            feeds[at] = sources[i]
    return found, first


@kernel(f"int64(int64, {RULE}, {KEYS}, {RUNS}, {OWN}, {PEOPLE}, int64[:, ::1])")
def expire(watermark, cooldown, edges, law, hazards, keys, runs, own, people, out):
    """Let everything up to the watermark fall due and consents end; the arrays are those of `sight`, `out` of 2 r rows.

    Cost: 1 ns a key.
    """
    bases, _, _, fired, _, _ = keys
    consents, _, silences = own
    lasts, _, _ = people
    found = 0
    for row in range(len(bases)):
        if bases[row] == NULL:
            continue
        ends = lasts[row] != NULL and consents[row] <= watermark
        if ends or (fired[row] == NULL and bases[row] + silences[row] <= watermark):
            found = decide(row, watermark, NULL, edges, law, hazards, keys, runs, own, people, out, found)
    return found


@kernel(f"int64(int64[::1], {KEYS}, {RUNS}, {OWN}, int64[::1])")
def first_due(edges, keys, runs, own, lasts):
    """Return the earliest instant at which something can fall due, or a consent ends, if nobody is seen again."""
    bases, _, _, fired, shut, groups = keys
    heads, totals, stops = runs
    consents, _, silences = own
    first = NEVER
    for row in range(len(bases)):
        base = bases[row]
        if base != NULL and fired[row] == NULL and base + silences[row] < first:
            first = min(first, due(row, silences[row], edges, bases, shut, groups, heads, totals, stops))
        if lasts[row] != NULL:
            first = min(first, consents[row])
    return first
