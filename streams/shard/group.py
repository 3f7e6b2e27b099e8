"""A time group in a shard: the rules that read the same feeds, their watermark and their reorder buffer.

What an event is to a rule without memory (kind, `when`, sets, calendar, key) is asked on arrival, so that only rows
that some rule takes wait, each with who takes it. What coverage says is known when they are released, and asked then.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from events.batch import KIND, TIME, EventBatch
from kernels.opcodes import COVERAGE
from rules.family import families, programs
from rules.plan import Absence as AbsencePlan
from rules.plan import RulePlan, reads
from streams.shard.choose import Chooser, Chosen, Slice, cut
from streams.shard.coverage import Coverage
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.at_once import AtOnce
from streams.shard.patterns.load import pattern_of
from streams.shard.patterns.pattern import Pattern
from streams.shard.surroundings import Surroundings
from streams.time.buffer import Reader, Released, ReorderBuffer
from streams.time.watermark import FeedClock, GroupClock, Judgement

Ints = NDArray[np.int64]
Stage = Callable[[str], AbstractContextManager[None]]


class TimeGroup:
    """The rules of one group in one shard."""

    def __init__(self, rules: list[RulePlan], surroundings: Surroundings, clock: GroupClock, part: Slice) -> None:
        self.clock = clock
        surroundings = surroundings.own()
        self.coverage = Coverage(programs(tuple(rules)), surroundings)
        made = [Family(plan, surroundings, part) for plan in families(rules)]
        self.at_once = [AtOnce(family) for family in made if not family.rule.ordered]
        self.ordered = [pattern_of(family) for family in made if family.rule.ordered]
        ordered = [entry for pattern in self.ordered for entry in pattern.entries]
        self.entries = (*(rules.entry for rules in self.at_once), *ordered)
        self.missing = np.zeros(len(self.entries), np.int64)  # events of an entry's kinds that lacked its key
        self._sampled = {
            number: Chooser([entry], surroundings, part)
            for number, entry in enumerate(ordered)
            if reads(entry.select, COVERAGE)
        }
        self.armed = not (self.coverage or any(map(_awaits_epoch, rules)))
        self.repeats: list[Ints] = []  # log positions of what rules dropped in the last step
        readers = [
            Reader(
                frozenset((KIND, *pattern.family.lanes))
                if reads(entry.select, COVERAGE)
                else frozenset(pattern.family.lanes),
                entry.late,
            )
            for pattern in self.ordered
            for entry in pattern.entries
        ]
        self.buffer = ReorderBuffer(surroundings.plan.layout.lanes, readers)

    def arrive(
        self, batch: EventBatch, chosen: list[Chosen], clock: FeedClock, judgement: Judgement
    ) -> Iterator[Firings]:
        """Take a block of one of the group's feeds: at-once rules fire, the rest waits in the buffer.

        `chosen` is what each of the group's entries chose of it for this shard.
        """

        def before(rows: Ints) -> Ints:
            return self.clock.before(rows, clock, judgement)

        for rules, own in zip(self.at_once, chosen, strict=False):
            if len(own) and (firings := rules.take(own, batch, before)):
                yield firings
        if not self.ordered:
            return
        places = batch.lanes[TIME]
        if judgement.late.any():
            late = np.flatnonzero(judgement.late)
            places = places.copy()
            places[late] = np.maximum(places[late], before(late))
        self.coverage.arrive(batch.lanes, places)
        waiting: list[Chosen] = []
        for pattern, of_entries in _parted(self.ordered, chosen[len(self.at_once) :]):
            waiting += pattern.glance(of_entries, batch.lanes, judgement.late, clock.number)
        self.buffer.add(batch, places, judgement.late, clock.number, waiting)

    def advance(self, stage: Stage = lambda _: nullcontext()) -> list[Firings]:
        """Release what the watermark has passed to the ordered rules, and let time pass for them."""
        watermark = self.clock.advance()
        inclusive = self.clock.ended is not None
        if self.clock.ended is not None:
            watermark = self.clock.ended
        self.repeats = []
        if not self.ordered or not self.armed:
            return []
        out: list[Firings] = []
        for stop in self.coverage.stops(watermark):
            out += self._pass(stop, 2 * stop + 1, stage, inclusive=False)
        return out + self._pass(watermark, self.clock.release_bound, stage, inclusive=inclusive)

    def _pass(self, watermark: int, bound: int, stage: Stage, *, inclusive: bool) -> list[Firings]:
        """Let the ordered rules see everything up to a watermark; released are rows whose order is below `bound`."""
        out: list[Firings] = []
        with stage("patterns"):
            self.coverage.sample(watermark)
            for pattern in self.ordered:
                pattern.darken(watermark, self.clock.dark, blind=self.clock.blind)
        with stage("order"):
            released = self.buffer.release(bound)
            chosen = [] if released is None else self._chosen(released)
        with stage("patterns"):
            for pattern, own in _parted(self.ordered, chosen):
                if released is not None and any(map(len, own)):
                    out += pattern.take(own, released)
                    self.repeats.append(pattern.repeats)
            for pattern in self.ordered:
                out += pattern.advance(watermark, inclusive=inclusive)
        return out

    def _chosen(self, released: Released) -> list[Chosen]:
        """Return what each entry takes: what it chose on arrival, of which coverage is known only now."""
        chosen = cut(released.spans, released.taken)
        for number, chooser in self._sampled.items():
            rows = chosen[number].rows
            if len(rows):
                chosen[number] = chooser.released(released.lanes, released.order, rows[np.diff(rows, prepend=-1) != 0])[
                    0
                ]
        return chosen

    def arm(self, epoch: int) -> None:
        """Await expected keys from the log's epoch on; until it is known nothing is released."""
        self.coverage.arm(epoch)
        for pattern in self.ordered:
            pattern.arm(epoch)
        self.armed = True


def _awaits_epoch(rule: RulePlan) -> bool:
    """Whether a rule waits for the epoch: one that expects keys from it on, or judges the minutes behind it."""
    pattern = rule.pattern
    return isinstance(pattern, AbsencePlan) and (pattern.expect is not None or pattern.unless is not None)


def _parted(patterns: list[Pattern], chosen: list[Chosen]) -> Iterator[tuple[Pattern, list[Chosen]]]:
    """Yield what the entries of each pattern chose."""
    start = 0
    for pattern in patterns if chosen else ():
        end = start + len(pattern.entries)
        yield pattern, chosen[start:end]
        start = end
