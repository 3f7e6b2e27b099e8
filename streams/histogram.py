"""Histograms: how often something was how large, by fixed bounds."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

LATENCY_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Histogram:
    """Counts by bounds, written by one thread. Who reads meanwhile may see a value in the sum before it is counted."""

    def __init__(self, bounds: Sequence[float] = LATENCY_S) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self.total += value * times
        self._counts[bisect_left(self.bounds, value)] += times

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many values were at most so large, by bound, as expositions have it."""
        found, sum_ = [], 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            sum_ += count
            found.append((bound, float(sum_)))
        return found
