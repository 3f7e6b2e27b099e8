"""Events of one kind at a steady rate, each with the time at which it is sent."""

import re
import threading
import time
from pathlib import Path
from typing import Final

from events.block import Events

SHARES: Final = {"gate": 0.4, "camera": 0.3, "traffic": 0.3}  # of the rate
KINDS_POSTED: Final = ("gate", "camera")
_TIME = re.compile(rb'"time":\d+')


class Steady:
    """The lines of a kind out of a pool, again and again: what comes in `every_s` of `rate` events a second of all."""

    LATENESS_S: Final = 2.0

    def __init__(self, pool: Path, kind: str, rate: int, every_s: float) -> None:
        own = [line for line in pool.read_bytes().splitlines(keepends=True) if b'"kind":"%s"' % kind.encode() in line]
        self.kind, self._every_s = kind, every_s
        self._some = max(1, round(rate * SHARES[kind] * every_s))
        whole = range(0, len(own) - self._some + 1, self._some)
        self._pieces = [_TIME.sub(b'"time":%d', b"".join(own[at : at + self._some])) for at in whole]
        self._at = 0

    def take(self) -> bytes:
        """Return the next lines, of now."""
        piece = self._pieces[self._at % len(self._pieces)]
        self._at += 1
        return piece % ((time.time_ns() // 1_000_000,) * self._some)

    def source(self) -> "SteadySource":
        """Return a source of them that never ends."""
        return SteadySource(self, self._every_s)


class SteadySource:
    """Delivers the lines of a `Steady`, none before its time, until it is closed."""

    def __init__(self, steady: Steady, every_s: float) -> None:
        self.feed = steady.kind
        self._steady, self._every_s = steady, every_s
        self._closed = threading.Event()
        self._due = time.monotonic()

    def next_block(self) -> Events | None:
        """Return the next lines, when it is time for them."""
        self._due = max(self._due + self._every_s, time.monotonic() - 1.0)  # after a pause it catches up
        if self._closed.wait(max(0.0, self._due - time.monotonic())):
            return None
        return Events.of(self._steady.take(), feed=self.feed)

    def line(self, position: int) -> bytes:
        """Return nothing: lines are read from the event log."""
        raise NotImplementedError

    def close(self) -> None:
        """Deliver no more."""
        self._closed.set()
