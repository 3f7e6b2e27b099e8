"""What the kernels of absence and coverage are measured on: sights and devices in random rows, as after look-up."""

from collections.abc import Callable

import numpy as np

from benchmarks.windows import Step
from kernels.coverage import WINDOW, hear, sample
from kernels.instants import HOUR_MS, MINUTE_MS, NEVER
from kernels.keys.membership import fill
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.absence import NEVER_FORGET, expire, glance, sight
from kernels.patterns.stops import NO_RUN, release, stop
from kernels.patterns.unusual import WIDTH
from kernels.patterns.unusual import sight as take
from kernels.scores.cohort import BLOCKS, COHORT
from kernels.scores.inactivity import week

ELDERS, PEOPLE = 5_000, 1_000_000
DEVICES, COMMUNITIES = 100_000, 3_000
STOPS = 4  # a group, within a silence
NOTHING, NO_GROUPS, NO_RUNS = np.empty(0, np.int64), np.empty(0, np.int32), np.empty((0, 4), np.int64)
USUAL = HOUR_MS, np.log(100), *week(BLOCKS), np.array([NULL]), np.zeros(1, np.int64)
LAW = 48 * HOUR_MS, NEVER_FORGET, 0, NOTHING


def steps(times: np.ndarray, rng: np.random.Generator, block: int) -> dict[str, Callable[[], Step]]:
    """Return what is measured: each prepares a run over all events (or keys, or devices), in calls of `block`."""
    events = len(times)
    return {
        "absence (5,000 keys)": lambda: _in_order(times, rng.integers(0, ELDERS, events), block),
        "absence on arrival (1,000,000 keys)": lambda: _on_arrival(times, rng.integers(0, PEOPLE, events), block),
        "unusual silence (5,000 people)": lambda: _unusual(rng, events, block),
        "deadlines (a key)": lambda: _deadlines(times, rng, block, stopped=False),
        "deadlines of stopped clocks (a key)": lambda: _deadlines(times, rng, block, stopped=True),
        "coverage: heard (100,000 devices)": lambda: _heard(times, rng, block),
        "coverage: sampled (a device and minute)": lambda: _sampled(times, rng),
    }


def _keys(keys: int, base: int) -> tuple[np.ndarray, ...]:
    return (
        np.full(keys, base),
        np.full(keys, -1),
        np.full(keys, -1, np.int16),
        np.full(keys, NULL),
        NOTHING,
        NO_GROUPS,
    )


def _in_order(times: np.ndarray, rows: np.ndarray, block: int) -> Step:
    positions, orders, sources = np.arange(len(times)), 2 * times + 1, np.zeros(len(times), np.int64)
    keys, runs = _keys(ELDERS, int(NULL)), (np.full(1, NO_RUN), np.zeros(1, np.int64), NO_RUNS)
    out, ties = np.empty((4 * block, 8), np.int64), np.empty((block, 3), np.int64)
    return lambda part: sight(
        times[part], orders[part], positions[part], sources[part], rows[part], LAW, keys, runs, out, ties
    )


def _on_arrival(times: np.ndarray, rows: np.ndarray, block: int) -> Step:
    lanes = np.stack([times, np.zeros_like(times), np.arange(len(times))])
    keys, late = _keys(PEOPLE, int(times[0])), np.zeros(len(times), np.bool_)
    slow, ties, silence = np.empty(block, np.int64), np.empty((block, 3), np.int64), LAW[0]
    return lambda part: glance(
        lanes, np.arange(part.start, part.stop), rows[part], late, 1, False, silence, keys, slow, ties
    )


def _unusual(rng: np.random.Generator, events: int, block: int) -> Step:
    """A sign in 20 minutes by day and one in two hours by night; a twentieth is of going out."""
    signs_a_day = ELDERS * 56
    clock = np.linspace(0, 24, 10_000)
    by_now = np.cumsum(np.where((clock > 6) & (clock < 22), 3.0, 0.5))
    days = np.arange(events) / signs_a_day
    times = ((np.floor(days) + np.interp(days % 1, by_now / by_now[-1], clock / 24)) * 24 * HOUR_MS).astype(np.int64)
    rows, signs = rng.integers(0, ELDERS, events), (rng.random(events) < 0.05).astype(np.int8)
    positions, orders, sources = np.arange(events), 2 * times + 1, np.zeros(events, np.int64)
    keys, runs = _keys(ELDERS, int(times[0])), (np.full(1, NO_RUN), np.zeros(1, np.int64), NO_RUNS)
    people = np.full(ELDERS, NULL), np.zeros(ELDERS, np.int8), np.zeros((ELDERS, COHORT.size * 2), np.uint16)
    own = np.full(ELDERS, NEVER), np.full(ELDERS, 48 * HOUR_MS), np.full(ELDERS, 48 * HOUR_MS)
    out = np.empty((4 * block, WIDTH), np.int64)

    def step(part: slice) -> None:
        given = times[part], orders[part], positions[part], sources[part], rows[part], signs[part]
        take(*given, 0, NOTHING, USUAL, COHORT, keys, runs, own, people, out)

    return step


def _deadlines(times: np.ndarray, rng: np.random.Generator, block: int, *, stopped: bool) -> Step:
    """One of a hundred is silent; where clocks are stopped it is asked for what is left, and fires now and then."""
    now, groups = int(times[-1]), COMMUNITIES if stopped else 1
    runs = np.full(groups, NO_RUN), np.zeros(groups, np.int64), np.empty((STOPS * groups, 4), np.int64)
    free = np.full(1, NO_RUN)
    release(runs[2], 0, free)
    for hour in range(4 * STOPS, 0, -4) if stopped else ():
        stop(np.full(groups, TRUE), 0, 0, groups, now - hour * HOUR_MS, HOUR_MS, *runs, free)
    held = _keys(len(times), now)
    silent = rng.random(len(times)) < 0.01
    held[0][silent] -= LAW[0] + rng.integers(0, STOPS + 1, np.count_nonzero(silent)) * HOUR_MS * stopped
    own = rng.integers(0, groups, len(times)).astype(np.int32) if stopped else NO_GROUPS
    out = np.empty((2 * block, 8), np.int64)

    def step(part: slice) -> None:
        expire(now, LAW, (*(each[part] for each in held[:4]), NOTHING, own[part]), runs, out)

    return step


def _heard(times: np.ndarray, rng: np.random.Generator, block: int) -> Step:
    tokens, size = rng.integers(1, 2**62, DEVICES), 1 << 18
    slots = np.full(size, NULL), np.zeros(size, np.int64)
    fill(tokens, *slots, 0, size - 1)
    lanes = np.stack([times, np.zeros_like(times), tokens[rng.integers(0, DEVICES, len(times))]])
    kinds, spare = np.ones(1, np.bool_), np.empty((block, 3), np.int64)
    runs, sampled = np.zeros((DEVICES, 3), np.int64), int(times[0]) // MINUTE_MS
    runs[:, WINDOW] = 180_000

    def step(part: slice) -> None:
        batch = np.ascontiguousarray(lanes[:, part])
        hear(batch, 2, kinds, batch[0], *slots, sampled, runs, spare)

    return step


def _sampled(times: np.ndarray, rng: np.random.Generator) -> Step:
    first = int(times[0]) // MINUTE_MS
    since = first - rng.integers(0, 60, len(times))
    runs, spare = np.stack([since, since + 58, since], axis=1), np.empty((0, 3), np.int64)
    columns = np.sort(rng.integers(0, COMMUNITIES, len(times)))
    totals, out = np.full(COMMUNITIES, 35), np.empty((1, COMMUNITIES))
    return lambda part: sample(first, runs[part], spare, columns[part], totals, out)
