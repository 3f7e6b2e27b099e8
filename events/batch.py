"""The columnar micro-batch: what decode makes of a block and all kernels work on.

A batch is one matrix of 64-bit lanes, `int64[lane, row]`, and the text that slices point into. Every lane says
"missing" in band (`kernels.nulls`). What a lane holds goes by its column's type:

| type | lane |
|---|---|
| time | epoch ms |
| number | the bits of a float64 |
| flag | 0 or 1 |
| enum | code of the value in `Schemas.symbols` |
| id, ephemeral, text | token: keyed 64-bit hash of the text (`kernels.keys.token`) |

A slice is `offset << SLICE_BITS | length` of bytes in `EventBatch.text`.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from events.block import Bytes, Pieces
from events.schema import FieldType

# The lanes that every batch has, before the columns that a plan reads.
TIME = 0  # epoch ms
KIND = 1  # code in Schemas.kinds
POSITION = 2  # log position of the line: texts are read again from there, at alert rate
ID = 3  # slice of the event id; the line's hash in 16 hex digits where the event has none
DEVICE = 4  # slice of the device's text, NULL where missing
REPLAYED = 5  # 1 where the device sends history, else 0
FIXED_LANES = 6

SLICE_BITS = 24
LINE_MAX = 1 << 20  # bytes of a line; a longer one is a dead letter
ID_MAX = 1024  # bytes of an identifier; a longer one makes the line a dead letter

Lanes = NDArray[np.int64]

# Why a line is a dead letter; the code in `Rejects.reason` is the place in this list.
REASONS = (
    "accepted",
    "syntax",
    "utf8",
    "not_an_object",
    "wrong_type",
    "missing_time",
    "missing_kind",
    "unknown_kind",
    "time_out_of_range",
    "line_too_long",
    "id_too_long",
    "too_deep",
    "number_out_of_range",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a plan reads. Kinds may give one name different types, so both name it."""

    name: str
    type: FieldType


@dataclass(frozen=True)
class Layout:
    """Which lane holds what: the fixed lanes, then one a column."""

    columns: tuple[Column, ...] = ()

    @cached_property
    def _lanes(self) -> dict[tuple[str, FieldType], int]:
        return {(c.name, c.type): FIXED_LANES + i for i, c in enumerate(self.columns)}

    @property
    def lanes(self) -> int:
        """How many lanes a batch has."""
        return FIXED_LANES + len(self._lanes)

    def lane(self, name: str, type: FieldType) -> int:
        """Return the lane of a column; KeyError where the layout has no such column."""
        return self._lanes[name, type]


@dataclass(frozen=True, slots=True)
class Rejects:
    """The dead letters of a block, columnar: a feed full of rubbish costs no Python object a line.

    `offset` and `length` give the line in the block, `line` its number there (0 first), `at` the byte in the
    line where it went wrong, `reason` a code in `REASONS`.
    """

    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    reason: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.reason)

    def by_reason(self) -> dict[str, int]:
        """Return how many there are of each reason that occurs."""
        counts = np.bincount(self.reason).tolist()
        return {REASONS[code]: count for code, count in enumerate(counts) if count}


@dataclass(frozen=True, slots=True)
class EventBatch:
    """A decoded block. `lanes` is C-contiguous `int64[layout.lanes, rows]`, in the order of the lines.

    Of a block of several pieces `received` is the latest's, and `arrived`, int64[rows], has each row's own.
    """

    feed: str
    position: int
    received: int | None
    layout: Layout
    lanes: Lanes
    text: Bytes
    rejects: Rejects
    unknown_enums: int = 0  # values outside a field's list, null in the lane
    end: int = 0  # log position behind the block's last byte
    pieces: Pieces | None = None
    arrived: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return int(self.lanes.shape[1])

    @property
    def ahead(self) -> NDArray[np.bool_]:
        """Which events are of later than they were received, bool[rows]; of what no log holds nobody can say."""
        if self.received is None:
            return np.zeros(len(self), np.bool_)
        ahead: NDArray[np.bool_] = self.lanes[TIME] > (self.received if self.arrived is None else self.arrived)
        return ahead

    def origin(self, offset: int) -> tuple[int, int | None]:
        """Return the log position of a byte of the block's text, and when it was received."""
        if self.pieces is None:
            return self.position + offset, self.received
        piece = self.pieces.of(offset)
        return int(self.pieces.positions[piece] + offset - self.pieces.starts[piece]), int(self.pieces.received[piece])

    def received_at(self, row: int) -> int | None:
        """Return when the event of a row was received."""
        return self.received if self.arrived is None else int(self.arrived[row])


def cut(batch: EventBatch, rows: int) -> tuple[EventBatch, EventBatch]:
    """Cut a batch behind its first rows, fewer than it has; what was refused stays with them."""
    second = int(batch.lanes[POSITION, rows])
    none = np.empty(0, np.int64)
    nothing = Rejects(none, none, none, none, np.empty(0, np.uint8))
    before, after = (None, None) if batch.arrived is None else (batch.arrived[:rows], batch.arrived[rows:])
    first = replace(batch, lanes=np.ascontiguousarray(batch.lanes[:, :rows]), end=second, arrived=before)
    return first, replace(
        batch,
        lanes=np.ascontiguousarray(batch.lanes[:, rows:]),
        position=second,
        rejects=nothing,
        unknown_enums=0,
        arrived=after,
    )


def slice_text(text: Bytes, piece: int) -> str:
    """Return the text that a slice points at."""
    offset, length = piece >> SLICE_BITS, piece & ((1 << SLICE_BITS) - 1)
    return text[offset : offset + length].tobytes().decode()
