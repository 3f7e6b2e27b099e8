"""Dead letters as lines: where a refused line stands and why. Never its text, which may hold anything."""

from typing import IO

import numpy as np
import orjson

from connectors.protocol import Source
from events.batch import REASONS, EventBatch
from events.block import Block, Events

_NEWLINE = ord("\n")


class Numbered:
    """A source that remembers how many lines came before each of its blocks."""

    def __init__(self, inner: Source) -> None:
        self.feed = inner.feed
        self._inner = inner
        self._lines = 0
        self._before: dict[int, int] = {}  # position of a block -> lines before it

    @property
    def bytes_total(self) -> int | None:
        """Size of the file, None where nobody knows it."""
        return getattr(self._inner, "bytes_total", None)

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return getattr(self._inner, "bytes_read", 0)

    def next_block(self) -> Block | None:
        """Return the next block, None at the end."""
        block = self._inner.next_block()
        if isinstance(block, Events):
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
        """Return how many lines of the feed came before the block at a log position."""
        return self._before[position]


class DeadLetters:
    """Writes the dead letters of numbered sources."""

    def __init__(self, sources: list[Numbered], out: IO[bytes]) -> None:
        self._sources = {source.feed: source for source in sources}
        self._out = out

    def write(self, batch: EventBatch) -> None:
        """Write those of one batch. `line` counts from 1, `byte` from 1 in its line; `position` is in the log."""
        rejects = batch.rejects
        if not len(rejects):
            return
        before = self._sources[batch.feed].lines_before(batch.position)
        rows = zip(
            rejects.line.tolist(), rejects.offset.tolist(), rejects.at.tolist(), rejects.reason.tolist(), strict=True
        )
        self._out.write(
            b"".join(
                orjson.dumps(
                    {
                        "feed": batch.feed,
                        "line": before + line + 1,
                        "position": batch.position + offset,
                        "byte": at + 1,
                        "reason": REASONS[reason],
                    },
                    option=orjson.OPT_APPEND_NEWLINE,
                )
                for line, offset, at, reason in rows
            )
        )
