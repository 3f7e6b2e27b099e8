"""How many incidents a baseline finds in real traffic, how soon, and how often it is wrong, beside known methods.

Each weekday of METR-LA is the day on trial once, the other four are what is known by then. An alarm is an onset; what
is raised on the day as it was is a false alarm, though some of it will have been an incident that nobody wrote down.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.quality import road_conditions, road_methods
from benchmarks.quality.road_engine import Detectors, rule
from benchmarks.quality.road_trial import Matched, Method
from benchmarks.quality.road_world import (
    SHAPES,
    STEP_MIN,
    Floats,
    Road,
    plant,
    road,
    with_incidents,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
WORLDS = 2  # of each day
SHOWN = 2.0  # of these the one that is shown shape by shape
TARGETS = 0.5, 1.0, 2.0, 5.0  # false alarms a detector and week
RATES = 0.5, 0.7
LIMITS = 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0
PLAIN_LIMITS = 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0
CALIFORNIA = (0.2, 0.5, 1.0), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), (1.2, 1.6, 3.0)  # its three limits, all together
SHARES = 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4
DAY, SHORT = "baseline: {season: day}", "baseline: {season: none, learn: 1h}"
TWICE = "baseline: {season: day}\n  for: 5m"
SPEED, SLOWEST, FASTEST = "avg(speed_kmh)", "min(speed_kmh)", "max(speed_kmh)"
# name: condition with a limit, further keys, limits
OURS = {
    "zscore": (f"zscore({SPEED}) < -{{}}", DAY, LIMITS),
    "zscore for 5m": (f"zscore({SPEED}) < -{{}}", TWICE, LIMITS),
    "zscore, share, for 5m": (
        f"zscore({SPEED}) < -3 and {SPEED} < {{}} * expected({SPEED})",
        TWICE,
        SHARES,
    ),
    "zscore, no season": (f"zscore({SPEED}) < -{{}}", SHORT, LIMITS),
}
PAIR = "zscore of a pair"
PAIRED = {
    f"{PAIR}{title}": (f"zscore({SLOWEST}) < -{{}}{usual}", TWICE, (1.5, *LIMITS))
    for title, usual in {
        ", the other > -1": f" and zscore({FASTEST}) > -1",
        "": f" and zscore({FASTEST}) > -2",
        ", the other > -3": f" and zscore({FASTEST}) > -3",
        ", whatever the other": "",
    }.items()
}
Rules = Mapping[str, tuple[str, str, tuple[float, ...]]]
Plain = Callable[[Floats], NDArray[np.bool_]]
Bools = NDArray[np.bool_]
Raised = dict[tuple[str, object], Bools]


class Engine:
    """Rules of this engine, each with several limits, over one detector or over pairs."""

    def __init__(self, rules: Rules, road: Road, *, pairs: bool) -> None:
        written = [
            (f"r{number}_{i}", (name, limit), form.format(limit), more)
            for number, (name, (form, more, limits)) in enumerate(rules.items())
            for i, limit in enumerate(limits)
        ]
        self._named = {short: named for short, named, _, _ in written}
        self._neighbour = road.neighbour if pairs else None
        self._count = len(road.names)
        names = road.names * 2 if pairs else road.names
        self._detectors = Detectors([rule(short, text, more) for short, _, text, more in written], names, STEP_MIN)

    def learn(self, days: Floats) -> None:
        """Live through days, and remember what is known then."""
        for day in days:
            self._detectors.feed(self._seen(day))
        self._kept = self._detectors.kept()

    def raised(self, day: Floats) -> Raised:
        """Return what is raised on a day that follows on what was learned."""
        self._detectors.take(self._kept)
        raised = self._detectors.feed(self._seen(day), last=True)
        return {self._named[short]: found[:, : self._count] for short, found in raised.items()}

    def _seen(self, day: Floats) -> Floats:
        """A pair is heard of by both of its detectors."""
        return day if self._neighbour is None else np.concatenate([day, day[:, self._neighbour]], axis=1)


def plain(road: Road, days: Floats) -> dict[tuple[str, object], Plain]:
    """Return the methods to compare with, that know some days."""
    of = road_methods.known(days)
    methods: dict[tuple[str, object], Plain] = {}
    for limit in PLAIN_LIMITS:
        methods["SND", limit] = partial(road_methods.deviate, of=of, limit=limit, persist=1)
        methods["SND, 2 intervals", limit] = partial(road_methods.deviate, of=of, limit=0.7 * limit, persist=2)
        methods["CUSUM", limit] = partial(road_methods.cusum, of=of, limit=2 * limit)
        methods["EWMA", limit] = partial(road_methods.ewma, of=of, limit=1.5 * limit)
    for limits in product(*CALIFORNIA):
        methods["California #7", limits] = partial(
            road_methods.california, neighbour=road.neighbour, limits=(limits[0], limits[1], limits[2])
        )
    return methods


def raised_by(engines: Sequence[Engine], others: Mapping[tuple[str, object], Plain], day: Floats) -> Raised:
    """Return what all settings of all methods raise on a day."""
    ours = {key: at for engine in engines for key, at in engine.raised(day).items()}
    return ours | {key: method(day) for key, method in others.items()}


def trial(road: Road, seed: int, console: Console) -> dict[str, Method]:
    """Try all methods on every day."""
    told: dict[str, Method] = {}
    for day_number, day in enumerate(road.speeds):
        known = np.delete(road.speeds, day_number, axis=0)
        engines = [Engine(OURS, road, pairs=False), Engine(PAIRED, road, pairs=True)]
        for engine in engines:
            engine.learn(known)
        others = plain(road, known)
        without = raised_by(engines, others, day)
        for (name, limit), raised in without.items():
            told.setdefault(name, Method()).at(limit).false += int(raised.sum())
        for world in range(WORLDS):
            incidents = plant(np.random.default_rng([seed, day_number, world]), len(road.names))
            for (name, limit), raised in raised_by(engines, others, with_incidents(day, incidents)).items():
                told[name].at(limit).judge(raised, without[name, limit], incidents, SHAPES)
        console.print(f"  day {day_number + 1} of {len(road.speeds)}")
    return told


def tables(told: dict[str, Method], weeks: float) -> list[Table]:
    """Lay out what methods did at as many false alarms, and at as many incidents found."""
    whole = Table(title="incidents found, %, at so many false alarms a detector and week; these at as many found")
    for column in ("", *(f"{each:g}" for each in TARGETS), *(f"at {100 * rate:.0f} %" for rate in RATES)):
        whole.add_column(column, justify="right" if column else "left")
    shapes = Table(title=f"at {SHOWN:g} false alarms a detector and week: incidents found, %")
    for column in ("", "all", "by chance", "delay min", *(shape.title for shape in SHAPES)):
        shapes.add_column(column, justify="right" if column else "left")
    for name, method in told.items():
        at = {false: method.matched(weeks, false, len(SHAPES), STEP_MIN) for false in TARGETS}
        found = [method.false_at(weeks, rate) for rate in RATES]
        whole.add_row(
            name,
            *("–" if each is None else f"{100 * each.rate:.0f}" for each in at.values()),
            *("–" if each is None else f"{each:.1f}" for each in found),
        )
        shown = at[SHOWN]
        shapes.add_row(name, *(["–"] if shown is None else _cells(shown)))
    return [whole, shapes]


def _cells(at: Matched) -> list[str]:
    shares = [f"{100 * share:.0f}" for share in at.of_shapes]
    return [f"{100 * at.rate:.0f}", f"{100 * at.chance:.1f}", f"{at.delay_min:.0f}", *shares]


def evaluate(seed: int, plots: Path) -> None:
    """Print the tables of `docs/quality.md` and draw its plots."""
    from benchmarks.quality.traffic_plots import draw_frontier

    console = Console(width=200)
    if not DATA.is_dir():
        console.print(f"real traffic data are not at {DATA}: nothing to try")
        return
    found = road(DATA)
    weeks = found.speeds.shape[0] * len(found.names) / 7
    console.print(f"{len(found.names)} detectors, {weeks:.0f} detector-weeks")
    told = trial(found, seed, console)
    for table in tables(told, weeks):
        console.print(table)
    for table in road_conditions.tables(found, DATA, seed):
        console.print(table)
    plots.mkdir(parents=True, exist_ok=True)
    drawn = {name: method for name, method in told.items() if name == PAIR or not name.startswith(PAIR)}
    draw_frontier(drawn, weeks, plots / "traffic-frontier.png")
