"""A time group in a shard: the rules that read the same feeds, their watermark and their reorder buffer."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, EventBatch
from kernels import opcodes
from kernels.keys.choose import concerned
from rules.plan import Absence, Count, Plan, Program, RulePlan
from streams.shard.absence import AbsenceRule
from streams.shard.at_once import AtOnceRule
from streams.shard.choose import Slice, kinds_table
from streams.shard.firing import Firings
from streams.shard.panes import PaneRule
from streams.shard.point import PointRule
from streams.shard.surroundings import Surroundings
from streams.time.buffer import ReorderBuffer
from streams.time.watermark import FeedClock, GroupClock, Judgement

Stage = Callable[[str], AbstractContextManager[None]]
OrderedRule = PointRule | PaneRule | AbsenceRule


def ordered_rule(rule: RulePlan, surroundings: Surroundings, part: Slice) -> OrderedRule:
    """Give a rule its state."""
    if isinstance(rule.pattern, Absence):
        return AbsenceRule(rule, surroundings, part)
    if isinstance(rule.pattern, Count) and rule.pattern.panes != "sliding":
        return PaneRule(rule, surroundings, part)
    return PointRule(rule, surroundings, part)


class TimeGroup:
    """The rules of one group in one shard."""

    def __init__(self, rules: list[RulePlan], surroundings: Surroundings, clock: GroupClock, part: Slice) -> None:
        self.clock = clock
        self.at_once = [AtOnceRule(rule, surroundings, part) for rule in rules if not rule.ordered]
        self.ordered = [ordered_rule(rule, surroundings, part) for rule in rules if rule.ordered]
        self._part = part
        self.readers = _Readers([rule for rule in rules if rule.ordered], surroundings.plan)
        read = {lane for rule in rules if rule.ordered for lane in _lanes_read(rule)}
        self.buffer = ReorderBuffer(surroundings.plan.layout.lanes, frozenset(read))
        self.duplicates: list[NDArray[np.int64]] = []  # log positions, drained by whoever counts

    def arrive(self, batch: EventBatch, clock: FeedClock, judgement: Judgement) -> Iterator[Firings]:
        """Take a block of one of the group's feeds: at-once rules fire, the rest waits in the buffer."""
        watermarks = self.clock.before_rows(clock, judgement)
        for rule in self.at_once:
            if firings := rule.take(batch, watermarks):
                yield firings
        if self.ordered:
            rows = self.readers.rows(batch, self._part)
            orders = np.where(judgement.late, 2 * watermarks, 2 * batch.lanes[TIME] + 1)
            self.buffer.add(batch, rows, orders[rows], clock.number)

    def advance(self, stage: Stage = lambda _: nullcontext()) -> list[Firings]:
        """Release what the watermark has passed to the ordered rules, and let time pass for them."""
        watermark = self.clock.advance()
        inclusive = self.clock.ended is not None
        if self.clock.ended is not None:
            watermark = self.clock.ended
        if not self.ordered:
            return []
        with stage("order"):
            rows, dropped = self.buffer.release(self.clock.release_bound)
            if len(dropped):
                self.duplicates.append(dropped)
        out: list[Firings] = []
        with stage("patterns"):
            for rule in self.ordered:
                if len(rows):
                    out += rule.take(self.buffer.lanes, self.buffer.order, rows)
                out += rule.advance(watermark, inclusive=inclusive)
        return out


class _Readers:
    """Who needs which rows: the distinct pairs of kinds and key among some rules."""

    def __init__(self, rules: list[RulePlan], plan: Plan) -> None:
        pairs = sorted({(rule.kinds, rule.key) for rule in rules})
        self._number = {pair: number for number, pair in enumerate(pairs)}
        reads = {(rule.kinds, rule.key): kinds_table(rule, plan) for rule in rules}
        self._reads = np.array([reads[pair] for pair in pairs], np.bool_).reshape(len(pairs), len(plan.schemas.kinds))
        self._lanes = np.array([lane for _, key in pairs for lane in key], np.int64)
        self._starts = np.concatenate([[0], np.cumsum([len(key) for _, key in pairs])]).astype(np.int64)
        self.missing = np.zeros(len(pairs), np.int64)

    def rows(self, batch: EventBatch, part: Slice) -> NDArray[np.int64]:
        """Return the rows of a batch that a rule of this shard needs."""
        rows = np.empty(len(batch), np.int64)
        return rows[: concerned(batch.lanes, self._reads, self._lanes, self._starts, part.count, part.index, self.missing,
                                rows)]

    def without_key(self, rule: RulePlan) -> int:
        """How many events of a rule's kinds lacked its key."""
        return int(self.missing[self._number[rule.kinds, rule.key]])

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the counts for a snapshot."""
        return {"missing": self.missing}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the counts of a snapshot."""
        self.missing[:] = tables["missing"]


def _lanes_read(rule: RulePlan) -> set[int]:
    """Return the lanes of a batch that a rule's programs and key read."""
    programs: list[Program] = [*rule.select, *(step.when for step in rule.severity if step.when),
                               *(value.program for value in rule.values if value.program)]
    if isinstance(rule.pattern, Count):
        programs.append(rule.pattern.condition)
    lanes = set(rule.key)
    for program in programs:
        code = program.code.reshape(-1, 2)
        lanes |= set(code[np.isin(code[:, 0], (opcodes.LANE, opcodes.TIME_LANE)), 1].tolist())
    return lanes
