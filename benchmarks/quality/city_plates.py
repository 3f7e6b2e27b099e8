"""Vehicles of a simulated city, and what its cameras read of their plates: with errors and clocks of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.city_roads import Floats, Ints, Roads, drive

DAY_S = 86_400
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"  # of a plate: all but I and O
FIRST = "ABCDEFGHJK"
ALIKE = ("0DQ", "8B", "2Z", "5S", "1L", "6G", "UV", "MN")  # what cameras take for each other
NOBODY = "无牌"

WATCHED = 0.35  # of the junctions have a camera
CLOCK_S, WRONG_CLOCKS, WRONG_S = 1.5, 0.01, (60.0, 240.0)  # errors of clocks: usual ones, and some nobody knows of
SEEN, NO_PLATE = 0.93, 0.005
MISREAD = 0.02  # of the readings have a wrong character
CONFUSED = 0.6  # of these are characters that are alike
DIRTY, DIRTY_MISREAD = 0.005, 0.4  # vehicles of which one character is taken for another one again and again
RACERS, RACE, PACE_SD = 0.01, 1.5, 0.1  # who drives half as fast again as others; how much these differ
DRIVES, PAUSE_S = 0.85, 300.0  # on so many days; between two ways


@dataclass(frozen=True)
class Sightings:
    """What the cameras tell, in the order of their own clocks.

    `texts[plates]` is what was read; `vehicles` who it was, for those who count.
    """

    times: Ints  # ms from the first midnight
    junctions: Ints
    plates: Ints
    sure: Floats
    vehicles: Ints
    texts: list[str]

    def until(self, ms: int) -> "Sightings":
        """Return those before an instant."""
        return self._of(self.times < ms)

    def since(self, ms: int) -> "Sightings":
        """Return those from an instant on."""
        return self._of(self.times >= ms)

    def _of(self, which: NDArray[np.bool_]) -> "Sightings":
        times, junctions, plates = (each[which] for each in (self.times, self.junctions, self.plates))
        return Sightings(times, junctions, plates, self.sure[which], self.vehicles[which], self.texts)


@dataclass(frozen=True)
class City:
    """A city's cameras, vehicles and clones: `clones[k]` drives with the plate of `cloned[k]` from `clone_day` on."""

    roads: Roads
    cameras: NDArray[np.bool_]  # by junction
    texts: list[str]  # the plate of each vehicle
    cloned: Ints
    clones: Ints
    sightings: Sightings


def live(rng: np.random.Generator, roads: Roads, vehicles: int, clones: int, days: int, clone_day: int) -> City:
    """Let vehicles drive between home, work and elsewhere; `clones` more come when they are cloned."""
    count = vehicles + clones
    cloned = rng.choice(vehicles, clones, replace=False)
    texts = _plates(rng, vehicles)
    texts += [texts[k] for k in cloned.tolist()]
    pace = rng.lognormal(0, PACE_SD, count) * np.where(rng.random(count) < RACERS, RACE, 1.0)
    legs = rng.choice([2, 3, 5, 12], count, p=[0.5, 0.3, 0.17, 0.03])
    first = np.where(np.arange(count) < vehicles, 0, clone_day)
    who, junctions, seconds = _drives(rng, roads, legs, first, pace, days)
    cameras = rng.random(roads.junctions) < WATCHED
    seen = cameras[junctions] & (rng.random(len(who)) < SEEN)
    vehicle, junction, seconds = who[seen], junctions[seen], seconds[seen]
    clock = rng.normal(0, CLOCK_S, roads.junctions)
    wrong = rng.random(roads.junctions) < WRONG_CLOCKS
    clock += np.where(wrong, rng.choice([-1, 1], roads.junctions) * rng.uniform(*WRONG_S, roads.junctions), 0)
    times = np.round(1000 * (seconds + clock[junction])).astype(np.int64)
    read, plates, sure = _read(rng, texts, vehicle)
    order = np.lexsort((np.arange(len(times)), times))
    sightings = Sightings(times[order], junction[order], plates[order], sure[order], vehicle[order], read)
    return City(roads, cameras, texts, cloned, np.arange(vehicles, count), sightings)


def _plates(rng: np.random.Generator, count: int) -> list[str]:
    """Return plates, so crowded that one in fifty is somebody's, as in a city of a million vehicles."""
    room = len(FIRST) * len(LETTERS) ** 3
    numbers = rng.choice(room, count, replace=False).tolist()
    base = len(LETTERS)
    return [
        "赣A1" + FIRST[n // base**3] + LETTERS[n // base**2 % base] + LETTERS[n // base % base] + LETTERS[n % base]
        for n in numbers
    ]


def _drives(
    rng: np.random.Generator, roads: Roads, legs: Ints, first: Ints, pace: Floats, days: int
) -> tuple[Ints, Ints, Floats]:
    """Return who passes which junction when (s): each day from home to work, to other places in between, and home.

    Nobody leaves before having arrived. Of those who drive a lot the next place is anywhere.
    """
    homes, works = rng.integers(0, roads.junctions, (2, len(legs)))
    at, free = homes.copy(), np.zeros(len(legs))
    passed: list[tuple[Ints, Ints, Floats]] = []
    for day in range(days):
        out = (first <= day) & (rng.random(len(legs)) < DRIVES)
        leaves, returns = rng.normal(7.8, 0.9, len(legs)), rng.normal(17.8, 1.2, len(legs))
        for leg in range(int(legs.max())):
            moving = np.flatnonzero(out & (legs > leg))
            share = leg / np.maximum(1, legs[moving] - 1)
            hour = leaves[moving] + share * (returns - leaves)[moving] + rng.normal(0, 0.2, len(moving))
            goal = np.where(leg == 0, works[moving], rng.integers(0, roads.junctions, len(moving)))
            goal = np.where(leg == legs[moving] - 1, homes[moving], goal)
            begins = np.maximum(DAY_S * day + 3600 * hour, free[moving] + PAUSE_S)
            passages, arrived = drive(rng, roads, at[moving], goal, begins, pace[moving])
            at[moving], free[moving] = goal, arrived
            passed.append((moving[passages.trips], passages.junctions, passages.seconds))
    who, junctions, seconds = (np.concatenate(each) for each in zip(*passed, strict=True))
    return who, junctions, seconds


def _read(rng: np.random.Generator, texts: list[str], vehicles: Ints) -> tuple[list[str], Ints, Floats]:
    """Read plates: return the texts that occur, of each reading which one, and how sure the camera is."""
    n = len(vehicles)
    dirt = np.where(rng.random(len(texts)) < DIRTY, rng.integers(3, 7, len(texts)), -1)
    smeared = {k: _alike(rng, texts[k][at]) for k, at in enumerate(dirt.tolist()) if at >= 0}
    always = (dirt[vehicles] >= 0) & (rng.random(n) < DIRTY_MISREAD)
    misread = ~always & (rng.random(n) < MISREAD)
    nobody = rng.random(n) < NO_PLATE
    sure = rng.beta(60, 1.2, n)
    sure[misread] = rng.beta(14, 1.5, int(misread.sum()))
    known = {text: k for k, text in enumerate(dict.fromkeys(texts))}
    plates = np.array([known[text] for text in texts])[vehicles]
    for at in np.flatnonzero(always | misread).tolist():
        vehicle = int(vehicles[at])
        text = texts[vehicle]
        if always[at]:
            place, other = int(dirt[vehicle]), smeared[vehicle]
        else:
            place = int(rng.integers(3, 7))
            other = _alike(rng, text[place]) if rng.random() < CONFUSED else LETTERS[rng.integers(len(LETTERS))]
        wrong = text[:place] + other + text[place + 1 :]
        plates[at] = known.setdefault(wrong, len(known))
    plates[nobody] = known.setdefault(NOBODY, len(known))
    return list(known), plates, sure


def _alike(rng: np.random.Generator, letter: str) -> str:
    """Return a letter that cameras take for this one, any other where there is none."""
    others = next((group for group in ALIKE if letter in group), LETTERS).replace(letter, "")
    return others[rng.integers(len(others))]
