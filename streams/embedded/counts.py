"""What an engine has done: numbers that grow, added to once a block, an alert or a snapshot, whoever watches."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from events.alert import Alert
from events.batch import KIND, TIME, EventBatch
from streams.histogram import Histogram
from streams.time.watermark import Judgement

SKEW_S = (-60, -10, -1, 0, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400)
EVENT_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
BATCH_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


class Counts:
    """Written by the engine's thread, what is durable by that of the log; read by any."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()  # by feed
        self.rejected: Counter[tuple[str, str]] = Counter()  # lines that are none, by feed and reason
        self.kinds: Counter[int] = Counter()  # events by the code of their kind
        self.received: dict[str, int] = {}  # by feed, when its last event was (epoch ms)
        self.bytes: Counter[str] = Counter()  # by feed
        self.late: Counter[str] = Counter()  # by feed
        self.duplicates: Counter[str] = Counter()  # events that a rule dropped, by feed
        self.unknown_enums = 0  # values outside a field's list
        self.skew: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SKEW_S))  # by feed
        self.alerts: Counter[tuple[str, str, str]] = Counter()  # by rule, severity and transition
        self.batch_events = Histogram(BATCH_EVENTS)
        self.stages: defaultdict[str, Histogram] = defaultdict(Histogram)  # CPU seconds of a block
        self.event_latency: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(EVENT_S))  # event to durable
        self.latency: defaultdict[str, Histogram] = defaultdict(Histogram)  # received to durable, by severity
        self.lines_lost = 0  # that alerts needed and that could not be read again
        self.undeclared = 0  # frames of feeds that are not declared any more
        self.snapshots = Counter({"success": 0, "failure": 0})
        self.snapshot_seconds = Histogram()
        self.snapshot_bytes = 0  # of the last one
        self.snapshot_at = 0  # when the last one was durable, epoch ms
        self.snapshot_failing = False  # whether the last one could not be written
        self._stage_seconds: Mapping[str, float] = {}

    def block(self, batch: EventBatch, size: int, judgement: Judgement, stage_seconds: Mapping[str, float]) -> None:
        """Count a block of events; `stage_seconds` are the sums up to now."""
        feed = batch.feed
        self.events[feed] += len(batch)
        self.rejected.update({(feed, reason): count for reason, count in batch.rejects.by_reason().items()})
        self.unknown_enums += batch.unknown_enums
        if batch.received is not None and len(batch):
            self.received[feed] = batch.received
            self.skew[feed].observe((batch.received - int(batch.lanes[TIME, -1])) / 1000)
        kinds = np.bincount(batch.lanes[KIND])
        for kind in np.flatnonzero(kinds).tolist():
            self.kinds[kind] += int(kinds[kind])
        self.bytes[feed] += size
        self.late[feed] += int(np.count_nonzero(judgement.late))
        self.batch_events.observe(len(batch))
        for stage, seconds in stage_seconds.items():
            self.stages[stage].observe(seconds - self._stage_seconds.get(stage, 0.0))
        self._stage_seconds = stage_seconds

    def lines(self) -> Counter[str]:
        """Return how many lines came, by feed: events, and what is none."""
        found = Counter(self.events)
        for (feed, _), count in dict(self.rejected).items():
            found[feed] += count
        return found

    def raised(self, alerts: Iterable[Alert]) -> None:
        """Count alerts that a block gave."""
        self.alerts.update((alert.rule, alert.severity, alert.transition) for alert in alerts)

    def dropped(self, duplicates: Mapping[int, int], feeds: Sequence[str]) -> None:
        """Count events that rules dropped as repeated, by the number of their feed."""
        for feed, count in duplicates.items():
            self.duplicates[feeds[feed]] += count

    def durable(self, alerts: Iterable[tuple[str, int]], received: int, now: int) -> None:
        """Count alerts that are durable now, by severity and event time, of a block that came then (epoch ms)."""
        for severity, time in alerts:
            self.latency[severity].observe((now - received) / 1000)
            self.event_latency[severity].observe((now - time) / 1000)

    def saved(self, seconds: float, size: int, now: int) -> None:
        """Count a snapshot that is durable (epoch ms)."""
        self.snapshots["success"] += 1
        self.snapshot_seconds.observe(seconds)
        self.snapshot_bytes, self.snapshot_at, self.snapshot_failing = size, now, False

    def not_saved(self) -> None:
        """Count a snapshot that could not be written."""
        self.snapshots["failure"] += 1
        self.snapshot_failing = True
