"""Reads one event of a test: the fields of its kind, each as its schema types it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from events.schema import Field, FieldType, Schemas
from rules.errors import nearest
from rules.misspelt import meant
from rules.reading import Reader
from rules.yaml import Mapping, Scalar

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
EVENT = ("an event of a test", "测试中的事件")
_NOT_GIVEN = ("time",)  # an event's time is `at`


def headed(mapping: Mapping, schemas: Schemas, reader: Reader) -> Mapping:
    """Return an event with its `at` and `kind` under these names: what was meant by another is reported, once."""
    fields = {name for kind in schemas.kinds for name in schemas[kind].fields}
    left = [key for key in ("at", "kind") if mapping.get(key) is None]
    entries = []
    for key, value in mapping.entries:
        near = meant(key.text, left) if key.text not in fields else ""
        near = "at" if key.text in _NOT_GIVEN and "at" in left else near
        if near:
            left.remove(near)
            reader.report("E002", key.place, key=key.text, where=EVENT[0], where_zh=EVENT[1], near=near)
        entries.append((replace(key, text=near or key.text), value))
    return replace(mapping, entries=tuple(entries))


def body(mapping: Mapping, schemas: Schemas, reader: Reader) -> dict[str, Any] | None:
    """Return an event without its time; None, and problems in the reader, where something is wrong with it."""
    node = mapping.get("kind")
    if node is None:
        reader.lacks(mapping.place, *EVENT, "kind")
        return None
    kinds = reader.kinds("kind", node, schemas.kinds)
    if len(kinds) != 1:
        return None
    kind = kinds[0].text
    known = [name for name in schemas[kind].fields if name not in _NOT_GIVEN]
    where, where_zh = f"an event of kind `{kind}`", f"{kind} 事件"
    read: dict[str, Any] = {"kind": kind}
    wrong = len(reader.problems)
    for name, value in reader.keys(mapping, ("at", "kind", *known), where, where_zh).items():
        if name in ("at", "kind"):
            continue
        if not isinstance(value, Scalar):
            reader.wrong(name, value, "text")
        elif not is_null(value):
            read[name] = _value(schemas[kind].fields[name], value, kind, reader)
    return read if len(reader.problems) == wrong else None


def is_null(scalar: Scalar) -> bool:
    """Tell whether a value is YAML's null."""
    return not scalar.style and scalar.text in ("", "~", "null")


def number(text: str) -> float | int:
    """Return a number as JSON has it; ValueError where it is none."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    value = float(text)
    return int(value) if value == int(value) else value


def flag(text: str) -> bool:
    """Return true or false; KeyError where it is neither."""
    return {"true": True, "false": False}[text]


def _time(text: str) -> int:
    if text.isdecimal():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return round(moment.timestamp() * 1000)


_READ: dict[FieldType, Callable[[str], Any]] = {"number": number, "flag": flag, "time": _time}


def _value(field: Field, scalar: Scalar, kind: str, reader: Reader) -> Any:
    if field.type == "enum" and scalar.text in field.values:
        return scalar.text
    try:
        if field.type != "enum":
            return _READ.get(field.type, str)(scalar.text)
    except (ValueError, KeyError, OverflowError):
        pass
    near = nearest(scalar.text, field.values)
    words = " ".join(field.values)
    reader.report(
        "E072",
        scalar.place,
        name=field.name,
        where=f"kind `{kind}`",
        where_zh=f"{kind} 事件",
        type=field.type,
        text=scalar.text,
        advice=f"did you mean `{near}`?" if near else f"one of {words}" if words else "",
        advice_zh=f"是否想写 {near}?" if near else f"可用 {words}" if words else "",
    )
    return None
