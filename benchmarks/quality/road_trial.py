"""Detection rates over false alarms: what a method raised with incidents, and what on the same days without."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.road_world import Floats, Incidents, Shape

Bools = NDArray[np.bool_]


@dataclass
class Setting:
    """What one setting of a method did. Lists have an entry an incident."""

    false: int = 0
    shapes: list[int] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    chance: list[bool] = field(default_factory=list)  # an alarm there without the incident, too
    steps: list[int] = field(default_factory=list)  # until those that were found: ends of intervals

    def judge(self, raised: Bools, without: Bools, incidents: Incidents, shapes: Sequence[Shape]) -> None:
        """Take alarms of a day with and without incidents. One begins within its incident, or one step behind it."""
        for detector, start, shape in zip(incidents.detectors, incidents.starts, incidents.shapes, strict=True):
            within = slice(start, start + shapes[shape].steps + 1)
            at = np.flatnonzero(raised[within, detector])
            self.shapes.append(int(shape))
            self.found.append(bool(len(at)))
            self.chance.append(bool(without[within, detector].any()))
            if len(at):
                self.steps.append(int(at[0]) + 1)


@dataclass(frozen=True)
class Matched:
    """A method at a number of false alarms: shares of all incidents and of each shape, and the median delay."""

    false: float
    rate: float
    of_shapes: Floats
    chance: float
    delay_min: float


class Method:
    """The settings of one method, by their names."""

    def __init__(self) -> None:
        self.settings: dict[object, Setting] = {}

    def at(self, name: object) -> Setting:
        """Return a setting, a new one where there is none yet."""
        return self.settings.setdefault(name, Setting())

    def curve(self, weeks: float) -> list[tuple[float, Setting]]:
        """Return settings by their false alarms a detector and week, without those that others beat in both."""
        every = sorted(self.settings.values(), key=lambda each: (each.false, -np.mean(each.found)))
        best, out = -1.0, []
        for each in every:
            if np.mean(each.found) > best:
                best = float(np.mean(each.found))
                out.append((each.false / weeks, each))
        return out

    def matched(self, weeks: float, false: float, shapes: int, step_min: int) -> Matched | None:
        """Return what it does at so many false alarms: between two settings the shares are mixed; None beyond them."""
        curve = self.curve(weeks)
        at = [known for known, _ in curve]
        if not at[0] <= false <= at[-1]:
            return None
        high = max(int(np.searchsorted(at, false)), 1)
        one, other = curve[high - 1][1], curve[high][1]
        part = (false - at[high - 1]) / (at[high] - at[high - 1])
        mixed = [(1 - part) * x + part * y for x, y in zip(_rates(one, shapes), _rates(other, shapes), strict=True)]
        nearer = one if part < 0.5 and one.steps else other
        return Matched(false, mixed[0], np.array(mixed[2:]), mixed[1], float(np.median(nearer.steps)) * step_min)

    def false_at(self, weeks: float, rate: float) -> float | None:
        """Return the false alarms a detector and week at which so many incidents are found, None if none does."""
        curve = self.curve(weeks)
        rates = [float(np.mean(each.found)) for _, each in curve]
        return None if not rates[0] <= rate <= rates[-1] else float(np.interp(rate, rates, [at for at, _ in curve]))


def _rates(setting: Setting, shapes: int) -> list[float]:
    """Return the share that was found, by chance, and of each shape."""
    found, shape = np.array(setting.found), np.array(setting.shapes)
    of_shapes = [float(found[shape == i].mean()) if (shape == i).any() else np.nan for i in range(shapes)]
    return [float(found.mean()), float(np.mean(setting.chance)), *of_shapes]
