"""How well cloned plates are told: the score, with and without what was learned of ways, against the plain rules.

An alert is the first of a plate and day, as a rule with a cooldown of a day has it. A clone is found if its plate is
told of; an alert for any other plate is false.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.quality.city_plates import DAY_S, NOBODY, City, Sightings, live
from benchmarks.quality.city_roads import Floats, Ints, build
from kernels.geo.sphere import EARTH_M
from kernels.nulls import NULL
from kernels.scores import travel
from kernels.scores.landmarks import LINE, SLOTS, network
from kernels.scores.passages import BINS, LAST, consecutive, neighbours, quickest, tally
from streams.learn.limits import PASSAGES_MIN

CITIES, VEHICLES, CLONES = 5, 8_000, 80
LEARN_DAYS, DAYS = 7, 10
DAY_MS = 1000 * DAY_S
START_MS = 1_795_017_600_000  # midnight, and the city's clock is UTC
LON, LAT = 115.8, 28.6
EPS_S = 3.0
HERE = np.array([NULL]), np.array([0])  # UTC offsets

COUNTS, SHARES = (1, 2, 3), (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
COMPARED = "v > 180 km/h", "5 min and 10 km", "travel, 1 or more", "travel, 2 or more"

Network = tuple[NDArray[np.uint16], float, Ints, Ints]


@dataclass(frozen=True)
class Found:
    """What a method tells: of each alert the reading at which it is raised, and its plate."""

    readings: Ints
    plates: Ints


def places(city: City) -> tuple[Floats, Floats]:
    """Return the longitudes and latitudes of junctions."""
    degree = np.pi / 180 * EARTH_M
    return LON + city.roads.x / (degree * np.cos(np.radians(LAT))), LAT + city.roads.y / degree


def learned(city: City, seen: Sightings) -> tuple[Network, Ints]:
    """Return what a history tells of ways, and of how many pairs of cameras: passed, often enough, and neighbours."""
    readable = np.array([text != NOBODY for text in seen.texts])
    used = np.flatnonzero(readable[seen.plates] & (seen.sure >= 0.9))
    lasts, out = np.full((len(seen.texts), LAST), NULL), np.empty((4, len(used)), np.int64)
    plates, junctions, times = (each[used] for each in (seen.plates, seen.junctions, seen.times))
    found = consecutive(plates, START_MS + times, junctions, lasts, *HERE, out)
    pairs, rows = np.unique(out[0, :found] * city.roads.junctions + out[1, :found], return_inverse=True)
    counts = np.zeros((len(pairs), SLOTS, BINS), np.uint16)
    tally(rows, out[2, :found].copy(), out[3, :found].copy(), counts)
    seconds, _ = quickest(counts, PASSAGES_MIN)
    enough = ~np.isnan(seconds[:, 0])
    starts, ends = np.divmod(pairs[enough], city.roads.junctions)
    by_slot = np.where(np.isnan(seconds[enough, 1:]), seconds[enough, :1], seconds[enough, 1:])
    kept = neighbours(city.roads.junctions, starts, ends, by_slot)
    bounds, longest, known = network(
        city.roads.junctions, starts[kept], ends[kept], np.ascontiguousarray(by_slot[kept].T)
    )
    bounds.reshape(SLOTS, -1, LINE)[:, ~known] = 0
    return (bounds, longest, *HERE), np.array([len(pairs), len(starts), np.count_nonzero(kept)])


def score(city: City, seen: Sightings, ways: Network, **parameters: float) -> tuple[Ints, Floats]:
    """Run the score; return the readings that it tells of, and what, float64[len(OUTPUTS), k]."""
    used = np.flatnonzero(seen.plates != seen.texts.index(NOBODY))
    lon, lat = places(city)
    lines = ways[0].reshape(SLOTS, -1, LINE)
    numbers = np.full(len(lon), np.nan)
    numbers[np.flatnonzero(lines.any(axis=(0, 2)))] = np.flatnonzero(lines.any(axis=(0, 2)))
    junctions = seen.junctions[used]
    inputs = np.empty((len(travel.INPUTS), len(used)))
    inputs[:] = np.broadcast_arrays(lon[junctions], lat[junctions], EPS_S, seen.sure[used], numbers[junctions])
    state, out = np.zeros((len(seen.texts), travel.WIDTH)), np.empty((len(travel.OUTPUTS), len(used)))
    law = np.array(list((travel.PARAMETERS | parameters).values()))
    travel.step(seen.plates[used], START_MS + seen.times[used], inputs, state, law, ways, out)
    told = np.flatnonzero(~np.isnan(out[travel.CONTRADICTIONS]))
    return used[told], out[:, told]


def once_a_day(seen: Sightings, readings: Ints) -> Found:
    """Return the alerts of readings that a rule takes: of each plate the first, then none for a day."""
    last: dict[int, int] = {}
    raised = []
    for reading in readings.tolist():
        plate, time = int(seen.plates[reading]), int(seen.times[reading])
        if time - last.get(plate, -DAY_MS) >= DAY_MS:
            last[plate] = time
            raised.append(reading)
    which = np.array(raised, np.int64)
    return Found(which, seen.plates[which])


def plain(city: City, seen: Sightings, taken: Callable[[Floats, Floats], NDArray[np.bool_]], times: int = 1) -> Ints:
    """Return the readings at which a rule over the reading before holds for the k-th time in 24 hours.

    `taken(seconds, metres)` says whether two readings of a plate in a row, at most two hours apart, are too far from
    each other; doubts of clocks are in the seconds.
    """
    used = np.flatnonzero((seen.sure >= 0.9) & (seen.plates != seen.texts.index(NOBODY)))
    order = used[np.lexsort((seen.times[used], seen.plates[used]))]
    before, now = order[:-1], order[1:]
    gap = seen.times[now] - seen.times[before]
    x, y = city.roads.x[seen.junctions], city.roads.y[seen.junctions]
    metres = np.hypot(x[now] - x[before], y[now] - y[before])
    same = (seen.plates[before] == seen.plates[now]) & (gap < 7_200_000)
    held = now[same & taken(gap / 1000 + 2 * EPS_S, metres)]
    if times > 1:
        earlier = np.roll(held, times - 1)
        again = (seen.plates[earlier] == seen.plates[held]) & (seen.times[held] - seen.times[earlier] < DAY_MS)
        again &= np.arange(len(held)) >= times - 1
        held = held[again]
    return np.sort(held)


def faster_than_180(seconds: Floats, metres: Floats) -> NDArray[np.bool_]:
    """The rule v > 180 km/h, from two kilometres on."""
    return (metres > 2000) & (3.6 * metres > 180 * seconds)


def far_in_five_minutes(seconds: Floats, metres: Floats) -> NDArray[np.bool_]:
    """The rule dt <= 5 min and d > 10 km."""
    return (metres > 10_000) & (seconds <= 300 + 2 * EPS_S)


@dataclass
class Result:
    """How good the alerts of a method are: over one city, or several."""

    name: str
    alerts: int = 0
    false: int = 0
    readings: int = 0
    clones: int = 0
    hours: list[float] = field(default_factory=list)  # of each clone that is found, since its first sighting

    @property
    def precision(self) -> float:
        """Share of the alerts that are of a cloned plate."""
        return 1 - self.false / self.alerts if self.alerts else 1.0

    @property
    def false_a_million(self) -> float:
        """False alarms per million readings."""
        return 1e6 * self.false / self.readings

    def found(self, hours: float = np.inf) -> float:
        """Share of the clones that are found within some hours."""
        return sum(each <= hours for each in self.hours) / self.clones

    def judge(self, city: City, seen: Sightings, readings: Ints) -> None:
        """Add a city, with the readings that the method tells of."""
        alerts = once_a_day(seen, readings)
        plate_of = {text: k for k, text in enumerate(seen.texts)}
        cloned = {plate_of[city.texts[int(clone)]]: int(clone) for clone in city.clones}
        begun = dict(zip(seen.vehicles[::-1].tolist(), seen.times[::-1].tolist(), strict=True))
        waits = {}
        for reading, plate in zip(alerts.readings[::-1].tolist(), alerts.plates[::-1].tolist(), strict=True):
            if plate in cloned and cloned[plate] in begun:
                waits[plate] = (int(seen.times[reading]) - begun[cloned[plate]]) / 3_600_000
        self.alerts += len(alerts.plates)
        self.false += sum(plate not in cloned for plate in alerts.plates.tolist())
        self.readings += len(seen.times)
        self.clones += len(cloned)
        self.hours += waits.values()


def world(seed: int) -> City:
    """Return the city of a seed."""
    rng = np.random.default_rng(seed)
    return live(rng, build(rng), VEHICLES, CLONES, DAYS, LEARN_DAYS)


def methods(city: City) -> tuple[Sightings, dict[str, Ints], Ints]:
    """Return what was read after the days of learning, by method the readings that it tells of, and counts of pairs."""
    seen = city.sightings.since(LEARN_DAYS * DAY_MS)
    ways, pairs = learned(city, city.sightings.until(LEARN_DAYS * DAY_MS))
    nothing = (*network(0, *(np.empty(0, np.int64),) * 2, np.empty((SLOTS, 0)))[:2], *HERE)
    told: dict[str, Ints] = {}
    for times, word in ((1, ""), (2, ", twice a day")):
        told[f"v > 180 km/h{word}"] = plain(city, seen, faster_than_180, times)
        told[f"5 min and 10 km{word}"] = plain(city, seen, far_in_five_minutes, times)
    told["travel, nothing learned"] = _with(score(city, seen, nothing), 2)
    for count in COUNTS:
        told[f"travel, {count} or more"] = _with(score(city, seen, ways), count)
    for share in SHARES:
        told[f"share {share}"] = _with(score(city, seen, ways, least_share=share), 2)
    return seen, told, pairs


def _with(told: tuple[Ints, Floats], count: int) -> Ints:
    readings, values = told
    which: Ints = readings[values[travel.CONTRADICTIONS] >= count]
    return which


def evaluate(seed: int, plots: Path) -> None:
    """Print the table and draw the plots."""
    results: dict[str, Result] = {}
    pairs = np.zeros(3, np.int64)
    for number in track(range(CITIES), "cities", console=Console(file=sys.stderr)):
        city = world(seed + number)
        seen, told, counted = methods(city)
        pairs += counted
        for name, readings in told.items():
            results.setdefault(name, Result(name)).judge(city, seen, readings)
    one = next(iter(results.values()))
    print(f"{CITIES} cities, {one.readings:,} readings in {DAYS - LEARN_DAYS} days, {one.clones} clones\n")
    passed, enough, near = (pairs / CITIES).round().astype(int).tolist()
    print(f"pairs of cameras a city: {passed:,} passed, {enough:,} {PASSAGES_MIN} times, {near:,} neighbours\n")
    print("| | alerts | precision | false alarms a million | found within a day | in three | median h |")
    print("|---|---|---|---|---|---|---|")
    for r in results.values():
        found = f"{r.found(24):.0%} | {r.found():.0%} | {np.median(r.hours):.1f}"
        print(f"| {r.name} | {r.alerts} | {r.precision:.1%} | {r.false_a_million:.1f} | {found} |")
    plots.mkdir(parents=True, exist_ok=True)
    from benchmarks.quality.clones_plots import draw_found, draw_frontier

    draw_frontier(list(results.values()), plots / "clones-frontier.png")
    draw_found([results[name] for name in COMPARED], plots / "clones-found.png")
