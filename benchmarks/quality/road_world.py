"""Real motorway speeds, detectors that stand near one another, and incidents that are planted among them.

METR-LA is one week; its five weekdays, in their order, are the days of this world. An incident is planted at one
detector as a factor on its speeds, so that it begins from whatever the traffic was, jam or free flow.
"""

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

METR_LA = Path("metr-la")  # in the folder of data
NDW = Path("ndw-traffic/ndw-2017-03-16.txt.gz")
STEP_MIN, DAY_STEPS = 5, 288  # of METR-LA
WEEKDAYS = (0, 1, 4, 5, 6)  # of its seven days, which begin on a Thursday
KMH_A_MPH = 1.609344
NDW_MINUTES = 10  # that are real
NEAR_KM, ALIKE = 2.0, 0.5  # a neighbour stands within, and its speeds correlate by at least so much
HOURS = 5, 22  # incidents begin in
ONSET_STEPS = 6  # of a slow one, half an hour
SHARE = 3  # of the detectors every third has an incident in a world

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Road:
    """Speeds of detectors: float64[days, steps, detectors], km/h; and of each detector the neighbour most like it."""

    names: tuple[str, ...]
    speeds: Floats
    neighbour: Ints


@dataclass(frozen=True)
class Shape:
    """What an incident does: speed falls by a share, at once or within half an hour, for so many steps."""

    share: float
    steps: int
    slow: bool = False

    @property
    def title(self) -> str:
        """A row's name."""
        return f"{'slow, ' if self.slow else ''}−{100 * self.share:.0f} %, {self.steps * STEP_MIN} min"

    def factors(self) -> Floats:
        """Return what the speeds are multiplied with, step by step."""
        depth = np.full(self.steps, self.share)
        if self.slow:
            depth[:ONSET_STEPS] *= np.arange(1, ONSET_STEPS + 1) / ONSET_STEPS
        return 1 - depth


SHAPES = (
    *(Shape(share, steps) for share in (0.3, 0.5, 0.7) for steps in (3, 6, 12)),
    Shape(0.5, 24, slow=True),
    Shape(0.7, 24, slow=True),
)


@dataclass(frozen=True)
class Incidents:
    """Where and when incidents are in a day, and which shape each has; int64[incidents] each."""

    detectors: Ints
    starts: Ints
    shapes: Ints


def road(data: Path) -> Road:
    """Read METR-LA from a folder of data: the detectors that have a neighbour."""
    with gzip.open(data / METR_LA / "los_speed.csv.gz", "rt", encoding="ascii") as file:
        names, *rows = csv.reader(file)
    week = np.array(rows, np.float64) * KMH_A_MPH
    with (data / METR_LA / "sensor_locations.csv").open(encoding="ascii") as file:
        places = {row["sensor_id"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)}
    place = np.radians([places[name] for name in names]) * 6371.0
    north, east = place[:, 0], place[:, 1] * np.cos(place[:, 0].mean() / 6371.0)
    apart_km = np.hypot(north[:, None] - north, east[:, None] - east)
    alike = np.asarray(np.corrcoef(week.T))
    np.fill_diagonal(alike, -1.0)
    alike[apart_km > NEAR_KM] = -1.0
    kept = np.flatnonzero(alike.max(axis=1) >= ALIKE)
    best = alike[np.ix_(kept, kept)].argmax(axis=1)
    days = week.reshape(-1, DAY_STEPS, len(names))[list(WEEKDAYS)]
    return Road(tuple(names[i] for i in kept), np.ascontiguousarray(days[:, :, kept]), best)


def plant(rng: np.random.Generator, detectors: int, shapes: tuple[Shape, ...] = SHAPES) -> Incidents:
    """Choose incidents of one day: at every third detector one, whose neighbours are mostly left alone."""
    chosen: Ints = np.sort(rng.permutation(detectors)[: detectors // SHARE])
    per_hour = 60 // STEP_MIN
    starts = rng.integers(HOURS[0] * per_hour, HOURS[1] * per_hour, len(chosen))
    return Incidents(chosen, starts, rng.integers(0, len(shapes), len(chosen)))


def with_incidents(day: Floats, incidents: Incidents, shapes: tuple[Shape, ...] = SHAPES) -> Floats:
    """Return a day's speeds, float64[steps, detectors], with incidents in them."""
    out = day.copy()
    for detector, start, shape in zip(incidents.detectors, incidents.starts, incidents.shapes, strict=True):
        factors = shapes[shape].factors()
        out[start : start + len(factors), detector] *= factors[: len(day) - start]
    return out


def lanes(data: Path) -> tuple[tuple[str, ...], Floats]:
    """Read NDW: lanes, and of each the flows (veh/h) of the real minutes, float64[minutes, lanes].

    The file is ten minutes of every lane, again and again.
    """
    flows: dict[str, list[float]] = defaultdict(list)
    with gzip.open(data / NDW, "rb") as file:
        for line in file:
            lane, _, rest = line.partition(b"= ")
            flow = orjson.loads(rest).get("flow")
            if flow is not None:
                flows[lane.decode()].append(flow)
    names = tuple(sorted(flows))
    return names, np.array([flows[name][:NDW_MINUTES] for name in names], np.float64).T
