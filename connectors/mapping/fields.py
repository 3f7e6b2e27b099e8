"""Readers: from a foreign record to the value of one field of ours."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from connectors.mapping.model import Reader, Record, Unfit
from connectors.mapping.pattern import TEXT_MAX

Operator = Literal["known", "in", "not_in", "below", "above"]
_HOLE = re.compile(r"\$\{([^}]*)\}")


def holes(template: str) -> list[str]:
    """Return the foreign fields that a template names."""
    return _HOLE.findall(template)


def getter(path: str) -> Reader:
    """Return a reader of a foreign field; dots go into objects and lists (`location.0.lat`), a plain name wins."""
    if "." not in path:
        return lambda record: record.get(path)
    steps = path.split(".")

    def read(record: Record) -> Any:
        if path in record:
            return record[path]
        value: Any = record
        for step in steps:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value

    return read


def first(gets: Sequence[Reader]) -> Reader:
    """Return a reader of the first of some fields that is there."""

    def read(record: Record) -> Any:
        for get in gets:
            value = get(record)
            if value is not None and value != "":
                return value
        return None

    return read


def spelled(value: Any) -> str:
    """Return a value as text; a list or an object has none, however deep it nests."""
    return "" if isinstance(value, list | dict) else str(value)


def constant(value: Any) -> Reader:
    """Return a reader that always gives one value."""
    return lambda _: value


def template(text: str) -> Reader:
    """Return a reader that fills `${field}` holes; null where one of them is."""
    pieces = _HOLE.split(text)
    gets = [getter(path) for path in pieces[1::2]]
    form = "%s".join(literal.replace("%", "%%") for literal in pieces[0::2])

    def read(record: Record) -> str | None:
        values = tuple([get(record) for get in gets])
        if any(isinstance(value, list | dict) for value in values):
            raise Unfit("bad_value")
        return None if None in values or "" in values else form % values

    return read


def number(
    get: Reader, name: str, factor: float, offset: float, digits: int | None, missing: tuple[Any, ...] = ()
) -> Reader:
    """Return a reader of numbers, JSON or decimal text: value x factor + offset, rounded to `digits`.

    `missing` are values, numbers or texts, that mean null.
    """
    plain = factor == 1.0 and offset == 0.0
    null_numbers = frozenset(float(value) for value in missing if isinstance(value, int | float) and abs(value) < 1e300)
    null_texts = frozenset(["", *(value for value in missing if isinstance(value, str))])

    def read(record: Record) -> float | int | None:
        value = get(record)
        if value is None:
            return None
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            if isinstance(value, str) and value in null_texts:
                return None
            raise Unfit("bad_value", name) from None
        if math.isnan(found) and value in null_texts:  # `NaN` is a number to Python
            return None
        if found in null_numbers:
            return None
        if value is True or value is False or not -math.inf < found < math.inf:
            raise Unfit("bad_value", name)
        if plain and digits is None:
            return value if type(value) is int and abs(value) < 2**63 else found
        if not plain:
            found = found * factor + offset
            if not -math.inf < found < math.inf:
                raise Unfit("bad_value", name)
        return found if digits is None else round(found, digits)

    return read


def text(get: Reader, name: str, pattern: re.Pattern[str] | None) -> Reader:
    """Return a reader of texts and ids; with a pattern its first group, null where it does not match."""

    def read(record: Record) -> str | None:
        value = get(record)
        if value is None or value == "":
            return None
        if type(value) is not str:
            if type(value) is not int:
                raise Unfit("bad_value", name)
            value = str(value)
        if pattern is None:
            return value
        if len(value) > TEXT_MAX:
            raise Unfit("bad_value", name)
        match = pattern.search(value)
        return match[1] if match else None

    return read


_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(get: Reader, name: str) -> Reader:
    """Return a reader of flags: JSON's, 1 and 0, or their texts."""

    def read(record: Record) -> bool | None:
        value = get(record)
        if value is None or value == "":
            return None
        found = _FLAGS.get(spelled(value).lower())
        if found is None:
            raise Unfit("bad_value", name)
        return found

    return read


def translated(get: Reader, table: Mapping[Any, Any]) -> Reader:
    """Return a reader that replaces values by a table; what is not in it stays."""
    by_text = {str(key): value for key, value in table.items()}

    def read(record: Record) -> Any:
        value = get(record)
        return by_text.get(spelled(value), value)

    return read


def nulled(get: Reader, values: tuple[Any, ...], conditions: tuple[Callable[[Record], bool], ...]) -> Reader:
    """Return a reader that gives null for certain values, or where all of some conditions hold."""
    texts = {str(value) for value in values}

    def read(record: Record) -> Any:
        value = get(record)
        if value is None or spelled(value) in texts:
            return None
        if conditions and all(condition(record) for condition in conditions):
            return None
        return value

    return read


def condition(get: Reader, operator: Operator, wanted: Any) -> Callable[[Record], bool]:
    """Return a test of one foreign field; a value that is missing or no number is neither `below` nor `above`."""
    if operator == "known":
        return lambda record: (get(record) not in (None, "")) is bool(wanted)
    if operator in ("in", "not_in"):
        texts = {str(value) for value in wanted}
        return lambda record: (spelled(get(record)) in texts) is (operator == "in")

    def compare(record: Record) -> bool:
        try:
            value = float(get(record))
        except (TypeError, ValueError, OverflowError):
            return False
        return bool(value < wanted) if operator == "below" else bool(value > wanted)

    return compare
