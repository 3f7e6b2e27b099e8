"""The bounded queue between the event log and the engine."""

import threading
import time
from collections import deque

from streams.log.frame import Frame

BYTES = 8 << 20  # of text that may wait, beside one frame


class Inbox:
    """Frames in the order of the log. Who puts one waits while there is too much: so does all that is appended."""

    def __init__(self, limit: int = BYTES) -> None:
        self.waiting = 0  # bytes of text
        self.waited_s = 0.0  # that the log's thread waited for room, and with it all that is appended
        self._limit = limit
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, frame: Frame) -> None:
        """Put a frame in, as soon as there is room."""
        with self._changed:
            if self.waiting > self._limit and not self._closed:
                began = time.monotonic()
                self._changed.wait_for(lambda: self._closed or self.waiting <= self._limit)
                self.waited_s += time.monotonic() - began
            self._frames.append(frame)
            self.waiting += len(frame.text)
            self._changed.notify_all()

    def take(self, patience_s: float) -> list[Frame]:
        """Take all that is there, waiting so long for the first."""
        with self._changed:
            if not self._frames and not self._closed:
                self._changed.wait(patience_s)
            frames = list(self._frames)
            self._frames.clear()
            self.waiting = 0
            self._changed.notify_all()
            return frames

    def oldest(self) -> dict[str, int]:
        """Return by feed when the oldest frame that waits was received (epoch ms)."""
        found: dict[str, int] = {}
        with self._changed:
            for frame in self._frames:
                if frame.feed:
                    found.setdefault(frame.feed, frame.received)
        return found

    def close(self) -> None:
        """Let nobody wait any more; what comes is still kept."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
