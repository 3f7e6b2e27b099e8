"""What the kernels of scores are measured on: points of many tracks, one of twenty of which falls; sights of people."""

from collections.abc import Callable
from functools import partial
from types import ModuleType

import numpy as np

from kernels.instants import HOUR_MS
from kernels.scores import free_fall, visits
from streams.shard.tables import fresh_state

Step = Callable[[slice], object]

FRAME_MS = 40
KEYS = 8_000, 300_000


def steps(times: np.ndarray, rng: np.random.Generator, block: int) -> dict[str, Callable[[], Step]]:
    """Return what is measured: each prepares a run over all events, in calls of `block` of them."""
    falls: dict[str, Callable[[], Step]] = {
        f"free fall ({n:,} tracks)": partial(_fall, times, rng, n, block) for n in KEYS
    }
    return falls | {f"visits ({n:,} people)": partial(_visit, times, rng, n, block) for n in KEYS}


def _fall(times: np.ndarray, rng: np.random.Generator, tracks: int, block: int) -> Step:
    """Every track has a point a frame."""
    events = len(times)
    rows = np.tile(rng.permutation(tracks), events // tracks + 1)[:events]
    since_ms = np.arange(events) // tracks * FRAME_MS + np.arange(events) * FRAME_MS // tracks % FRAME_MS
    heights = np.where(rows % 20 == 0, 30 - 4.9 * (since_ms / 1000) ** 2, 10.0) + rng.normal(0, 0.02, events)
    inputs = np.array([rng.normal(0, 0.02, events), heights, np.zeros(events), np.full(events, 3.0)])
    return _over(free_fall, rows, times[0] + since_ms, inputs, tracks, block)


def _visit(times: np.ndarray, rng: np.random.Generator, people: int, block: int) -> Step:
    """Two days in which everybody is seen now and then, two of three times where they were seen before."""
    events = len(times)
    rows = rng.integers(0, people, events)
    spread = times[0] + np.arange(events) * 48 * HOUR_MS // events
    buildings = np.where(rng.random(events) < 2 / 3, rows % 30, rng.integers(0, 30, events))
    inputs = np.array([buildings.astype(np.float64), spread / HOUR_MS % 24])
    return _over(visits, rows, spread, inputs, people, block)


def _over(score: ModuleType, rows: np.ndarray, times: np.ndarray, inputs: np.ndarray, keys: int, block: int) -> Step:
    blocks = [np.ascontiguousarray(inputs[:, first : first + block]) for first in range(0, len(rows), block)]
    state = fresh_state({"keys": (np.float64, (score.WIDTH,), 0)}, keys)["keys"]
    parameters, out = np.array(list(score.PARAMETERS.values())), np.empty((len(score.OUTPUTS), block))
    return lambda part: score.step(rows[part], times[part], blocks[part.start // block], state, parameters, out)
