"""The seam between the engine and the world: what a source and a sink must do, and nothing more."""

from typing import Protocol

from events.alert import Alert
from events.block import Block


class Source(Protocol):
    """One feed, read in whole blocks.

    `feed` names it. `position` is the log position of the next block's first byte.
    """

    feed: str

    def next_block(self) -> Block | None:
        """Return the next block, None at the end of a bounded source. May block; never returns an empty block."""
        ...

    def line(self, position: int) -> bytes:
        """Return again the line at a log position that this source has delivered, without its newline."""
        ...

    def close(self) -> None:
        """Release files and sockets; the source is not used again."""
        ...


class Sink(Protocol):
    """A place alerts go to, at least once each, with an id that is the same each time."""

    def write(self, alerts: list[Alert]) -> None:
        """Deliver alerts in order; return when they are safe."""
        ...

    def close(self) -> None:
        """Flush and release."""
        ...
