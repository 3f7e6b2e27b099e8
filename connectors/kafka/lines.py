"""From a chunk to what decode takes: each message's lines in one text, and back from a line to its message."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.kafka.chunk import Chunk
from events.block import PADDING, TIME_MAX, Events
from events.memory import Memory
from kernels.decode import message_lines, record_batches


@dataclass(frozen=True, slots=True)
class MessageBlock:
    """A block, and where each message of the chunk begins in its text; those without a value take no place there."""

    block: Events
    starts: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def offset(self, position: int) -> int:
        """Return the offset of the message that the line at a log position came in."""
        at = position - self.block.position
        return int(self.offsets[np.searchsorted(self.starts, at, side="right") - 1])


class MessageLines:
    """Makes blocks of chunks. Values are copied, 10 ns each: decode wants lines that follow each other.

    A value is a JSON object, or several of them as lines; what else it may hold decode refuses, line by line.
    """

    def __init__(self) -> None:
        self._memory = Memory()

    def __call__(
        self, chunk: Chunk, *, feed: str, position: int = 0, received: int | None = None, time_max: int = TIME_MAX
    ) -> MessageBlock | None:
        """Return a block of a feed, None where no message has a value; for the rest see `events.block.Events`."""
        starts = np.empty(len(chunk), np.int64)
        room = chunk.value_bytes + len(chunk) + PADDING
        text = self._memory.lend(room // 8 + 1).view(np.uint8)
        size = message_lines.lines(chunk.data, chunk.records, text, starts)
        if not size:
            return None
        block = Events(feed, position, received, time_max, text, size)
        return MessageBlock(block, starts, chunk.records[record_batches.OFFSET])
