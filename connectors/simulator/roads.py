"""Ordinary life on the roads: passages at speed cameras, and what detectors count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from connectors.simulator.city import CARS, FLOW_MS, LANES, LIMIT_KMH, City
from connectors.simulator.rhythm import CITY_OFFSET_MS, HOUR_MS, ROADS
from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.templates import TEMPLATE

_SPEED_MEAN, _SPEED_SPREAD = 0.85, 0.12  # of the limit
_SPEED_LEAST, _SPEED_MOST = 0.2, 1.15  # who is faster is an incident
Lane = TypeVar("Lane", int, Ints)
_LANE_PHASE_MS = 7_000  # detectors of one road report one after the other


@dataclass(frozen=True, slots=True)
class Jam:
    """All lanes of a community's road are slow in [begin, end), to a share of the free-flow speed."""

    community: int
    begin: int
    end: int
    share: float


def passages(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return passages at the given instants, none of them much too fast."""
    count = len(times)
    community = generator.integers(0, city.communities, count)
    device = city.device("t", community)
    speed = np.clip(generator.normal(_SPEED_MEAN, _SPEED_SPREAD, count), _SPEED_LEAST, _SPEED_MOST) * LIMIT_KMH
    return rows(
        TEMPLATE["traffic"],
        times,
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=community * CARS + generator.integers(0, CARS, count),
        b=np.rint(speed * 10).astype(np.int64),
        c=generator.integers(90, 100, count),
        d=LIMIT_KMH,
        e=generator.integers(1, LANES + 1, count),
    )


def intervals(
    city: City, generator: np.random.Generator, start: int, begin: int, end: int, jams: Sequence[Jam]
) -> Rows:
    """Return what every detector reports in [begin, end): one event an interval and lane, at the interval's end."""
    lanes = np.arange(city.communities * LANES)
    phases = start + lane_phase_ms(lanes % LANES)
    lane, times = ticks(phases, FLOW_MS, begin, end)
    community = lane // LANES
    device = city.device("f", community, lane % LANES)
    busy = np.array(ROADS)[(times + CITY_OFFSET_MS) // HOUR_MS % 24] / max(ROADS)
    share = 1.02 - 0.22 * busy + generator.uniform(-0.04, 0.04, len(times))
    flow = 1_500 * busy * generator.uniform(0.9, 1.1, len(times)) + 12
    for jam in jams:
        if jam.begin < end and jam.end > begin:
            slow = (community == jam.community) & (times >= jam.begin) & (times < jam.end)
            share[slow] = jam.share + 0.2 * (share[slow] - 0.9)
            flow[slow] *= 0.4
    speed = np.rint(share * city.free_kmh(community) * 10).astype(np.int64)
    occupancy = np.minimum(np.rint(flow / (speed / 10) * 0.6), 99).astype(np.int64)
    return rows(
        TEMPLATE["flow"],
        times,
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=np.rint(flow).astype(np.int64),
        b=speed,
        c=occupancy,
        d=np.rint(flow / 12).astype(np.int64),
    )


def lane_phase_ms(lane: Lane) -> Lane:
    """Return how long after the interval's end a lane's detector reports."""
    return (lane + 1) * _LANE_PHASE_MS


def intervals_count(city: City, start: int, end: int) -> int:
    """How many events `intervals` gives from start to end."""
    return sum(city.communities * max(-(-(end - start - lane_phase_ms(lane)) // FLOW_MS), 0) for lane in range(LANES))


def ticks(phases: Ints, period: int, begin: int, end: int) -> tuple[Ints, Ints]:
    """Return every (number, instant) in [begin, end) of clocks that tick at phase + k x period, k >= 0."""
    first = np.maximum(-((phases - begin) // period), 0)
    behind = np.maximum(-((phases - end) // period), 0)
    counts = np.maximum(behind - first, 0)
    number = np.repeat(np.arange(len(phases)), counts)
    nth = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    return number, phases[number] + (first[number] + nth) * period
