"""A time group in a shard: the rules that read the same feeds, their watermark and their reorder buffer.

What an event is to a rule without memory (kind, `when`, sets, calendar, key) is asked on arrival, so that only rows
that some rule takes wait, each with who takes it. What coverage and scores say is known when they are released, and
asked then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from events.batch import KIND, POSITION, TIME, EventBatch
from kernels.opcodes import ON_RELEASE
from rules.expression.compiled import reads
from rules.family import families, programs
from rules.patterns.plan import Absence as AbsencePlan
from rules.patterns.plan import Change as ChangePlan
from rules.plan import RulePlan
from rules.windows import running
from streams.shard.choose import Chooser, Chosen, Slice
from streams.shard.coverage import Coverage
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held
from streams.shard.patterns.at_once import AtOnce
from streams.shard.patterns.load import pattern_of, scores_of
from streams.shard.patterns.pattern import Pattern
from streams.shard.surroundings import Surroundings
from streams.time.buffer import Reader, Released, ReorderBuffer
from streams.time.watermark import FeedClock, GroupClock, Judgement

Ints = NDArray[np.int64]
NO_ROWS: Ints = np.empty((2, 0), np.int64)
Stage = Callable[[str], AbstractContextManager[None]]


class TimeGroup:
    """The rules of one group in one shard."""

    def __init__(self, rules: list[RulePlan], surroundings: Surroundings, clock: GroupClock, part: Slice) -> None:
        self.clock = clock
        surroundings = self._surroundings = surroundings.own()
        self.coverage = Coverage(programs(tuple(rules)), surroundings)
        at_once = families(rule for rule in rules if not rule.ordered)
        self.at_once = [AtOnce(Family(plan, surroundings, part)) for plan in at_once]
        waiting = running(rule for rule in rules if rule.ordered)
        self.ordered = [pattern_of(plan, surroundings, part) for plan in waiting]
        self.scores = scores_of(rules, surroundings)
        ordered = [entry for pattern in self.ordered for entry in pattern.entries]
        scored = [entry for score in self.scores for entry in score.entries]
        self.entries = (*(rules.entry for rules in self.at_once), *ordered, *scored)
        self.missing = np.zeros(len(self.entries), np.int64)  # events of an entry's kinds that lacked its key
        self.taken = np.zeros(sum(entry.rules for entry in self.entries), np.int64)  # events by entry and member
        self._sampled = {
            number: Chooser([replace(entry, hangs_on=None)], surroundings, part)
            for number, entry in enumerate(ordered)
            if reads(entry.select, *ON_RELEASE)
        }
        numbers = {score.plan.name: number for number, score in enumerate(self.scores)}
        self._hanging = {  # entries that are told of rows by a score alone, with the number of that
            number: numbers[entry.hangs_on] for number, entry in enumerate(ordered) if entry.hangs_on is not None
        }
        self._told: list[Ints] = []  # of each score the released rows of which it said something
        self._first_scored = len(ordered)
        ends = [0, *accumulate(len(pattern.entries) for pattern in self.ordered)]
        self._parts = list(pairwise(ends))  # of each pattern its entries among those of all
        self._owners = [number for number, pattern in enumerate(self.ordered) for _ in pattern.entries]
        self.armed = not (self.coverage or any(map(_awaits_epoch, rules)))
        self.halted = False  # at the instant at which it is to halt
        self._halts_at: int | None = None
        self._done_at: int | None = None  # from then on nobody asks what it has seen
        self._remembers = False  # what its rules are told of, and is silent
        self._is_heard = True  # whether its at-once rules fire
        self.repeats = NO_ROWS  # int64[2, n], log positions and feeds of what rules dropped in the last step
        for entry, score in self._hanging.items():
            self.scores[score].also_read((KIND, *self.ordered[self._owners[entry]].lanes))
        readers = [
            Reader(
                pattern.lanes | {KIND} if reads(entry.select, *ON_RELEASE) else pattern.lanes,
                entry.late,
            )
            for pattern in self.ordered
            for entry in pattern.entries
        ]
        readers += [Reader(each.lanes, late=False) for each in self.scores for _ in each.entries]
        self.buffer = ReorderBuffer(surroundings.plan.lanes, readers)

    def arrive(
        self, batch: EventBatch, chosen: list[Chosen], clock: FeedClock, judgement: Judgement
    ) -> Iterator[Firings]:
        """Take a block of one of the group's feeds: at-once rules fire, the rest waits in the buffer.

        `chosen` is what each of the group's entries chose of it for this shard.
        """

        def before(rows: Ints) -> Ints:
            return self.clock.before(rows, clock, judgement)

        for rules, own in zip(self.at_once, chosen, strict=False):
            if self._is_heard and len(own) and (firings := rules.take(own, batch, before)):
                yield firings
        if not self.ordered:
            return
        places = batch.lanes[TIME]
        if judgement.late.any():
            late = np.flatnonzero(judgement.late)
            places = places.copy()
            places[late] = np.maximum(places[late], before(late))
        self.coverage.arrive(batch.lanes, places)
        ordered = chosen[len(self.at_once) :]
        if self._done_at is not None:
            ordered = [some.at(places[some.rows] < self._done_at) for some in ordered]
        waiting: dict[int, Chosen] = {}
        waits = judgement.late | batch.ahead  # a change goes by what was received: none may be seen that is later
        of_patterns, of_scores = ordered[: self._first_scored], ordered[self._first_scored :]
        for number in self._owning(entry for entry, some in enumerate(of_patterns) if some.rows.size):
            start, end = self._parts[number]
            left = self.ordered[number].glance(ordered[start:end], batch.lanes, waits, clock.number)
            waiting |= {start + step: some for step, some in enumerate(left) if some.rows.size}
        waiting |= {entry: some for entry, some in enumerate(of_scores, self._first_scored) if some.rows.size}
        self.buffer.add(batch, places, judgement.late, clock.number, waiting)

    def _owning(self, entries: Iterable[int]) -> list[int]:
        """Return the numbers of the patterns that some entries belong to, in order."""
        return sorted({self._owners[entry] for entry in entries})

    def advance(self, stage: Stage = lambda _: nullcontext()) -> list[Firings]:
        """Release what the watermark has passed to the ordered rules, and let time pass for them."""
        watermark, bound = self.clock.advance(), self.clock.release_bound
        inclusive = self.clock.ended is not None
        if self.clock.ended is not None:
            watermark = self.clock.ended
        self.halted = False
        if self._halts_at is not None:
            if self.clock.clocks and all(clock.ended for clock in self.clock.clocks):
                watermark = max(watermark, self._halts_at)  # no event can come before that any more, nor a tick
            over = not self.clock.clocks or self.clock.ended is not None  # nothing can ever bring it to that
            self.halted = watermark >= self._halts_at or over
            if watermark >= self._halts_at:
                watermark, bound, inclusive = self._halts_at, 2 * self._halts_at, False
        self.repeats = NO_ROWS
        if not self.ordered or not self.armed:
            return []
        out: list[Firings] = []
        for stop in self.coverage.stops(watermark):
            out += self._pass(stop, 2 * stop + 1, stage, inclusive=False)
        out += self._pass(watermark, bound, stage, inclusive=inclusive)
        return [] if self._remembers else out

    def _pass(self, watermark: int, bound: int, stage: Stage, *, inclusive: bool) -> list[Firings]:
        """Let the ordered rules see everything up to a watermark; released are rows whose order is below `bound`."""
        out: list[Firings] = []
        with stage("patterns"):
            self.coverage.sample(watermark)
            self._surroundings.dark = self.clock.dark
            for pattern in self.ordered:
                pattern.darken(watermark, blind=self.clock.blind)
        with stage("order"):
            released = self.buffer.release(bound)
        if self.scores:
            with stage("scores"):
                if released is not None:
                    self._score(released)
                for score in self.scores:
                    score.pass_time(watermark)
        with stage("order"):
            taken = [] if released is None else self._taken(released)
        with stage("patterns"):
            for pattern, own in taken:
                assert released is not None
                out += pattern.take(own, released)
                if len(pattern.repeats):
                    self.repeats = np.concatenate([self.repeats, _with_feeds(pattern.repeats, released)], axis=1)
            for pattern in self.ordered:
                if not pattern.idle:
                    out += pattern.advance(watermark, inclusive=inclusive)
        return out

    def _score(self, released: Released) -> None:
        """Let the scores say of released rows what rules will read."""
        entry = self._first_scored
        self._told = []
        for score in self.scores:
            own = range(entry, entry + len(score.entries))
            chosen = [Chosen(*released.taken[:, slice(*released.spans[each].tolist())]) for each in own]
            self._told.append(score.take(chosen, released))
            entry += len(own)

    def _taken(self, released: Released) -> list[tuple[Pattern, list[Chosen]]]:
        """Return what is released to whom: what it chose on arrival, of which coverage is known only now.

        Who hangs on a score is told of the rows of which that said something.
        """
        taken = []
        spans = released.spans[: self._first_scored]
        told = (entry for entry, score in self._hanging.items() if len(self._told[score]))
        for number in self._owning((*np.flatnonzero(spans[:, 1] > spans[:, 0]).tolist(), *told)):
            start, end = self._parts[number]
            own = [self._of_entry(entry, released) for entry in range(start, end)]
            taken.append((self.ordered[number], own))
        return taken

    def _of_entry(self, entry: int, released: Released) -> Chosen:
        first, last = released.spans[entry].tolist()
        own = Chosen(*released.taken[:, first:last])
        if entry in self._hanging:
            rows = self._told[self._hanging[entry]]
        elif entry in self._sampled:
            rows = own.rows[np.diff(own.rows, prepend=-1) != 0]
        else:
            return own
        if not len(rows):
            return own
        return self._sampled[entry].released(released.lanes, released.order, rows)[0]

    def without_key(self) -> Iterator[tuple[RulePlan, int]]:
        """Yield its ordered rules with how many events of an entry's kinds lacked its key; a sequence has several."""
        for owner, missing in zip(self._owners, self.missing[len(self.at_once) :].tolist(), strict=False):
            for _, _, rule in self.ordered[owner].rules:
                yield rule, missing

    def evaluations(self) -> Iterator[tuple[RulePlan, int]]:
        """Yield its rules with how many events each of their entries was given."""
        parts = np.split(self.taken, np.cumsum([entry.rules for entry in self.entries])[:-1])
        for rules, taken in zip(self.at_once, parts, strict=False):
            yield from zip(rules.family.rules, taken.tolist(), strict=True)
        for owner, taken in zip(self._owners, parts[len(self.at_once) :], strict=False):
            pattern = self.ordered[owner]
            for family, member, rule in pattern.rules:
                yield rule, int(taken[pattern.source_of(family, member)])

    def remember(self) -> None:
        """Read on without a word, until it is told to `begin`."""
        self._remembers, self._is_heard = True, False
        for pattern in self.ordered:
            pattern.remember()

    def halt(self, at: int, *, for_good: bool) -> None:
        """Let no ordered rule see anything from an instant on (epoch ms); `for_good`, nor keep what is of later."""
        self._halts_at, self._is_heard = at, True
        self._done_at = at if for_good else None
        for pattern in self.ordered:
            pattern.wait()

    @property
    def awaits(self) -> bool:
        """Whether it is to halt, or has, and has not begun again."""
        return self._halts_at is not None

    @property
    def remembers(self) -> bool:
        """Whether it is told of what happens, and is silent."""
        return self._remembers

    def held(self) -> Iterator[Held]:
        """Yield its ordered rules with who holds their state."""
        for pattern in self.ordered:
            for family, member, _ in pattern.rules:
                yield Held(pattern, family, member)

    def begin(self, at: int, before: Iterable["TimeGroup"]) -> set[str]:
        """Go on from where it halted with the state of groups that halted there; return the names of rules that do."""
        self._halts_at, self._remembers, self.halted = None, False, False
        groups = list(before)
        held: Mapping[str, Held] = {each.rule.rule: each for group in groups for each in group.held()}
        scores = {score.plan.signature: score for group in groups for score in group.scores}
        for group in groups:
            self.coverage.take_over(group.coverage)
            if group.clock.name == self.clock.name:
                self.clock.restore(group.clock.tables())
        self._surroundings.dark = self.clock.dark
        for score in self.scores:
            if score.plan.signature in scores:
                score.take_over(scores[score.plan.signature])
        return {name for pattern in self.ordered for name in pattern.begin(at, held)}

    def arm(self, epoch: int) -> None:
        """Begin at the log's epoch; until it is known nothing is released."""
        self.coverage.arm(epoch)
        for pattern in self.ordered:
            pattern.arm(epoch)
        self.armed = True


def _with_feeds(positions: Ints, released: Released) -> Ints:
    """Return log positions of released rows with the numbers of their feeds, int64[2, n]."""
    own = released.lanes[POSITION]
    order = np.argsort(own)
    return np.stack([positions, released.feeds[order[np.searchsorted(own, positions, sorter=order)]]])


def _awaits_epoch(rule: RulePlan) -> bool:
    """Whether a rule waits for the epoch: to expect keys, judge minutes or tell what is new from it on."""
    pattern = rule.pattern
    if isinstance(pattern, ChangePlan):
        return bool(pattern.first_seen)
    return isinstance(pattern, AbsencePlan) and (pattern.expect is not None or pattern.unless is not None)
