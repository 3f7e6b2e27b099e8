"""Metrics of an ingest, read from its counts when somebody asks."""

from collections.abc import Iterable
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from connectors.http.counts import BUCKETS_S
from connectors.http.ingest import ROUTE, Ingest


class IngestMetrics:
    """A collector of one ingest."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics; what has been counted is copied at once, as others go on counting."""
        counts = self._ingest.counts
        requests = CounterMetricFamily(
            "citynerve_http_requests", "Requests that were answered.", labels=["route", "method", "status_class"]
        )
        for (method, status), count in dict(counts.requests).items():
            requests.add_metric([ROUTE, method, status], count)
        yield requests
        bounds = (*map(str, BUCKETS_S), "+Inf")
        yield _durations(list(zip(bounds, accumulate(counts.durations), strict=True)), counts.seconds)
        rejected = CounterMetricFamily(
            "citynerve_source_events_rejected", "Lines that were refused at once.", labels=["feed", "reason"]
        )
        for feed, reasons in dict(counts.rejected).items():
            for reason, count in dict(reasons).items():
                rejected.add_metric([feed, reason], count)
        yield rejected
        errors = CounterMetricFamily(
            "citynerve_source_errors", "Requests of a feed that were refused as a whole.", labels=["feed", "kind"]
        )
        for (feed, code), count in dict(counts.errors).items():
            errors.add_metric([feed, code], count)
        yield errors
        up = GaugeMetricFamily("citynerve_source_up", "Whether a feed was heard of lately.", labels=["feed"])
        for feed in self._ingest.senders.feeds:
            up.add_metric([feed], self._ingest.connected(feed))
        yield up
        failures = CounterMetricFamily(
            "citynerve_auth_failures", "Requests without the right token.", labels=["surface", "reason"]
        )
        for code, count in dict(counts.auth_failures).items():
            failures.add_metric(["ingest", code], count)
        yield failures


def _durations(buckets: list[tuple[str, float]], seconds: float) -> Metric:
    family = HistogramMetricFamily(
        "citynerve_http_request_duration_seconds", "From a request's head to its answer.", labels=["route", "method"]
    )
    family.add_metric([ROUTE, "POST"], buckets, seconds)
    return family
