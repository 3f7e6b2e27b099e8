"""`threshold` with `count()` over a window: what it needs to remember, read off its conditions."""

import math
from collections.abc import Iterable, Mapping

from events.place import Problem
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.typed import Aggregated, Apply, Column, Constant, Typed, parts
from rules.vocabulary import SetDeclaration

SHOWN = 32  # a count that people read is exact up to this, and then 32+
RING_MAX = 4096  # remembered events a key
EXACT = 2**31 - 1  # panes count without remembering events

_COMPARISONS = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # and as seen from the other side


def is_count(typed: Typed) -> bool:
    """Tell whether an expression is count()."""
    return isinstance(typed, Aggregated) and typed.function == "count"


def needed(condition: Typed) -> int:
    """Return the least count that can satisfy the condition, at least 1: below it nothing needs to be judged."""
    return max(1, _least(condition))


def _least(typed: Typed) -> int:
    if not isinstance(typed, Apply):
        return 1
    if typed.operation in ("and", "or"):
        counts = [_least(arg) for arg in typed.args]
        return max(counts) if typed.operation == "and" else min(counts)
    if typed.operation not in _COMPARISONS or not _counts(typed):
        return 1
    sign, other = _sides(typed)
    if not isinstance(other, Constant) or isinstance(other.value, str) or not math.isfinite(other.value):
        return 1
    if sign in (">=", "=="):
        return math.ceil(other.value)
    return math.floor(other.value) + 1 if sign == ">" else 1


def ring(conditions: Iterable[Typed], shown: bool, sets: Mapping[str, SetDeclaration]) -> tuple[int, list[Problem]]:
    """Return how many events a sliding window remembers for each key, and what stands against it.

    One more than the largest number that count() is compared with, so that the comparison is exact; `shown` tells
    whether a text says the count.
    """
    size = float(SHOWN if shown else 1)
    found: list[Problem] = []
    for comparison in (part for condition in conditions for part in _within(condition)):
        if not isinstance(comparison, Apply) or comparison.operation not in _COMPARISONS:
            continue
        if not any(is_count(part) for part in _within(comparison)):
            continue
        if not _counts(comparison):
            found.append(problem("E038", comparison.node.place))
            continue
        _, other = _sides(comparison)
        most = _most(other, sets)
        if most is None or not math.isfinite(most):
            found.append(problem("E026", other.node.place, text=canonical(other.node)))
        elif most + 1 > RING_MAX:
            found.append(problem("E032", other.node.place, count=int(most), limit=RING_MAX))
        else:
            size = max(size, math.floor(most) + 1)
    return int(size), found


def _within(typed: Typed) -> Iterable[Typed]:
    yield typed
    for part in parts(typed):
        yield from _within(part)


def _counts(comparison: Apply) -> bool:
    """Tell whether count() stands alone on one side, and not on the other."""
    alone = [is_count(arg) for arg in comparison.args]
    rest = [arg for arg in comparison.args if not is_count(arg)]
    return sum(alone) == 1 and not any(is_count(part) for arg in rest for part in _within(arg))


def _sides(comparison: Apply) -> tuple[str, Typed]:
    """Return the comparison as seen from count(): its sign, and what count() is compared with."""
    first, second = comparison.args
    if is_count(first):
        return comparison.operation, second
    return _COMPARISONS[comparison.operation], first


def _most(typed: Typed, sets: Mapping[str, SetDeclaration]) -> float | None:
    """Return the greatest value of a number, None where nothing bounds it; sets hold no negative limits."""
    if isinstance(typed, Constant):
        return None if isinstance(typed.value, str) else float(typed.value)
    if isinstance(typed, Column):
        declared = sets[typed.set].columns.get(typed.column)
        return float(declared.max) if declared and declared.max is not None else None
    if not isinstance(typed, Apply):
        return None
    bounds = [_most(arg, sets) for arg in typed.args]
    known = [bound for bound in bounds if bound is not None]
    if typed.operation == "min" and known:
        return min(known)
    if typed.operation == "-" and bounds[0] is not None:
        return bounds[0]
    if len(known) < len(bounds):
        return None
    match typed.operation:
        case "+":
            return sum(known)
        case "*":
            return math.prod(known)
        case "/" if isinstance(typed.args[1], Constant) and known[1] > 0:
            return known[0] / known[1]
        case "max":
            return max(known)
        case _:
            return None
