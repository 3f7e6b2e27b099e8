"""A disk that notes how long it takes to make things durable."""

import threading
import time
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from streams.disk import Disk
from streams.histogram import Histogram

SYNC_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class TimedDisk(Disk):
    """The disk of an engine's logs and snapshots; a collector of what it took. Used by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._syncs = Histogram(SYNC_S)
        self._errors = 0

    def sync(self, descriptor: int) -> None:
        """Return when what was written to a file is durable."""
        began = time.monotonic()
        try:
            super().sync(descriptor)
        except OSError:
            with self._lock:
                self._errors += 1
            raise
        with self._lock:
            self._syncs.observe(time.monotonic() - began)

    def collect(self) -> Iterable[Metric]:
        """Yield its metrics."""
        yield HistogramMetricFamily(
            "citynerve_log_fsync_duration_seconds",
            "Time until what was written was durable.",
            buckets=self._syncs.buckets(),
            sum_value=self._syncs.total,
        )
        errors = CounterMetricFamily("citynerve_log_fsync_errors", "Writes that could not be made durable.")
        errors.add_metric([], self._errors)
        yield errors
