"""The rhythm of a day: how many of a day's events fall into which hour, and instants drawn from it."""

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
CITY_OFFSET_MS = 8 * HOUR_MS  # the simulated city is in China: UTC+8, no summer time

# Shares of the hours 0..23, in arbitrary units.
GATES = (2, 1, 1, 1, 2, 5, 12, 30, 32, 18, 12, 14, 16, 14, 12, 13, 17, 28, 34, 26, 18, 12, 7, 4)
ROADS = (6, 4, 3, 3, 4, 8, 18, 34, 36, 28, 24, 24, 25, 25, 25, 27, 30, 36, 36, 28, 20, 16, 12, 9)
CAMERAS = (5, 3, 3, 3, 4, 8, 16, 26, 26, 22, 20, 22, 24, 22, 20, 20, 24, 28, 30, 28, 24, 18, 12, 8)
EVEN = (1,) * 24


class Rhythm:
    """Cumulative intensity over the simulated span, from 0 to 1."""

    def __init__(self, shares: tuple[int, ...], start: int, end: int) -> None:
        """Lay a day's shares over a span of event time (epoch ms)."""
        first = (start + CITY_OFFSET_MS) // HOUR_MS
        last = -(-(end + CITY_OFFSET_MS) // HOUR_MS)
        hours = np.arange(first, last + 1)
        knots = np.clip(hours * HOUR_MS - CITY_OFFSET_MS, start, end)
        weight = np.array(shares, np.float64)[hours[:-1] % 24] * np.diff(knots)
        self._knots = knots.astype(np.float64)
        self._cumulative = np.concatenate([[0.0], np.cumsum(weight) / weight.sum()])

    def share_before(self, time: int) -> float:
        """Return which share of the span's events lies before an instant."""
        return float(np.interp(time, self._knots, self._cumulative))

    def draw(self, generator: np.random.Generator, begin: int, end: int, count: int) -> NDArray[np.int64]:
        """Draw instants in [begin, end), unsorted."""
        low, high = self.share_before(begin), self.share_before(end)
        drawn = np.interp(low + generator.random(count) * (high - low), self._cumulative, self._knots)
        return np.clip(drawn.astype(np.int64), begin, end - 1)


def at_night(time: NDArray[np.int64] | int) -> NDArray[np.bool_] | bool:
    """Say whether an instant lies in 22:00-06:00 of the city."""
    hour = (time + CITY_OFFSET_MS) // HOUR_MS % 24
    return (hour >= 22) | (hour < 6)
