"""What the engine is compared with, in plain NumPy: standard normal deviate, CUSUM, EWMA, California.

Each takes a day, float64[steps, detectors], and what it knows of earlier days, and returns at which steps alarms began.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.road_world import Floats, Ints

SLOT_STEPS = 3  # a quarter of an hour, as ours
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Known:
    """Mean and standard deviation of each slot of the day and detector, float64[steps, detectors]."""

    mean: Floats
    deviation: Floats


def known(days: Floats) -> Known:
    """Learn from days, float64[days, steps, detectors]."""
    count, steps, detectors = days.shape
    slots = days.reshape(count, steps // SLOT_STEPS, SLOT_STEPS, detectors)
    mean, deviation = (
        np.repeat(found, SLOT_STEPS, axis=0)
        for found in (np.nanmean(slots, axis=(0, 2)), np.nanstd(slots, axis=(0, 2), ddof=1))
    )
    return Known(mean, np.maximum(deviation, 1.0))  # km/h: a slot that never varied


def onsets(alarm: Bools, persist: int = 1) -> Bools:
    """Return where alarms begin, after so many steps one after the other."""
    lasting = alarm.copy()
    for back in range(1, persist):
        lasting[back:] &= alarm[:-back]
        lasting[:back] = False
    lasting[1:] &= ~lasting[:-1].copy()
    return lasting


def deviate(day: Floats, of: Known, limit: float, persist: int) -> Bools:
    """Raise where a speed is `limit` standard deviations below the mean of its slot."""
    return onsets((day - of.mean) / of.deviation < -limit, persist)


def cusum(day: Floats, of: Known, limit: float, drift: float = 0.5) -> Bools:
    """Raise where the sum of deviations below the mean, less `drift` each, passes `limit`; it then begins anew."""
    scores = np.nan_to_num(-(day - of.mean) / of.deviation)
    total = np.zeros(day.shape[1])
    alarm = np.zeros(day.shape, np.bool_)
    for step, score in enumerate(scores):
        total = np.minimum(np.maximum(0, total + score - drift), 2 * limit)  # so that an alarm ends some time
        alarm[step] = total >= limit
    return onsets(alarm)


def ewma(day: Floats, of: Known, limit: float, weight: float = 0.25) -> Bools:
    """Raise where the smoothed deviation is `limit` of its own standard deviations below zero."""
    scores = np.nan_to_num((day - of.mean) / of.deviation)
    smooth = np.zeros(day.shape[1])
    alarm = np.zeros(day.shape, np.bool_)
    for step, score in enumerate(scores):
        smooth = smooth + weight * (score - smooth)
        alarm[step] = smooth < -limit * np.sqrt(weight / (2 - weight))
    return onsets(alarm)


def california(day: Floats, neighbour: Ints, limits: tuple[float, float, float]) -> Bools:
    """Raise by California #7 where the occupancy upstream exceeds that downstream, in difference and relatively.

    There are speeds only, so the occupancy at equal flow, which goes as 1/speed, stands for it (in units of that at
    100 km/h); which of two neighbours is downstream is not known, so the one with the lower speed is taken to be
    upstream. Downstream the occupancy must be below the third limit; two steps in a row.
    """
    upstream, downstream = 100 / day, 100 / day[:, neighbour]
    difference = upstream - downstream
    alarm = (difference >= limits[0]) & (difference / upstream >= limits[1]) & (downstream <= limits[2])
    return onsets(alarm, 2)
