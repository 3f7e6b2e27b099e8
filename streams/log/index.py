"""The index of a segment: where its frames are, one in 64 KiB, by log position and by `received`.

It is made while frames are appended, written when the segment is closed, and made again by walking through the segment
where it is missing or damaged: nothing is known by it alone.
"""

import os
from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path

import numpy as np
from crc32c import crc32c

MAGIC = b"CNLI"
SUFFIX = ".index"
STRIDE = 64 << 10  # bytes of text between two entries


def index_path(segment: Path) -> Path:
    """Return the file beside a segment that holds its index."""
    return segment.with_suffix(SUFFIX)


class Index:
    """Places of some frames of the segment that begins at `start`: log position, place in the file, `received`."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._positions, self._places, self._received = (array("q", [first]) for first in (start, 0, 0))

    def add(self, position: int, at: int, received: int) -> None:
        """Take the next frame; it is remembered if it is far enough behind the last that is."""
        if position - self._positions[-1] >= STRIDE:
            self._places.append(at)
            self._received.append(received)
            self._positions.append(position)  # the last, for those who read meanwhile

    def before(self, position: int) -> tuple[int, int]:
        """Return (position, place) of the last known frame that does not begin behind a log position."""
        found = max(bisect_right(self._positions, position) - 1, 0)
        return self._positions[found], self._places[found]

    def earlier(self, received: int) -> tuple[int, int]:
        """Return (position, place) of the last known frame that was received before an instant (epoch ms)."""
        found = max(bisect_left(self._received, received, 0, len(self._positions)) - 1, 0)
        return self._positions[found], self._places[found]

    def pack(self) -> bytes:
        """Return the bytes of its file: magic, CRC-32C, then three rows of int64."""
        body = np.array([self._positions, self._places, self._received], "<i8").tobytes()
        return MAGIC + crc32c(body).to_bytes(4, "little") + body

    @classmethod
    def unpack(cls, data: bytes) -> "Index | None":
        """Read it back; None if it is damaged."""
        magic, crc, body = data[:4], data[4:8], data[8:]
        if magic != MAGIC or not body or len(body) % 24 or crc32c(body) != int.from_bytes(crc, "little"):
            return None
        rows = np.frombuffer(body, "<i8").astype(np.int64).reshape(3, -1)
        index = cls(int(rows[0, 0]))
        index._positions, index._places, index._received = (array("q", row.tobytes()) for row in rows)
        return index

    def write(self, segment: Path) -> None:
        """Write it beside its segment; without haste, since it can be made again."""
        path = index_path(segment)
        fresh = path.with_suffix(".fresh")
        try:
            fresh.write_bytes(self.pack())
            os.replace(fresh, path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    @classmethod
    def read(cls, segment: Path) -> "Index | None":
        """Return what stands beside a segment; None if there is nothing sound."""
        try:
            return cls.unpack(index_path(segment).read_bytes())
        except OSError:
            return None
