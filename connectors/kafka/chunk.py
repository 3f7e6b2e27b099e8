"""A chunk: what one fetch brought of a partition, as bytes and columns, with what of it could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from connectors.kafka.fault import Fault
from connectors.kafka.unpack import EXPECTED_RATIO, Arena, Unpackable
from events.block import Bytes
from kernels.decode import record_batches as batches

ARENA_BYTES_MAX = 256 << 20  # what is unpacked in one chunk; batches beyond come with the next

Columns = NDArray[np.int64]
_NONE_ABORTED: Final = np.empty((2, 0), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Messages of a partition in the order of their offsets.

    `records` is int64[record_batches.RECORD, n]: offset, timestamp (epoch ms), where key and value lie in `data` and
    their sizes. `offset` is the one that was asked for, `next_offset` the one to go on with, beyond what has no
    message. `lost` are messages that were passed over, `damage` is what ends the chunk: as long as it is there, what
    lies behind it cannot be read. `producer_time` is the offset from which on a timestamp may be that of a producer's
    clock, None where all are the broker's.
    """

    topic: str
    partition: int
    offset: int
    next_offset: int
    data: Bytes
    records: Columns
    value_bytes: int
    lost: tuple[Fault, ...] = ()
    damage: Fault | None = None
    producer_time: int | None = None

    def __len__(self) -> int:
        return int(self.records.shape[1])

    def moved(self, next_offset: int, lost: tuple[Fault, ...]) -> "Chunk":
        """Return it with another offset to go on with, because of what is lost."""
        return replace(self, next_offset=next_offset, lost=lost, damage=None)

    def before(self, offset: int) -> "Chunk":
        """Return what of it lies before an offset, at which one is then to go on."""
        records = np.ascontiguousarray(self.records[:, : np.searchsorted(self.records[batches.OFFSET], offset)])
        return replace(
            self,
            next_offset=offset,
            records=records,
            value_bytes=int(np.maximum(records[batches.VALUE_SIZE], 0).sum()),
            lost=tuple(fault for fault in self.lost if fault.offset < offset),
            damage=None,
            producer_time=None,
        )


def read_chunk(
    topic: str,
    partition: int,
    offset: int,
    sent: bytes,
    aborted: Sequence[tuple[int, int]] = (),
    end: int = batches.OFFSET_MAX,
) -> Chunk:
    """Make a chunk of the record batches that a broker sent; never raises for what is in them.

    Parameters
    ----------
    offset
        the offset that was asked for
    aborted
        producer and first offset of aborted transactions; empty where uncommitted messages count as well
    end
        offset behind the last message that counts, where the broker has said it: nothing that it sends lies beyond
    """
    raw = np.frombuffer(sent, np.uint8)
    table = np.empty((batches.BATCH, len(raw) // batches.HEAD), np.int64)
    found = np.empty(batches.HEADS, np.int64)
    batches.heads(raw, offset, min(end, batches.OFFSET_MAX), _columns(aborted), table, found)
    count, _, next_offset, cause, damaged_at, damage_next = found.tolist()
    table = np.ascontiguousarray(table[:, :count])
    damage = None
    if cause != batches.SOUND:
        at = max(damaged_at, offset)
        damage = Fault(topic, partition, at, damage_next if damage_next > at else None, cause)
    data, lost = raw, []
    if table[batches.CODEC].any():
        data, unpacked, spoilt = _unpacked(raw, table)
        if unpacked < count:
            next_offset, damage = int(table[batches.BASE, unpacked]), None
            table = np.ascontiguousarray(table[:, :unpacked])
        lost = [(batch, int(table[batches.BASE, batch]), batches.NOT_UNPACKED) for batch in spoilt]
    rooms = (table[batches.END] - table[batches.BEGIN]) // batches.RECORD_MIN
    records = np.empty((batches.RECORD, int(np.minimum(table[batches.RECORDS], rooms).sum())), np.int64)
    faults = np.empty((2, table.shape[1]), np.int64)
    rows, faulty, value_bytes = batches.records(data, offset, table, records, faults)
    lost += [(batch, at, batches.BAD_RECORD) for batch, at in faults[:, :faulty].T.tolist()]
    return Chunk(
        topic,
        partition,
        offset,
        next_offset,
        data,
        np.ascontiguousarray(records[:, :rows]),
        value_bytes,
        tuple(
            Fault(topic, partition, max(at, offset), int(table[batches.LAST, batch]) + 1, cause)
            for batch, at, cause in sorted(lost)
            if at <= table[batches.LAST, batch]  # else only bytes behind the last record are
        ),
        damage,
        _producer_time(table, offset),
    )


def _producer_time(table: Columns, offset: int) -> int | None:
    """Return where the first batch begins that has messages and not the broker's time, None if there is none."""
    found = np.flatnonzero((table[batches.APPEND_TIME] == batches.NOT_APPENDED) & (table[batches.RECORDS] > 0))
    return max(int(table[batches.BASE, found[0]]), offset) if len(found) else None


def _columns(aborted: Sequence[tuple[int, int]]) -> Columns:
    if not aborted:
        return _NONE_ABORTED
    return np.array(sorted(aborted, key=lambda each: each[1]), np.int64).T.copy()


def _unpacked(raw: Bytes, table: Columns) -> tuple[Bytes, int, list[int]]:
    """Unpack batches, and let the table point to what comes out.

    Returns
    -------
    the bytes, how many batches of the table are in them, and which of these cannot be unpacked: they are empty now
    """
    arena = Arena(EXPECTED_RATIO * len(raw))  # pages that nobody touches cost nothing
    spoilt: list[int] = []
    spans = table[[batches.BEGIN, batches.END, batches.CODEC]].T.tolist()
    for batch, (begin, end, codec) in enumerate(spans):
        if arena.used > ARENA_BYTES_MAX:
            return arena.data, batch, spoilt
        table[batches.BEGIN, batch] = arena.used
        try:
            if codec:
                arena.unpack(codec, raw[begin:end])
            else:
                arena.add(raw[begin:end])
        except Unpackable:
            spoilt.append(batch)
            table[batches.RECORDS, batch] = 0
        table[batches.END, batch] = arena.used
    return arena.data, len(spans), spoilt
