"""Record batches the plain way: Python's own integers and slices, one record after the other."""

import struct
from typing import NamedTuple

from crc32c import crc32c

HEAD = struct.Struct(">qiibIhiqqqhii")
BEFORE = 12
OFFSET_MAX = 2**62
SOUND, OLD_FORMAT, BAD_LENGTH, BAD_CHECKSUM, BAD_HEAD, BEYOND_END = range(6)


class Batch(NamedTuple):
    """A batch to be read."""

    base: int
    last: int
    begin: int
    end: int
    codec: int
    records: int
    time: int
    append_time: int | None


class Heads(NamedTuple):
    """What the heads say: batches, bytes looked at, next offset; what is wrong, where, and the offset behind it."""

    batches: list[Batch]
    used: int
    next: int
    fault: int = SOUND
    fault_at: int = 0
    fault_next: int = 0


def heads(data: bytes, wanted: int, aborted: list[tuple[int, int]] = (), log_end: int = OFFSET_MAX) -> Heads:
    """Read heads up to the first batch that is damaged."""
    batches, at, following, last = [], 0, wanted, -1
    waiting, active = sorted(aborted, key=lambda each: each[1]), []
    while len(data) - at > 16:
        base, length, magic = struct.unpack_from(">qi4xb", data, at)
        end = at + BEFORE + length
        if at > 0 and end > len(data) and length >= (49 if magic == 2 else 14):
            break
        fault = fault_of(data, at, end, last, log_end)
        if fault:
            return Heads(batches, at, following, fault, base, behind(data, at, fault, log_end))
        _, _, _, _, _, attributes, delta, time, append_time, producer, _, _, count = HEAD.unpack_from(data, at)
        last = base + delta
        active += [producer for producer, first in waiting if first <= last]
        waiting = [each for each in waiting if each[1] > last]
        is_aborted = bool(attributes & 0x10) and producer in active
        if is_aborted and attributes & 0x20 and aborts(data[at + HEAD.size : end]):
            active.remove(producer)
        if not attributes & 0x20 and not is_aborted and last >= wanted:
            appended = append_time if attributes & 8 else None
            batches.append(Batch(base, last, at + HEAD.size, end, attributes & 7, count, time, appended))
        following, at = max(following, last + 1), end
    return Heads(batches, at, following)


def fault_of(data: bytes, at: int, end: int, last: int, log_end: int) -> int:
    """Return what is wrong with a batch."""
    if data[at + 16] != 2:
        return BAD_LENGTH if end < at + BEFORE + 14 or end > len(data) else OLD_FORMAT
    if end < at + HEAD.size or end > len(data):
        return BAD_LENGTH
    base, _, _, _, crc, _, delta, *_, count = HEAD.unpack_from(data, at)
    if crc32c(data[at + 21 : end]) != crc:
        return BAD_CHECKSUM
    if not last < base <= OFFSET_MAX or delta < 0 or not 0 <= count <= delta + 1:
        return BAD_HEAD
    return BEYOND_END if base + delta + 1 > log_end else SOUND


def behind(data: bytes, at: int, fault: int, log_end: int) -> int:
    """Return the offset behind a damaged batch, -1 where its head cannot be believed."""
    (base,) = struct.unpack_from(">q", data, at)
    if base < 0 or fault in (BAD_LENGTH, BEYOND_END):
        return -1
    if fault == OLD_FORMAT:
        following = base + 1
    else:
        *_, delta, _, _, _, _, _, count = HEAD.unpack_from(data, at)
        if not 0 <= delta == count - 1:
            return -1
        following = base + count
    return following if following <= log_end else -1


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a zigzag number of at most ten bytes, taken modulo 2**64, and the place behind it."""
    value = 0
    for i in range(10):
        if at + i >= len(data):
            break
        value |= (data[at + i] & 0x7F) << (7 * i)
        if data[at + i] < 0x80:
            value &= 2**64 - 1
            return (value >> 1) ^ -(value & 1), at + i + 1
    raise ValueError("the number has no end")


def aborts(data: bytes) -> bool:
    """Whether a control record says so."""
    try:
        _, at = varint(data, 0)
        _, at = varint(data, at + 1)
        _, at = varint(data, at)
        size, at = varint(data, at)
    except ValueError:
        return False
    return size >= 4 and at + 4 <= len(data) and data[at + 2 : at + 4] == b"\0\0"


Record = tuple[int, int, bytes | None, bytes | None]


def records(data: bytes, wanted: int, batches: list[Batch]) -> tuple[list[Record], list[tuple[int, int]]]:
    """Return (offset, time, key, value) of each record, and what is lost: batch and offset from which on."""
    found: list[Record] = []
    faults = []
    for number, batch in enumerate(batches):
        text, at, before = data[batch.begin : batch.end], 0, batch.base - 1
        try:
            for _ in range(batch.records):
                length, at = varint(text, at)
                if not 0 < length <= len(text) - at:
                    raise ValueError("it is longer than its batch")
                one, at = text[at : at + length], at + length
                elapsed, place = varint(one, 1)
                delta, place = varint(one, place)
                key, place = piece(one, place)
                value, place = piece(one, place)
                if not before < batch.base + delta <= batch.last:
                    raise ValueError("its offset is not its batch's")
                before = batch.base + delta
                if before >= wanted:
                    time = batch.time + elapsed if batch.append_time is None else batch.append_time
                    found.append((before, time, key, value))
            if at != len(text):
                raise ValueError("there is something behind the last one")
        except ValueError:
            faults.append((number, before + 1))
    return found, faults


def piece(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Return bytes with their size before them, None where that is -1."""
    size, at = varint(data, at)
    if not -1 <= size <= len(data) - at:
        raise ValueError("it is longer than its record")
    return (None, at) if size < 0 else (data[at : at + size], at + size)
