"""Simulating a city: events as NDJSON, the truth about them, and the city's reference sets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from connectors.simulator.city import ELDERS, City
from connectors.simulator.day import Days
from connectors.simulator.people import elders_at_home
from connectors.simulator.rows import TIME, Ints, Rows, together
from connectors.simulator.scenes import (
    alarms,
    cases,
    elders,
    falls,
    gates,
    outages,
    readings,
    roads,
    silences,
    strangers,
    vehicles,
    views,
)
from connectors.simulator.scenes.script import Script
from connectors.simulator.size import EVENTS_MIN, SCENES_MIN_S, Size
from connectors.simulator.tables import write_tables
from connectors.simulator.templates import KIND_OF, TEMPLATE, Writer

START = 1_740_931_200_000  # Monday, 3 March 2025, 00:00 in China: an ordinary week, long past on every clock
Lines = Callable[[Rows], memoryview]
_PIECE_EVENTS = 100_000  # so many events are made and written at a time, on average

_SCENES = (
    gates.stage,
    elders.stage,
    roads.stage_speeding,
    roads.stage_jams,
    alarms.stage_alarms,
    alarms.stage_garbage,
    outages.stage,
    cases.stage_cases,
    cases.stage_reports,
    views.stage_views,
    views.stage_crowds,
    views.stage_streets,
    views.stage_doors,
    vehicles.stage_odd_passages,
    vehicles.stage_clones,
    vehicles.stage_night_jam,
    vehicles.stage_scouts,
    readings.stage_series,
    readings.stage_fires,
    readings.stage_upkeep,
    falls.stage,
    strangers.stage,
    silences.stage,
)


@dataclass(frozen=True)
class SimulationSummary:
    """What was simulated. `start` and `end` bound event time (epoch ms); `planted` counts the truth by rule."""

    events: int
    duplicates: int
    bytes: int
    communities: int
    residents: int
    elders: int
    devices: int
    start: int
    end: int
    kinds: dict[str, int]
    planted: dict[str, int]


class Span:
    """A span of a city's life: all that will happen is laid out, and told piece by piece.

    The parameters are those of `simulate`.
    """

    def __init__(
        self,
        events: int,
        seed: int,
        *,
        communities: int | None = None,
        start: int = START,
        duration_s: int | None = None,
    ) -> None:
        size = Size.of(max(events, EVENTS_MIN), communities, duration_s)
        self.city = City(size.communities)
        generator = np.random.Generator(np.random.PCG64([seed, 0]))
        self.script = Script(self.city, generator, start, start + size.duration_s * 1_000)
        self._days = Days(self.script, _plant(self.script, size), size.events, seed)
        pieces = -(-size.events // _PIECE_EVENTS)
        self._edges = [start + size.duration_s * 1_000 * number // pieces for number in range(pieces + 1)]

    @property
    def duplicates(self) -> int:
        """How many events come twice."""
        return self._days.duplicates

    def told(self) -> Iterator[tuple[Rows, Lines]]:
        """Yield pieces of what arrives, and what writes their rows as NDJSON in the order of arrival."""
        writer: Writer | None = None
        waiting: list[Rows] = []
        for piece, (begin, end) in enumerate(pairwise(self._edges)):
            happened = together([*waiting, self._days.happen(piece, begin, end)])
            is_last = piece + 2 == len(self._edges)
            arrived = np.ones(len(happened), np.bool_) if is_last else happened.arrivals < end
            waiting = [happened.take(~arrived)]
            writer = writer or Writer(self.city.pool)  # all texts are in the pool once a piece has been told
            yield happened.take(arrived), writer.lines


def simulate(
    events: int,
    seed: int,
    out: Path | BinaryIO,
    truth: Path,
    reference: Path,
    *,
    communities: int | None = None,
    start: int = START,
    duration_s: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> SimulationSummary:
    """Write a city's life, the same byte for byte for the same arguments.

    Parameters
    ----------
    events
        how many lines to write; a city of the right size lives three days for them (`size.Size`)
    out
        NDJSON nearly in the order of time: arrivals are up to 1.5 s late, some come twice, some are history
    truth
        CSV of the alerts that the shipped rules must raise, none else
    reference
        folder for the reference sets
    communities
        1..1,913; as many as the events suggest
    start, duration_s
        span of event time: epoch ms, and seconds; three days suffice for silences of 48 hours
    progress
        is told how many events have been written

    Raises
    ------
    SimulationError
        the numbers do not go together
    """
    span = Span(events, seed, communities=communities, start=start, duration_s=duration_s)
    city, script = span.city, span.script
    kinds = np.zeros(len(TEMPLATE), np.int64)
    written = volume = 0
    with ExitStack() as stack:
        file = stack.enter_context(out.open("wb")) if isinstance(out, Path) else out
        for arrived, lines in span.told():
            ready = _first(arrived, events - written)
            volume += file.write(lines(ready))
            written += len(ready)
            kinds += np.bincount(ready.templates, minlength=len(TEMPLATE))
            if progress is not None:
                progress(written)
    write_tables(city, reference, start, script.enrolled_late)
    script.write_truth(truth)
    return SimulationSummary(
        written,
        span.duplicates,
        volume,
        city.communities,
        city.residents,
        city.communities * ELDERS,
        city.devices,
        start,
        script.end,
        _by_kind(kinds),
        _by_rule(script),
    )


def _plant(script: Script, size: Size) -> Rows:
    """Return the elders' days and all scenes; a short span has no scenes."""
    quiet, owners = elders_at_home(script.city, script.generator, script.start, script.end)
    if size.duration_s < SCENES_MIN_S:
        return quiet
    for scene in _SCENES:
        scene(script)
    seen = np.ones(len(quiet), np.bool_)
    order = np.argsort(owners, kind="stable")
    sorted_owners = owners[order]
    for elder, begin, end in script.unseen_elders:
        mine: Ints = order[slice(*np.searchsorted(sorted_owners, [elder, elder + 1]))]
        times = quiet.lanes[TIME, mine]
        seen[mine[(times >= begin) & (times < end)]] = False
    return together([quiet.take(seen), *script.rows])


def _first(ready: Rows, count: int) -> Rows:
    """Return the first arrivals where more are ready than are wanted: only the smallest cities are cut short."""
    if len(ready) <= count:
        return ready
    return ready.take(np.argsort(ready.arrivals, kind="stable")[:count])


def _by_kind(templates: Ints) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for kind, count in zip(KIND_OF, templates.tolist(), strict=True):
        kinds[kind] = kinds.get(kind, 0) + count
    return dict(sorted(kinds.items()))


def _by_rule(script: Script) -> dict[str, int]:
    rules = [truth.rule for truth in script.truths]
    return {rule: rules.count(rule) for rule in sorted(set(rules))}
