"""Metrics of an engine process: read where they are counted, when somebody asks; no event pays for them.

Names and units are those of Prometheus (https://prometheus.io/docs/practices/naming/). Labels are from closed sets:
feeds, rules, reasons; never an event, a person or a device.
"""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numba
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from kernels.compile import durations
from streams.embedded.inbox import BYTES
from streams.embedded.process import Process
from streams.histogram import Histogram
from streams.metrics.judged import active, evaluations
from streams.time.watermark import BEGINNING, GroupClock

RULES_MAX = 500  # that have a label of their own; the others share `other`
PREFIX = "citynerve_"

Key = TypeVar("Key", bound=Hashable)  # the values of a metric's labels


class EngineMetrics:
    """A collector of one process.

    Parameters
    ----------
    folder
        of the event log, on the disk that must not become full
    version, commit
        of the program
    clock
        seconds since 1970
    """

    def __init__(
        self, process: Process, folder: Path, *, version: str, commit: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._process, self._engine, self._folder, self._clock = process, process.engine, folder, clock
        self._build = {
            "version": version,
            "commit": commit,
            "python": sys.version.split()[0],
            "numba": numba.__version__,
        }
        self._started = clock()
        self._named: set[str] = set()  # rules with a label of their own; they keep it when they are gone

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics."""
        yield from self._program()
        yield from self._sources()
        yield from self._time()
        yield from self._batches()
        yield from self._rules()
        yield from self._alerts()
        yield from self._durability()

    def _program(self) -> Iterable[Metric]:
        yield InfoMetricFamily(PREFIX + "build", "Versions of what runs.", self._build)
        yield _gauge("start_time_seconds", "When the process started, seconds since 1970.", self._started)
        yield _gauge("ready", "Whether it has recovered and takes events.", self._process.ready.is_set())
        yield _gauge(
            "disk_free_bytes", "What is left on the disk of the event log.", shutil.disk_usage(self._folder).free
        )
        yield _gauge("shards_owned", "Shards that run here.", len(self._engine.shards))
        compiled = {"true": Histogram(), "false": Histogram()}
        for seconds, cached in list(durations):
            compiled["true" if cached else "false"].observe(seconds)
        yield _histogram(
            "kernel_compile_duration_seconds", "Time to compile a kernel, or to load it.", ["cached"], compiled
        )

    def _sources(self) -> Iterable[Metric]:
        counts = self._engine.counts
        yield _counter("source_events_received", "Events that came out of the log, by feed.", ["feed"], counts.lines())
        names = self._engine.edition.plan.schemas.kinds
        kinds = {names[code]: count for code, count in dict(counts.kinds).items()}
        yield _counter("events", "Events that came out of the log, by kind.", ["kind"], kinds)
        received = {feed: at / 1000 for feed, at in dict(counts.received).items()}
        yield _gauges(
            "source_last_received_timestamp_seconds", "When the last event of a feed came.", ["feed"], received
        )
        yield _counter("source_bytes_received", "Bytes of their text.", ["feed"], counts.bytes)
        yield _counter(
            "dead_letters",
            "Lines that are no events.",
            ["stage", "reason"],
            _under("decode", _by_reason(counts.rejected)),
        )
        late = {(feed, "side"): count for feed, count in dict(counts.late).items()}
        yield _counter("late_events", "Events older than their feed's watermark.", ["feed", "outcome"], late)
        yield _counter("duplicate_events", "Events that a rule dropped as repeated.", ["feed"], counts.duplicates)
        now = self._clock()
        ages = {feed: max(0.0, now - received / 1000) for feed, received in self._process.inbox.oldest().items()}
        waiting = {**dict.fromkeys(self._engine.feeds, 0.0), **ages}
        yield _gauges(
            "source_oldest_unprocessed_age_seconds",
            "How long the oldest event has waited for the engine.",
            ["feed"],
            waiting,
        )
        yield _counter("undeclared_frames", "Frames of feeds that are declared no more.", [], {(): counts.undeclared})
        yield _histogram(
            "event_time_skew_seconds", "From the time of a block's last event until it came.", ["feed"], counts.skew
        )

    def _time(self) -> Iterable[Metric]:
        clocks = {group.clock.name: group.clock for group in self._engine.shards[0].groups if group.clock.clocks}
        moved = {name: clock.reached / 1000 for name, clock in clocks.items() if clock.reached > BEGINNING}
        yield _gauges("watermark_seconds", "Event time up to which a time group has seen all.", ["group"], moved)
        now = self._clock()
        lag = {name: now - reached for name, reached in moved.items()}
        yield _gauges("watermark_lag_seconds", "How far that is behind the clock.", ["group"], lag)
        blind = {name: _blind(clock) for name, clock in clocks.items()}
        yield _gauges("watermark_blind_feeds", "Feeds of a group that it goes on without.", ["group"], blind)

    def _batches(self) -> Iterable[Metric]:
        counts, log, inbox = self._engine.counts, self._engine.logs.events, self._process.inbox
        yield _histogram("batch_events", "Events of a block.", [], {(): counts.batch_events})
        yield _histogram("batch_duration_seconds", "CPU time of a block by stage.", ["stage"], counts.stages)
        depth = {"log": log.backlog, "inbox": inbox.waiting}
        yield _gauges("queue_depth", "Bytes that wait: to be durable, and for the engine.", ["queue"], depth)
        waited = {"inbox": inbox.waited_s}
        yield _counter("backpressure_seconds", "Time that appends waited for the engine.", ["stage"], waited)
        yield _gauges("queue_capacity", "Bytes beyond which appends wait.", ["queue"], {"inbox": BYTES})

    def _rules(self) -> Iterable[Metric]:
        modes = Counter({"live": 0, "shadow": 0, "disabled": 0})
        modes.update(rule.mode for rule in self._engine.edition.plan.rules)
        yield _gauges("rules_loaded", "Rules by mode.", ["status"], modes)
        yield _gauges("ruleset_info", "The version of the rules.", ["version"], {self._engine.edition.plan.version: 1})
        pending, now = self._engine.pending, self._clock()
        waits = {} if pending is None else dict.fromkeys(pending.feeds, now - pending.activation.received / 1000)
        yield _gauges("ruleset_change_pending_seconds", "How long a change has waited for a feed.", ["feed"], waits)
        evicted: Counter[str] = Counter()
        suppressed: Counter[str] = Counter()
        for shard in self._engine.shards:
            evicted.update(shard.evicted())
            suppressed.update({self._rule(rule): count for rule, count in shard.suppressed().items() if count})
        keys: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for name, table in (each for shard in self._engine.shards for each in shard.tables()):
            keys[self._rule(name)] += len(table)
            sizes[self._rule(name)] += table.nbytes
        yield _gauges("state_keys", "Keys that a table holds.", ["table"], keys)
        yield _gauges("state_bytes", "Memory of a table of keys.", ["table"], sizes)
        yield _counter(
            "state_evictions", "Keys that full tables gave up.", ["table", "reason"], _behind("capacity", evicted)
        )
        yield _counter(
            "alerts_suppressed",
            "Matches that fired nothing.",
            ["rule", "reason"],
            _behind("cooldown", suppressed),
        )

    def _alerts(self) -> Iterable[Metric]:
        counts = self._engine.counts
        alerts: Counter[tuple[str, str, str]] = Counter()
        for (rule, severity, transition), count in dict(counts.alerts).items():
            alerts[self._rule(rule), severity, transition] += count
        yield _counter("alerts", "Transitions of alerts.", ["rule", "severity", "transition"], alerts)
        yield from self._judged()
        open_now = active(self._engine.shards)
        yield _gauges("alerts_active", "Alerts of live rules that are open.", ["severity"], open_now)
        yield _histogram(
            "alert_latency_seconds",
            "From when an event was durable until its alert was.",
            ["severity"],
            counts.latency,
        )
        yield _histogram(
            "alert_event_latency_seconds",
            "From the time of an alert until it was durable.",
            ["severity"],
            counts.event_latency,
        )

    def _judged(self) -> Iterable[Metric]:
        """Yield what rules were given, and what of that matched."""
        counts, shards = self._engine.counts, self._engine.shards
        given: Counter[str] = Counter()
        for rule, count in evaluations(shards[0]).items():
            given[self._rule(rule)] += count
        yield _counter("rule_evaluations", "Events that a rule was given.", ["rule"], given)
        matches: Counter[str] = Counter(dict.fromkeys(given, 0))
        for (rule, _, transition), count in dict(counts.alerts).items():
            matches[self._rule(rule)] += count * (transition == "firing")
        for rule, count in (each for shard in shards for each in shard.suppressed().items()):
            matches[self._rule(rule)] += count
        yield _counter("rule_matches", "Matches of a rule, whether or not they fired.", ["rule"], matches)

    def _durability(self) -> Iterable[Metric]:
        counts, recovery = self._engine.counts, self._engine.recovery
        yield _counter("snapshots", "Snapshots by how they ended.", ["result"], counts.snapshots)
        yield _histogram("snapshot_duration_seconds", "Time to write one.", [], {(): counts.snapshot_seconds})
        if counts.snapshot_at:
            yield _gauge(
                "snapshot_last_success_timestamp_seconds", "When the last was durable.", counts.snapshot_at / 1000
            )
            yield _gauge("snapshot_size_bytes", "Size of the last.", counts.snapshot_bytes)
        yield _gauge("snapshot_replay_debt_seconds", "CPU time that a restart would replay.", self._engine.debt.seconds)
        if recovery:
            took = Histogram()
            took.observe(recovery.seconds)
            yield _histogram("recovery_duration_seconds", "How long the start took.", [], {(): took})
            yield _counter("recovery_replayed_events", "Events read again by the start.", [], {(): recovery.events})
            yield _gauge("recovery_skipped_bytes", "Of the log, lost to the start.", recovery.skipped)
            yield _gauge("recovery_missing_lines", "Derived lines that did not come again.", recovery.missing)
            yield _gauge("recovery_refused_snapshots", "Snapshots that could not be used.", len(recovery.refused))
        damaged = self._engine.logs.damaged
        yield _gauges("log_damaged_bytes", "Text that was found unreadable.", ["log"], damaged)
        yield _counter("lost_lines", "Lines that alerts needed and could not be read.", [], {(): counts.lines_lost})
        ahead = self._engine.logs.events.received / 1000 - self._clock()
        yield _gauge("log_received_ahead_seconds", "How far the log is ahead of the clock.", max(0.0, ahead))

    def _rule(self, rule: str) -> str:
        if len(self._named) < RULES_MAX:
            self._named.add(rule)
        return rule if rule in self._named else "other"


def _blind(clock: GroupClock) -> int:
    return sum(feed.blind for feed in clock.clocks)


def _by_reason(rejected: Mapping[tuple[str, str], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, reason), count in dict(rejected).items():
        found[reason] += count
    return found


def _under(first: str, counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    return {(first, name): count for name, count in dict(counts).items()}


def _behind(last: str, counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    return {(name, last): count for name, count in dict(counts).items()}


def _labels(key: Hashable) -> list[str]:
    return list(key) if isinstance(key, tuple) else [str(key)]


def _counter(name: str, help: str, labels: list[str], counts: Mapping[Key, float]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, help, labels=labels)
    for key, count in dict(counts).items():  # a copy at once: others go on counting
        family.add_metric(_labels(key), count)
    return family


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help, value)


def _gauges(name: str, help: str, labels: list[str], values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, help, labels=labels)
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _histogram(name: str, help: str, labels: list[str], histograms: Mapping[Key, Histogram]) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, help, labels=labels)
    for key, histogram in dict(histograms).items():
        family.add_metric(_labels(key), histogram.buckets(), histogram.total)
    return family
