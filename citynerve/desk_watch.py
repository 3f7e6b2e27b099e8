"""What an engine's process knows of its desk: how far it has read, what waits, and which alerts nobody needs any more.

Asked of the desk's memory, whoever has started the desk. The engine does not know what the desk has read; here both
come together, so that the log of alerts is kept as long as either needs it, and no longer than `keep` says.
"""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from citynerve.desk_process import DeskProcess
from citynerve.dispatching import DESK
from dispatch.progress import Progress, progress
from dispatch.watchdog import SILENT_AFTER_MS
from streams.embedded.engine import Engine
from streams.embedded.folder import SNAPSHOTS
from streams.embedded.needed import needed

LOOK_S = 1.0
FORGET_S = 30.0  # between two looks at what nobody needs


class DeskWatch:
    """Looks each second from `start` to `stop`; a collector of metrics.

    Parameters
    ----------
    beside
        the desk's process, None where it runs elsewhere or not at all
    clock
        epoch ms
    """

    def __init__(
        self,
        data: Path,
        engine: Engine,
        beside: DeskProcess | None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.latest: Progress | None = None
        self.unread = 0  # bytes of the log of alerts that stood there at the look before the last one, and still wait
        self._end = 0
        self.beside = beside
        self._data, self._engine, self._clock = data, engine, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk watch", daemon=True)

    @property
    def is_up(self) -> bool:
        """Whether a desk is at work: its process lives, or elsewhere its last watchdog is not long ago."""
        if self.beside is not None:
            return self.beside.pid is not None
        return self.latest is not None and self._clock() - self.latest.minute <= SILENT_AFTER_MS

    def is_done(self) -> bool:
        """Whether all alerts are dispatched, asked now."""
        end = self._engine.logs.alerts.end
        self.look()
        if self.latest is None:
            return end == 0
        return self.latest.position >= end and self.latest.waiting == 0

    def look(self) -> None:
        """Ask the desk's memory."""
        self.latest = progress(self._data / DESK) or self.latest
        self.unread = max(0, self._end - (self.latest.position if self.latest else 0))
        self._end = self._engine.logs.alerts.end

    def forget(self) -> None:
        """Let logs forget what neither the engine nor, of alerts, the desk needs; `keep` decides when it goes."""
        logs, needs = self._engine.logs, needed(self._data / SNAPSHOTS, len(self._engine.shards))
        if not needs:
            return
        logs.late.forget(needs["late"])
        logs.dead_letters.forget(needs["dead_letters"])
        if self.latest is not None:
            logs.alerts.forget(min(needs["alerts"], self.latest.needed))

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        up = GaugeMetricFamily("citynerve_desk_up", "Whether a desk is at work.")
        starts = CounterMetricFamily("citynerve_desk_starts", "How often the engine has started its desk.")
        unread = GaugeMetricFamily("citynerve_desk_unread_bytes", "Of the log of alerts, what it has not read.")
        if self.beside is not None:
            starts.add_metric([], self.beside.starts)
        if self.beside is not None or self.latest is not None:  # else nobody means to have one
            up.add_metric([], self.is_up)
            unread.add_metric([], self.unread)
        yield from (up, starts, unread)
        records = CounterMetricFamily("citynerve_dispatch_records", "Records that were decided.", labels=["topic"])
        waiting = GaugeMetricFamily("citynerve_dispatch_waiting", "Of them, not in the topic's log.", labels=["topic"])
        if self.latest is not None:
            for name, topic in self.latest.topics.items():
                records.add_metric([name], topic.records)
                waiting.add_metric([name], topic.waiting)
        yield records
        yield waiting

    def _run(self) -> None:
        due = 0.0
        while not self._stopping.is_set():
            self.look()
            if time.monotonic() >= due:
                self.forget()
                due = time.monotonic() + FORGET_S
            self._stopping.wait(LOOK_S)
