"""The codecs of record batches: gzip, snappy (plain, and in the frames of Java's clients), lz4, zstd."""

from collections.abc import Callable
from typing import Final

import cramjam
import numpy as np

from events.block import Bytes

GZIP, SNAPPY, LZ4, ZSTD = range(1, 5)  # as the attributes of a batch number them
UNPACKED_BYTES_MAX = 128 << 20  # of a batch; a broker takes 1 MB of packed ones by default, and a bomb has to end
ROOM_BYTES_MIN = 64 << 10
EXPECTED_RATIO = 8
_XERIAL, _XERIAL_HEAD_BYTES = b"\x82SNAPPY\0", 16  # the frames of Java's snappy: this, versions, then sized pieces

Into = Callable[[memoryview, memoryview], int]
_INTO: Final[dict[int, Into]] = {
    GZIP: cramjam.gzip.decompress_into,
    LZ4: cramjam.lz4.decompress_into,
    ZSTD: cramjam.zstd.decompress_into,
}


class Unpackable(Exception):
    """It cannot be decompressed, or not within `UNPACKED_BYTES_MAX`."""


class Arena:
    """Memory that what is unpacked lies in, one after the other; it grows."""

    def __init__(self, size: int) -> None:
        self.data: Bytes = np.empty(size, np.uint8)
        self.used = 0

    def add(self, piece: Bytes) -> None:
        """Append bytes as they are."""
        self._fit(len(piece))
        self.data[self.used : self.used + len(piece)] = piece
        self.used += len(piece)

    def unpack(self, codec: int, packed: Bytes) -> None:
        """Append what bytes hold.

        Raises
        ------
        Unpackable
            they hold nothing that this codec knows, or too much; nothing is appended
        """
        try:
            if codec == SNAPPY:
                self._unpack_snappy(packed)
            elif codec in _INTO:
                self._unpack(_INTO[codec], packed)
            else:
                raise Unpackable(f"codec {codec}")
        except (cramjam.DecompressionError, ValueError) as error:
            raise Unpackable(str(error)) from None

    def _unpack(self, into: Into, packed: Bytes) -> None:
        """Try with more and more room: the size of what comes out is written nowhere that all producers fill in."""
        room = min(max(EXPECTED_RATIO * len(packed), ROOM_BYTES_MIN), UNPACKED_BYTES_MAX)
        while True:
            self._fit(room)
            try:
                self.used += into(packed.data, self.data[self.used : self.used + room].data)
            except cramjam.DecompressionError:
                if room == UNPACKED_BYTES_MAX:
                    raise
                room = min(4 * room, UNPACKED_BYTES_MAX)
            else:
                return

    def _unpack_snappy(self, packed: Bytes) -> None:
        before = self.used
        try:
            for piece in _snappy_pieces(packed):
                size = cramjam.snappy.decompress_raw_len(piece.data)
                if size > UNPACKED_BYTES_MAX - (self.used - before):
                    raise Unpackable(f"{size} bytes")
                self._fit(size)
                if size:
                    cramjam.snappy.decompress_raw_into(piece.data, self.data[self.used : self.used + size].data)
                self.used += size
        except BaseException:
            self.used = before
            raise

    def _fit(self, room: int) -> None:
        if len(self.data) - self.used < room:
            grown = np.empty(max(2 * len(self.data), self.used + room), np.uint8)
            grown[: self.used] = self.data[: self.used]
            self.data = grown


def _snappy_pieces(packed: Bytes) -> list[Bytes]:
    if packed[: len(_XERIAL)].tobytes() != _XERIAL:
        return [packed]
    pieces, at = [], _XERIAL_HEAD_BYTES
    while at < len(packed):
        size = int.from_bytes(packed[at : at + 4].tobytes(), "big")
        if at + 4 + size > len(packed):
            raise Unpackable("a piece is cut off")
        pieces.append(packed[at + 4 : at + 4 + size])
        at += 4 + size
    return pieces
