"""The script: all that was planted, and the truth about it."""

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from connectors.simulator.city import City
from connectors.simulator.devices import Outage
from connectors.simulator.rhythm import CITY_OFFSET_MS, DAY_MS, HOUR_MS
from connectors.simulator.roads import Jam
from connectors.simulator.rows import Ints, Rows

MINUTE_MS = 60_000
_PER_COMMUNITIES = 3  # one incident of each kind for so many communities, and one near miss
_ZONE = timezone(timedelta(milliseconds=CITY_OFFSET_MS))


@dataclass(frozen=True, slots=True)
class Truth:
    """One alert that must be raised: `rule` fires for `key` at a time within [start, end] (epoch ms)."""

    rule: str
    start: int
    end: int
    site: str
    key: dict[str, str]
    detail: str


@dataclass
class Script:
    """What is planted into a city from `start` to `end` (epoch ms)."""

    city: City
    generator: np.random.Generator
    start: int
    end: int
    rows: list[Rows] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    jams: list[Jam] = field(default_factory=list)
    unseen_elders: list[tuple[int, int, int]] = field(default_factory=list)  # elder, begin, end
    enrolled_late: dict[int, int] = field(default_factory=dict)  # elder to the instant from which he is awaited

    @property
    def count(self) -> int:
        """How many scenes of a kind this city has."""
        return max(self.city.communities // _PER_COMMUNITIES, 1)

    def stages(self) -> tuple[Ints, Ints]:
        """Draw the communities of incidents and those of near misses; in a city of one it is the same one."""
        order = self.generator.permutation(self.city.communities)
        number = np.arange(2 * self.count) % len(order)
        return order[number[: self.count]], order[number[self.count :]]

    def moment(self, begin_hour: float, end_hour: float, room_ms: int) -> int:
        """Draw an instant between two hours of one of the days, so that `room_ms` remain before the end."""
        midnight = (self.start + CITY_OFFSET_MS) // DAY_MS * DAY_MS - CITY_OFFSET_MS
        last = self.end - room_ms
        spans = []
        for day in range(-1, (self.end - midnight) // DAY_MS + 1):
            low = max(midnight + day * DAY_MS + int(begin_hour * HOUR_MS), self.start + MINUTE_MS)
            high = min(midnight + day * DAY_MS + int(end_hour * HOUR_MS), last)
            if low < high:
                spans.append((low, high))
        low, high = spans[int(self.generator.integers(0, len(spans)))]
        return int(self.generator.integers(low, high))

    def expect(
        self, rule: str, time: int, site: str, key: dict[str, str], detail: str, *, until: int | None = None
    ) -> None:
        """Note that an alert must be raised at an instant, or at one from there `until` another."""
        self.truths.append(Truth(rule, time, time if until is None else until, site, key, detail))

    def write_truth(self, path: Path) -> None:
        """Write the truth as CSV, in the order of time; a key is `field=text`, joined by `;`."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["rule", "start", "end", "site", "key", "detail"])
            for truth in sorted(self.truths, key=lambda truth: (truth.start, truth.rule, truth.site)):
                key = ";".join(f"{name}={text}" for name, text in truth.key.items())
                writer.writerow([truth.rule, clock(truth.start), clock(truth.end), truth.site, key, truth.detail])


def clock(time: int) -> str:
    """Write an instant as RFC 3339 in the city's time, with ms."""
    return datetime.fromtimestamp(time / 1_000, _ZONE).isoformat(timespec="milliseconds")


def at(*times: int) -> Ints:
    """Return instants as an array."""
    return np.array(times, np.int64)
