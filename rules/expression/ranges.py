"""Comparisons with a number that what it is compared with never reaches: `ratio(x) > 50`, where a share is 0..1.

Of null nothing is said: it is unknown, whatever it is compared with.
"""

import math

from events.place import Place, Problem
from rules.expression.canonical import canonical, number
from rules.expression.nodes import CompareSign
from rules.expression.typed import SHARE, Constant, Typed

Range = tuple[float, float]
PERCENT = 100.0


def out_of_range(place: Place, sign: CompareSign, left: Typed, right: Typed) -> Problem | None:
    """Return a warning of a comparison of a value that has a range with a constant; None where it says something.

    It says nothing where it can never be true, and where the constant is outside of the range, so that it always is.
    """
    constant, value = (left, right) if isinstance(left, Constant) else (right, left)
    if not isinstance(constant, Constant) or isinstance(value, Constant) or value.type.range is None:
        return None
    limit, (least, most) = float(constant.value), value.type.range
    if math.isnan(limit):
        return None
    sides = ((limit, limit), (least, most)) if constant is left else ((least, most), (limit, limit))
    if not _can_hold(sign, *sides):
        return _found(place, value, limit, ("never true", "永远不成立"))
    return None if least <= limit <= most else _found(place, value, limit, ("always true", "总是成立"))


def _can_hold(sign: CompareSign, left: Range, right: Range) -> bool:
    """Tell whether some value of the one and some of the other compare so."""
    match sign:
        case "<":
            return left[0] < right[1]
        case "<=":
            return left[0] <= right[1]
        case ">":
            return left[1] > right[0]
        case ">=":
            return left[1] >= right[0]
        case "==":
            return left[0] <= right[1] and right[0] <= left[1]
        case "!=":
            return not left[0] == left[1] == right[0] == right[1]


def _found(place: Place, value: Typed, limit: float, outcome: tuple[str, str]) -> Problem:
    name, range = canonical(value.node), value.type.range
    assert range is not None
    least, most = map(number, range)
    advice = f"compare it with a number from {least} to {most}", f"请与 {least} 到 {most} 之间的数比较"
    if range == SHARE.range and 1 < limit <= PERCENT:
        share = number(limit)
        advice = (
            f"it is a share: write `{share}%`, or `{number(limit / PERCENT)}`",
            f"这是占比:请写 {share}% 或 {number(limit / PERCENT)}",
        )
    return Problem(
        "W204",
        place,
        f"`{name}` is {least} to {most}, so this is {outcome[0]}",
        f"{name} 的取值为 {least} 到 {most},该条件{outcome[1]}",
        *advice,
    )
