"""Feeds as the command line sees them: sources whose lines can be numbered and whose progress can be shown.

A connector needs only what `Source` asks for; what it does not know is taken as nothing.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from connectors.mapping.model import DeadLetter
from connectors.protocol import Source
from events.block import Block, Events
from events.place import Problem

_NEWLINE = ord("\n")


class Feed:
    """One source. `numbered` makes it remember how many lines came before each block, for dead letters."""

    def __init__(self, inner: Source, *, numbered: bool = False) -> None:
        self.feed = inner.feed
        self._inner = inner
        self._numbered = numbered
        self._lines = 0
        self._before: dict[int, int] = {}  # log position of a block -> lines before it

    def next_block(self) -> Block | None:
        """Return the next block, None at the end."""
        block = self._inner.next_block()
        if self._numbered and isinstance(block, Events):
            self._before[block.position] = self._lines
            self._lines += int(np.count_nonzero(block.data[: block.size] == _NEWLINE))
        return block

    def line(self, position: int) -> bytes:
        """Return again the line at a log position."""
        return self._inner.line(position)

    def close(self) -> None:
        """Release what the source holds."""
        self._inner.close()

    def lines_before(self, position: int) -> int:
        """Return how many lines of a numbered feed came before the block at a log position."""
        return self._before[position]

    @property
    def bytes_total(self) -> int | None:
        """Size of the file, None where it is not known."""
        size: int | None = getattr(self._inner, "bytes_total", None)
        return size

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read; of a compressed one that is not how much came out of it."""
        size: int = getattr(self._inner, "bytes_read", 0)
        return size

    @property
    def problems(self) -> list[Problem]:
        """What was wrong with the input as a whole, such as a compressed file that ends too early."""
        return list(getattr(self._inner, "problems", ()))

    @property
    def rejected(self) -> Counter[str]:
        """Foreign lines that no event could be made of, by reason."""
        return Counter(getattr(self._inner, "rejected", {}))

    @property
    def foreign_dead_letters(self) -> list[DeadLetter]:
        """Where the first of these stand."""
        return list(getattr(self._inner, "dead_letters", ()))


def bytes_total(feeds: Sequence[Feed]) -> int | None:
    """Return the size of all files, None where it is not known of one."""
    sizes = [feed.bytes_total for feed in feeds]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def share_read(feeds: Sequence[Feed]) -> float | None:
    """Return how much of all files has been read, 0 to 1; None where the size of one is not known."""
    total = bytes_total(feeds)
    return bytes_read(feeds) / total if total else None


def bytes_read(feeds: Sequence[Feed]) -> int:
    """Return how many bytes of all files have been read."""
    return sum(feed.bytes_read for feed in feeds)
