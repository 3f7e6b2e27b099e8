"""What the kernels of scores are measured on: points of many tracks, one of twenty of which falls."""

from collections.abc import Callable
from functools import partial

import numpy as np

from kernels.scores.free_fall import OUTPUTS, PARAMETERS, WIDTH
from kernels.scores.free_fall import step as fall
from streams.shard.tables import fresh_state

Step = Callable[[slice], object]

FRAME_MS = 40


def steps(times: np.ndarray, rng: np.random.Generator, block: int) -> dict[str, Callable[[], Step]]:
    """Return what is measured: each prepares a run over all events, in calls of `block` of them."""
    return {f"free fall ({n:,} tracks)": partial(_fall, times, rng, n, block) for n in (8_000, 300_000)}


def _fall(times: np.ndarray, rng: np.random.Generator, tracks: int, block: int) -> Step:
    """Every track has a point a frame."""
    events = len(times)
    rows = np.tile(rng.permutation(tracks), events // tracks + 1)[:events]
    since_ms = np.arange(events) // tracks * FRAME_MS + np.arange(events) * FRAME_MS // tracks % FRAME_MS
    heights = np.where(rows % 20 == 0, 30 - 4.9 * (since_ms / 1000) ** 2, 10.0) + rng.normal(0, 0.02, events)
    inputs = np.array([rng.normal(0, 0.02, events), heights, np.zeros(events), np.full(events, 3.0)])
    blocks = [np.ascontiguousarray(inputs[:, first : first + block]) for first in range(0, events, block)]
    state = fresh_state({"tracks": (np.float64, (WIDTH,), 0)}, tracks)["tracks"]
    parameters, out = np.array(list(PARAMETERS.values())), np.empty((len(OUTPUTS), block))
    return lambda part: fall(rows[part], times[0] + since_ms[part], blocks[part.start // block], state, parameters, out)
