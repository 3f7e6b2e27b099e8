"""Pumps: a thread for each source, that appends its blocks to the event log."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from connectors.protocol import Source
from events.block import Events
from streams.log.blocks import FEED_END
from streams.log.frame import Buffer, Frame, What
from streams.log.protocol import LogError

RETRY_S = 0.5
NEWLINE = ord("\n")


class Append(Protocol):
    """Appends to the event log."""

    def __call__(self, feed: str, text: Buffer, what: What, *, urgent: bool) -> "Future[Frame]":
        """Return the future that comes to the frame when it is durable."""
        ...


@dataclass(slots=True)
class _Under:
    """An append under way, and what to append again if it fails."""

    text: Buffer
    what: What
    future: "Future[Frame]"


class Pump:
    """Reads a source ahead by one block, and keeps each block until it is durable: what fails is appended again.

    A bounded source ends with a control record; a source that is not must return None after `close`.
    """

    def __init__(
        self,
        source: Source,
        append: Append,
        urgent: bool,
        stopping: threading.Event,
        on_read: Callable[[int], None],
    ) -> None:
        self.feed = source.feed
        self.ended = False
        self.error: BaseException | None = None
        self._source, self._append_to_log, self._urgent, self._stopping, self._on_read = (
            source,
            append,
            urgent,
            stopping,
            on_read,
        )
        self._under: _Under | None = None
        self._thread = threading.Thread(target=self._run, name=f"pump {source.feed}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, patience_s: float) -> bool:
        """Wait for its end; return whether it came."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and (block := self._source.next_block()) is not None:
                assert isinstance(block, Events), "a source yields events"
                self._append(_whole_lines(block), What.LINES)
                self._on_read(block.size)
            if not self._stopping.is_set():
                self._append(FEED_END, What.CONTROL)
            self._settle()
        except BaseException as error:
            self.error = error
        finally:
            self.ended = True

    def _append(self, text: Buffer, what: What) -> None:
        self._settle()
        self._under = _Under(text, what, self._append_to_log(self.feed, text, what, urgent=self._urgent))

    def _settle(self) -> None:
        """Return when the block before is durable."""
        while under := self._under:
            try:
                under.future.result()
                self._under = None
            except LogError:
                if self._stopping.wait(RETRY_S):
                    return  # never acknowledged: whoever sent it has it still
                under.future = self._append_to_log(self.feed, under.text, under.what, urgent=self._urgent)


def _whole_lines(block: Events) -> Buffer:
    """Return the text of a block; its last line may lack its newline, and behind it there is room."""
    size = block.size
    if block.data[size - 1] != NEWLINE:
        block.data[size] = NEWLINE
        size += 1
    return block.data[:size].data
