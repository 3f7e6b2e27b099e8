"""`now` and `hour`."""

from rules.expression.calling import Checking
from rules.expression.nodes import Call
from rules.expression.typed import TIME, Hour, Now, Type, Typed

_HOURS = Type("number", range=(0, 23))


def now(_: Checking, node: Call) -> Typed:
    """Event time at which the condition is judged."""
    return Now(node, TIME)


def hour(_: Checking, node: Call) -> Typed:
    """Civil hour of that time."""
    return Hour(node, _HOURS)
