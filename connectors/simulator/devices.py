"""Ordinary life of devices: heartbeats, readings, what cameras see, where patrols are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connectors.simulator.city import DOOR_CAMERA, HEARTBEAT_MS, City
from connectors.simulator.roads import ticks
from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.templates import TEMPLATE

_HEARTBEAT_SPREAD_MS = 7_919  # prime, so that devices do not beat in step
_LABELS = (("person", 70), ("vehicle", 25), ("animal", 4), ("object", 1))
# metric, unit, letter of the device, least and greatest value in tenths: what is measured on a quiet day
_READINGS = (
    ("pm25", "ug/m3", "a", 120, 1_100),
    ("noise_db", "dB", "a", 350, 540),
    ("smoke", "level", "s", 0, 3),
    ("gas", "%LEL", "b", 0, 60),
)


@dataclass(frozen=True, slots=True)
class Outage:
    """A device that says nothing in [begin, end). `device` is its number."""

    device: int
    begin: int
    end: int


def heartbeats(city: City, start: int, begin: int, end: int, outages: Sequence[Outage]) -> Rows:
    """Return the heartbeats of all devices in [begin, end), but for those that are silent."""
    device, times = ticks(_phases(city, start), HEARTBEAT_MS, begin, end)
    heard = np.ones(len(times), np.bool_)
    for outage in outages:
        if outage.begin < end and outage.end > begin:
            heard &= (device != outage.device) | (times < outage.begin) | (times >= outage.end)
    device, times = device[heard], times[heard]
    return rows(TEMPLATE["heartbeat"], times, site=city.device_site_text[device], device=city.device_text[device])


def heartbeats_count(city: City, start: int, end: int, outages: Sequence[Outage]) -> int:
    """How many events `heartbeats` gives from start to end."""
    phases = _phases(city, start)
    beats = int(np.maximum(-((phases - end) // HEARTBEAT_MS), 0).sum())
    missing = [heartbeat_times(city, o.device, start, max(o.begin, start), min(o.end, end)) for o in outages]
    return beats - sum(map(len, missing))


def heartbeat_times(city: City, device: int, start: int, begin: int, end: int) -> Ints:
    """Return when a device gives its heartbeats in [begin, end), outages apart."""
    return ticks(_phases(city, start)[device : device + 1], HEARTBEAT_MS, begin, end)[1]


def readings(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return ordinary readings at the given instants, all of them harmless."""
    count = len(times)
    community = generator.integers(0, city.communities, count)
    which = generator.integers(0, len(_READINGS), count)
    first = np.array([int(city.device(letter, 0)) for _, _, letter, _, _ in _READINGS])
    device = first[which] + city.device("g", community)
    least = np.array([low for *_, low, _ in _READINGS])[which]
    most = np.array([high for *_, high in _READINGS])[which]
    return rows(
        TEMPLATE["sensor"],
        times,
        site=city.site_text[community],
        device=city.device_text[device],
        a=city.pool.numbers([metric for metric, *_ in _READINGS])[which],
        b=generator.integers(least, most + 1),
        c=city.pool.numbers([unit for _, unit, *_ in _READINGS])[which],
        d=city.pool.number("normal"),
        history=city.pool.number(""),
    )


def sightings(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return what cameras see at the given instants: people, cars, cats, never garbage. The last one is at a door."""
    count = len(times)
    community = generator.integers(0, city.communities, count)
    device = city.device("c", community, generator.integers(0, DOOR_CAMERA, count))
    upper = np.cumsum([share for _, share in _LABELS])
    which = np.searchsorted(upper, generator.integers(0, upper[-1], count), side="right")
    return rows(
        TEMPLATE["camera"],
        times,
        site=city.site_text[community],
        device=city.device_text[device],
        a=generator.integers(0, 100_000_000, count),
        b=city.pool.numbers([name for name, _ in _LABELS])[which],
        c=generator.integers(50, 100, count),
        d=generator.integers(-2_000, 2_000, count),
        e=generator.integers(0, 4_000, count),
    )


def patrols(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return where patrol units are at the given instants."""
    count = len(times)
    units = city.pool.numbers([f"unit-{number + 1:03}" for number in range(max(city.communities // 8, 1))])
    community = generator.integers(0, city.communities, count)
    place = np.array([city.place(number) for number in range(city.communities)])[community]
    offset = generator.integers(-300, 300, (count, 2))
    lon, lat = (np.rint(place * 100_000).astype(np.int64) + offset).T
    return rows(
        TEMPLATE["patrol"],
        times,
        site=city.site_text[community],
        device=units[generator.integers(0, len(units), count)],
        a=city.pool.numbers(["true", "false"])[generator.integers(0, 2, count)],
        b=lon,
        c=lat,
    )


def _phases(city: City, start: int) -> Ints:
    return start + np.arange(city.devices) * _HEARTBEAT_SPREAD_MS % HEARTBEAT_MS
