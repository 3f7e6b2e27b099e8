"""Decode, line by line in plain Python over orjson: what `events.decode` must say of every line."""

import json
import re
import struct
from dataclasses import dataclass
from typing import Any

import orjson

from events.batch import FIXED_LANES, ID_MAX, LINE_MAX, REASONS, EventBatch, Layout, slice_text
from events.block import OLDEST_MS
from events.identity import CityKey
from events.schema import Field, Schemas
from kernels.nulls import NULL

DEPTH_MAX = 64
BROKEN = "broken"  # what orjson refuses; which of BROKEN_REASONS it is, it does not say
BROKEN_REASONS = ("syntax", "utf8", "number_out_of_range", "too_deep")
RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


@dataclass(frozen=True)
class Integer:
    """An integer as it is spelled."""

    literal: str


@dataclass(frozen=True)
class Real:
    """A number with fraction or exponent, as it is spelled."""

    literal: str


class Rejected(Exception):
    """Why a line is no event."""


def decode(
    data: bytes, schemas: Schemas, layout: Layout, city: CityKey, position: int = 0, time_max: int = 2**62
) -> tuple[list[dict[Any, Any]], list[tuple[int, int, int, str]], int]:
    """Return events, rejects (offset, length, line, reason) and the number of unknown enum values."""
    events, rejects, unknown_enums = [], [], 0
    offset = 0
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines):
        try:
            event, unknown = _event(line, schemas, layout, city, time_max)
            if event is not None:
                events.append(event | {"position": position + offset})
                unknown_enums += unknown
        except Rejected as error:
            rejects.append((offset, len(line), number, str(error)))
        offset += len(line) + 1
    return events, rejects, unknown_enums


def rows(batch: EventBatch, schemas: Schemas) -> list[dict[Any, Any]]:
    """Return a batch in the words of `decode`."""

    def text(piece: int) -> str | None:
        return None if piece == NULL else slice_text(batch.text, piece)

    out = []
    for row in batch.lanes.T.tolist():
        event: dict[Any, Any] = {
            "time": row[0],
            "kind": schemas.kinds[row[1]],
            "position": row[2],
            "id": text(row[3]),
            "device": text(row[4]),
            "replayed": row[5],
        }
        for column, value in zip(batch.layout.columns, row[FIXED_LANES:], strict=False):
            event[column.name, column.type] = value
        out.append(event)
    return out


def rejected(batch: EventBatch) -> list[tuple[int, int, int, str]]:
    """Return the rejects of a batch in the words of `decode`, with their own reasons."""
    r = batch.rejects
    reasons = [REASONS[code] for code in r.reason.tolist()]
    return list(zip(r.offset.tolist(), r.length.tolist(), r.line.tolist(), reasons, strict=True))


def _event(
    line: bytes, schemas: Schemas, layout: Layout, city: CityKey, time_max: int
) -> tuple[dict[Any, Any] | None, int]:
    if len(line) > LINE_MAX:
        raise Rejected("line_too_long")
    if not (bare := line.strip(b" \t\r")):
        return None, 0
    try:
        orjson.loads(bare)
    except orjson.JSONDecodeError:
        raise Rejected(BROKEN) from None
    fields = json.loads(bare, parse_int=Integer, parse_float=Real)
    if _depth(fields) > DEPTH_MAX:
        raise Rejected("too_deep")
    if not isinstance(fields, dict):
        raise Rejected("not_an_object")
    kind = fields.get("kind")
    if kind is None:
        raise Rejected("missing_kind")
    if not isinstance(kind, str):
        raise Rejected("wrong_type")
    if kind not in schemas:
        raise Rejected("unknown_kind")
    if fields.get("time") is None:
        raise Rejected("missing_time")
    try:
        time = _time(fields["time"])
    except OverflowError:
        raise Rejected("time_out_of_range") from None
    if not OLDEST_MS <= time <= time_max:
        raise Rejected("time_out_of_range")
    schema = schemas[kind].fields
    values = {name: _value(schema[name], fields[name], schemas) for name in schema if name in fields}
    event: dict[Any, Any] = {
        "time": time,
        "kind": kind,
        "device": values.get("device"),
        "replayed": int(values.get("replayed") or False),
        "id": values.get("id") or f"{_line_hash(bare):016x}",
    }
    unknown = 0
    for column in layout.columns:
        field = schema.get(column.name)
        value = values.get(column.name) if field and field.type == column.type else None
        lane: int | None = value
        if value is not None and column.type in ("id", "ephemeral", "text"):
            lane = city.token(value)
        elif value is not None and column.type == "number":
            lane = struct.unpack("<q", struct.pack("<d", value))[0]
        elif value == "":  # an enum value that the field does not know
            unknown += 1
            lane = None
        if lane is None:
            lane = struct.unpack("<q", struct.pack("<d", float("nan")))[0] if column.type == "number" else int(NULL)
        event[column.name, column.type] = lane
    return event, unknown


def _value(field: Field, value: Any, schemas: Schemas) -> Any:
    if value is None:
        return None
    match field.type, value:
        case "time", _:
            try:
                return _time(value)
            except OverflowError:
                raise Rejected("number_out_of_range") from None
        case "number", Integer():
            return 0.0 if value.literal == "-0" else float(value.literal)
        case "number", Real():
            return float(value.literal)
        case "flag", bool():
            return int(value)
        case "enum", str():
            return schemas.symbol_codes[value] if value in field.values else ""
        case "text", str():
            return value
        case (("id" | "ephemeral"), str()):
            if len(value.encode()) > ID_MAX:
                raise Rejected("id_too_long")
            return value or None
        case (("id" | "ephemeral"), Integer()):
            return "0" if value.literal == "-0" else value.literal
    raise Rejected("wrong_type")


def _time(value: Any) -> int:
    """Return epoch ms; OverflowError where no lane holds them."""
    if isinstance(value, Integer):
        if len(value.literal) > 20 or not -(2**63) < int(value.literal) < 2**63:
            raise OverflowError
        return int(value.literal)
    parts = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if not parts:
        raise Rejected("wrong_type")
    year, month, day, hour, minute, second = map(int, parts.groups()[:6])
    fraction, sign, hours, minutes = parts.groups()[6:]
    lengths = [31, 28 + _is_leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (1 <= month <= 12 and 1 <= day <= lengths[month - 1]):
        raise Rejected("wrong_type")
    if hour > 23 or minute > 59 or second > 60 or int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise Rejected("wrong_type")
    days = sum(365 + _is_leap(y) for y in range(year)) + sum(lengths[: month - 1]) + day - 1 - 719_528
    ms = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000
    ms += int(((fraction or "0") + "00")[:3]) if second < 60 else 0
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60_000
    return ms + offset if sign == "-" else ms - offset


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _line_hash(bare: bytes) -> int:
    """Return the token of the bytes under key 0, which every city makes alike."""
    unkeyed = CityKey()
    object.__setattr__(unkeyed, "hashing", type(unkeyed.hashing)(0))
    return unkeyed.token(bare.decode()) % 2**64


def _depth(value: Any) -> int:
    deepest = 0
    level = [value]
    while level:
        nested = [v for v in level if isinstance(v, (dict, list))]
        deepest += bool(nested)
        level = [v for n in nested for v in (n.values() if isinstance(n, dict) else n)]
    return deepest
