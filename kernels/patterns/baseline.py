"""Baselines: what is usual for a key at this time of the day or week, learned from its own panes.

A season is cut into slots of civil time. Of each slot a key has an exponentially weighted mean and mean absolute
deviation, updated by values that are drawn in to 3 scales from what was expected, so that one wild pane teaches
little (Gelper, Fried and Croux, Robust forecasting with exponential and Holt-Winters smoothing, J. Forecasting 29,
2010). The first samples weigh alike. The k-th residual is shrunk by sqrt(k / (k + 1)), because a mean of k samples is
itself uncertain.

    expected = mean of the slot, null before `min_samples` of it
    spread   = 1.2533 x deviation (of a normal distribution that is sigma), of the slot and of those within half an
               hour on either side, drawn towards that of the whole key as if by 4 samples; at least a floor
    scale    = spread x sqrt(1 + 1 / n): the mean of n samples is itself uncertain
    z-score  = (value - expected) / scale

A slot has three samples when it is judged first, and how much a series varies goes with its level: by these three and
the whole key alone a day's noon had five to thirty times too many z-scores beyond 4.

The floor of what counts events is Poisson's: the root of what is expected, and one event. Of all else it is 0.1 % of
what is expected, and 0.001.

A level that has shifted shows in two cumulative sums of the z-scores (Page, Continuous inspection schemes, Biometrika
41, 1954), each score drawn in to 3 and less 0.5. Nothing is learned while in alarm, but the sums go on: when one has
grown as by `persist` panes that are 3 scales off, the aggregate's slots begin anew, and this pane is their first
sample. A slot that is still learning learns in alarm too, else an episode could keep it from ever being known.

State is 24 bytes a slot and aggregate (16 kB for a week's quarter hours), side by side, because the next pane of a key
is of another slot and each cache line is waited for; and 32 an aggregate and 16 a key.
"""

import math

import numpy as np

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.instants import MINUTE_MS, NEVER
from kernels.nulls import NULL
from kernels.patterns.episode import IDLE
from kernels.patterns.panes import pane_end
from kernels.prefetch import AHEAD, prefetch

GAUSS = math.sqrt(math.pi / 2)  # sigma over the mean absolute deviation
CLIP = 3.0  # scales
PRIOR = 4.0  # samples
NEAR_MS = 30 * MINUTE_MS  # slots so far away vary alike
DRIFT = 0.5  # scales a pane that are no shift
RELATIVE, LEAST = 0.001, 0.001  # the floor of a scale that counts no events
DEVIATION, COUNT, ABOVE, BELOW = range(4)  # of an aggregate over all slots: its residuals, how many, the two sums
WHOLE = 4
MEAN, SPREAD, SAMPLES = range(3)  # of an aggregate in a slot: its mean, its mean absolute deviation, of how many
LEARNED = 3

# slot_ms, season_ms (0: none), offset_edges, offsets
CLOCK = "int64, int64, int64[::1], int64[::1]"
SLOTS = "float64[:, :, :, ::1], float64[:, :, ::1]"  # slots [r, slots, a, LEARNED], wholes [r, a, WHOLE]


@kernel(allocates=False)
def slot_of(end, slot_ms, season_ms, offset_edges, offsets):
    """Return the slot of a pane, that of its last ms in civil time, and between which ends panes are in that slot too.

    Panes come nearly in order: most ask for the slot of the one before, which takes no division then.
    """
    if season_ms == 0:
        return np.int64(0), -NEVER, NEVER
    edge = index_after(offset_edges, 0, len(offset_edges), end - 1)
    within = (end - 1 + offsets[edge - 1]) % season_ms
    slot = within // slot_ms
    first = max(offset_edges[edge - 1], end - 1 - (within - slot * slot_ms))
    until = end - 1 - within + min((slot + 1) * slot_ms, season_ms)
    if edge < len(offset_edges):
        until = min(until, offset_edges[edge])
    return slot, first + 1, until


@kernel(inline=True)
def scale(slots, row, slot, j, near, whole, unit):
    """Return what one z-score is worth in a slot that has samples.

    `near` slots on either side are looked at; `unit` is the value of one event, 0 where none is counted.
    """
    count = slots.shape[1]
    samples, total = PRIOR, PRIOR * whole
    for place in range(slot - near, slot + near + 1):
        other = place + count if place < 0 else place
        if other >= count:
            other -= count
        m = max(slots[row, other, j, SAMPLES] - 1, 0.0)
        samples += m
        total += m * slots[row, other, j, SPREAD]
    mean = slots[row, slot, j, MEAN]
    floor = max(math.sqrt(max(mean, 0.0) * unit), unit) if unit > 0 else max(RELATIVE * abs(mean), LEAST)
    return max(GAUSS * total / samples, floor) * math.sqrt(1 + 1 / slots[row, slot, j, SAMPLES])


@kernel(inline=True)
def neighbours(slot_ms, count):
    """Return how many slots on either side tell how much a slot varies: those within half an hour, and one at least."""
    return min(max(NEAR_MS // slot_ms, 1), (count - 1) // 2)


@kernel(
    f"void(float64[:, ::1], int64[::1], int64[::1], {CLOCK}, int64, int64, float64[::1], int64[::1], {SLOTS}, "
    "int64[::1], float64[:, ::1])"
)
def compare(
    values,
    ends,
    rows,
    slot_ms,
    season_ms,
    offset_edges,
    offsets,
    memory,
    min_samples,
    units,
    lively,
    slots,
    wholes,
    judged_from,
    out,
):
    """Compare panes with what is usual.

    Parameters
    ----------
    values
        float64[a, n], the aggregates; NaN is null
    ends, rows
        int64[n] each: when the panes end (epoch ms), and the state rows of their keys
    slot_ms, season_ms, offset_edges, offsets
        length of a slot and of the season (0: there is none), and the city's UTC offsets (`rules.plan.Plan`)
    memory, min_samples
        a key without an event for so long (ms) is forgotten; and how many samples of a slot are needed
    units
        float64[a], what one event adds to an aggregate that counts events, 0 for all others
    lively, slots, wholes
        the state; `lively` int64[r] is the end of the last pane with an event (NULL: none)
    judged_from
        int64[r], receives the end of the first pane of a key that was compared with anything, where it is NULL
    out
        float64[2 a, n], receives the z-score of each aggregate and what was expected, NaN while it is not known

    Cost: about 25 ns a pane and aggregate.
    """
    near = neighbours(slot_ms, slots.shape[1])
    slot, since, until = np.int64(0), NEVER, NEVER
    for i in range(len(rows)):
        row = rows[i]
        if i + AHEAD < len(rows):
            coming = rows[i + AHEAD]
            prefetch(lively, coming, 0)
            prefetch(slots, coming, slot)
            prefetch(slots, coming, slot + 1)
            prefetch(wholes, coming, 0)
        if not since <= ends[i] <= until:
            slot, since, until = slot_of(ends[i], slot_ms, season_ms, offset_edges, offsets)
        remembered = lively[row] != NULL and ends[i] - lively[row] <= memory
        for j in range(len(units)):
            n = slots[row, slot, j, SAMPLES]
            out[2 * j, i] = out[2 * j + 1, i] = np.nan
            if remembered and n >= min_samples:
                mean = slots[row, slot, j, MEAN]
                off = values[j, i] - mean
                out[2 * j, i] = off / scale(slots, row, slot, j, near, wholes[row, j, DEVIATION], units[j])
                out[2 * j + 1, i] = mean
                if judged_from[row] == NULL and not np.isnan(off):
                    judged_from[row] = ends[i]


@kernel(inline=True)
def begin_anew(row, j, slots, wholes):
    """Forget what is usual of an aggregate."""
    for slot in range(slots.shape[1]):
        slots[row, slot, j, SAMPLES] = 0.0
    for k in range(WHOLE):
        wholes[row, j, k] = 0.0


@kernel(
    f"void(float64[:, ::1], int64[::1], int64[::1], boolean[::1], int8[::1], {CLOCK}, int64, int64, float64[::1], "
    f"float64, float64, int64, float64, int64[::1], int64[::1], {SLOTS})"
)
def learn(
    values,
    ends,
    rows,
    vacant,
    phases,
    slot_ms,
    season_ms,
    offset_edges,
    offsets,
    memory,
    min_samples,
    units,
    slot_weight,
    whole_weight,
    samples_max,
    persist,
    decided,
    lively,
    slots,
    wholes,
):
    """Learn from panes that have been judged; of a key the earlier first. A null value teaches nothing.

    Parameters
    ----------
    vacant, phases
        boolean[n], whether the pane held no event; int8[r], the phase of each key's episode: any but IDLE is alarm
    slot_weight, whole_weight
        of a new value in the means of a slot and of a key, when they have learned long enough
    samples_max
        samples are counted up to here
    persist
        so many panes far off make a level that has shifted
    decided
        int64[r], state: the end of the key's last pane that was looked at
    others
        as in `compare`

    Cost: about 30 ns a pane and aggregate.
    """
    near = neighbours(slot_ms, slots.shape[1])
    slot, since, until = np.int64(0), NEVER, NEVER
    for i in range(len(rows)):
        row = rows[i]
        end = ends[i]
        if i + AHEAD < len(rows):
            coming = rows[i + AHEAD]
            prefetch(lively, coming, 0)
            prefetch(decided, coming, 0)
            prefetch(slots, coming, slot)
            prefetch(slots, coming, slot + 1)
            prefetch(wholes, coming, 0)
        if not since <= end <= until:
            slot, since, until = slot_of(end, slot_ms, season_ms, offset_edges, offsets)
        forgotten = lively[row] != NULL and end - lively[row] > memory
        decided[row] = end
        if not vacant[i]:
            lively[row] = end
        for j in range(len(units)):
            if forgotten:
                begin_anew(row, j, slots, wholes)
            x = values[j, i]
            if np.isnan(x):
                continue
            n = slots[row, slot, j, SAMPLES]
            mean = slots[row, slot, j, MEAN]
            if n >= min_samples:
                one = scale(slots, row, slot, j, near, wholes[row, j, DEVIATION], units[j])
                z = min(max((x - mean) / one, -CLIP), CLIP)
                above = max(0.0, wholes[row, j, ABOVE] + z - DRIFT)
                below = max(0.0, wholes[row, j, BELOW] - z - DRIFT)
                wholes[row, j, ABOVE] = above
                wholes[row, j, BELOW] = below
                if max(above, below) >= (CLIP - DRIFT) * persist:
                    begin_anew(row, j, slots, wholes)
                    n = 0.0
                elif phases[row] != IDLE:
                    continue
                else:
                    x = mean + z * one
            if n == 0:
                slots[row, slot, j, MEAN] = x
                slots[row, slot, j, SPREAD] = 0.0
            else:
                residual = abs(x - mean) * math.sqrt(n / (n + 1.0))
                slots[row, slot, j, MEAN] = mean + max(slot_weight, 1.0 / (n + 1.0)) * (x - mean)
                past = slots[row, slot, j, SPREAD]
                slots[row, slot, j, SPREAD] = past + max(slot_weight, 1.0 / n) * (residual - past)
                count = wholes[row, j, COUNT] + 1.0
                whole = wholes[row, j, DEVIATION]
                wholes[row, j, COUNT] = count
                wholes[row, j, DEVIATION] = whole + max(whole_weight, 1.0 / count) * (residual - whole)
            slots[row, slot, j, SAMPLES] = min(n + 1.0, np.float64(samples_max))


@kernel()
def next_vacant(
    row,
    before,
    width,
    slot_ms,
    season_ms,
    offset_edges,
    offsets,
    memory,
    min_samples,
    phases,
    decided,
    lively,
    slots,
):
    """Return the end of a key's next pane that holds no event and is judged all the same, NULL where none is.

    It is judged if something is usual in its slot or the key is in alarm. The end lies behind the panes that were
    looked at and before `before`; `decided` moves on to it.
    """
    while decided[row] != NULL and decided[row] - lively[row] <= memory:
        end = pane_end(decided[row] + 1, width, offset_edges, offsets)
        if end >= before:
            break
        decided[row] = end
        if phases[row] != IDLE:
            return end
        if end - lively[row] <= memory:
            slot, _, _ = slot_of(end, slot_ms, season_ms, offset_edges, offsets)
            for j in range(slots.shape[2]):
                if slots[row, slot, j, SAMPLES] >= min_samples:
                    return end
    return NULL


@kernel(
    f"int64(int64[::1], int64[::1], int64, {CLOCK}, int64, int64, int8[::1], int64[::1], int64[::1], "
    "float64[:, :, :, ::1], int64[::1], int64[::1])"
)
def vacant_before(
    rows,
    befores,
    width,
    slot_ms,
    season_ms,
    offset_edges,
    offsets,
    memory,
    min_samples,
    phases,
    decided,
    lively,
    slots,
    vacant_rows,
    vacant_ends,
):
    """Find the next pane without an event that has to be judged, of each of some keys.

    Parameters
    ----------
    rows, befores
        int64[n] each: state rows, no two alike, and the instants before which the panes end
    width
        of a pane, ms
    vacant_rows, vacant_ends
        int64[n] each, receive the rows that have one, and when it ends
    others
        as in `learn`

    Returns
    -------
    how many have one
    """
    found = 0
    for i in range(len(rows)):
        end = next_vacant(
            rows[i],
            befores[i],
            width,
            slot_ms,
            season_ms,
            offset_edges,
            offsets,
            memory,
            min_samples,
            phases,
            decided,
            lively,
            slots,
        )
        if end != NULL:
            vacant_rows[found] = rows[i]
            vacant_ends[found] = end
            found += 1
    return found


@kernel("int64(int64, int64[::1], int64[::1], int64, int64[::1], int64[::1])")
def first_pane(width, offset_edges, offsets, memory, decided, lively):
    """Return when the next pane of any key ends that is not forgotten, NEVER where there is none."""
    first = NEVER
    for row in range(len(decided)):
        if decided[row] != NULL and decided[row] - lively[row] <= memory and decided[row] < first:
            first = min(first, pane_end(decided[row] + 1, width, offset_edges, offsets))
    return first
