"""What a baseline does when conditions are not those of every day.

At first, with gaps, when a level shifts, when a detector is stuck, and with flows instead of speeds.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.table import Table

from benchmarks.quality import road_methods
from benchmarks.quality.road_engine import Detectors, rule
from benchmarks.quality.road_trial import Method
from benchmarks.quality.road_world import (
    SHAPES,
    STEP_MIN,
    Floats,
    Incidents,
    Road,
    Shape,
    lanes,
    plant,
    with_incidents,
)

LIMIT = 4.0
CHOSEN = rule("chosen", f"zscore(avg(speed_kmh)) < -{LIMIT}", "baseline: {season: day}\n  for: 5m")
SURE = {
    f"min_samples {count}": rule(
        "sure", f"zscore(avg(speed_kmh)) < -{LIMIT}", f"baseline: {{season: day, min_samples: {count}}}\n  for: 5m"
    )
    for count in (6, 9)
}
SOON = rule("soon", f"zscore(avg(speed_kmh)) < -{LIMIT}", "baseline: {season: day, learn: 2d}\n  for: 5m")
STUCK = rule("stuck", "count() >= 6 and max(speed_kmh) - min(speed_kmh) <= 0", "for: 1m", "30m")
GAPS, OUTAGE_STEPS = 0.1, 24  # share of intervals that are missing; length of each detector's one outage a day
SHIFT, SHIFT_DAY = 0.75, 2  # speeds from this day on
STUCK_STEPS = 12, 24
FLOW_STEPS, FLOW_DAY = 5, 288  # minutes a pane, panes a day
FLOW_SHAPES = tuple(Shape(share, steps) for share in (0.5, 0.75, 1.0) for steps in (2, 6))
FLOW_LIMITS = 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0
FLOW_WORLDS = 4


def tables(road: Road, data: Path, seed: int) -> list[Table]:
    """Return a table for each."""
    return [_days(road), _gaps(road, seed), _stuck(road, seed), _flows(data, seed)]


def _days(road: Road) -> Table:
    """Onsets a detector by day, from the first day on, and with a level that shifts."""
    table = Table(title=f"onsets a detector by day; zscore < -{LIMIT:g} for 5m (open at the day's end, %)")
    for column in ("", *(f"day {i + 1}" for i in range(len(road.speeds)))):
        table.add_column(column, justify="right" if column else "left")
    shifted = road.speeds.copy()
    shifted[SHIFT_DAY:] *= SHIFT
    for title, text, speeds in (
        ("as it was", CHOSEN, road.speeds),
        *((f"the same, {title}", text, road.speeds) for title, text in SURE.items()),
        ("a quarter slower from day 3 on, learn 4w", CHOSEN, shifted),
        ("a quarter slower from day 3 on, learn 2d", SOON, shifted),
    ):
        detectors, cells = Detectors([text], road.names, STEP_MIN), []
        for day in speeds:
            [raised] = detectors.feed(day).values()
            cells.append(f"{raised.sum() / len(road.names):.2f} ({100 * len(detectors.open) / len(road.names):.0f})")
        table.add_row(title, *cells)
    return table


def _gaps(road: Road, seed: int) -> Table:
    """False alarms and incidents found on the last day, with and without gaps, and by how many panes a slot wants."""
    table = Table(title=f"the last day, with gaps and by min_samples; zscore < -{LIMIT:g} for 5m")
    for column in ("", "false alarms a detector and week", "found, %"):
        table.add_column(column, justify="right" if column else "left")
    rng = np.random.default_rng([seed, 1])
    missing = rng.random(road.speeds.shape) < GAPS
    for day in range(len(road.speeds)):
        for detector, start in enumerate(rng.integers(0, road.speeds.shape[1] - OUTAGE_STEPS, len(road.names))):
            missing[day, start : start + OUTAGE_STEPS, detector] = True
    incidents = plant(np.random.default_rng([seed, 2]), len(road.names))
    planted = with_incidents(road.speeds[-1], incidents)
    whole, gone = np.zeros_like(missing), "a tenth missing, and 2 hours of each day"
    for title, text, gaps in (
        ("complete", CHOSEN, whole),
        *((f"complete, {title}", text, whole) for title, text in SURE.items()),
        (gone, CHOSEN, missing),
        *((f"{gone}, {title}", text, missing) for title, text in SURE.items()),
    ):
        speeds = np.where(gaps, np.nan, road.speeds)
        detectors = Detectors([text], road.names, STEP_MIN)
        for day in speeds[:-1]:
            detectors.feed(day)
        kept = detectors.kept()
        [without] = detectors.feed(speeds[-1], last=True).values()
        detectors.take(kept)
        [raised] = detectors.feed(np.where(gaps[-1], np.nan, planted), last=True).values()
        setting = Method().at(title)
        setting.judge(raised, without, incidents, SHAPES)
        table.add_row(title, f"{7 * without.sum() / len(road.names):.1f}", f"{100 * np.mean(setting.found):.0f}")
    return table


def _stuck(road: Road, seed: int) -> Table:
    """How often a detector that repeats its last value is found: by a rule of its own, not by a baseline."""
    table = Table(title="a detector that repeats its last speed; count() >= 6 and max - min <= 0 within 30m")
    for column in ("", "found, %", "delay min", "false alarms a detector and week"):
        table.add_column(column, justify="right" if column else "left")
    day = road.speeds[-1]
    [without] = Detectors([STUCK], road.names, STEP_MIN).feed(day, last=True).values()
    for steps in STUCK_STEPS:
        shapes = (Shape(0.0, steps),)
        incidents = plant(np.random.default_rng([seed, 3, steps]), len(road.names), shapes)
        held = day.copy()
        for detector, start in zip(incidents.detectors, incidents.starts, strict=True):
            held[start : start + steps, detector] = held[start - 1, detector]
        [raised] = Detectors([STUCK], road.names, STEP_MIN).feed(held, last=True).values()
        setting = Method().at(steps)
        setting.judge(raised, without, incidents, shapes)
        table.add_row(
            f"{steps * STEP_MIN} min",
            f"{100 * np.mean(setting.found):.0f}",
            f"{np.median(setting.steps) * STEP_MIN:.0f}",
            f"{7 * without.sum() / len(road.names):.2f}",
        )
    return table


def _flows(data: Path, seed: int) -> Table:
    """Loss of flow on Dutch lanes: means of five minutes that are drawn from the ten real ones."""
    table = Table(title="loss of flow on NDW lanes at 1 false alarm a lane and week: found, %")
    for column in ("", "all", "by chance", "delay min", *(shape.title for shape in FLOW_SHAPES)):
        table.add_column(column, justify="right" if column else "left")
    names, minutes = lanes(data)
    rng = np.random.default_rng([seed, 4])

    def days(count: int) -> Floats:
        drawn = rng.integers(0, len(minutes), (count * FLOW_DAY, FLOW_STEPS, len(names)))
        flows: Floats = minutes[drawn, np.arange(len(names))].mean(axis=1)
        return flows

    told: dict[str, Method] = {name: Method() for name in ("zscore, no season", "SND", "CUSUM")}
    texts = [
        rule(f"r{i}", f"zscore(avg(flow_vph)) < -{limit}", "baseline: {season: none, learn: 1d}")
        for i, limit in enumerate(FLOW_LIMITS)
    ]
    detectors = Detectors(texts, names, STEP_MIN, "flow_vph")
    known = days(1)
    detectors.feed(known)
    kept = detectors.kept()
    of = road_methods.Known(known.mean(0, keepdims=True), known.std(0, ddof=1, keepdims=True))
    for world in range(FLOW_WORLDS):
        day = days(1)
        incidents = _everywhere(plant(np.random.default_rng([seed, 5, world]), 3 * len(names), FLOW_SHAPES), len(names))
        planted = with_incidents(day, incidents, FLOW_SHAPES)
        both = []
        for flows in (day, planted):
            detectors.take(kept)
            ours = detectors.feed(flows, last=True)
            both.append(
                {("zscore, no season", limit): ours[f"r{i}"] for i, limit in enumerate(FLOW_LIMITS)}
                | {("SND", limit): road_methods.deviate(flows, of, limit, 1) for limit in FLOW_LIMITS}
                | {("CUSUM", limit): road_methods.cusum(flows, of, 2 * limit) for limit in FLOW_LIMITS}
            )
        for (name, limit), without in both[0].items():
            setting = told[name].at(limit)
            setting.false += int(without.sum())
            setting.judge(both[1][name, limit], without, incidents, FLOW_SHAPES)
    weeks = FLOW_WORLDS * len(names) / 7
    for name, method in told.items():
        at = method.matched(weeks, 1.0, len(FLOW_SHAPES), STEP_MIN)
        if at is None:
            table.add_row(name, "–")
            continue
        shares = [f"{100 * share:.0f}" for share in at.of_shapes]
        table.add_row(name, f"{100 * at.rate:.0f}", f"{100 * at.chance:.1f}", f"{at.delay_min:.0f}", *shares)
    return table


def _everywhere(incidents: Incidents, count: int) -> Incidents:
    """Put the incidents of a day on all lanes, one each."""
    return replace(incidents, detectors=np.arange(count))
