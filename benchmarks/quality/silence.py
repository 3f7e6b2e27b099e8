"""How long a silence may last by each method that is compared: ms after each sign of a life, of time that counts."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.household import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, UTC_OFFSET_MS, Life
from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.stops import NO_RUN
from kernels.patterns.unusual import WIDTH, sight
from kernels.scores.cohort import BLOCKS
from kernels.scores.inactivity import AGES, MODES, WEEK_HOURS, pool, week

Ints = NDArray[np.int64]
CEILING_MS = 48 * HOUR_MS
LEAST_MS = HOUR_MS
TWO_HOURS_AND_WEEKENDS = BLOCKS + 12 * (np.arange(WEEK_HOURS) // 24 >= 5)
SLOT_MS = 30 * MINUTE_MS  # of the alert line
LINE_DAYS, LINE_DAYS_LEAST = 45, 7


def fixed(lives: Sequence[Life]) -> list[Ints]:
    """The rule of 48 hours."""
    return [np.full(len(life.times), CEILING_MS) for life in lives]


def inactivity(lives: Sequence[Life], hazards: NDArray[np.float64], alpha: float, blocks: Ints = BLOCKS) -> list[Ints]:
    """What a rule with `for: unusual` allows, a person a row: the k-th signs of all people are one call."""
    return _watch(lives, hazards, alpha, blocks)[0]


def shown(
    lives: Sequence[Life], hazards: NDArray[np.float64], blocks: Ints = BLOCKS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the minutes and ends that the lives leave behind, for a cohort."""
    cells = _watch(lives, hazards, 0.01, blocks)[1]
    minutes, ends = (np.zeros((MODES, int(blocks.max()) + 1, AGES)) for _ in range(2))
    pool(cells, minutes, ends)
    return minutes, ends


def _watch(
    lives: Sequence[Life], hazards: NDArray[np.float64], alpha: float, blocks: Ints
) -> tuple[list[Ints], NDArray[np.uint16]]:
    people, count = len(lives), int(blocks.max()) + 1
    law = (LEAST_MS, math.log(1 / alpha), *week(blocks), np.array([NULL]), np.array([UTC_OFFSET_MS]))
    state = (
        np.full(people, NULL),
        np.zeros(people, np.int8),
        np.zeros((people, MODES * count * AGES * 2), np.uint16),
    )
    keys = (
        np.array([life.times[0] for life in lives]),
        np.full(people, -1),
        np.full(people, -1, np.int16),
        np.full(people, NULL),
        np.empty(0, np.int64),
        np.arange(people, dtype=np.int32),
    )
    own = np.full(people, NEVER), np.full(people, CEILING_MS), np.full(people, CEILING_MS)
    rule, stops = (0, np.empty(0, np.int64), law, hazards), _runs(lives)
    raised, out = np.empty((4 * people, WIDTH), np.int64), [np.empty_like(life.times) for life in lives]
    lengths = np.array([len(life.times) for life in lives])
    for k in range(int(lengths.max())):
        rows = np.flatnonzero(lengths > k)
        times = np.array([lives[row].times[k] for row in rows.tolist()])
        signs = np.array([lives[row].away[k] for row in rows.tolist()], np.int8)
        sources = np.zeros(len(rows), np.int64)
        sight(times, 2 * times + 1, rows, sources, rows, signs, *rule, keys, stops, own, state, raised)
        for row in rows.tolist():
            out[row][k] = own[2][row]
    return out, state[2]


def _runs(lives: Sequence[Life]) -> tuple[Ints, Ints, Ints]:
    """Return the outages that coverage tells of as stops, a group a person."""
    heads, totals, runs = np.full(len(lives), NO_RUN), np.zeros(len(lives), np.int64), [(0, 0, 0, NO_RUN)]
    for row, life in enumerate(lives):
        for since, until in life.dark.tolist():
            runs.append((since, until, int(totals[row]), int(heads[row])))
            heads[row] = len(runs) - 1
            totals[row] += until - since
    return heads, totals, np.array(runs)


def lines(life: Life) -> NDArray[np.float64]:
    """Return the alert line of each day without its buffer: of each half hour the longest inactivity going on in it.

    Cuddihy, Weisenberg, Graichen and Ganesh, Algorithm to automatically detect abnormally long periods of inactivity in
    a home (HealthNet 2007), as far as it is told of there: over the 45 days before. Before seven days are known there
    is none (infinite). What an outage that coverage tells of touches is left out.
    """
    slots = DAY_MS // SLOT_MS
    reached = np.zeros((life.days + 1) * slots)
    for since, until in zip(life.times[:-1].tolist(), life.times[1:].tolist(), strict=True):
        if not _touched(life, since, until):
            through = np.arange((since - START_MS) // SLOT_MS, -(-(until - START_MS) // SLOT_MS))
            ages = np.minimum(START_MS + (through + 1) * SLOT_MS, until) - since
            np.maximum.at(reached, through, ages)
    by_day = reached.reshape(-1, slots)
    out = np.full((life.days, slots), np.inf)
    for day in range(LINE_DAYS_LEAST, life.days):
        out[day] = by_day[max(0, day - LINE_DAYS) : day].max(axis=0)
    return out


def alert_line(lives: Sequence[Life], lines: Sequence[NDArray[np.float64]], buffer_h: float) -> list[Ints]:
    """Alert where the silence that goes on in a half hour is longer than the day's line and a buffer."""
    out = []
    for life, line in zip(lives, lines, strict=True):
        since = life.times - START_MS
        allowed = line[since // DAY_MS] + buffer_h * HOUR_MS
        passed = since[:, None] // SLOT_MS + np.arange(CEILING_MS // SLOT_MS + 1)
        begins, ends = np.maximum(passed * SLOT_MS - since[:, None], 0), (passed + 1) * SLOT_MS - since[:, None]
        crossing = np.maximum(np.take_along_axis(allowed, passed % (DAY_MS // SLOT_MS), axis=1), begins)
        crossing[crossing >= ends] = np.inf
        out.append(np.minimum(crossing.min(axis=1), CEILING_MS).astype(np.int64))
    return out


def _touched(life: Life, since: int, until: int) -> bool:
    return bool(((life.dark[:, 0] < until) & (life.dark[:, 1] > since)).any())


def alerts(life: Life, silences: Ints) -> Ints:
    """Return when each sign's silence would raise an alert (epoch ms), were it the last; outages do not count."""
    instants = life.times + silences
    for since, until in life.dark.tolist():
        begun = life.times < until
        reaches = begun & (np.maximum(since, life.times) < instants)
        instants[reaches] += until - np.maximum(since, life.times[reaches])
    return instants
