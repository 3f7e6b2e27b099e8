"""A rule whose expressions have been checked: the model's texts turned into typed trees. What follows cannot fail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from events.alert import Severity
from rules.conditions import Template
from rules.expression.hanging import hangs_on
from rules.expression.typed import Apply, Constant, Coverage, Field, Hour, InCalendar, Score, Typed, leaves
from rules.key_fields import KeyFields
from rules.model import Rule
from rules.patterns.absence import CheckedAbsence
from rules.patterns.change import CheckedChange
from rules.patterns.sequence import CheckedSequence
from rules.patterns.threshold import CheckedThreshold

CheckedPattern = CheckedThreshold | CheckedAbsence | CheckedSequence | CheckedChange

_LIMITS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """One rule, checked.

    `select` are the conjuncts that choose events, cheapest first; a sequence has them in its steps. `key` is that of
    alerts; `legal_basis` is None where the purpose's stands.
    """

    rule: Rule
    kinds: tuple[str, ...]
    select: tuple[Typed, ...]
    active: Typed | None  # of an absence; of other rules it is in `select`
    key: KeyFields
    capacity: int
    pattern: CheckedPattern | None
    severity: tuple[tuple[Severity, Typed | None], ...]
    title: Mapping[str, Template]
    message: Mapping[str, Template]
    labels: Mapping[str, Template]
    canary: Typed | None
    personal: tuple[str, ...]  # what it reads that is personal, sorted
    read: tuple[Typed, ...] = field(repr=False)  # every expression that runs over events or keys

    @property
    def shown(self) -> tuple[Typed, ...]:
        """What the texts say, in their order."""
        templates = (*self.message.values(), *self.title.values(), *self.labels.values())
        return tuple(value for template in templates for value in template.values)

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with: the pattern's conditions, then those of `severity`."""
        own = self.pattern.conditions if self.pattern else ()
        return (*own, *(when for _, when in self.severity if when is not None))

    @property
    def keys(self) -> Iterator[KeyFields]:
        """The key, and those of a sequence's other steps."""
        yield self.key
        if isinstance(self.pattern, CheckedSequence):
            yield from (step.key for step in self.pattern.steps)

    @property
    def is_ordered(self) -> bool:
        """Whether it sees events in the order of event time: it has a pattern or a cooldown, or asks what remembers."""
        return (
            self.pattern is not None
            or self.rule.cooldown_ms is not None
            or any(isinstance(leaf, Coverage | Score) for typed in self.read for leaf in leaves(typed))
        )

    @property
    def is_civil(self) -> bool:
        """Whether the rule speaks of civil time: calendars, hours, days, panes, dates, or a time in a text."""
        panes = self.pattern.written.window.panes if isinstance(self.pattern, CheckedThreshold) else "sliding"
        return (
            self.active is not None
            or (isinstance(self.pattern, CheckedAbsence) and self.pattern.unusual is not None)
            or any(exemption.until for exemption in self.rule.exemptions)
            or panes in ("tumbling", "day")
            or any(value.type.base == "time" for value in self.shown)
            or any(isinstance(leaf, InCalendar | Hour) for typed in self.read for leaf in leaves(typed))
        )

    @property
    def is_indexed(self) -> bool:
        """Whether few events are asked for it: a conjunct compares a field with a constant, or hangs on a score."""
        if isinstance(self.pattern, CheckedSequence):
            return all(_is_picked_out(step.select) for step in self.pattern.steps)
        return _is_picked_out(self.select)


def _is_picked_out(select: Sequence[Typed]) -> bool:
    return any(map(_is_index, select)) or hangs_on(select) is not None


def _is_index(typed: Typed) -> bool:
    if not isinstance(typed, Apply):
        return False
    if typed.operation == "or":
        return all(isinstance(arg, Apply) and arg.operation == "same" and _is_index(arg) for arg in typed.args)
    if typed.operation not in ("same", *_LIMITS):
        return False
    kinds = {type(arg) for arg in typed.args}
    return kinds == {Field, Constant}
