"""A source that delivers a file at a rate, as devices would: some events every 10 ms."""

import time
from pathlib import Path

from events.block import Events

EVERY_S = 0.01


class PacedSource:
    """Yields the lines of a file in blocks of as many as come in 10 ms, none before its time."""

    feed = "events"

    def __init__(self, path: Path, rate: int) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        some = max(1, round(rate * EVERY_S))
        self._blocks = [b"".join(lines[at : at + some]) for at in range(0, len(lines), some)]
        self._blocks.reverse()
        self._next = 0.0

    def next_block(self) -> Events | None:
        """Return the next block, when it is time for it."""
        if not self._blocks:
            return None
        now = time.perf_counter()
        self._next = max(self._next + EVERY_S, now - 1.0)  # after a pause of the machine it catches up
        time.sleep(max(0.0, self._next - now))
        return Events.of(self._blocks.pop(), feed=self.feed)

    def line(self, position: int) -> bytes:
        """Return nothing: lines are read from the event log."""
        raise NotImplementedError

    def close(self) -> None:
        """Hold nothing."""
