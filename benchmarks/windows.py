"""What the kernels of windows are measured on: events in order, their keys in random rows, as after interning."""

from collections.abc import Callable
from functools import partial

import numpy as np

from kernels.instants import MINUTE_MS
from kernels.limits import EVIDENCE_MAX
from kernels.patterns.count import count, words
from kernels.patterns.evidence import remember
from kernels.patterns.session import sit
from kernels.patterns.sliding import EDGES, slide
from kernels.patterns.tumbling import tumble
from rules.patterns.plan import Panes
from streams.shard.patterns.groups import Groups
from streams.shard.patterns.layout import Asked, lay_out
from streams.shard.tables import fresh_state

Step = Callable[[slice], object]

RING = 4
PLATES, GATES, SITES = 300_000, 8_000, 2_000
SPEED, PLATE = 1, 2  # rows of the arguments
COUNT, AVERAGE = Asked("count", parameter=33), Asked("avg", SPEED)


def steps(times: np.ndarray, rng: np.random.Generator, block: int) -> dict[str, Callable[[], Step]]:
    """Return what is measured: each prepares a run over all events, in calls of `block` of them."""
    events = len(times)

    def rows(keys: int) -> np.ndarray:
        return rng.integers(0, keys, events)

    window = partial(_window, times, rng, block)
    return {
        "count (300,000 keys)": lambda: _count(times, rows(PLATES), PLATES, block),
        "count (8,000 keys)": lambda: _count(times, rows(GATES), GATES, block),
        "tumbling count (8,000 keys)": lambda: window("tumbling", [Asked("count")], rows(GATES), GATES),
        "sliding avg (8,000 keys)": lambda: window("sliding", [AVERAGE], rows(GATES), GATES),
        "sliding count, avg (2,000 keys)": lambda: window("sliding", [COUNT, AVERAGE], rows(SITES), SITES),
        "the same at edges, too": lambda: window("sliding", [COUNT, AVERAGE], rows(SITES), SITES, is_state=True),
        "sliding distinct (8,000 keys)": lambda: window("sliding", [Asked("distinct", PLATE, 33)], rows(GATES), GATES),
        "sliding quantile (2,000 keys)": lambda: window(
            "sliding", [Asked("quantile", SPEED, 0.85)], rows(SITES), SITES
        ),
        "tumbling distinct (8,000 keys)": lambda: window(
            "tumbling", [Asked("distinct", PLATE, 4096)], rows(GATES), GATES
        ),
        "session duration (8,000 keys)": lambda: window("session", [Asked("duration")], rows(GATES), GATES),
        "evidence (8,000 keys)": lambda: _remember(times, rows(GATES), GATES),
    }


def _count(times: np.ndarray, rows: np.ndarray, keys: int, block: int) -> Step:
    """A limit that is reached by few, as in a rule: what fires is paid for at alert rate."""
    positions = np.arange(len(times))
    state = fresh_state({"recent": (np.int64, (words(RING),), 0)}, keys)["recent"]
    counts, candidates = np.empty(block), np.empty(block, np.int64)
    evidence = np.empty((block, EVIDENCE_MAX), np.int64)
    return lambda part: count(
        times[part], positions[part], rows[part], 100, RING, RING, state, counts, candidates, evidence
    )


def _window(
    times: np.ndarray,
    rng: np.random.Generator,
    block: int,
    panes: Panes,
    asked: list[Asked],
    rows: np.ndarray,
    keys: int,
    *,
    is_state: bool = False,
) -> Step:
    """Windows of 10 s, in which every event is looked at."""
    numbers = np.empty((3, len(times)))
    numbers[0], numbers[SPEED] = times, rng.normal(50, 12, len(times)).round()
    numbers.view(np.int64)[PLATE] = rng.integers(0, 40, len(times))
    layout = lay_out(asked, panes)
    groups = Groups()
    groups.make_room(len(times), np.empty(0, np.int64), 1)
    state = *fresh_state(layout.columns, keys).values(), *groups.arrays
    room = 4 * block + EDGES
    points = np.empty((len(asked), room)), np.empty((5, room), np.int64)
    edges, offsets = np.array([np.iinfo(np.int64).min]), np.array([8 * 60 * MINUTE_MS])
    of_panes = {
        "sliding": (slide, (10_000, 0, is_state, False)),
        "session": (sit, (1_000, 2**62, 0)),
        "tumbling": (tumble, (10_000, edges, offsets, 0, is_state)),
    }
    kernel, told = of_panes[panes]

    def step(part: slice) -> None:
        arguments = np.ascontiguousarray(numbers[:, part])
        start = 0
        while start < part.stop - part.start:
            start, _ = kernel(
                times[part], rows[part], arguments, arguments.view(np.int64), start, *told, layout.table, state, *points
            )

    return step


def _remember(times: np.ndarray, rows: np.ndarray, keys: int) -> Step:
    positions = np.arange(len(times))
    ring, heads = np.zeros((keys, 2 * EVIDENCE_MAX), np.int64), np.zeros(keys, np.int64)
    return lambda part: remember(times[part], positions[part], rows[part], ring, heads)
