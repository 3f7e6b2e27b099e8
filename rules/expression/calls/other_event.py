"""The argument `prev` or `first`: another event than the one in hand."""

from collections.abc import Callable

from rules.expression import misplaced
from rules.expression.calling import Checking
from rules.expression.nodes import Call, Name
from rules.expression.typed import Typed

Other = Callable[[str], Typed | None]  # name of a field to that field of the other event


def other_event(check: Checking, node: Call) -> Other | None:
    """Return how the fields of the event are read that a call's only argument names."""
    (arg,) = node.args
    if not (isinstance(arg, Name) and arg.path in (("prev",), ("first",))):
        check.found.add(misplaced.no_other_event(arg.place, node.name))
        return None
    (event,) = arg.path
    if event == "prev" and check.scope.pattern != "change":
        check.found.add(misplaced.not_here(node.place, f"{node.name}(prev)", misplaced.IN_CHANGE))
        return None
    if event == "first" and not check.scope.first_kinds:
        check.found.add(misplaced.not_here(node.place, f"{node.name}(first)", misplaced.IN_SEQUENCE))
        return None
    return lambda name: check.other(event, name, node.place)
