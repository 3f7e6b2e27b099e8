"""How much a window has to remember: read off what count() and distinct() are compared with.

A sliding window keeps the last events, or the last different values, one by one, so that it is exact; how many is
one more than the largest number that the aggregate is compared with.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from events.place import Problem
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.typed import Aggregated, Apply, Column, Constant, Typed, parts
from rules.vocabulary import SetDeclaration

SHOWN = 32  # a number that people read is exact up to this, and then 32+
RING_MAX = 4096  # remembered events or values a key
EXACT = 2**31 - 1  # panes count without remembering events
BOUNDED: tuple[str, ...] = ("count", "distinct")

_COMPARISONS = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # and as seen from the other side


def needed(condition: Typed) -> int:
    """Return the least count() that can satisfy the condition, at least 1: below it nothing needs to be judged."""
    return max(1, _least(condition))


def _least(typed: Typed) -> int:
    if not isinstance(typed, Apply):
        return 1
    if typed.operation in ("and", "or"):
        counts = [_least(arg) for arg in typed.args]
        return max(counts) if typed.operation == "and" else min(counts)
    if typed.operation not in _COMPARISONS or not _alone(typed, "count()"):
        return 1
    sign, other = _sides(typed, "count()")
    if not isinstance(other, Constant) or isinstance(other.value, str) or not math.isfinite(other.value):
        return 1
    if sign in (">=", "=="):
        return math.ceil(other.value)
    return math.floor(other.value) + 1 if sign == ">" else 1


def told_apart(
    aggregate: Aggregated,
    sliding: bool,
    conditions: Sequence[Typed],
    shown: Iterable[Typed],
    sets: Mapping[str, SetDeclaration],
) -> tuple[int, list[Problem]]:
    """Return how many events or values are told apart, and what stands against it.

    `conditions` are all that the rule asks, `shown` what its texts say. Panes count events without end; of values
    they tell `RING_MAX` apart.
    """
    name = canonical(aggregate.node)
    if not sliding and aggregate.function == "count":
        return EXACT, []
    size = float(SHOWN if any(_reads(value, name) for value in shown) else 1)
    found: list[Problem] = []
    for comparison in (part for condition in conditions for part in _within(condition)):
        if not isinstance(comparison, Apply) or comparison.operation not in _COMPARISONS:
            continue
        if not _reads(comparison, name):
            continue
        if not _alone(comparison, name):
            if sliding:
                found.append(problem("E038", comparison.node.place, name=name))
            continue
        _, other = _sides(comparison, name)
        most = _most(other, sets)
        if most is None or not math.isfinite(most):
            if sliding:
                found.append(problem("E026", other.node.place, name=name, text=canonical(other.node)))
        elif most + 1 > RING_MAX:
            code = "E032" if aggregate.function == "count" else "E051"
            found.append(problem(code, other.node.place, name=name, count=int(most), limit=RING_MAX))
        else:
            size = max(size, math.floor(most) + 1)
    return int(size) if sliding else RING_MAX, found


def _within(typed: Typed) -> Iterator[Typed]:
    yield typed
    for part in parts(typed):
        yield from _within(part)


def _is(typed: Typed, name: str) -> bool:
    return isinstance(typed, Aggregated) and canonical(typed.node) == name


def _reads(typed: Typed, name: str) -> bool:
    return any(_is(part, name) for part in _within(typed))


def _alone(comparison: Apply, name: str) -> bool:
    """Tell whether the aggregate stands alone on one side, and not on the other."""
    alone = [_is(arg, name) for arg in comparison.args]
    return sum(alone) == 1 and not any(_reads(arg, name) for arg in comparison.args if not _is(arg, name))


def _sides(comparison: Apply, name: str) -> tuple[str, Typed]:
    """Return the comparison as seen from the aggregate: its sign, and what it is compared with."""
    first, second = comparison.args
    if _is(first, name):
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
