"""Inactivity: how long the silence of a person may last before it is unusual for that person.

A silence is what lies between two signs of life, once it has lasted for `least`; shorter ones teach nothing. Time is
cut into blocks of civil time (say two hours), the age of a silence into doublings of `least`, and a sign tells whether
the person is at home or out (the *mode*). In each cell of mode, block and age stands how many minutes silences have
spent there and how many of them ended there, so that ends over minutes is a hazard. Over the blocks and ages that a
silence passes through it adds up to H, and the silence is unusual at the instant at which the person's chance of being
silent for so long,

    S(age) = P(silence > age | silence > least) = exp(-H(age)),

falls below `alpha`: so night may fall while it lasts. Silences longer than `least` are the exceedances of a threshold;
of a person who has n of them a day alpha * n false alarms a day are to be expected, however many signs are given. Time
at which nobody could have seen ends a silence without telling how long it was (it is censored); so does the ceiling.

A cell of few ends is drawn towards what is usual in the cohort, which weighs as much as PRIOR ends:

    hazard = (ends + PRIOR) / (minutes + PRIOR / cohort)

Beyond the ages that anyone was silent for the hazard of the last age goes on, an exponential tail. Every eight weeks
all numbers are halved, so that habits may change and an illness or a dead sensor is forgotten.

The cohort is given, not learned here: it is the same for all shards, and so are the alerts. `pool` adds up what people
have shown, for whoever publishes the next one.

State is 9 bytes a person and 4 a cell, 489 in all with twelve blocks; the rows are those of a set, which bounds them.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel
from kernels.expression import NEVER, index_after
from kernels.nulls import NULL
from kernels.patterns.stops import END, NO_RUN, OLDER, START
from kernels.prefetch import prefetch

MODES = 2  # at home, out
AGES = 5  # from `least` on, each twice as old as the one before, the last without end
PRIOR = 3.0  # ends
FADE_MS = 56 * 86_400_000  # counts are halved where the clock passes a multiple of it
MINUTES_MAX = 32_767  # of a cell; beyond it is halved at once
MINUTES, ENDS = 0, 1  # of a cell
RUN, LEFT = 0, 1  # of an hour of the week
BLOCK, LENGTH = 0, 1  # of a run of hours
# A clock: what of the city's time concerns a sign and most of its neighbours. Its UTC offset, and from when on and
# until when; the run of blocks in which the silence that it begins will be `least` old, likewise; the eight weeks it
# lies in
OFFSET, SINCE, TURN, REACHED, BEGUN, PASSING, FADED, FADING = range(8)
WHOLE = 16  # an end is kept in sixteenths, so that halving loses none
WEEK_HOURS = 168
ONE, TWO, BEFORE_OLDEST = np.uint64(1), np.uint64(2), np.uint64(AGES - 2)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
THURSDAY = 72  # hours from Monday: the epoch's first day
# least (ms, 2 at least), ln(1 / alpha), hours and runs of a `week`; the city's UTC offsets: edges, offsets
LAW = "Tuple((int64, float64, int64[:, ::1], int64[:, ::1], int64[::1], int64[::1]))"
# lasts int64[r] (NULL: none), modes int8[r], cells uint16[r, MODES * blocks * AGES * 2]
PEOPLE = "Tuple((int64[::1], int8[::1], uint16[:, ::1]))"


def week(blocks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how the civil week, from Monday on, runs through blocks: `hours` int64[168, 2], `runs` int64[2 w + 1, 2].

    `blocks` are 168 numbers from 0 on; hours of one number share what is learned. An hour has its run, and how
    many hours of that are left; a run its block and length (ms), twice around, so that a silence of a week fits in, and
    behind these the one that follows.
    """
    starts = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1]))
    lengths = np.diff(np.append(starts, WEEK_HOURS))
    run = np.repeat(np.arange(len(starts)), lengths)
    left = (starts + lengths)[run] - np.arange(WEEK_HOURS)
    once = np.stack([blocks[starts], lengths * HOUR_MS], axis=1)
    return np.stack([run, left], axis=1).astype(np.int64), np.concatenate([once, once, once[:1]]).astype(np.int64)


def cohort(minutes: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return hazards float64[MODES, blocks, AGES], ends a minute, of what many people have shown (`pool`).

    A cell that nobody was seen in has 0.7 times the hazard of the age before, the first one an end in two hours.
    """
    hazards = np.empty(minutes.shape)
    before = np.full(minutes.shape[:2], 1 / 120)
    for age in range(AGES):
        hazards[:, :, age] = (ends[:, :, age] + 1) / (minutes[:, :, age] + 1 / before)
        before = 0.7 * hazards[:, :, age]
    return hazards


@kernel(inline=True)
def stopped_clock():
    """Return a clock that shows no time yet."""
    clock = np.zeros(8, np.int64)
    clock[SINCE] = clock[BEGUN] = clock[FADED] = NEVER
    clock[TURN] = clock[PASSING] = clock[FADING] = -NEVER
    return clock


@kernel(inline=True, allocates=False)
def first_stop(since, until, group, heads, runs):
    """Return the first instant of [since, until) at which the clock of a group was stopped, NEVER where none is."""
    found = NEVER
    run = heads[group]
    while run != NO_RUN and runs[run, END] > since:
        if runs[run, START] < until:
            found = max(runs[run, START], since)
        run = runs[run, OLDER]
    return found


@kernel(inline=True, allocates=False)
def run_of(instant, offset, hours):
    """Return the run of blocks that an instant lies in, and when it ends."""
    count = (instant + offset) // HOUR_MS
    hour = (count + THURSDAY) % WEEK_HOURS
    return hours[hour, RUN], (count + hours[hour, LEFT]) * HOUR_MS - offset


@kernel(allocates=False)
def learn(row, side, began, least, end, ended, run, passing, week, cells):
    """Count the minutes that a silence spent in its cells, and where it ended unless it was censored.

    Minutes are counted where the clock passes one, so that parts of minutes neither get lost nor count twice. `side` is
    the first cell of the mode, `run` the one in which the silence reached `least`, and `passing` when that run ends.
    """
    instant = began + least
    age = 0
    older = began + 2 * least
    while True:
        until = min(passing, older, end)
        cell = (side + week[run, BLOCK] * AGES + age) * 2
        seen = cells[row, cell + MINUTES] + until // MINUTE_MS - instant // MINUTE_MS
        ends = np.int64(cells[row, cell + ENDS])
        if until == end and ended:
            ends += WHOLE
        if seen > MINUTES_MAX:
            seen >>= 1
            ends >>= 1
        cells[row, cell + MINUTES] = seen
        cells[row, cell + ENDS] = ends
        if until == end:
            break
        instant = until
        if until == passing:
            run += 1
            passing += week[run, LENGTH]
        if until == older:
            age += 1
            older = NEVER if age == AGES - 1 else began + 2 * (older - began)


@kernel(inline=True, allocates=False)
def fade(row, times, cells):
    """Halve what was learned of a person, so many times."""
    for cell in range(cells.shape[1]):
        cells[row, cell] >>= min(times, 15)


@kernel(allocates=False)
def longest(row, side, began, least, need, ceiling, run, passing, week, hazards, cells):
    """Return how long a silence that begins now may last (ms): until H has grown to `need`, or to the ceiling.

    Behind it what the ceiling leaves of `need`, 0 where there is none to leave. `hazards` are the cohort's by cell; the
    others are as in `learn`.
    """
    limit = began + ceiling
    instant = began + least
    at, own = np.uint64(run), np.uint64(row)  # without a sign: else each index is asked for one
    # What comes next is selected, not branched on, as it cannot be foreseen; and at hand before it is known to come.
    cell = np.uint64(side) + np.uint64(week[at, BLOCK]) * np.uint64(AGES)
    older, aging = began + 2 * least, began + 4 * least
    age = np.uint64(0)
    left = need * MINUTE_MS
    while instant < limit:
        turning = passing + week[at + ONE, LENGTH]
        until = min(passing, older, limit)
        usual = hazards[cell]
        seen = cells[own, TWO * cell + np.uint64(MINUTES)] * usual + PRIOR
        hazard = (cells[own, TWO * cell + np.uint64(ENDS)] * (1 / WHOLE) + PRIOR) * usual / seen
        grown = (until - instant) * hazard
        if grown >= left:
            return min(instant - began + np.int64(left / hazard), ceiling), 0.0
        left -= grown
        instant = until
        passed = until == passing
        aged = until == older
        at += np.uint64(passed)
        passing = turning if passed else passing
        age += np.uint64(aged)
        older = aging if aged else older
        aging = began + 2 * (older - began) if age < BEFORE_OLDEST else NEVER
        cell = np.uint64(side) + np.uint64(week[at, BLOCK]) * np.uint64(AGES) + age
    return ceiling, left / MINUTE_MS


@kernel(inline=True, allocates=False)
def turned(time, least, hours, week, offset_edges, offsets, clock):
    """Bring a clock to an instant, whatever it showed before; neighbours in time mostly find it right."""
    if not clock[FADED] <= time < clock[FADING]:
        clock[FADED] = time // FADE_MS * FADE_MS
        clock[FADING] = clock[FADED] + FADE_MS
    if not clock[SINCE] <= time < clock[TURN]:
        edge = index_after(offset_edges, 0, len(offset_edges), time)
        clock[OFFSET], clock[SINCE] = offsets[edge - 1], offset_edges[edge - 1]
        clock[TURN] = offset_edges[edge] if edge < len(offset_edges) else NEVER
        clock[BEGUN], clock[PASSING] = NEVER, -NEVER
    if not clock[BEGUN] <= time + least < clock[PASSING]:
        clock[REACHED], clock[PASSING] = run_of(time + least, clock[OFFSET], hours)
        clock[BEGUN] = clock[PASSING] - week[clock[REACHED], LENGTH]


@kernel(inline=True, allocates=False)
def ahead(row, mode, half, week, clock, lasts, cells):
    """Ask for what a sign to come will read, as if it were one of now."""
    prefetch(lasts, row, 0)
    cell = (mode * half + week[clock[REACHED], BLOCK] * AGES) * 2
    prefetch(cells, row, cell)
    prefetch(cells, row, min(cell + 32, 4 * half - 1))


@kernel(inline=True, allocates=False)
def sign(
    row,
    time,
    mode,
    ceiling,
    group,
    least,
    need,
    hours,
    week,
    edges,
    offsets,
    usual,
    half,
    heads,
    stops,
    lasts,
    modes,
    cells,
    clock,
):
    """Take a sign of a person who has a profile, younger than the last one; return how long may last what begins now.

    It ends a silence, which is learned: up to the first stop of the clock of the person's group, or to the ceiling (ms,
    a week at most), if either came before. `mode` is what the person is in from now on; in a silence the UTC offset
    stays what it was at its beginning. `usual` are the cohort's hazards by cell, half of them a mode's. `heads` and
    `stops` say when clocks were stopped (`kernels.patterns.stops`); the others are parts of LAW and PEOPLE.
    """
    turned(time, least, hours, week, edges, offsets, clock)
    at = np.uint64(row)  # without a sign, as in `longest`
    last = lasts[at]
    if last != NULL and time - last > least:
        end = min(first_stop(last, time, group, heads, stops), last + ceiling)
        ended = time <= end
        end = min(end, time)
        if end > last + least:
            then = offsets[index_after(edges, 0, len(edges), last) - 1]
            first, passed = run_of(last + least, then, hours)
            learn(row, modes[row] * half, last, least, end, ended, first, passed, week, cells)
    if last < clock[FADED] and last != NULL:
        fade(row, (clock[FADED] - last - 1) // FADE_MS + 1, cells)
    lasts[at] = time
    modes[at] = mode
    reached, passing = clock[REACHED], clock[PASSING]
    return longest(row, mode * half, time, least, need, ceiling, reached, passing, week, usual, cells)[0]


@kernel(inline=True, allocates=False)
def forget(row, lasts, modes, cells):
    """Forget all that was learned of a person."""
    lasts[row] = NULL
    modes[row] = 0
    cells[row] = 0


@kernel("void(uint16[:, ::1], float64[:, :, ::1], float64[:, :, ::1])")
def pool(cells, minutes, ends):
    """Add what people have shown to `minutes` and `ends`, float64[MODES, blocks, AGES]; in any order it is the same."""
    modes, blocks, ages = minutes.shape
    for row in range(len(cells)):
        for mode in range(modes):
            for block in range(blocks):
                for age in range(ages):
                    cell = ((mode * blocks + block) * ages + age) * 2
                    minutes[mode, block, age] += cells[row, cell + MINUTES]
                    ends[mode, block, age] += cells[row, cell + ENDS] / WHOLE
