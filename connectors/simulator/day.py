"""All that happens in a span of time, the ordinary and the planted, so many events as were asked for."""

from collections.abc import Callable

import numpy as np

from connectors.simulator import devices, people, roads
from connectors.simulator.city import City
from connectors.simulator.rhythm import CAMERAS, EVEN, GATES, ROADS, Rhythm
from connectors.simulator.rows import ID, TIME, Ints, Rows, together
from connectors.simulator.scenes.script import Script

JITTER_MS = 1_500  # an event arrives at most so long after its time
_DUPLICATES = 2_000  # of so many events one comes twice

Happening = Callable[[City, np.random.Generator, Ints], Rows]

# what, its share of ordinary life in thousandths, its rhythm
_ORDINARY: tuple[tuple[Happening, int, tuple[int, ...]], ...] = (
    (people.passages, 390, GATES),
    (devices.sightings, 280, CAMERAS),
    (roads.passages, 280, ROADS),
    (devices.readings, 40, EVEN),
    (people.reports, 4, CAMERAS),
    (devices.patrols, 6, EVEN),
)


class Days:
    """The simulated span, told piece by piece. Every piece has its own random numbers, from the seed and its place."""

    def __init__(self, script: Script, planted: Rows, events: int, seed: int) -> None:
        """Lay out so many events: planted ones, heartbeats, detector intervals, and ordinary life for the rest."""
        self._script = script
        self._seed = seed
        city, start, end = script.city, script.start, script.end
        planted = planted.take(np.argsort(planted.lanes[TIME], kind="stable"))
        planted.lanes[ID] = np.arange(len(planted))
        self._planted = planted
        fixed = (
            len(planted)
            + devices.heartbeats_count(city, start, end, script.outages)
            + roads.intervals_count(city, start, end)
        )
        self.duplicates = max(events // _DUPLICATES, 1)
        self._ordinary = events - fixed - self.duplicates
        if self._ordinary < self.duplicates:
            raise AssertionError(f"{events} events leave no room for ordinary life beside {fixed} others")
        self._rhythms = [Rhythm(shares, start, end) for _, _, shares in _ORDINARY]
        shares = np.cumsum([share for _, share, _ in _ORDINARY]) / 1_000
        self._counts = np.diff(np.concatenate([[0], np.rint(shares * self._ordinary)])).astype(np.int64).tolist()
        self._even = Rhythm(EVEN, start, end)
        self._next_id = len(planted)

    def happen(self, piece: int, begin: int, end: int) -> Rows:
        """Return all events with a time in [begin, end); some arrive behind `end`."""
        script = self._script
        city = script.city
        generator = np.random.Generator(np.random.PCG64([self._seed, 1, piece]))
        parts = [
            devices.heartbeats(city, script.start, begin, end, script.outages),
            roads.intervals(city, generator, script.start, begin, end, script.jams),
        ]
        for (happening, _, _), rhythm, count in zip(_ORDINARY, self._rhythms, self._counts, strict=True):
            times = rhythm.draw(generator, begin, end, _part(rhythm, count, begin, end))
            parts.append(happening(city, generator, times))
        ordinary = together(parts)
        ordinary.lanes[ID] = self._next_id + np.arange(len(ordinary))
        self._next_id += len(ordinary)
        again = ordinary.take(
            generator.integers(0, len(ordinary), _part(self._even, self.duplicates, begin, end))
            if len(ordinary)
            else np.empty(0, np.int64)
        )
        first, behind = np.searchsorted(self._planted.lanes[TIME], [begin, end])
        happened = together([ordinary, again, self._planted.take(np.arange(first, behind))])
        happened.arrivals[:] += _delays(generator, len(happened))
        return happened


def _part(rhythm: Rhythm, count: int, begin: int, end: int) -> int:
    """How many of `count` events lie in [begin, end): parts of a span sum up to the whole, without a remainder."""
    return round(rhythm.share_before(end) * count) - round(rhythm.share_before(begin) * count)


def _delays(generator: np.random.Generator, count: int) -> Ints:
    """Draw delays of arrival: most are short."""
    return np.asarray((generator.random(count) ** 3 * JITTER_MS).astype(np.int64))
