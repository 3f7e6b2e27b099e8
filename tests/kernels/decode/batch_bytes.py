"""Record batches as bytes, to be read again: made from what is in them, with or without what a broker would refuse."""

import struct

from crc32c import crc32c

APPENDED, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20


def varint(number: int) -> bytes:
    value = (number << 1 ^ number >> 63) & (2**64 - 1)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def sized(piece: bytes | None) -> bytes:
    return varint(-1) if piece is None else varint(len(piece)) + piece


def record(delta: int, elapsed: int, key: bytes | None, value: bytes | None, headers=()) -> bytes:
    body = b"\0" + varint(elapsed) + varint(delta) + sized(key) + sized(value) + varint(len(headers))
    body += b"".join(sized(name) + sized(text) for name, text in headers)
    return varint(len(body)) + body


def batch(
    base: int,
    packed: bytes,
    *,
    count: int,
    last_delta: int,
    time: int = 0,
    max_time: int = 0,
    attributes: int = 0,
    producer: int = -1,
) -> bytes:
    """Return a batch around records that are packed as its attributes say."""
    checked = struct.pack(">hiqqqhii", attributes, last_delta, time, max_time, producer, 0, 0, count) + packed
    return struct.pack(">qiibI", base, 9 + len(checked), 0, 2, crc32c(checked)) + checked


def marker(base: int, producer: int, *, aborted: bool) -> bytes:
    """Return the control batch that ends a transaction."""
    said = record(0, 0, struct.pack(">hh", 0, not aborted), struct.pack(">hi", 0, 0))
    return batch(base, said, count=1, last_delta=0, attributes=TRANSACTIONAL | CONTROL, producer=producer)


def checked_again(data: bytes) -> bytes:
    """Return a batch with the checksum that its bytes have now."""
    return data[:17] + struct.pack(">I", crc32c(data[21:])) + data[21:]
