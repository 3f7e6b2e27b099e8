"""How well falls are told: precision and recall over a grid, false alarms of a camera's day, errors of what is told.

Counted is what a rule `fall.confidence >= 0.9 and fall.origin_floor >= 2` would ring for. A fall is found if any of its
tracks is told of as heavy; a confuser's track that is told of as heavy is a false alarm.
"""

import csv
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.quality.facade_camera import Array, Camera, Paths, Points
from benchmarks.quality.fall_confusers import CONFUSERS
from benchmarks.quality.fall_world import GRAVITY, STOREY_M, heavy, light, release_m
from kernels.scores.free_fall import (
    CONFIDENCE,
    DROP_M,
    FIRST_FLOOR_M,
    HEAVY,
    INPUTS,
    LABEL_KIND,
    LIGHT,
    NOISE_M,
    ORIGIN_FLOOR,
    OUTPUTS,
    PARAMETERS,
    RELEASE_M_HIGH,
    RELEASE_M_LOW,
    SPEED_MS,
    WIDTH,
    X,
    Z,
    step,
)
from kernels.scores.free_fall import (
    STOREY_M as STOREY,
)

FPS, NOISES_PX, FLOORS = (15, 25, 50), (0.5, 1.0, 2.0, 4.0), (2, 3, 4, 6, 10, 20)
SEEN_S = (0.4, 0.6, 0.8, 1.2, np.inf)  # how long a fall is seen; the last: as long as it lasts
AIM = (25, 1.0)
FALLS = 100  # of each frame rate, noise and floor
DECLARED_PX = 1.0, 2.0, 4.0  # and what the noise is, each with each
NOISE_IN_TRUTH_PX = 1.0, 3.0, 4.0
DAYS, DAYS_ELSEWHERE = 10, 3  # of confusers, at the aim's frame rate and noise and at others
METRES_A_PIXEL = 0.02
EPOCH_MS = 1_795_000_000_000


@dataclass(frozen=True)
class Told:
    """What was told: float[len(OUTPUTS), k], and whose it is."""

    values: Array
    objects: Array

    def rings(self, kind: float = HEAVY) -> "Told":
        """Return what the rule rings for."""
        rung = (self.values[CONFIDENCE] >= 0.9) & (self.values[ORIGIN_FLOOR] >= 2) & (self.values[LABEL_KIND] == kind)
        return Told(self.values[:, rung], self.objects[rung])

    @property
    def found(self) -> int:
        """How many objects something is told of."""
        return len(np.unique(self.objects))


def tell(points: Points, noise_px: float) -> Told:
    """Run the score over what a tracker reports."""
    n = len(points.times)
    inputs = np.empty((len(INPUTS), n))
    inputs[X], inputs[Z], inputs[FIRST_FLOOR_M], inputs[STOREY] = points.x, points.z, 0.0, STOREY_M
    parameters = np.array(list(PARAMETERS.values()))
    parameters[NOISE_M] = noise_px * METRES_A_PIXEL
    state, out = np.zeros((int(points.tracks.max(initial=0)) + 1, WIDTH)), np.empty((len(OUTPUTS), n))
    step(points.tracks, points.times + EPOCH_MS, inputs, state, parameters, out)
    told = np.flatnonzero(~np.isnan(out[CONFIDENCE]))
    return Told(out[:, told], points.objects[told])


@dataclass(frozen=True)
class Cell:
    """One cell of the grid, over `FALLS` falls and one day of confusers."""

    fps: float
    noise_px: float
    floor: int
    seen_s: float
    falls: int
    found: float
    twice: int
    false: float

    @property
    def recall(self) -> float:
        """Share of the falls that are found."""
        return self.found / self.falls

    @property
    def precision(self) -> float:
        """Share of what rings that is a fall."""
        return self.found / (self.found + self.false) if self.found else 0.0

    @property
    def f(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / (self.falls + self.found + self.false)


def cells(seed: int, fps: float, noise_px: float, false: float, falls: int = FALLS) -> list[Cell]:
    """Try falls from all floors, seen for different times."""
    rng = np.random.default_rng([seed, int(fps), int(10 * noise_px)])
    made = []
    for floor in FLOORS:
        paths = heavy(rng, falls, floor)
        points = Camera(fps, noise_px).watch(rng, paths)
        for seen_s in SEEN_S:
            part = points if seen_s == np.inf else points.during(_begins(rng, paths, points, seen_s), seen_s)
            rung = tell(part, noise_px).rings()
            made.append(Cell(fps, noise_px, floor, seen_s, falls, rung.found, len(rung.objects) - rung.found, false))
    return made


def _begins(rng: np.random.Generator, paths: Paths, points: Points, seen_s: float) -> Array:
    """Return for each fall an instant (ms) from which it is seen: any that leaves enough of it."""
    assert paths.flights is not None
    first, last = (1000 * paths.flights[:, k] for k in (0, 1))
    in_view = np.full(len(first), np.inf)
    np.minimum.at(in_view, points.objects, points.times)
    first = np.maximum(first, np.where(np.isinf(in_view), 0, in_view))
    return np.asarray(first + rng.random(len(first)) * np.maximum(0, last - 1000 * seen_s - first))


def false_alarms(seed: int, fps: float, noise_px: float, days: float) -> list[tuple[int, int, int]]:
    """Return of each confuser how many tracks some days bring, and of how many a heavy and a light fall is told."""
    rng = np.random.default_rng([seed, int(fps), int(10 * noise_px), 1])
    camera, counted = Camera(fps, noise_px), []
    for confuser in CONFUSERS:
        left, heavies, lights = max(1, round(confuser.a_day * days)), 0, 0
        count = left
        while left:
            some = min(left, 1000)
            told = tell(camera.watch(rng, confuser.move(rng, some)), noise_px)
            heavies += told.rings().found
            lights += told.rings(LIGHT).found
            left -= some
        counted.append((count, heavies, lights))
    return counted


def ordinary(counted: Iterable[tuple[int, int, int]]) -> int:
    """Return the false alarms for heavy falls on a day without snow."""
    return sum(heavies for confuser, (_, heavies, _) in zip(CONFUSERS, counted, strict=True) if not confuser.weather)


def evaluate(seed: int, plots: Path) -> None:
    """Print the tables, write the grid as CSV and draw the plots."""
    say = Console(file=sys.stderr)
    grid: list[Cell] = []
    false: dict[tuple[float, float], float] = {}
    days: list[tuple[int, int, int]] = []
    for fps, noise_px in track([(f, n) for f in FPS for n in NOISES_PX], "falls", console=say):
        count = DAYS if (fps, noise_px) == AIM else DAYS_ELSEWHERE
        counted = false_alarms(seed, fps, noise_px, count)
        false[fps, noise_px] = ordinary(counted) / count
        days = counted if (fps, noise_px) == AIM else days
        grid += cells(seed, fps, noise_px, false[fps, noise_px])
    _print_grid(grid, false)
    _print_days(days)
    _print_errors(seed)
    _print_declared(seed)
    plots.mkdir(parents=True, exist_ok=True)
    with (plots / "falls.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["fps", "noise_px", "floor", "release_m", "seen_s", "recall", "precision", "f", "told_twice"])
        for c in grid:
            seen = "all" if c.seen_s == np.inf else c.seen_s
            figures = (f"{x:.3f}" for x in (c.recall, c.precision, c.f))
            writer.writerow([c.fps, c.noise_px, c.floor, release_m(c.floor), seen, *figures, c.twice])
    from benchmarks.quality.fall_plots import draw_days, draw_grid

    draw_grid(grid, plots / "falls.png")
    draw_days(days, DAYS, plots / "falls-confusers.png")


def _row(*columns: object) -> None:
    print("| " + " | ".join(map(str, columns)) + " |")


def _table(title: str, *columns: str) -> None:
    print(f"\n{title}\n")
    _row(*columns)
    _row(*("---" for _ in columns))


def _print_grid(grid: list[Cell], false: dict[tuple[float, float], float]) -> None:
    columns = "fps", "px", "false a day", "recall", "precision", "F", "recall from above the view", "F of all"
    _table("Two storeys and more: let go of within the view (floors 3 to 10), above it (20), and all", *columns)
    for (fps, noise_px), alarms in false.items():
        whole = [c for c in grid if (c.fps, c.noise_px, c.seen_s) == (fps, noise_px, np.inf) and c.floor > 2]
        within, above = _pool(whole, lambda c: c.floor < 20), _pool(whole, lambda c: c.floor == 20)
        figures = within.recall, within.precision, within.f, above.recall, _pool(whole, lambda _: True).f
        _row(fps, noise_px, f"{alarms:.1f}", *(f"{x:.1%}" for x in figures))
    _recall("Recall by floor, 1 px", grid, "floor", FLOORS, lambda c: (c.noise_px, c.seen_s) == (1.0, np.inf))
    _recall(
        "Recall by how long it is seen, floor 10, 1 px",
        grid,
        "seen_s",
        SEEN_S,
        lambda c: (c.noise_px, c.floor) == (1.0, 10),
    )
    _recall("Recall by noise, floor 3", grid, "noise_px", NOISES_PX, lambda c: (c.floor, c.seen_s) == (3, np.inf))


def _pool(grid: list[Cell], chosen: Callable[[Cell], bool]) -> Cell:
    """Return some cells as one of as many falls as each has, so that precision means the same."""
    own = [c for c in grid if chosen(c)]
    found = sum(c.found for c in own) / len(own)
    return replace(own[0], found=found)


def _recall(title: str, grid: list[Cell], by: str, values: tuple[float, ...], chosen: Callable[[Cell], bool]) -> None:
    _table(title, "fps", *(f"{value:g}" for value in values))
    for fps in FPS:
        own = {getattr(c, by): c for c in grid if c.fps == fps and chosen(c)}
        _row(fps, *(f"{own[value].recall:.0%}" for value in values))


def _print_days(days: list[tuple[int, int, int]]) -> None:
    _table(f"False alarms at 25 fps, 1 px, over {DAYS} days", "", "tracks a day", "heavy a day", "light a day")
    for confuser, (_, heavies, lights) in zip(CONFUSERS, days, strict=True):
        _row(confuser.name_en, confuser.a_day, f"{heavies / DAYS:.1f}", f"{lights / DAYS:.1f}")


def _print_errors(seed: int) -> None:
    """What is told of falls at 25 fps and 1 px, and of light objects."""
    rng = np.random.default_rng([seed, 2])
    columns = (
        "floor",
        "height, median error",
        "95 %",
        "true height in the interval",
        "its width",
        "right floor",
        "speed",
    )
    _table("Errors of what is told, 25 fps, 1 px", *columns)
    for floor in FLOORS:
        told = tell(Camera(*AIM).watch(rng, heavy(rng, 200, floor)), AIM[1]).rings().values
        true, off = release_m(floor), np.abs(told[DROP_M] - release_m(floor))
        inside = (told[RELEASE_M_LOW] <= true) & (true <= told[RELEASE_M_HIGH])
        width = np.median(told[RELEASE_M_HIGH] - told[RELEASE_M_LOW])
        free = np.sqrt(2 * GRAVITY * true)
        figures = f"{np.median(off):.2f} m", f"{np.quantile(off, 0.95):.2f} m", f"{inside.mean():.0%}", f"{width:.1f} m"
        right = f"{np.mean(told[ORIGIN_FLOOR] == floor):.0%}"
        _row(floor, *figures, right, f"{np.median(told[SPEED_MS]):.1f} m/s of {free:.1f} without drag")
    _table("Light objects at 25 fps", "px", "found", "told as heavy")
    for noise_px in NOISES_PX:
        sunk = tell(Camera(AIM[0], noise_px).watch(rng, light(rng, 200, 6)), noise_px)
        _row(noise_px, f"{sunk.rings(LIGHT).found / 200:.0%}", f"{sunk.rings().found / 200:.1%}")


def declared(seed: int, noise_px: float, falls: int = FALLS) -> list[tuple[float, float]]:
    """Return for each of `DECLARED_PX` the recall of heavy things (floors 3 to 10, in view) and of light ones."""
    rng = np.random.default_rng([seed, 3, int(noise_px)])
    camera = Camera(AIM[0], noise_px)
    floors = [floor for floor in FLOORS if 2 < floor < 20]
    heavies = [camera.watch(rng, heavy(rng, falls, floor)) for floor in floors]
    lights = camera.watch(rng, light(rng, falls, 6))
    return [
        (
            sum(tell(points, px).rings().found for points in heavies) / (falls * len(floors)),
            tell(lights, px).rings(LIGHT).found / falls,
        )
        for px in DECLARED_PX
    ]


def _print_declared(seed: int) -> None:
    columns = (f"heavy, {px:g} px declared" for px in DECLARED_PX), (f"light, {px:g} px" for px in DECLARED_PX)
    _table("Recall at 25 fps by the noise declared, floors 3 to 10 and light objects", "px", *columns[0], *columns[1])
    for noise_px in NOISE_IN_TRUTH_PX:
        found = declared(seed, noise_px)
        _row(f"{noise_px:g}", *(f"{x:.0%}" for x, _ in found), *(f"{x:.0%}" for _, x in found))
