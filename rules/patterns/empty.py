"""What conditions are over a window without an event: whether an alert that lasts ends where no more events come."""

from collections.abc import Iterator

from events.place import Problem
from rules.aggregates import AGGREGATES
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.possible import NULL, is_null, negated, number, truths
from rules.expression.typed import Aggregated, Typed, ZScore, leaves


def endless(condition: Typed, clear: Typed | None) -> Iterator[Problem]:
    """Yield a warning if what ends an alert is unknown of an empty window, whatever sets and calendars say."""
    ended = ends(condition, clear)
    if True in ended or None not in ended:
        return
    whole = condition if clear is None else clear
    null = [leaf for leaf in leaves(whole) if isinstance(leaf, Aggregated | ZScore) and is_null(_empty(leaf))]
    names = dict.fromkeys(canonical(leaf.node) for leaf in null or (whole,))  # x / 0 is null too
    yield problem("W361", whole.node.place, names=", ".join(f"`{name}`" for name in names))


def ends(condition: Typed, clear: Typed | None) -> frozenset[bool | None]:
    """Return what a window without an event may say of whether an alert ends: true, false, None for unknown."""
    return truths(clear, _empty) if clear is not None else frozenset(map(negated, truths(condition, _empty)))


def _empty(typed: Typed) -> float | None:
    """Return what an aggregate is over an empty window, NaN for null, None of what something else says."""
    if isinstance(typed, Aggregated):
        empty = AGGREGATES[typed.function].empty
        return NULL if empty is None else empty
    if isinstance(typed, ZScore):
        return NULL if is_null(number(typed.of, _empty)) else None
    return None
