"""A family of rules in one shard: the rules that run as one, and how their programs are run."""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES
from events.batch import Lanes
from kernels import opcodes as op
from kernels.opcodes import TRUE
from rules.expression.compiled import Program, reads
from rules.family import FamilyPlan, programs
from rules.patterns.plan import Change, Sequence
from rules.plan import RulePlan
from streams.shard.choose import Slice
from streams.shard.conjuncts import Entry
from streams.shard.marks import of_members
from streams.shard.surroundings import Surroundings

Ints = NDArray[np.int64]
CODES = {severity: code for code, severity in enumerate(SEVERITIES)}  # 0 is the most severe
NO_EXTRA = np.empty((0, 0), np.float64)
# is told a program, the lanes and rows that it ran over, what the pattern gave (float64[e, n]) and the 64 bits found
Witness = Callable[[Program, Lanes, Ints, NDArray[np.float64], Ints], None]


class Family:
    """What a pattern is given: its rules and what they look at.

    Attributes
    ----------
    rule
        the prototype: in its programs constants that differ between members are parameters
    rules
        the members
    cooldowns
        int64[members], ms
    capacity
        keys that are held at most, of all members together
    marks
        int64[members], what tells them apart in keys
    suppressed
        int64[members], matches that a cooldown or a gap kept from firing
    witness
        is told what programs found, for explanations; None but there
    """

    def __init__(self, plan: FamilyPlan, surroundings: Surroundings, part: Slice) -> None:
        self.plan = plan
        self.rule: RulePlan = plan.rule
        self.rules = plan.rules
        self.surroundings = surroundings
        self.part = part
        self.cooldowns = np.array([rule.cooldown_ms for rule in plan.rules], np.int64)
        self.capacity = len(plan.rules) * plan.rule.capacity
        self.marks = of_members(len(plan.rules))
        self.suppressed = np.zeros(len(plan.rules), np.int64)
        self.witness: Witness | None = None

    @cached_property
    def entry(self) -> Entry:
        """What chooses its events, for a pattern with one kind of them."""
        rule = self.rule
        return Entry(self.plan, np.arange(len(self.rules)), rule.kinds, rule.select, rule.key, hangs_on=rule.hangs_on)

    @cached_property
    def lanes(self) -> tuple[int, ...]:
        """The lanes of a batch that its programs and keys read."""
        rule = self.rule
        lanes = set(rule.key)
        if isinstance(rule.pattern, Sequence):
            lanes |= {lane for step in rule.pattern.steps for lane in step.key} | set(rule.pattern.first)
        if isinstance(rule.pattern, Change):
            lanes |= set(rule.pattern.previous)
        return tuple(sorted(lanes.union(reads(self._programs, op.LANE, op.TIME_LANE))))

    @cached_property
    def scored(self) -> tuple[int, ...]:
        """The lanes behind those of a batch that its programs read: what scores say."""
        return tuple(reads(self._programs, op.SCORE))

    @property
    def _programs(self) -> Iterator[Program]:
        rule = self.rule
        return programs(
            (rule.select, rule.pattern, rule.severity, *((each.values, each.canary) for each in self.rules))
        )

    def evaluate(self, program: Program, lanes: Lanes, rows: Ints, extra: NDArray[np.float64], members: Ints) -> Ints:
        """Return the 64 bits of a program's result for some rows, each for one member.

        `extra` is float64[e, len(rows)], the rows of EXTRA that the pattern gives (`rules.patterns.plan.extras`).
        """
        given = extra
        if len(self.plan.parameters):
            own = self.plan.parameters[:, members].view(np.float64)
            extra = own if not self.plan.base else np.concatenate([extra, own])
        found = self.surroundings.evaluate(program, lanes, rows, np.ascontiguousarray(extra))
        if self.witness is not None:
            self.witness(program, lanes, rows, given, found)
        return found

    def severities(self, lanes: Lanes, rows: Ints, extra: NDArray[np.float64], members: Ints) -> Ints:
        """Return the severity code of each row: that of the first rung whose condition is true, else the default's."""
        ladder = self.rule.severity
        out = np.full(len(rows), CODES[ladder[-1].severity], np.int64)
        for step in reversed(ladder[:-1]):
            assert step.when is not None
            holds = self.evaluate(step.when, lanes, rows, extra, members) == TRUE
            out[holds] = CODES[step.severity]
        return out
