"""The frame: the unit of a log, one block of text or one control record, on disk.

    magic 4 | CRC-32C u32 | position u64 | commit u64 | received i64 | size u32 | stored u32 |
    what u8 | codec u8 | feed length u16 | feed | payload

All numbers are little endian. The CRC is of all that follows it, the payload as stored. `position` is the log position
of the first byte of the text, `commit` that of the first frame written together with this one. CRC-32C: RFC 3720,
section 12.1.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import zstandard
from crc32c import crc32c

Buffer = bytes | bytearray | memoryview

MAGIC: Final = b"CNLF"
SIZE_MAX: Final = 64 << 20  # bytes of text in a frame
FEED_MAX: Final = 255  # bytes of a feed's name
_HEAD: Final = struct.Struct("<QQqIIBBH")
HEAD_SIZE: Final = len(MAGIC) + 4 + _HEAD.size
_PLAIN, _ZSTD = 0, 1
_WORTH_PACKING = 4096  # bytes; smaller texts hardly shrink


class What(IntEnum):
    """What a frame holds."""

    LINES = 0  # whole lines of a feed
    CONTROL = 1  # one control record, a line of JSON


_WHATS: Final = frozenset(What)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that has been read or written; `text` has `size` bytes, whole lines with their newlines.

    `received` is when it was durably appended (epoch ms), the same for all frames of a commit.
    """

    position: int
    commit: int
    received: int
    what: What
    feed: str
    text: Buffer

    @property
    def end(self) -> int:
        """Log position behind it."""
        return self.position + len(self.text)


@dataclass(frozen=True, slots=True)
class Head:
    """A frame's head and where its payload lies in its segment: all that seeking needs."""

    position: int
    commit: int
    received: int
    size: int
    stored: int
    what: What
    codec: int
    feed: str
    at: int  # of the payload

    @property
    def end(self) -> int:
        """Log position behind the frame."""
        return self.position + self.size

    @property
    def after(self) -> int:
        """Place of the next frame in the segment."""
        return self.at + self.stored


def packed(frame: Frame, level: int = 0) -> Sequence[Buffer]:
    """Return the pieces of a frame to be written one after the other; text is compressed by zstd from level 1 on."""
    text, codec = frame.text, _PLAIN
    if level and len(text) >= _WORTH_PACKING:
        text, codec = zstandard.ZstdCompressor(level).compress(text), _ZSTD
    feed = frame.feed.encode()
    numbers = (frame.position, frame.commit, frame.received, len(frame.text), len(text), frame.what, codec, len(feed))
    head = _HEAD.pack(*numbers) + feed
    return MAGIC + crc32c(text, crc32c(head)).to_bytes(4, "little") + head, text


def read_head(data: Buffer, at: int) -> Head | None:
    """Return the head of a frame at a place of a segment, unchecked; None where there cannot be one."""
    body = at + HEAD_SIZE
    if body > len(data) or data[at : at + len(MAGIC)] != MAGIC:
        return None
    position, commit, received, size, stored, what, codec, length = _HEAD.unpack_from(data, at + len(MAGIC) + 4)
    sound = size <= SIZE_MAX and stored <= SIZE_MAX and what in _WHATS and codec in (_PLAIN, _ZSTD)
    if not sound or body + length + stored > len(data):
        return None
    feed = bytes(data[body : body + length]).decode(errors="replace")
    return Head(position, commit, received, size, stored, What(what), codec, feed, body + length)


def is_sound(data: Buffer, at: int, head: Head) -> bool:
    """Whether the CRC of a frame at a place is right."""
    expected = int.from_bytes(data[at + len(MAGIC) : at + len(MAGIC) + 4], "little")
    return crc32c(data[at + len(MAGIC) + 4 : head.after]) == expected


def read_text(data: Buffer, head: Head) -> Buffer:
    """Return the text of a frame whose CRC was right; a view where it is stored as it is."""
    stored = data[head.at : head.after]
    if head.codec == _PLAIN:
        return stored
    return zstandard.ZstdDecompressor().decompress(stored, max_output_size=head.size)
