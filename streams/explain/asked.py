"""What a rule asks of an event before it takes it: its conditions, exceptions and calendars, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from events.schema import FieldType
from rules.checked import CheckedRule
from rules.expression.nodes import Call
from rules.expression.typed import Apply, First, Typed, leaves
from rules.model import Exemption
from rules.patterns.sequence import CheckedSequence

Kind = Literal["condition", "exception"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One conjunct. `exemption` is what it stands for where it is an exception; `refers`: it asks the first event."""

    typed: Typed
    kind: Kind = "condition"
    exemption: Exemption | None = None
    refers: bool = False


@dataclass(frozen=True, slots=True)
class Entrance:
    """What takes events: a rule, or one step of its sequence (`role`)."""

    role: str | None
    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]
    key: tuple[tuple[str, FieldType], ...]


def entrances(checked: CheckedRule) -> tuple[Entrance, ...]:
    """Return the entrances of a rule, in the order of the entries of its pattern."""
    if isinstance(checked.pattern, CheckedSequence):
        return tuple(
            Entrance(step.written.role, step.kinds, tuple(_conditions(checked, step.select)), step.key)
            for step in checked.pattern.steps
        )
    return (Entrance(None, checked.kinds, tuple(_conditions(checked, checked.select)), checked.key),)


def _conditions(checked: CheckedRule, select: tuple[Typed, ...]) -> Iterator[Condition]:
    for typed in select:
        refers = any(isinstance(leaf, First) for leaf in leaves(typed))
        if _is_exception(typed):
            yield Condition(typed, "exception", _exemption(checked, typed), refers)
        else:
            yield Condition(typed, refers=refers)


def _is_exception(typed: Typed) -> bool:
    """Tell whether a conjunct is what an exception was turned into (`rules.expression.typed.exempting`)."""
    if not isinstance(typed, Apply) or typed.operation != "not":
        return False
    inner = typed.args[0].node
    return isinstance(inner, Call) and inner.name == "sure"


def _exemption(checked: CheckedRule, typed: Typed) -> Exemption | None:
    """Return the exception that a conjunct is written in; None where a macro alone says it and there are several."""
    exemptions = checked.rule.exemptions
    if len(exemptions) == 1:
        return exemptions[0]
    at = typed.node.place
    before = [each for each in exemptions if each.when.place <= at and each.when.place.path == at.path]
    return max(before, key=lambda each: each.when.place, default=None)
