"""What conditions may be where some of what they read is known beforehand: an empty window, a score that is silent."""

import math
import operator
from collections.abc import Callable
from functools import reduce

from rules.expression.typed import Apply, Constant, Typed

Truth = bool | None  # None is unknown
Known = Callable[[Typed], float | None]  # of what is read its value, NaN for null; None where it may be anything
NULL = math.nan
_ANY = frozenset[Truth]((True, False, None))
_COMPARES: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "same": operator.eq,
    "not_same": operator.ne,
}
_RECKONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda one, other: one / other if other else NULL,
    "min": min,
    "max": max,
}


def truths(typed: Typed, known: Known) -> frozenset[Truth]:
    """Return what a condition may be, never too little: that parts of it may depend on each other is not looked at."""
    if isinstance(typed, Constant) and isinstance(typed.value, bool):
        return frozenset((typed.value,))
    if not isinstance(typed, Apply):
        return _ANY
    if typed.operation in ("and", "or"):
        join = _and if typed.operation == "and" else _or
        parts = (truths(arg, known) for arg in typed.args)
        return reduce(lambda some, more: frozenset(join(one, other) for one in some for other in more), parts)
    if typed.operation == "not":
        return frozenset(map(negated, truths(typed.args[0], known)))
    if typed.operation == "sure":
        return frozenset(each is True for each in truths(typed.args[0], known))
    numbers = [number(arg, known) for arg in typed.args]
    if typed.operation == "known":
        return _ANY - {None} if numbers[0] is None else frozenset((not is_null(numbers[0]),))
    if typed.operation not in _COMPARES:
        return _ANY
    if any(map(is_null, numbers)):
        return frozenset((None,))
    values = [value for value in numbers if value is not None]
    return frozenset((_COMPARES[typed.operation](*values),)) if len(values) == len(numbers) else _ANY


def number(typed: Typed, known: Known) -> float | None:
    """Return a value, NaN for null, None where it may be anything."""
    if isinstance(typed, Constant):
        return None if isinstance(typed.value, str) else float(typed.value)
    if not isinstance(typed, Apply):
        return known(typed)
    if typed.operation not in ("negate", "abs", *_RECKONS):
        return None
    numbers = [number(arg, known) for arg in typed.args]
    if any(map(is_null, numbers)):
        return NULL
    values = [value for value in numbers if value is not None]
    if len(values) < len(numbers):
        return None
    if typed.operation in _RECKONS:
        return reduce(_RECKONS[typed.operation], values)
    return -values[0] if typed.operation == "negate" else abs(values[0])


def is_null(value: float | None) -> bool:
    """Whether a value is known to be null."""
    return value is not None and math.isnan(value)


def negated(one: Truth) -> Truth:
    """Return the opposite; that of unknown is unknown."""
    return None if one is None else not one


def _and(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: Truth, other: Truth) -> Truth:
    return negated(_and(negated(one), negated(other)))
