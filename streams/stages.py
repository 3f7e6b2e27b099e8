"""Where the time goes: CPU seconds by stage, measured at the edge and never seen by a shard's logic."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Sums of CPU seconds by stage, over all threads. A stage inside another counts for itself alone."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._local = threading.local()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Count the time until leaving for a stage."""
        outer = getattr(self._local, "inside", 0.0)
        self._local.inside = 0.0
        start = time.thread_time()
        try:
            yield
        finally:
            spent = time.thread_time() - start
            with self._lock:
                self._seconds[name] += spent - self._local.inside
            self._local.inside = outer + spent

    def seconds(self) -> dict[str, float]:
        """Return the sums."""
        return dict(self._seconds)
