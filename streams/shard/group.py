"""A time group in a shard: the rules that read the same feeds, their watermark and their reorder buffer.

What an event is to a rule without memory (kind, `when`, sets, calendar, key) is asked twice: on arrival, so that
only rows that some rule takes are buffered, sorted and kept; and again of those few when they are released,
because that is when a rule takes them. So a shard of a city moves one row in ten.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, EventBatch
from kernels import opcodes
from kernels.keys.choose import mark
from rules.plan import Absence, Program, RulePlan, Threshold
from streams.shard.absence import AbsenceRule
from streams.shard.at_once import AtOnceRule
from streams.shard.choose import Slice
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
    if isinstance(rule.pattern, Threshold) and rule.pattern.window.panes != "sliding":
        return PaneRule(rule, surroundings, part)
    return PointRule(rule, surroundings, part)


class TimeGroup:
    """The rules of one group in one shard."""

    def __init__(self, rules: list[RulePlan], surroundings: Surroundings, clock: GroupClock, part: Slice) -> None:
        self.clock = clock
        self.at_once = [AtOnceRule(rule, surroundings, part) for rule in rules if not rule.ordered]
        self.ordered = [ordered_rule(rule, surroundings, part) for rule in rules if rule.ordered]
        read = {lane for rule in rules if rule.ordered for lane in _lanes_read(rule)}
        self.armed = not any(isinstance(rule.pattern, Absence) and rule.pattern.expect is not None for rule in rules)
        self.repeats: list[NDArray[np.int64]] = []  # log positions of what rules dropped in the last step
        self.buffer = ReorderBuffer(surroundings.plan.layout.lanes, frozenset(read))

    def arrive(self, batch: EventBatch, clock: FeedClock, judgement: Judgement) -> Iterator[Firings]:
        """Take a block of one of the group's feeds: at-once rules fire, the rest waits in the buffer."""

        def before(rows: NDArray[np.int64]) -> NDArray[np.int64]:
            return self.clock.before(rows, clock, judgement)

        for rule in self.at_once:
            if firings := rule.take(batch, before):
                yield firings
        if self.ordered:
            wanted = np.zeros(len(batch), np.bool_)
            for ordered in self.ordered:
                if isinstance(ordered, AbsenceRule):
                    mark(ordered.glance(batch.lanes, judgement.late, clock.number), wanted)
                else:
                    mark(ordered.needs(batch.lanes), wanted)
            rows = np.flatnonzero(wanted)
            times = batch.lanes[TIME, rows]
            orders = np.where(judgement.late[rows], 2 * np.maximum(times, before(rows)), 2 * times + 1)
            self.buffer.add(batch, rows, orders, clock.number)

    def advance(self, stage: Stage = lambda _: nullcontext()) -> list[Firings]:
        """Release what the watermark has passed to the ordered rules, and let time pass for them."""
        watermark = self.clock.advance()
        inclusive = self.clock.ended is not None
        if self.clock.ended is not None:
            watermark = self.clock.ended
        self.repeats = []
        if not self.ordered or not self.armed:
            return []
        with stage("order"):
            rows = self.buffer.release(self.clock.release_bound)
        out: list[Firings] = []
        with stage("patterns"):
            for rule in self.ordered:
                if len(rows):
                    out += rule.take(self.buffer, rows)
                    if not isinstance(rule, AbsenceRule):
                        self.repeats.append(rule.repeats)
                out += rule.advance(watermark, inclusive=inclusive)
        return out

    def arm(self, epoch: int) -> None:
        """Await expected keys from the log's epoch on; until it is known nothing is released."""
        for rule in self.ordered:
            if isinstance(rule, AbsenceRule):
                rule.arm(epoch)
        self.armed = True


def _lanes_read(rule: RulePlan) -> set[int]:
    """Return the lanes of a batch that a rule's programs and key read."""
    programs: list[Program] = [
        *rule.select,
        *(step.when for step in rule.severity if step.when),
        *(value.program for value in rule.values if value.program),
    ]
    if isinstance(rule.pattern, Threshold):
        programs.append(rule.pattern.condition)
    lanes = set(rule.key)
    for program in programs:
        code = program.code.reshape(-1, 2)
        lanes |= set(code[np.isin(code[:, 0], (opcodes.LANE, opcodes.TIME_LANE)), 1].tolist())
    return lanes
