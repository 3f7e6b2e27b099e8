"""What the engine asks of a log, whether it is made of files or kept by a broker."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Protocol

from streams.log.frame import Buffer, Frame, What
from streams.log.segment import Damage


class LogError(OSError):
    """Something could not be made durable, or not be read: `en` and `zh` say what, and what to do."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


class Readable(Protocol):
    """A sequence of frames. A log position is the number of bytes of text before it."""

    @property
    def begin(self) -> int:
        """Position of the first frame that is kept."""
        ...

    @property
    def end(self) -> int:
        """Position behind the last durable frame."""
        ...

    def read(self, position: int) -> Iterator[Frame]:
        """Yield what is durable from the frame on that holds a log position, in order."""
        ...

    def line(self, position: int) -> bytes:
        """Return the line that begins at a log position, without its newline."""
        ...

    def seek(self, received: int) -> int:
        """Return the position of the first frame received at or after an instant (epoch ms); `end` if there is none."""
        ...


class Log(Readable, Protocol):
    """One that is appended to, by one process."""

    @property
    def received(self) -> int:
        """`received` of the last durable frame (epoch ms), 0 before the first."""
        ...

    @property
    def damage(self) -> Sequence[Damage]:
        """What was found so far that cannot be read."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes of text that are not durable yet."""
        ...

    def append(self, feed: str, text: Buffer, what: What = What.LINES, *, urgent: bool = False) -> "Future[Frame]":
        """Append whole lines, or one control record; the future comes to the frame when it is durable.

        What is urgent goes before all that waits and is not.

        Frames of one thread come in its order. The future raises `LogError` if they could not be made durable; they
        are then not part of the log.
        """
        ...

    def forget(self, position: int) -> None:
        """Say from which log position on it is needed now, which may lie before what was said last."""
        ...

    def close(self) -> None:
        """Finish what was appended, and release it."""
        ...
