"""Handing state over: when another ruleset takes effect, what its rules share with those before them goes on.

A rule goes on where it accumulates the same (the signature of its state) in the same columns; its judgements, episodes
and cooldowns go with it. All else begins with what was read of the log before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rules.plan import RulePlan
from streams.shard.family import Family
from streams.shard.tables import KeyTable

if TYPE_CHECKING:
    from streams.shard.patterns.pattern import Pattern


@dataclass(frozen=True, slots=True)
class Held:
    """A rule whose state a pattern holds, as a member of one of its families."""

    pattern: "Pattern"
    family: Family
    member: int

    @property
    def rule(self) -> RulePlan:
        """The rule."""
        return self.family.rules[self.member]


def goes_on(rule: RulePlan, before: Mapping[str, Held], pattern: "Pattern") -> Held | None:
    """Return who held what a rule of a pattern accumulates; None if nobody did."""
    found = before.get(rule.rule)
    same = found is not None and found.rule.signature == rule.signature and type(found.pattern) is type(pattern)
    return found if same else None


def take_keys(
    pattern: "Pattern", family: Family, before: Mapping[str, Held], tables: Callable[[Any], Sequence[KeyTable]]
) -> dict[int, Held]:
    """Have a pattern with one family hold what was held for its members in others like it.

    `tables` returns the key tables of such a pattern, which have a column `members`. Returned are the members that go
    on, each with who held it.
    """
    own = tables(pattern)
    found: dict[int, Held] = {}
    for member, rule in enumerate(family.rules):
        held = goes_on(rule, before, pattern)
        if held is not None and [table.columns for table in tables(held.pattern)] == [table.columns for table in own]:
            found[member] = held
            family.suppressed[member] = held.family.suppressed[held.member]
    for number, table in enumerate(own):
        parts = [table.part(table.of_member(member)) for member in range(len(family.rules)) if member not in found]
        for member, held in found.items():
            other = tables(held.pattern)[number]
            part = other.part(other.of_member(held.member)).marked(int(held.family.marks[held.member]))
            parts.append(part.marked(int(family.marks[member])).of(members=member))
        table.hold(parts)
    return found
