"""What impossible travel is measured on: plates that go about a city."""

from collections.abc import Callable
from functools import partial

import numpy as np

from kernels.instants import HOUR_MS
from kernels.nulls import NULL
from kernels.scores.landmarks import SLOTS, network
from kernels.scores.travel import INPUTS, OUTPUTS, PARAMETERS, WIDTH, step
from streams.shard.tables import fresh_state

Step = Callable[[slice], object]

GRID = 50  # places along each side of a city, and as many across
PLACE_DEGREES = 0.006
SIGHTING_MS = 180_000  # between two sightings of a plate
MISREAD = 0.01


def steps(times: np.ndarray, rng: np.random.Generator, block: int) -> dict[str, Callable[[], Step]]:
    """Return what is measured: each prepares a run over all events, in calls of `block` of them."""
    return {f"travel ({n:,} plates)": partial(_travel, times, rng, n, block) for n in (8_000, 300_000)}


def _travel(times: np.ndarray, rng: np.random.Generator, plates: int, block: int) -> Step:
    """Every plate goes from place to place; one of a hundred sightings is misread, of somebody elsewhere."""
    events = len(times)
    order, turns = rng.permutation(plates), np.arange(events) // plates
    rows = order[np.arange(events) % plates]
    since_ms = turns * SIGHTING_MS + np.arange(events) % plates * SIGHTING_MS // plates
    x, y = rng.integers(0, GRID, (2, plates))
    places = np.empty(events, np.int64)
    for turn in range(int(turns[-1]) + 1):
        along, by = rng.integers(0, 2, plates), rng.choice([-1, 1], plates)
        x, y = np.clip(x + along * by, 0, GRID - 1), np.clip(y + (1 - along) * by, 0, GRID - 1)
        seen = np.where(rng.random(plates) < MISREAD, rng.integers(0, GRID * GRID, plates), y * GRID + x)[order]
        places[turn * plates : (turn + 1) * plates] = seen[: events - turn * plates]
    lon, lat = 115.7 + PLACE_DEGREES * (places % GRID), 28.5 + PLACE_DEGREES * (places // GRID)
    inputs = np.empty((len(INPUTS), events))
    inputs[:] = np.broadcast_arrays(lon, lat, 3.0, 0.95, places)
    blocks = [np.ascontiguousarray(inputs[:, first : first + block]) for first in range(0, events, block)]
    cells = np.arange(GRID * GRID).reshape(GRID, GRID)
    first = np.concatenate([cells[:-1].ravel(), cells[:, :-1].ravel()])
    second = np.concatenate([cells[1:].ravel(), cells[:, 1:].ravel()])
    starts, ends = np.concatenate([first, second]), np.concatenate([second, first])
    known = network(GRID * GRID, starts, ends, rng.uniform(40, 120, (SLOTS, len(starts))))[:2]
    city = (*known, np.array([NULL]), np.array([8 * HOUR_MS]))
    state = fresh_state({"plates": (np.float64, (WIDTH,), 0)}, plates)["plates"]
    parameters, out = np.array(list(PARAMETERS.values())), np.empty((len(OUTPUTS), block))
    return lambda part: step(
        rows[part], times[0] + since_ms[part], blocks[part.start // block], state, parameters, city, out
    )
