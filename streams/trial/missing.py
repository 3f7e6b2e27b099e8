"""Which fields that rules rely on are often missing in a history: a condition on null is unknown, and selects nothing.

The share is measured among the events that pass the rule's other conditions, so that a field which only vehicles have
is not called missing in a rule on vehicles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import KIND, EventBatch, Lanes
from events.place import Place, Problem
from kernels.nulls import NULL
from kernels.opcodes import ON_RELEASE, TRUE
from rules.check import Ruleset
from rules.checked import CheckedRule
from rules.errors import problem
from rules.expression.compiled import Program, reads
from rules.expression.typed import Apply, Field, Typed, leaves, parts
from rules.patterns.plan import Sequence as Steps
from rules.patterns.sequence import CheckedSequence
from rules.plan import RulePlan
from streams.shard.surroundings import Surroundings

OFTEN = 0.01  # of the events; what is missing less often is an accident
ALWAYS_THERE = ("kind", "time", "id")
NO_EXTRA = np.empty((0, 0))


@dataclass(slots=True)
class Relied:
    """A field that a condition relies on, in events of `kinds` (codes) for which `others` are true; with its counts."""

    name: str
    place: Place
    lane: int
    is_number: bool
    kinds: NDArray[np.int64]
    others: tuple[Program, ...]
    events: int = 0
    missing: int = 0


class Missing:
    """Measures over batches how often the fields are missing that the rules of a ruleset rely on."""

    def __init__(self, ruleset: Ruleset, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._kinds = ruleset.plan.schemas.kinds
        plans = {rule.rule: rule for rule in ruleset.plan.rules}
        self._relied = [
            relied
            for rule in ruleset.rules
            if rule.rule.name.text in plans
            for relied in self._of_rule(rule, plans[rule.rule.name.text])
        ]

    def _of_rule(self, rule: CheckedRule, plan: RulePlan) -> Iterator[Relied]:
        if isinstance(rule.pattern, CheckedSequence) and isinstance(plan.pattern, Steps):
            for step, planned in zip(rule.pattern.steps, plan.pattern.steps, strict=True):
                if not step.refers:
                    yield from self._of_conditions(step.select, planned.select, step.kinds)
        else:
            yield from self._of_conditions(rule.select, plan.select, rule.kinds)

    def _of_conditions(
        self, conditions: Sequence[Typed], programs: Sequence[Program], kinds: Sequence[str]
    ) -> Iterator[Relied]:
        schemas, layout = self._surroundings.plan.schemas, self._surroundings.plan.layout
        fields_read = [{leaf.name for leaf in leaves(each) if isinstance(leaf, Field)} for each in conditions]
        asked = {name for each in conditions for name in _asked(each)}
        for number, each in enumerate(conditions):
            fields = {leaf.name: leaf for leaf in leaves(each) if isinstance(leaf, Field)}
            for name, leaf in sorted(fields.items()):
                if name in asked or name in ALWAYS_THERE:
                    continue
                others = tuple(
                    program
                    for place, program in enumerate(programs)
                    if place != number and name not in fields_read[place] and not reads([program], *ON_RELEASE)
                )
                have = [schemas.code(kind) for kind in kinds if name in schemas[kind].fields]
                lane = layout.lane(name, leaf.field_type)
                yield Relied(name, leaf.node.place, lane, leaf.field_type == "number", np.array(have, np.int64), others)

    def see(self, batch: EventBatch) -> None:
        """Count a batch, filled with what the devices set knows."""
        lanes = batch.lanes
        for relied in self._relied:
            rows = np.flatnonzero(np.isin(lanes[KIND], relied.kinds))
            for program in relied.others:
                if len(rows):
                    rows = rows[self._surroundings.evaluate(program, lanes, rows, NO_EXTRA) == TRUE]
            relied.events += len(rows)
            relied.missing += _nulls(lanes, relied, rows)

    def warnings(self) -> list[Problem]:
        """Return a warning for each place at which a field is relied on that is often missing."""
        found: dict[tuple[Place, str], Relied] = {}
        for each in self._relied:
            if each.events and each.missing >= OFTEN * each.events:
                worst = found.get((each.place, each.name))
                if worst is None or each.missing * worst.events > worst.missing * each.events:
                    found[each.place, each.name] = each
        return [
            problem(
                "W201",
                each.place,
                name=each.name,
                share=f"{100 * each.missing / each.events:.1f}%",
                kinds=", ".join(self._kinds[code] for code in each.kinds.tolist()),
            )
            for each in found.values()
        ]


def _nulls(lanes: Lanes, relied: Relied, rows: NDArray[np.int64]) -> int:
    values = lanes[relied.lane, rows]
    return int(np.count_nonzero(np.isnan(values.view(np.float64)) if relied.is_number else values == NULL))


def _asked(typed: Typed) -> Iterator[str]:
    """Yield the fields of which a condition says what is meant where they are missing; an exception needs no word."""
    if isinstance(typed, Apply) and typed.operation in ("known", "sure", "otherwise"):
        yield from (leaf.name for leaf in leaves(typed) if isinstance(leaf, Field))
    for part in parts(typed):
        yield from _asked(part)
