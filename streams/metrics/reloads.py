"""Metrics of publishing: how attempts ended, when rules or sets were last taken, and how many rows sets have."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streams.metrics.engine import PREFIX


class Reloads:
    """Counted by the thread that publishes, read by any. `clock` is seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._results = Counter({"published": 0, "same": 0, "refused": 0})
        self._successful = True
        self._success_at = clock()  # of the start, with what was in force
        self._shrunk = 0
        self._rows: Mapping[str, int] = {}

    def count(self, result: str, *, shrunk: int = 0, answered: bool = False) -> None:
        """Count an attempt that ended; `shrunk` sets lost more than a fifth of their rows by it.

        What was refused and `answered` is known to whoever asked: it is no state that anybody else must look at.
        """
        self._results[result] += 1
        if result != "refused":
            self._successful, self._success_at = True, self._clock()
        elif not answered:
            self._successful = False
        self._shrunk += shrunk

    def put_rows(self, rows: Mapping[str, int]) -> None:
        """Take the number of rows of each set that is in force."""
        self._rows = dict(rows)

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics."""
        yield GaugeMetricFamily(
            f"{PREFIX}ruleset_last_reload_successful",
            "Whether the last change of rules or sets was taken.",
            float(self._successful),
        )
        yield GaugeMetricFamily(
            f"{PREFIX}ruleset_last_reload_success_timestamp_seconds",
            "When a change was last taken, seconds since 1970.",
            self._success_at,
        )
        reloads = CounterMetricFamily(f"{PREFIX}ruleset_reloads", "Changes by how they ended.", labels=["result"])
        for result, count in self._results.items():
            reloads.add_metric([result], count)
        yield reloads
        yield CounterMetricFamily(
            f"{PREFIX}reference_shrunk", "Sets that lost more than a fifth of their rows at once.", self._shrunk
        )
        rows = GaugeMetricFamily(f"{PREFIX}reference_rows", "Rows of a set in force.", labels=["set"])
        for name, count in self._rows.items():
            rows.add_metric([name], count)
        yield rows
