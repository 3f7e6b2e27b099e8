"""What the desk asks of logs, whoever keeps them: one that it reads alerts from, and one for each topic."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Protocol


class Lines(Protocol):
    """Whole lines that were made durable together; a log position is the number of bytes before it."""

    @property
    def position(self) -> int:
        """Log position of the first byte."""
        ...

    @property
    def text(self) -> bytes | bytearray | memoryview:
        """The lines, each with its newline."""
        ...

    @property
    def end(self) -> int:
        """Log position behind the last byte."""
        ...


class ReadableLog(Protocol):
    """A log as whoever reads it sees it. What is read last may be written anew after its writer lost power."""

    @property
    def begin(self) -> int:
        """Position of the first line that is kept."""
        ...

    @property
    def end(self) -> int:
        """Position behind the last durable line."""
        ...

    def read(self, position: int) -> Iterator[Lines]:
        """Yield lines from those on that hold a log position, in order. Raises OSError."""
        ...


class TopicLog(ReadableLog, Protocol):
    """The log of a topic, which the desk alone appends to."""

    def append(self, feed: str, text: bytes) -> "Future[Any]":
        """Append lines; the future comes when they are durable, or with an OSError and they are not in the log."""
        ...

    def forget(self, position: int) -> None:
        """Say that the desk needs nothing before a log position any more."""
        ...

    def close(self) -> None:
        """Release it."""
        ...
