"""Impossible travel, naively: vehicles are objects, and every way is looked for in the whole network."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.naive.geo import distance_m

Steps = Mapping[tuple[int, int], float]  # how many seconds the step between two places takes
HOUR_MS = 3_600_000


def shortest(steps: Steps, source: int) -> dict[int, float]:
    """Return how long the ways to all places that can be reached take: looks at all steps until none is quicker."""
    ways = {source: 0.0}
    while True:
        quicker = {
            end: min(ways[start] + seconds, ways.get(end, math.inf))
            for (start, end), seconds in steps.items()
            if start in ways and ways[start] + seconds < ways.get(end, math.inf)
        }
        if not quicker:
            return ways
        ways |= quicker


@dataclass(frozen=True)
class Sighting:
    """One reading; positions are those that the score keeps."""

    time: int
    lon: float
    lat: float
    eps_s: float
    place: int | None

    def since(self, earlier: "Sighting") -> float:
        """The time since another one and the doubt of both clocks, s."""
        return (self.time - earlier.time) / 1000 + self.eps_s + earlier.eps_s

    def distance_m(self, other: "Sighting") -> float:
        """Along a great circle."""
        return distance_m(other.lon, other.lat, self.lon, self.lat)


@dataclass
class Vehicle:
    """A vehicle at its last sighting."""

    last: Sighting
    paired: bool


@dataclass
class Plate:
    """All that is known of a plate. `take` returns what is told at a sighting, None mostly.

    `bound` gives the least seconds that the network knows of between two places at a time of day (0 to 11), `hour` the
    civil hour of an instant. The rest is what a declaration may say.
    """

    bound: "Bound"
    hour: Callable[[int], int] = lambda time: time // HOUR_MS % 24
    speed_kmh_max: float = 180.0
    distance_m_min: float = 2000.0
    least_share: float = 0.6
    least_s_min: float = 60.0
    straight_kmh: float = 60.0
    window_h: float = 24.0
    misreads: float = 0.01
    vehicles: list[Vehicle] = field(default_factory=list)  # the newer one first
    pairs: list[int] = field(default_factory=list)  # minutes

    def least(self, before: Sighting, now: Sighting) -> float:
        """Return how long the way takes at least, s."""
        distance = now.distance_m(before)
        if before.place is None or now.place is None:
            return distance * 3.6 / self.speed_kmh_max if distance > self.distance_m_min else 0.0
        known = min(self.bound(self.hour(each.time) // 2, before.place, now.place) for each in (before, now))
        if known < self.least_s_min:
            return 0.0
        learned = self.least_share * known
        return learned if math.isnan(distance) else min(learned, distance * 3.6 / self.straight_kmh)

    def take(self, now: Sighting) -> dict[str, float] | None:
        """Take a sighting."""
        if now.place is None and math.isnan(now.lon):
            return None
        contradicted = [each for each in self.vehicles if now.since(each.last) < self.least(each.last, now)]
        possible = [each for each in self.vehicles if each not in contradicted]
        free = [each for each in contradicted if not each.paired]
        told = None
        if free:
            free[0].paired = True
            told = self.tell(free[0].last, now)
        if possible:
            self.vehicles.remove(possible[0])
        self.vehicles = [Vehicle(now, bool(free)), *self.vehicles][:2]
        return told

    def tell(self, before: Sighting, now: Sighting) -> dict[str, float]:
        """Note a pair, and return what is told of it."""
        minute = now.time // 60_000
        count = 1 + sum(minute - each < self.window_h * 60 for each in self.pairs)
        self.pairs = [minute, *self.pairs][:3]
        told = {
            "confidence": 1e-4 / (1e-4 + self.misreads**count / math.factorial(count)),
            "contradictions": count,
            "elapsed_s": (now.time - before.time) / 1000,
            "least_s": self.least(before, now),
        }
        distance = now.distance_m(before)
        if not math.isnan(distance):
            told["distance_m"] = distance
            if now.since(before) > 0:
                told["implied_kmh"] = 3.6 * distance / now.since(before)
        return told


class Bound:
    """What landmarks know of a network, each way looked for anew."""

    def __init__(self, steps: list[Steps], landmarks: list[int]) -> None:
        self.steps, self.landmarks = steps, landmarks
        self.back = [{(end, start): s for (start, end), s in each.items()} for each in steps]

    def __call__(self, slot: int, start: int, end: int) -> float:
        """Return the least seconds of a way."""
        least = 0
        for landmark in self.landmarks:
            away, back = shortest(self.steps[slot], landmark), shortest(self.back[slot], landmark)
            least = max(least, int(away[end]) - int(away[start]), math.ceil(back[start]) - math.ceil(back[end]))
        return least
