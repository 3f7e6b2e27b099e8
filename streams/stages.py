"""Where the time goes: CPU seconds by stage, measured at the edge and never seen by a shard's logic."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType


class Stages:
    """Sums of CPU seconds by stage, over all threads. A stage inside another counts for itself alone.

    `clock` tells the seconds that the calling thread has used.
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self.clock = clock
        self.inside = threading.local()  # `seconds` of the stages within the one that a thread is in
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def __call__(self, name: str) -> "Stage":
        """Return what counts the time from entering to leaving it for a stage."""
        return Stage(self, name)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds for a stage."""
        with self._lock:
            self._seconds[name] += seconds

    def seconds(self) -> dict[str, float]:
        """Return the sums."""
        return dict(self._seconds)


class Stage:
    """One stay in a stage. A class of its own: a generator would cost a block as much as what it measures."""

    __slots__ = ("_name", "_outer", "_stages", "_start")

    def __init__(self, stages: Stages, name: str) -> None:
        self._stages = stages
        self._name = name

    def __enter__(self) -> None:
        inside = self._stages.inside
        self._outer = getattr(inside, "seconds", 0.0)
        inside.seconds = 0.0
        self._start = self._stages.clock()

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        spent = self._stages.clock() - self._start
        inside = self._stages.inside
        self._stages.add(self._name, spent - inside.seconds)
        inside.seconds = self._outer + spent
