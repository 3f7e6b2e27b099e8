"""Roads of a simulated city: junctions, links with their speeds by the hour, and the ways that drivers take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE = 30  # junctions along each side of the city
SPACING_M = 750.0
RING = 4  # junctions from the edge of the city to its expressway
WINDING = (1.05, 1.35)  # how much longer a link is than the straight line
CLOSED = 0.16  # of the links from west to east: there is no road
FREE_KMH = {"street": 42.0, "arterial": 62.0, "expressway": 88.0}
# Share of the free speed by hour, of a street in the middle of the city.
CONGESTION = np.array(
    [1.0] * 6 + [0.9, 0.55, 0.45, 0.6, 0.75, 0.7, 0.7, 0.75, 0.75, 0.7, 0.6, 0.42, 0.45, 0.6, 0.75, 0.85, 0.9, 1.0]
)
TASTES = 12  # ways differ between drivers and days: so many opinions of how long each link takes
SIGNAL_S, STOPPED = 35.0, 0.45  # at a junction of streets: mean time, share of the vehicles


@dataclass(frozen=True)
class Roads:
    """The network. Positions are metres east and north of the city's south-west corner.

    `trees[taste, from, to]` is the junction before `to` on the way from `from`; -1 at its begin.
    """

    x: Floats
    y: Floats
    starts: Ints
    ends: Ints
    metres: Floats
    free_kmh: Floats
    central: Floats  # 0 to 1, how much of the congestion a link has
    signalled: NDArray[np.bool_]
    link: Ints  # [junctions, junctions]: its number, -1 where there is none
    trees: Ints

    @property
    def junctions(self) -> int:
        """How many there are."""
        return len(self.x)


@kernel("void(int64[::1], int64[::1], float64[::1], int64[:, ::1])")
def _trees(starts: Ints, ends: Ints, seconds: Floats, out: Ints) -> None:
    """Write the tree of shortest ways from each junction: Bellman and Ford, in the order of the links."""
    junctions = len(out)
    reached = np.empty(junctions)
    for source in range(junctions):
        reached[:] = np.inf
        reached[source] = 0.0
        out[source] = -1
        changed = True
        while changed:
            changed = False
            for link in range(len(seconds)):
                through = reached[starts[link]] + seconds[link]
                if through < reached[ends[link]]:
                    reached[ends[link]] = through
                    out[source, ends[link]] = starts[link]
                    changed = True


def build(rng: np.random.Generator) -> Roads:
    """Build a city: a bent grid of streets, every fifth road an arterial, an expressway around with few crossings."""
    cells = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    row, column = np.divmod(cells.ravel(), SIDE)
    x = SPACING_M * column + rng.uniform(-200, 200, SIDE * SIDE)
    y = SPACING_M * row + rng.uniform(-200, 200, SIDE * SIDE)
    first = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    second = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    along = np.concatenate([row[cells[:, :-1].ravel()], column[cells[:-1].ravel()]])  # which road it is a part of
    edge = np.minimum.reduce([row, column, SIDE - 1 - row, SIDE - 1 - column])
    ring = (edge[first] == RING) & (edge[second] == RING) & ((along == RING) | (along == SIDE - 1 - RING))
    arterial = along % 5 == 2
    northward = np.arange(len(first)) >= SIDE * (SIDE - 1)  # these stay, so that a city is connected
    kept = ring | arterial | northward | (rng.random(len(first)) >= CLOSED)
    first, second, ring, arterial = first[kept], second[kept], ring[kept], arterial[kept]
    straight = np.hypot(x[first] - x[second], y[first] - y[second])
    metres = straight * np.where(ring, 1.03, rng.uniform(*WINDING, len(first)))
    free = np.where(ring, FREE_KMH["expressway"], np.where(arterial, FREE_KMH["arterial"], FREE_KMH["street"]))
    middle = SPACING_M * (SIDE - 1) / 2
    out = np.hypot((x[first] + x[second]) / 2 - middle, (y[first] + y[second]) / 2 - middle) / middle
    central = np.clip(1.2 - out, 0.2, 1.0) * np.where(ring, 0.6, 1.0)
    starts, ends = np.concatenate([first, second]), np.concatenate([second, first])
    metres, free, central, ring = (np.tile(each, 2) for each in (metres, free, central, ring))
    link = np.full((SIDE * SIDE, SIDE * SIDE), -1)
    link[starts, ends] = np.arange(len(starts))
    trees = np.empty((TASTES, SIDE * SIDE, SIDE * SIDE), np.int64)
    for taste in range(TASTES):
        seconds = 3.6 * metres / free * rng.lognormal(0, 0.25, len(starts)) + np.where(ring, 0, SIGNAL_S * STOPPED)
        _trees(starts, ends, seconds, trees[taste])
    return Roads(x, y, starts, ends, metres, free, central, ~ring, link, trees)


@dataclass(frozen=True)
class Passages:
    """Vehicles at junctions: of each which trip it is of, where, and when (s)."""

    trips: Ints
    junctions: Ints
    seconds: Floats


def drive(
    rng: np.random.Generator, roads: Roads, origins: Ints, goals: Ints, begins: Floats, pace: Floats
) -> tuple[Passages, Floats]:
    """Drive trips from junction to junction, all at once, link by link.

    `begins` are seconds from a midnight; `pace` is by which the driver is faster than the others. Returns when each
    trip ends, too.
    """
    tastes = rng.integers(0, TASTES, len(origins))
    back, at = [goals], goals
    while (at != origins).any():
        before = roads.trees[tastes, origins, at]
        at = np.where((at == origins) | (before < 0), at, before)
        back.append(at)
        assert len(back) < 4 * SIDE * SIDE, "a city is connected"
    now, at = begins.copy(), back[-1]
    trips, places, seconds = [np.arange(len(origins))], [at], [now.copy()]
    for following in back[-2::-1]:
        moved = np.flatnonzero(following != at)
        link = roads.link[at[moved], following[moved]]
        hour = now[moved] / 3600 % 24
        low = hour.astype(np.int64) % 24
        flow = CONGESTION[low] + (hour - np.floor(hour)) * (CONGESTION[(low + 1) % 24] - CONGESTION[low])
        share = 1 - roads.central[link] * (1 - flow)
        spent = 3.6 * roads.metres[link] / (roads.free_kmh[link] * share * pace[moved])
        spent *= rng.lognormal(0, 0.12, len(moved))
        waits = roads.signalled[link] & (rng.random(len(moved)) < STOPPED)
        now[moved] += spent + np.where(waits, rng.exponential(SIGNAL_S, len(moved)), 0)
        at = following
        trips.append(moved)
        places.append(at[moved])
        seconds.append(now[moved])
    return Passages(np.concatenate(trips), np.concatenate(places), np.concatenate(seconds)), now
