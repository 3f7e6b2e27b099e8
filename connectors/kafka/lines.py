"""From a chunk to what decode takes: each message's lines in one text, and back from a line to its message."""

import numpy as np
from numpy.typing import NDArray

from connectors.kafka.chunk import Chunk, Columns
from connectors.kafka.fault import TOO_MANY_LINES, Fault
from events.block import FUTURE_MS, PADDING, POSITION_BITS, Events, Pieces
from events.memory import Memory
from kernels.decode import message_lines
from kernels.decode.message_lines import LINE_BITS, LINES_MAX, OFFSET_BITS

PIECES_MIN = 1024


def position(partition: int, offset: int) -> int:
    """Return the log position of a message's first line; `partition` is the number of its partition among all.

    Of an offset its lower 36 bits stand there: positions of a partition differ while it keeps fewer messages. Those of
    two lines of a message always differ: it has at most `LINES_MAX`.
    """
    return partition << POSITION_BITS | (offset & ((1 << OFFSET_BITS) - 1)) << LINE_BITS


def place(position: int, end: int) -> tuple[int, int, int]:
    """Return partition, offset and line of a log position; `end` is an offset behind it that it is close to."""
    low = position >> LINE_BITS & ((1 << OFFSET_BITS) - 1)
    offset = end - 1 - ((end - 1 - low) & ((1 << OFFSET_BITS) - 1))
    return position >> POSITION_BITS, offset, position & ((1 << LINE_BITS) - 1)


class MessageLines:
    """Makes blocks of chunks. Values are copied, 15 ns each: decode wants lines that follow each other.

    A value is a JSON object, or up to LINES_MAX of them as lines; what else it may hold decode refuses, line by line.
    """

    def __init__(self) -> None:
        self._memory = Memory()
        self._pieces = np.empty((3, PIECES_MIN), np.int64)

    def __call__(self, chunk: Chunk, *, feed: str, partition: int) -> tuple[Events | None, tuple[Fault, ...]]:
        """Return a block of a feed whose pieces are the lines of messages, None where no message has a value.

        With it comes what is lost beside `chunk.lost`: of each message with more than LINES_MAX lines those beyond, as
        late lines and dead letters are named by positions.

        `partition` is the number of the chunk's partition among all. A message was received when its timestamp says,
        which is the broker's time unless `Reading` asks for any.
        """
        room = chunk.value_bytes + len(chunk) + PADDING
        text = self._memory.lend(room // 8 + 1).view(np.uint8)
        size, pieces, refused = self._lines(chunk, partition << POSITION_BITS, text)
        if not size:
            return None, ()
        starts, positions, received = pieces.copy()
        latest = int(received.max())
        own = Pieces(starts, positions, received, position(partition, chunk.next_offset))
        made = Events(feed, int(positions[0]), latest, latest + FUTURE_MS, text, size, own)
        lost = tuple(
            Fault(chunk.topic, chunk.partition, offset, offset + 1, TOO_MANY_LINES, count)
            for offset, count in refused.T.tolist()
        )
        return made, lost

    def _lines(self, chunk: Chunk, base: int, text: NDArray[np.uint8]) -> tuple[int, Columns, Columns]:
        refused = np.empty((2, chunk.value_bytes // LINES_MAX), np.int64)
        size, found, long = message_lines.lines(chunk.data, chunk.records, base, text, self._pieces, refused)
        if found > self._pieces.shape[1]:
            self._pieces = np.empty((3, found + found // 4), np.int64)
            size, found, long = message_lines.lines(chunk.data, chunk.records, base, text, self._pieces, refused)
        return int(size), self._pieces[:, :found], refused[:, :long]
