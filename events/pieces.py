"""A block of several pieces: it is decoded as one, and each line is then judged by its own piece."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from events.batch import POSITION, TIME, EventBatch, Rejects
from events.block import FUTURE_MS, Bytes, Events, Pieces
from kernels.pieces import settle

NEWLINE = ord("\n")
Decode = Callable[[Events], EventBatch]


def settled(batch: EventBatch, block: Events, pieces: Pieces, decode: Decode) -> EventBatch:
    """Return a batch whose rows have the log positions and the times of arrival of their pieces.

    The positions that it comes with are bytes of the text. A line is refused whose time is too far ahead of its own
    piece, though not of the latest: it is decoded again, alone, since that is rare and tells all that is told of it.
    """
    places, arrived = batch.lanes[POSITION].copy(), np.empty(len(batch), np.int64)
    ahead = settle(
        batch.lanes[POSITION], batch.lanes[TIME], pieces.starts, pieces.positions, pieces.received, FUTURE_MS, arrived
    )
    batch = replace(batch, pieces=pieces, arrived=arrived)
    if not ahead:
        return batch
    kept = batch.lanes[TIME] <= arrived + FUTURE_MS
    refused = [
        _refused(block, int(byte), int(at), decode) for byte, at in zip(places[~kept], arrived[~kept], strict=True)
    ]
    unknown = sum(decoded.unknown_enums for decoded, _ in refused)
    return replace(
        batch,
        lanes=np.ascontiguousarray(batch.lanes[:, kept]),
        arrived=arrived[kept],
        rejects=_merged([batch.rejects, *(rejects for _, rejects in refused)]),
        unknown_enums=batch.unknown_enums - unknown,
    )


def _refused(block: Events, byte: int, received: int, decode: Decode) -> tuple[EventBatch, Rejects]:
    """Return the line at a byte as it is believed by the latest piece, and how its own refuses it."""
    text = block.data[byte : block.size]
    line = text[: _length(text)].tobytes()
    believed = decode(Events.of(line, feed=block.feed, time_max=block.time_max))
    rejects = decode(Events.of(line, feed=block.feed, time_max=received + FUTURE_MS)).rejects
    number = int(np.count_nonzero(block.data[:byte] == NEWLINE))
    return believed, replace(rejects, offset=rejects.offset + byte, line=rejects.line + number)


def _length(text: Bytes) -> int:
    newlines = np.flatnonzero(text == NEWLINE)
    return int(newlines[0]) if len(newlines) else len(text)


def _merged(some: list[Rejects]) -> Rejects:
    columns = [np.concatenate([getattr(each, name) for each in some]) for name in Rejects.__slots__]
    order = columns[0].argsort(kind="stable")
    return Rejects(*(column[order] for column in columns))
