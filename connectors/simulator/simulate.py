"""Simulating a city: events as NDJSON, the truth about them, and the city's reference sets."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
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
    size = Size.of(max(events, EVENTS_MIN), communities, duration_s)
    city = City(size.communities)
    end = start + size.duration_s * 1_000
    script = Script(city, np.random.Generator(np.random.PCG64([seed, 0])), start, end)
    planted = _plant(script, size)
    days = Days(script, planted, size.events, seed)
    pieces = -(-size.events // _PIECE_EVENTS)
    edges = [start + size.duration_s * 1_000 * number // pieces for number in range(pieces + 1)]
    kinds = np.zeros(len(TEMPLATE), np.int64)
    written = volume = 0
    with ExitStack() as stack:
        file = stack.enter_context(out.open("wb")) if isinstance(out, Path) else out
        writer: Writer | None = None
        waiting: list[Rows] = []
        for piece in range(pieces):
            happened = together([*waiting, days.happen(piece, edges[piece], edges[piece + 1])])
            arrived = happened.arrivals < edges[piece + 1] if piece + 1 < pieces else np.ones(len(happened), np.bool_)
            waiting = [happened.take(~arrived)]
            ready = _first(happened.take(arrived), events - written)
            writer = writer or Writer(city.pool)  # all texts are in the pool once a piece has been told
            volume += file.write(writer.lines(ready))
            written += len(ready)
            kinds += np.bincount(ready.templates, minlength=len(TEMPLATE))
            if progress is not None:
                progress(written)
    write_tables(city, reference, start, script.enrolled_late)
    script.write_truth(truth)
    return SimulationSummary(
        written,
        days.duplicates,
        volume,
        city.communities,
        city.residents,
        city.communities * ELDERS,
        city.devices,
        start,
        end,
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
