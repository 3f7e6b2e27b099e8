"""`now` and `hour`."""

from rules.expression.calling import Checking
from rules.expression.nodes import Call
from rules.expression.typed import NUMBER, TIME, Hour, Now, Typed


def now(_: Checking, node: Call) -> Typed:
    """Event time at which the condition is judged."""
    return Now(node, TIME)


def hour(_: Checking, node: Call) -> Typed:
    """Civil hour of that time."""
    return Hour(node, NUMBER)
