"""`change`: an event compared with the one before it of the same key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernels.instants import DAY_MS
from rules.conditions import Conditions, is_computed, named
from rules.expression.canonical import canonical
from rules.expression.program import Target, compile, field_lane
from rules.expression.scope import Scope
from rules.expression.typed import FirstSeen, Prev, Typed
from rules.model import Change
from rules.patterns import plan, window
from rules.reading import Reader
from rules.yaml import Node, Scalar


@dataclass(frozen=True, slots=True)
class CheckedChange:
    """A change that may run: what it reads of the event before, and of which values it asks whether they are new."""

    written: Change
    condition: Typed
    previous: Mapping[str, Prev]
    first_seen: Mapping[str, FirstSeen]

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return (self.condition,)

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with."""
        return (self.condition,)

    @property
    def accumulated(self) -> tuple[Typed, ...]:
        """What is evaluated over events into the state."""
        return (*self.previous.values(), *self.first_seen.values())

    @property
    def extras(self) -> dict[str, int]:
        """Rows of EXTRA by what they give."""
        return {name: row for row, name in enumerate((*self.previous, *self.first_seen))}

    def state(self) -> dict[str, Any]:
        """What is remembered, for the signature."""
        return {
            "window": self.written.window_ms,
            "previous": [*self.previous],
            "first_seen": [*self.first_seen],
        }

    def form(self) -> dict[str, Any]:
        """What it means, key by key, for the version."""
        return {"window": self.written.window_ms, "change": canonical(self.condition.node)}

    def plan(self, target: Target) -> plan.Change:
        """Compile."""
        fields = [prev.field for prev in self.previous.values()]
        return plan.Change(
            condition=compile(self.condition, target),
            window_ms=self.written.window_ms,
            previous=tuple(field_lane(field.name, field.field_type, target.layout) for field in fields),
            first_seen=tuple(compile(each.argument, target) for each in self.first_seen.values()),
        )


def read(found: Mapping[str, Node], reader: Reader) -> Change:
    """Read a change; what cannot be read is reported and stands in for itself."""
    looked_at = window.read(found["window"], reader) if "window" in found else None
    if looked_at is not None and looked_at.panes != "sliding":
        reader.report("E050", looked_at.place, key="change", others="2h")
    condition = reader.text("change", found["change"]) or Scalar("true", found["change"].place)
    return Change(condition, DAY_MS if looked_at is None else looked_at.length_ms)


def judged(events: Scope) -> Scope:
    """Return where the condition, severity and texts stand: the event before is known beside the one in hand."""
    return replace(events, pattern="change")


def check(change: Change, scope: Scope, others: Sequence[Typed], conditions: Conditions) -> CheckedChange | None:
    """Check the condition; `others` are the conditions of `severity` and the values of texts."""
    condition = conditions.condition(change.condition, scope)
    if condition is None:
        return None
    if not named(Prev, [condition]) and not named(FirstSeen, [condition]):
        conditions.report("E053", change.condition.place)
    everything = (condition, *filter(is_computed, others))
    return CheckedChange(change, condition, named(Prev, everything), named(FirstSeen, everything))
