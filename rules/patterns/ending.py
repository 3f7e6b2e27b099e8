"""How an alert that lasts ends: whether `clear` and the threshold can be true at once.

The condition counts only where `clear` is not true, so that where both are true no alert begins.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from events.place import Problem
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.typed import Aggregated, Apply, Constant, Typed

_SWAPPED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # as seen from the other side
_OPPOSITE = {"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_WHOLE = ("count", "distinct")


class Limit(NamedTuple):
    """What a comparison allows: `left` between two bounds of `factor * operand + offset`; without operand a number."""

    left: str
    sign: str
    operand: str
    factor: float
    offset: float
    is_whole: bool
    written: Apply


def overlaps(condition: Typed, clear: Typed) -> Iterator[Problem]:
    """Yield a warning for each part of `clear` that can be true where the condition is, as far as that is certain.

    Compared are parts that ask the same of the same constant or operand; operands are taken to be positive, as limits
    of sets and what is usual are.
    """
    for end in _joined("or", clear):
        limit = _limit(end)
        if limit is None:
            continue
        for case in _joined("or", condition):
            parts = [part for part in map(_limit, _joined("and", case)) if part is not None]
            alike = [part for part in parts if part.left == limit.left]
            if alike and all(_meet(part, limit) for part in alike):
                yield _problem(alike[0], limit)
                break


def _joined(operation: str, typed: Typed) -> tuple[Typed, ...]:
    return typed.args if isinstance(typed, Apply) and typed.operation == operation else (typed,)


def _problem(part: Limit, end: Limit) -> Problem:
    sides = [canonical(side.node) for side in part.written.args]
    sign = _OPPOSITE[part.written.operation]
    return problem(
        "W360",
        end.written.node.place,
        clear=canonical(end.written.node),
        threshold=canonical(part.written.node),
        opposite=f"{sides[0]} {sign} {sides[1]}",
    )


def _limit(typed: Typed) -> Limit | None:
    """Return what a comparison allows, None where it is none that can be told."""
    if not isinstance(typed, Apply) or typed.operation not in _SWAPPED:
        return None
    left, right = typed.args
    sign: str = typed.operation
    if isinstance(left, Constant):
        left, right, sign = right, left, _SWAPPED[sign]
    line = _line(right)
    if line is None:
        return None
    is_whole = isinstance(left, Aggregated) and left.function in _WHOLE
    return Limit(canonical(left.node), sign, *line, is_whole, typed)


def _line(typed: Typed) -> tuple[str, float, float] | None:
    """Return a value as operand, factor and offset."""
    if isinstance(typed, Constant):
        return None if isinstance(typed.value, str) or not math.isfinite(typed.value) else ("", 0.0, float(typed.value))
    if isinstance(typed, Apply) and typed.operation in ("+", "-", "*", "/") and len(typed.args) == 2:
        first, second = (_line(arg) for arg in typed.args)
        if first is None or second is None or (first[0] and second[0]):
            return None
        if typed.operation in ("+", "-"):
            sign = 1.0 if typed.operation == "+" else -1.0
            return first[0] or second[0], first[1] + sign * second[1], first[2] + sign * second[2]
        if typed.operation == "*":
            by, line = (second[2], first) if first[0] else (first[2], second)
            return line[0], line[1] * by, line[2] * by
        if not second[0] and second[2]:
            return first[0], first[1] / second[2], first[2] / second[2]
        return None
    return canonical(typed.node), 1.0, 0.0


def _meet(part: Limit, end: Limit) -> bool:
    """Tell whether one value can be within both limits, for certain."""
    if part.operand != end.operand:
        return False
    if part.factor == end.factor:
        bounds = part.offset, end.offset
    elif part.offset == end.offset == 0:
        bounds = part.factor, end.factor
    else:
        return False
    whole = part.is_whole and not part.operand
    low, low_open, high, high_open = -math.inf, True, math.inf, True
    for limit, bound in zip((part, end), bounds, strict=True):
        sign, edge = _whole(limit.sign, bound) if whole else (limit.sign, bound)
        if sign in (">", ">=", "=="):
            low, low_open = max((low, low_open), (edge, sign == ">"))
        if sign in ("<", "<=", "=="):
            high, high_open = min((high, not high_open), (edge, sign != "<"))
            high_open = not high_open
    if whole:
        low = max(low, 0)
    return low < high or (low == high and not low_open and not high_open)


def _whole(sign: str, bound: float) -> tuple[str, float]:
    """Return a bound of whole numbers as one that is itself within the limit."""
    if sign == ">":
        return ">=", math.floor(bound) + 1
    return ("<=", math.ceil(bound) - 1) if sign == "<" else (sign, bound)
