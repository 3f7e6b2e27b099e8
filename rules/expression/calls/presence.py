"""`missing` and `known`."""

from rules.expression import misfits
from rules.expression.calling import Checking
from rules.expression.nodes import Call
from rules.expression.typed import TRUTH, Apply, Constant, Typed, negated


def presence(check: Checking, node: Call) -> Typed | None:
    """Whether a field or number has a value; never unknown."""
    item = check.any(node.args[0])
    if item is None:
        return None
    if item.type.base in ("truth", "string"):
        check.found.add(misfits.known_of_what(node.place, node.name))
        return None
    whole = Call(node.place, node.name, (item.node,))
    if isinstance(item, Constant):  # a number that is null came from a division by zero
        return Constant(whole, TRUTH, (item.value == item.value) == (node.name == "known"))
    known = Apply(Call(node.place, "known", (item.node,)), TRUTH, "known", (item,))
    return known if node.name == "known" else negated(known, whole)
