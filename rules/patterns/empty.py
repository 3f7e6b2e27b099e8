"""What conditions are over a window without an event: whether an alert that lasts ends where no more events come."""

import math
import operator
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product

from events.place import Problem
from rules.aggregates import AGGREGATES
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.typed import Aggregated, Apply, Constant, Typed, ZScore, leaves

Truth = bool | None  # None is unknown
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


def endless(condition: Typed, clear: Typed | None) -> Iterator[Problem]:
    """Yield a warning if what ends an alert is unknown of an empty window, whatever sets and calendars say."""
    ends = _truths(clear) if clear is not None else frozenset(map(_not, _truths(condition)))
    if True in ends or None not in ends:
        return
    whole = condition if clear is None else clear
    null = [leaf for leaf in leaves(whole) if isinstance(leaf, Aggregated | ZScore) and _is_null(_number(leaf))]
    names = dict.fromkeys(canonical(leaf.node) for leaf in null or (whole,))  # x / 0 is null too
    yield problem("W361", whole.node.place, names=", ".join(f"`{name}`" for name in names))


def _truths(typed: Typed) -> frozenset[Truth]:
    """Return what a condition may be over an empty window, as far as aggregates alone say."""
    if isinstance(typed, Constant) and isinstance(typed.value, bool):
        return frozenset((typed.value,))
    if not isinstance(typed, Apply):
        return _ANY
    if typed.operation in ("and", "or"):
        join = _and if typed.operation == "and" else _or
        return frozenset(reduce(join, each) for each in product(*map(_truths, typed.args)))
    if typed.operation == "not":
        return frozenset(map(_not, _truths(typed.args[0])))
    if typed.operation == "sure":
        return frozenset(each is True for each in _truths(typed.args[0]))
    numbers = [_number(arg) for arg in typed.args]
    if typed.operation == "known":
        return _ANY - {None} if numbers[0] is None else frozenset((not _is_null(numbers[0]),))
    if typed.operation not in _COMPARES:
        return _ANY
    if any(map(_is_null, numbers)):
        return frozenset((None,))
    known = [number for number in numbers if number is not None]
    return frozenset((_COMPARES[typed.operation](*known),)) if len(known) == len(numbers) else _ANY


def _number(typed: Typed) -> float | None:
    """Return a value over an empty window, NaN for null, None where something else than aggregates says."""
    if isinstance(typed, Constant):
        return None if isinstance(typed.value, str) else float(typed.value)
    if isinstance(typed, Aggregated):
        empty = AGGREGATES[typed.function].empty
        return NULL if empty is None else empty
    if isinstance(typed, ZScore):
        of = _number(typed.of)
        return NULL if _is_null(of) else None
    if not isinstance(typed, Apply):
        return None
    numbers = [_number(arg) for arg in typed.args]
    if typed.operation not in ("negate", "abs", *_RECKONS):
        return None
    if any(map(_is_null, numbers)):
        return NULL
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    if typed.operation in _RECKONS:
        return reduce(_RECKONS[typed.operation], known)
    return -known[0] if typed.operation == "negate" else abs(known[0])


def _is_null(number: float | None) -> bool:
    return number is not None and math.isnan(number)


def _not(one: Truth) -> Truth:
    return None if one is None else not one


def _and(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: Truth, other: Truth) -> Truth:
    return _not(_and(_not(one), _not(other)))
