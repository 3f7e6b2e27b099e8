"""Aggregates over a window, and how far they are from what is usual: `zscore`, `expected`."""

from rules.aggregates import AGGREGATES, TAKES, Aggregate
from rules.expression import findings as say
from rules.expression import misfits, misplaced
from rules.expression.calling import Checking
from rules.expression.canonical import canonical
from rules.expression.nodes import Call, Name, Node, Number, walk
from rules.expression.typed import NUMBER, Aggregated, Expected, Typed, ZScore, anywhere

_BASES = {"number": ("number", "duration"), "value": ("text", "enum", "kind")}


def aggregated(check: Checking, node: Call, name: str) -> Typed | None:
    """An aggregate of the window."""
    aggregate = AGGREGATES[name]
    if check.scope.pattern != "window":
        check.found.add(misplaced.not_here(node.place, aggregate.signature, misplaced.IN_WINDOW))
        return None
    if len(node.args) != aggregate.arguments:
        given = canonical(node.args[0]) if len(node.args) == 1 else ""
        check.found.add(say.other_arguments(node.place, aggregate.signature, aggregate.title, given))
        return None
    if aggregate.takes == "nothing":
        assert aggregate.gives is not None
        return Aggregated(node, aggregate.gives, name)
    inner = next((part for part in walk(node.args[0]) if _is_aggregate(part)), None)
    if inner is not None:
        check.found.add(misplaced.nested(inner.place, aggregate.signature))
        return None
    argument = check.over_event(node.args[0], is_condition=aggregate.takes == "condition")
    parameter = _share(check, node, aggregate) if aggregate.parameter else 0.0
    if argument is None or parameter is None:
        return None
    if argument.type.base not in _BASES.get(aggregate.takes, (argument.type.base,)):
        check.found.add(misfits.other_argument(node.args[0].place, argument, TAKES[aggregate.takes]))
        return None
    whole = Call(node.place, node.name, (argument.node, *node.args[1:]))
    gives = aggregate.gives or (anywhere(argument.type) if name == "sum" else argument.type)
    return Aggregated(whole, gives, name, argument, parameter)


def _is_aggregate(node: Node) -> bool:
    """Tell an aggregate; `min` and `max` of several values are none."""
    return isinstance(node, Call) and node.name in AGGREGATES and len(node.args) == AGGREGATES[node.name].arguments


def _share(check: Checking, node: Call, aggregate: Aggregate) -> float | None:
    given = node.args[1]
    if isinstance(given, Number) and given.unit is None and 0 <= given.value <= 1:
        return given.value
    check.found.add(say.other_arguments(given.place, aggregate.signature, aggregate.title))
    return None


def zscore(check: Checking, node: Call) -> Typed | None:
    """How many standard deviations an aggregate is from what is usual."""
    of = _usual(check, node)
    return None if of is None else ZScore(Call(node.place, node.name, (of.node,)), NUMBER, of)


def expected(check: Checking, node: Call) -> Typed | None:
    """What an aggregate usually is, in its unit."""
    of = _usual(check, node)
    return None if of is None else Expected(Call(node.place, node.name, (of.node,)), of.type, of)


def _usual(check: Checking, node: Call) -> Aggregated | None:
    if not check.scope.baseline:
        check.found.add(misplaced.not_here(node.place, f"{node.name}()", misplaced.IN_BASELINE))
        return None
    argument = node.args[0]
    if isinstance(argument, Name) and len(argument.path) == 1 and check.scope.fields(argument.path[0]):
        check.found.add(misfits.field_alone(argument.place, node.name, argument.path[0]))
        return None
    of = check.any(argument)
    if of is not None and not isinstance(of, Aggregated):
        check.found.add(misfits.no_aggregate(node.args[0].place, of))
        return None
    return of
