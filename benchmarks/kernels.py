"""The kernels behind decode alone: events a second on one core, over as many keys as a city has.

Events are in order and their keys in random rows, as after interning; what is measured is the kernel's own work.
"""

import time
from collections.abc import Callable

import numpy as np

from benchmarks import plates, scores, silences
from benchmarks.windows import GATES, PLATES, SITES, Step, steps
from kernels import opcodes as op
from kernels.expression import BLOCK as CONDITIONS
from kernels.expression import evaluate, keep
from kernels.instants import DAY_MS, MINUTE_MS, NEVER
from kernels.nulls import NULL
from kernels.opcodes import FALSE, TRUE
from kernels.patterns.baseline import LEARNED, WHOLE, compare, learn
from kernels.patterns.chains import EVENTS as SHOWN
from kernels.patterns.chains import MORE, SLOTS, layout
from kernels.patterns.change import KEPT, lag
from kernels.patterns.episode import COLUMNS, NO_EXPIRY, WORDS, follow
from kernels.patterns.first_seen import first_seen
from kernels.patterns.judge import judge
from kernels.patterns.sequence import CHAIN
from kernels.patterns.sequence import follow as follow_chains
from kernels.surroundings import laid
from streams.shard.tables import fresh_state

EVENTS = 1 << 20
BLOCK = 1 << 14  # events of a call, as the engine makes them
REPEATS = 3


def rates() -> dict[str, float]:
    """Return M events/s of each kernel, the best of a few runs."""
    rng = np.random.default_rng(1)
    times = np.sort(rng.integers(0, 20_000, EVENTS)) + 1_795_000_000_000
    more = silences, scores, plates
    prepared = steps(times, rng, BLOCK) | {k: v for each in more for k, v in each.steps(times, rng, BLOCK).items()}
    return {name: _rate(prepare) for name, prepare in prepared.items()} | {
        "conditions (an equality, a limit)": _rate(lambda: _conditions(rng, 8, 0.9)),
        "conditions (in an area of 64 corners)": _rate(lambda: _inside(rng)),
        "episode (8,000 keys)": _rate(lambda: _episode(times, rng.integers(0, GATES, EVENTS), GATES)),
        "baseline (2,000 keys)": _rate(lambda: _baseline(times, rng.integers(0, SITES, EVENTS), SITES)),
        "sequence (8,000 keys)": _rate(lambda: _sequence(times, rng, GATES)),
        "sequence (300,000 keys)": _rate(lambda: _sequence(times, rng, PLATES)),
        "change (300,000 keys)": _rate(lambda: _change(times, rng.integers(0, PLATES, EVENTS), PLATES)),
        "first_seen (300,000 keys)": _rate(lambda: _first_seen(times, rng.integers(0, PLATES, EVENTS), PLATES)),
        "judge (300,000 keys)": _rate(lambda: _judge(times, rng.integers(0, PLATES, EVENTS), PLATES)),
    }


def _rate(prepare: Callable[[], Step]) -> float:
    spent = []
    for _ in range(REPEATS):
        step = prepare()
        start = time.process_time()
        for first in range(0, EVENTS, BLOCK):
            step(slice(first, first + BLOCK))
        spent.append(time.process_time() - start)
    return EVENTS / min(spent) / 1e6


def _conditions(rng: np.random.Generator, words: int, limit: float) -> Step:
    """A word that one of eight events has, then a number."""
    lanes = np.array([rng.integers(0, words, EVENTS), rng.random(EVENTS).view(np.int64)])
    bits = int(np.float64(limit).view(np.int64))
    code = np.array([(op.LANE, 0), (op.INTEGER, 3), (op.SAME, 0), (op.LANE, 1), (op.NUMBER, bits), (op.GREATER, 0)])
    nothing = np.array([1]), np.array([1])
    stack = np.empty((3, CONDITIONS), np.int64)

    def step(part: slice) -> None:
        for first in range(part.start, part.stop, CONDITIONS):
            rows = np.arange(first, first + CONDITIONS)
            left = keep(code, 0, 3, lanes, rows, CONDITIONS, rows, stack, *nothing)
            keep(code, 3, 6, lanes, rows, left, rows, stack, *nothing)

    return step


def _inside(rng: np.random.Generator) -> Step:
    """Half of the points lie in the area's box, three quarters of those inside."""
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    box = np.concatenate([ring.min(axis=0), ring.max(axis=0)])
    sets, calendars = (np.zeros(0, np.int64),) * 6, (np.zeros(0, np.int64),) * 4
    around = laid(*sets, *calendars, ring, np.array([0, 64]), np.array([0, 1]), box)
    points = rng.uniform(-1.4, 1.4, (2, EVENTS)).view(np.int64)
    code = np.array([(op.LANE, 0), (op.LANE, 1), (op.INSIDE, 0)])
    extra, out = np.empty((0, BLOCK)), np.empty(BLOCK, np.int64)
    return lambda part: evaluate(
        code, 2, points, np.arange(part.start, part.stop), extra, out, around, np.zeros(0, np.int64)
    )


def _sequence(times: np.ndarray, rng: np.random.Generator, keys: int) -> Step:
    """One pass, no other behind it, then two different tracks within 4 s; passes are a tenth of the events."""
    rows, masks = rng.integers(0, keys, EVENTS), np.where(rng.random(EVENTS) < 0.1, 0b011, 0b100)
    steps, finals, settings, words = layout(
        [(0b001, 0b010, 1, None, False), (0b100, 0, 2, 4000, True)], [], fields=0, within=None, refers=0
    )
    positions, fields, tracks = np.arange(EVENTS), np.empty((0, BLOCK), np.int64), rng.integers(0, 10, EVENTS)
    chains, dues, nothing = np.full((keys, words), NULL), np.full(keys, NEVER), np.empty(0, np.int64)
    no_pairs, out = np.empty((0, SLOTS), np.int64), np.empty((BLOCK, CHAIN + MORE + steps[-1, SHOWN]), np.int64)
    return lambda part: follow_chains(
        times[part],
        positions[part],
        rows[part],
        masks[part],
        nothing,
        no_pairs,
        fields,
        tracks[None, part],
        steps,
        finals,
        settings,
        chains,
        dues,
        nothing,
        out,
    )


def _change(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    """Four fields are kept."""
    positions, fields, nulls = np.arange(EVENTS), np.ones((4, BLOCK), np.int64), np.full(4, NULL)
    last, before, previous = np.full((keys, KEPT + 4), NULL), np.empty(BLOCK, np.int64), np.empty((4, BLOCK), np.int64)
    return lambda part: lag(times[part], positions[part], rows[part], fields, MINUTE_MS, nulls, last, before, previous)


def _first_seen(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    seen, out = np.full(keys, NULL), np.empty(BLOCK)
    known_from = np.full(len(times), NULL)
    return lambda part: first_seen(times[part], rows[part], MINUTE_MS, known_from[part], seen, out)


def _judge(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    severities, replayed, members = (np.zeros(EVENTS, np.int64) for _ in range(3))
    cooldowns = np.array([10 * MINUTE_MS])
    last_times, last_severities = np.full(keys, NULL), np.zeros(keys, np.int64)
    fired, suppressed = np.empty(BLOCK, np.int64), np.zeros(1, np.int64)
    return lambda part: judge(
        times[part],
        rows[part],
        severities[part],
        replayed[part],
        members[part],
        cooldowns,
        last_times,
        last_severities,
        fired,
        suppressed,
    )


def _episode(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    # of a hundred points one is true: of half of the keys an alert opens and ends, as on a bad day
    true = np.arange(EVENTS) % 100 == 0
    conditions, clears = np.where(true, TRUE, FALSE), np.where(true, FALSE, TRUE)
    nothing, vacant, lasts = np.zeros(EVENTS, np.int64), np.zeros(EVENTS, np.bool_), np.arange(EVENTS)
    cooldowns, suppressed, members = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(keys, np.int64)
    phases, dues, words = np.zeros(keys, np.int8), np.full(keys, NEVER), np.zeros((keys, WORDS), np.int64)
    out = np.empty((2 * BLOCK, COLUMNS), np.int64)
    return lambda part: follow(
        times[part],
        rows[part],
        conditions[part],
        clears[part],
        nothing[part],
        nothing[part],
        vacant[part],
        lasts[part],
        5000,
        NO_EXPIRY,
        np.empty((0, 2), np.int64),
        cooldowns,
        suppressed,
        members,
        phases,
        dues,
        words,
        out,
    )


def _baseline(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    """Compare and learn panes of keys with a week's quarter hours; an event is a pane here."""
    ends, values = times + np.arange(EVENTS) * 1000, np.random.default_rng(2).normal(1000, 100, (1, EVENTS))
    clock = (15 * MINUTE_MS, 7 * DAY_MS, np.array([NULL]), np.array([8 * 60 * MINUTE_MS]))
    memory, units, vacant = (28 * DAY_MS, 1), np.zeros(1), np.zeros(EVENTS, np.bool_)
    phases, decided, lively = np.zeros(keys, np.int8), np.full(keys, NULL), np.full(keys, NULL)
    judged_from = np.full(keys, NULL)
    state = fresh_state({"slots": (np.float64, (672, 1, LEARNED), 0), "wholes": (np.float64, (1, WHOLE), 0)}, keys)
    slots, wholes, usual = state["slots"], state["wholes"], np.empty((2, BLOCK))

    def step(part: slice) -> None:
        own = np.ascontiguousarray(values[:, part])
        compare(own, ends[part], rows[part], *clock, *memory, units, lively, slots, wholes, judged_from, usual)
        learn(
            own,
            ends[part],
            rows[part],
            vacant[part],
            phases,
            *clock,
            *memory,
            units,
            0.4,
            0.01,
            4,
            672.0,
            decided,
            lively,
            slots,
            wholes,
        )

    return step


if __name__ == "__main__":
    for name, rate in rates().items():
        print(f"{name:40} {rate:6.0f} M/s")
