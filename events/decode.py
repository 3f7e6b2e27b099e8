"""Decode: a block's bytes to a batch of columns and its dead letters.

Tables are made once from the schemas and the layout; a block then costs a few calls of kernels, whatever the
number of its lines. `tests/naive/decode.py` says the same in plain Python.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import DEVICE, FIXED_LANES, ID, REPLAYED, EventBatch, Layout, Rejects
from events.block import PADDING, Bytes, Events
from events.identity import CityKey
from events.memory import Memory
from events.pieces import settled
from events.schema import TYPES, Field, Schemas
from kernels.decode import fields as tables
from kernels.decode import json_lines, marks, shapes, structure, unforeseen, vocabulary
from kernels.decode.wide import WIDTH
from kernels.nulls import NAN_BITS, NULL

NUMBER_LENGTH_MIN = 20  # an undecided number has more digits than fit into a mantissa

CACHE_LINE = 8  # words

SEEDS = 512  # of the vocabulary's hash, to choose the one with the fewest collisions from

Table = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the kernel knows of schemas and layout, see `json_lines.decode`."""

    slots: Table
    words: Bytes
    keys: int
    ranges: Table
    field_of: Table
    fields: Table
    nulls: Table


class _Scratch(threading.local):
    """Memory of one thread that outlives a block, so that no block pays for fresh pages."""

    def __init__(self, keys: int) -> None:
        self.pages = np.empty(unforeseen.LINES * (int(unforeseen.PAGE) + keys), np.int64)
        self.tokens = np.empty(structure.ROOM, np.uint16)
        self.counts = np.empty(tables.COUNTS, np.int64)
        self.shapes = shapes.unlearned()
        self.marks = np.empty(0, np.uint8)
        self.extra = np.empty(0, np.uint8)
        self.rejects = np.empty((0, tables.REJECT), np.int64)
        self.undecided = np.empty((0, 4), np.int64)

    def fit_size(self, size: int) -> None:
        """Make room for the marks and the undecided numbers of a block."""
        if len(self.marks) < size // 8 + 2 * WIDTH // 8:
            self.marks = np.empty(size * 5 // 32 + 2 * WIDTH // 8, np.uint8)
        if len(self.undecided) < size // NUMBER_LENGTH_MIN + 1:
            self.undecided = np.empty((size // NUMBER_LENGTH_MIN * 5 // 4 + 1, 4), np.int64)

    def fit_lines(self, size: int, lines: int) -> None:
        """Make room for the rejects and the extra text of a block."""
        if len(self.extra) < size + 16 * lines + 2 * PADDING:
            self.extra = np.empty((size + 16 * lines) * 5 // 4 + 2 * PADDING, np.uint8)
        if len(self.rejects) < lines:
            self.rejects = np.empty((lines * 5 // 4, tables.REJECT), np.int64)


class Decoder:
    """Turns blocks into batches of one layout. May be called by any number of threads at once."""

    def __init__(self, schemas: Schemas, layout: Layout, city: CityKey) -> None:
        self._layout = layout
        self._city = city.hashing
        self._tables = _tables(schemas, layout)
        self._scratch = _Scratch(self._tables.keys)
        self._memory = Memory()

    def __call__(self, block: Events) -> EventBatch:
        """Decode a block. Every line is an event of the batch, one of its rejects, or blank."""
        if block.pieces is None:
            return self._decode(block, block.position)
        return settled(self._decode(block, 0), block, block.pieces, self)

    def _decode(self, block: Events, position: int) -> EventBatch:
        """Decode a block whose text begins at a log position."""
        text, size = _whole_lines(block)
        scratch, known = self._scratch, self._tables
        scratch.fit_size(size)
        lines = int(marks.mark(text, size, scratch.marks))
        scratch.fit_lines(size, lines)
        flat = self._memory.lend(self._layout.lanes * lines)
        counts = scratch.counts
        json_lines.decode(
            text,
            scratch.marks,
            size,
            position,
            block.time_max,
            self._city,
            known.slots,
            known.words,
            known.ranges,
            known.field_of,
            known.fields,
            known.nulls,
            flat,
            lines,
            scratch.rejects.reshape(-1),
            scratch.extra,
            scratch.pages,
            scratch.tokens,
            scratch.shapes,
            scratch.undecided.reshape(-1),
            counts,
        )
        rows, rejected, extra, unknown_enums, undecided = counts.tolist()
        if rows < lines:
            json_lines.close_gaps(flat, self._layout.lanes, lines, rows)
        lanes = flat[: self._layout.lanes * rows].reshape(self._layout.lanes, rows)
        if undecided:
            _decide(text, scratch.undecided[:undecided], lanes)
        if extra:
            text = _extended(text, size, scratch.extra[:extra])
        return EventBatch(
            block.feed,
            block.position,
            block.received,
            self._layout,
            lanes,
            text,
            _rejects(scratch.rejects[:rejected]),
            unknown_enums,
            block.end,
        )


def _whole_lines(block: Events) -> tuple[Bytes, int]:
    """Return text and size of a block whose last line ends in a newline: no scan of the kernel needs a bound."""
    if block.size == 0 or block.data[block.size - 1] == ord("\n"):
        return block.data, block.size
    text = np.zeros(block.size + 1 + PADDING, np.uint8)
    text[: block.size] = block.data[: block.size]
    text[block.size] = ord("\n")
    return text, block.size + 1


def _extended(text: Bytes, size: int, extra: Bytes) -> Bytes:
    """Return a text with more behind it: in its own array where that has room, since a copy costs 25 ns an event."""
    if len(text) < size + len(extra) + PADDING:
        text = np.concatenate((text[:size], np.zeros(len(extra) + PADDING, np.uint8)))
    text[size : size + len(extra)] = extra
    return text


def _decide(text: Bytes, undecided: Table, lanes: Table) -> None:
    """Convert the numbers that lie between two doubles of 19 digits: rare, exact, through Python's own float."""
    lane, row, start, end = undecided.T
    widths = end - start
    for width in np.unique(widths):
        some = widths == width
        literals = text[start[some][:, np.newaxis] + np.arange(width)].view(f"S{width}")[:, 0]
        lanes[lane[some], row[some]] = literals.astype(np.float64).view(np.int64)


def _rejects(rows: Table) -> Rejects:
    offset, length, line, at, reason = rows.T.copy()
    return Rejects(offset, length, line, at, reason.astype(np.uint8))


def _tables(schemas: Schemas, layout: Layout) -> _Tables:
    names = {name for kind in schemas.kinds for name in schemas[kind].fields} - {"kind", "time"}
    keys = ("kind", "time", *sorted(names))  # tables.KIND_KEY, tables.TIME_KEY, the others
    entries = [(int(tables.KEYS), name, number) for number, name in enumerate(keys)]
    entries += [(int(tables.KINDS), kind, code) for code, kind in enumerate(schemas.kinds)]
    fields: list[tuple[int, ...]] = []
    ranges = [0]
    for kind in schemas.kinds:
        for name, field in schemas[kind].fields.items():
            group = tables.ENUMS + len(fields)
            fields.append((keys.index(name), TYPES.index(field.type), *_places(field, layout), group, 0, 0, 0))
            entries += [(group, value, schemas.symbol_codes[value]) for value in field.values]
        ranges.append(len(fields))
    slots, words = _vocabulary(entries)
    return _Tables(
        slots,
        words,
        len(keys),
        np.array(ranges, np.int64),
        _field_of(len(keys), ranges, fields),
        np.array(fields, np.int64).reshape(-1),
        _nulls(layout),
    )


def _field_of(keys: int, ranges: list[int], fields: list[tuple[int, ...]]) -> Table:
    """Return the field of a key in each kind, and before them what all kinds agree on."""
    kinds = len(ranges) - 1
    table = np.full((kinds + 1, keys), tables.NO_FIELD, np.int64)
    for kind in range(kinds):
        for number in range(ranges[kind], ranges[kind + 1]):
            table[kind + 1, fields[number][tables.KEY]] = number
    for key in range(keys):
        meanings = {fields[number][: tables.GROUP] if number >= 0 else None for number in table[1:, key].tolist()}
        number = int(table[-1, key])
        is_enum = number >= 0 and fields[number][tables.TYPE] == tables.ENUM_TYPE
        table[0, key] = number if len(meanings) == 1 and not is_enum else tables.AMBIGUOUS
    return table.reshape(-1)


def _places(field: Field, layout: Layout) -> tuple[int, int]:
    """Return the lanes of a field's value and its fixed lane, -1 for none."""
    is_read = any((c.name, c.type) == (field.name, field.type) for c in layout.columns)
    lane = layout.lane(field.name, field.type) if is_read else -1
    fixed = {("id", True): ID, ("device", True): DEVICE, ("replayed", False): REPLAYED}
    is_name = field.type in ("id", "ephemeral")
    fixed_lane = fixed.get((field.name, is_name), -1) if is_name or field.type == "flag" else -1
    return lane, fixed_lane


def _vocabulary(entries: list[tuple[int, str, int]]) -> tuple[Table, Bytes]:
    raw = [word.encode() + b'"' for _, word, _ in entries]
    text = vocabulary.COVER + b"".join(raw) + bytes(PADDING)
    words = _in_cache_lines(-(-len(text) // 8)).view(np.uint8)
    words[: len(text)] = np.frombuffer(text, np.uint8)
    offsets = len(vocabulary.COVER) + np.cumsum([0, *map(len, raw)])
    rows = [
        (group, offset, len(word) - 1, number)
        for (group, _, number), word, offset in zip(entries, raw, offsets, strict=False)
    ]
    table = np.array(rows, np.int64)
    slots = _in_cache_lines(int(vocabulary.FIRST) + (int(vocabulary.SLOT) << (8 * len(rows)).bit_length()))
    seeds = range(SEEDS)
    best = min(seeds, key=lambda seed: vocabulary.fill(words, table, slots, np.uint64(seed)))
    vocabulary.fill(words, table, slots, np.uint64(best))
    return slots, words


def _in_cache_lines(words: int) -> Table:
    """Return int64[words] that begins where a cache line does, so that what is looked up lies in one."""
    memory = np.empty(words + CACHE_LINE, np.int64)
    begin = -(memory.ctypes.data // memory.itemsize) % CACHE_LINE
    return memory[begin : begin + words]


def _nulls(layout: Layout) -> Table:
    nulls = np.full(layout.lanes, NULL, np.int64)
    nulls[REPLAYED] = 0
    for column in layout.columns:
        if column.type == "number":
            nulls[layout.lane(column.name, column.type)] = NAN_BITS
    return nulls


assert FIXED_LANES == tables.REPLAYED_LANE + 1
