"""Whether the machine's clock is believed."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from streams.time.wall import WallClock


class ClockMetrics:
    """A collector of the clock that says when something was received."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """Yield its metric."""
        self._clock()  # an idle engine asks no time
        yield GaugeMetricFamily(
            "citynerve_clock_leap_seconds",
            "How far the machine's clock has leapt while it is not believed, else 0.",
            self._clock.leap_ms / 1000,
        )
