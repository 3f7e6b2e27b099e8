"""`abs`, `min` and `max` of values of one event."""

import math
from typing import cast

from rules.expression import misfits
from rules.expression.calling import Checking
from rules.expression.nodes import Call
from rules.expression.typed import NUMBER, TIME, Apply, Constant, Operation, Typed, anywhere


def absolute(check: Checking, node: Call) -> Typed | None:
    """A number without its sign."""
    item = check.any(node.args[0])
    if item is None:
        return None
    if item.type.base not in ("number", "duration"):
        check.found.add(misfits.no_number(item.node.place, item))
        return None
    whole = Call(node.place, node.name, (item.node,))
    if isinstance(item, Constant):
        return Constant(whole, anywhere(item.type), abs(float(item.value)))
    return Apply(whole, anywhere(item.type), "abs", (item,))


def extreme(check: Checking, node: Call) -> Typed | None:
    """The least or greatest of several numbers, durations or times."""
    args = [check.any(arg) for arg in node.args]
    good = tuple(arg for arg in args if arg is not None)
    if len(good) < len(args):
        return None
    for item in good:
        if item.type.base not in ("number", "duration", "time"):
            check.found.add(misfits.no_number(item.node.place, item))
            return None
    whole = Call(node.place, node.name, tuple(item.node for item in good))
    out = [good[0]]
    for item in good[1:]:
        pair = check.alike(whole, out[0], item)
        if pair is None:
            return None
        out[0], last = pair
        out.append(last)
    kind = next((anywhere(item.type) for item in out if item.type.unit or item.type == TIME), NUMBER)
    numbers = [float(item.value) for item in out if isinstance(item, Constant)]
    if len(numbers) == len(out) and not any(map(math.isnan, numbers)):
        return Constant(whole, kind, min(numbers) if node.name == "min" else max(numbers))
    return Apply(whole, kind, cast(Operation, node.name), tuple(out))
