"""The shard: a function of the log. Blocks in, alerts out; no clock, no I/O, no random number, no look-up.

The one thing it asks the outside for is the line at a log position that it has been fed, at alert rate: reading
the log again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from events.alert import Alert
from events.block import Block, Control, End, Epoch, Events, FeedEnd, Mute, Tick
from events.identity import CityKey
from kernels.opcodes import COVERAGE
from rules.expression.compiled import reads
from rules.family import programs
from rules.plan import Plan
from streams.control.references import References
from streams.shard import state
from streams.shard.choose import Slice
from streams.shard.firing import Firings
from streams.shard.group import Stage, TimeGroup
from streams.shard.intake import Arrival, Intake
from streams.shard.patterns.at_once import Remembered
from streams.shard.patterns.pattern import Baselines
from streams.shard.reread import ReadLine
from streams.shard.surroundings import Surroundings
from streams.shard.tables import KeyTable
from streams.shard.writer import AlertWriter
from streams.snapshot.container import SnapshotError, unpack
from streams.time.watermark import BEGINNING, FOREVER, Feed, FeedClock, GroupClock

FORMAT = 8
WHOLE = Slice()
NOTHING: Mapping[str, Any] = {}
SUCCESSOR = "successor"  # the table of a snapshot that holds one of the shard that follows this one
NO_POSITIONS = np.empty((2, 0), np.int64)


class Shard:
    """The state of the keys that slice `part` holds, of all rules of a plan.

    Parameters
    ----------
    plan, references
        the rules, and the reference sets that they join with
    feeds
        where blocks come from; a rule's time group is made of those that may carry its kinds
    city
        the city's key
    read_line
        returns the line at a log position of a block that was fed
    """

    def __init__(
        self,
        plan: Plan,
        references: References,
        feeds: Sequence[Feed],
        city: CityKey,
        read_line: ReadLine,
        part: Slice = WHOLE,
        stage: Stage = lambda _: nullcontext(),
    ) -> None:
        self.plan = plan
        self.part = part
        self.positions: dict[str, int] = {}  # of each feed the log position behind the last block that was taken
        self.epoch: int | None = None
        self.beside: dict[str, int] = {}  # what stood beside the state in the snapshot that was restored
        self._stage = stage
        surroundings = references.surroundings
        self._writer = AlertWriter(plan, surroundings, city, read_line)
        self._remembered = Remembered()
        self._clocks = {feed.name: FeedClock(feed, number) for number, feed in enumerate(feeds)}
        self._groups = self._grouped(surroundings)
        self._surroundings, self._city = surroundings, city
        self._from, self._until = BEGINNING, FOREVER  # the part of event time that it judges
        self._before: Shard | None = None  # whose state it takes over
        self._begun: set[str] = set()  # its rules that have begun
        self._judged = frozenset(rule.rule for rule in plan.rules if rule.mode != "disabled")

    @cached_property
    def intake(self) -> Intake:
        """What takes in blocks, for this shard and all others of the plan: one of them is asked for it."""
        entries = {
            name: [entry for group in self._groups if clock in group.clock.clocks for entry in group.entries]
            for name, clock in self._clocks.items()
        }
        return Intake(self.plan, self._surroundings, self._city, entries, self.part)

    def _grouped(self, surroundings: Surroundings) -> list[TimeGroup]:
        """Put the rules together that read the same feeds, and take their events from the same of these."""
        kinds = self.plan.schemas.kinds
        readers: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
        for number, rule in enumerate(self.plan.rules):
            if rule.mode != "disabled":
                heard = {code for number in reads(programs(rule), COVERAGE) for code in self.plan.coverages[number]}
                heard |= {code for number, _ in rule.scores for code in self.plan.scores[number].kinds}
                taken = {kinds[code] for code in rule.kinds}
                read = taken | {kinds[code] for code in heard}
                readers.setdefault((self._feeds(read), self._feeds(taken)), []).append(number)
        return [
            TimeGroup(
                [self.plan.rules[number] for number in numbers],
                surroundings,
                GroupClock(tuple(map(self._clocks.__getitem__, read)), tuple(map(self._clocks.__getitem__, taken))),
                self.part,
            )
            for (read, taken), numbers in sorted(readers.items())
        ]

    def _feeds(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the feeds that may carry any of some kinds."""
        return tuple(name for name, clock in self._clocks.items() if clock.feed.carries(kinds))

    def step(self, block: Block | Arrival) -> list[Alert]:
        """Take the next block of the log, or what the intake of any of its shards made of it; return the alerts of it.

        They come in the order of (place in event time, rule, key text, n).
        """
        alerts: list[Alert] = []
        if isinstance(block, Events):
            block = self.intake(block)
        if isinstance(block, Arrival):
            alerts += self._arrive(block)
        elif isinstance(block, Tick):
            self._clocks[block.feed].heed(block)
        else:
            self._control(block)
        firings = [f for group in self._groups for f in group.advance(self._stage)]
        with self._stage("alerts"):
            alerts += [alert for f in firings for alert in self._writer.write(f)]
            self._remembered.forget(
                min((g.clock.reached for g in self._groups if g.at_once and g.clock.clocks), default=0)
            )
            alerts.sort(key=Alert.sort_key)
        return alerts

    def _arrive(self, arrival: Arrival) -> list[Alert]:
        batch = arrival.batch
        clock = self._clocks[batch.feed]
        self.positions[batch.feed] = batch.end
        firings: list[Firings] = []
        start = member = 0
        with self._stage("order"):
            judgement = clock.follow(batch, arrival.judgement)
            for group in self._groups:
                if clock in group.clock.clocks:
                    end = start + len(group.entries)
                    group.missing += arrival.missing[start:end]
                    group.taken += arrival.taken[member : member + len(group.taken)]
                    member += len(group.taken)
                    firings += group.arrive(batch, arrival.chosen[self.part.index][start:end], clock, judgement)
                    start = end
        with self._stage("alerts"):
            told = self._remembered.new([alert for f in firings for alert in self._writer.write(f)])
            return [alert for alert in told if self._from <= alert.order < self._until]

    def _control(self, control: Control) -> None:
        if isinstance(control, Epoch):
            self.epoch = control.time
            for group in self._groups:
                group.arm(control.time)
        elif isinstance(control, FeedEnd):
            self._clocks[control.feed].ended = True
        elif isinstance(control, End):
            for group in self._groups:
                group.clock.ended = control.time
        elif isinstance(control, Mute):
            muted, rules = self._writer.muted, frozenset(control.rules)
            self._writer.muted = muted | rules if control.silent else muted - rules

    def remember(self) -> None:
        """Read on without a word, to follow another shard."""
        for group in self._groups:
            group.remember()

    def follow(self, before: "Shard", at: int) -> None:
        """Be ready to judge all from an instant on (epoch ms), and have the shard before judge all up to it.

        Both are fed every block from now on, the other one first; then `take_over` is asked. The instant lies ahead of
        whatever was released.
        """
        self._before, self._from, before._until = before, at, at
        self._writer.muted = (
            before.muted & self._judged
        )  # at the record, not where it was read; a disabled rule is done
        self._writer.came = {
            name: before._writer.came[name] if name in before._judged else at
            for name in self._judged
            if name not in before._judged or name in before._writer.came
        }
        self.positions, self.epoch = dict(before.positions), before.epoch
        for name, clock in self._clocks.items():
            clock.restore(before._clocks[name].tables())
        self._remembered.restore(before._remembered.tables())
        for group in self._groups:
            if self.epoch is not None and not group.armed:
                group.arm(at)  # to a rule that is new the log begins with what was read for it
        for group in self._groups:
            group.halt(at, for_good=False)
        for group in before._groups:
            group.halt(at, for_good=True)

    def follow_again(self, before: "Shard") -> None:
        """Go on with following a shard; both were restored from one snapshot."""
        self._before, before._until = before, self._from
        for group in before._groups:
            group.halt(self._from, for_good=True)

    def take_over(self) -> list[Alert]:
        """Let groups begin whose predecessors have halted; return what ends and begins by that.

        The alerts that are open of rules that do not go on are closed then, unless the rule tells of the same again,
        whose alert goes on. Where the last group has begun the shard before is done.
        """
        before, at = self._before, self._from
        if before is None:
            return []
        alerts: list[Alert] = []
        for group in self._groups:
            names = {held.rule.rule for held in group.held()}
            giving = [other for other in before._groups if any(held.rule.rule in names for held in other.held())]
            if group.halted and all(other.halted for other in giving):
                gone_on = group.begin(at, giving)
                self._begun |= names
                closed = before._close(at, names, gone_on)
                opened = [alert for firings in group.advance(self._stage) for alert in self._writer.write(firings)]
                same = {each.alert for each in closed} & {each.alert for each in opened if not each.n}
                alerts += [each for each in closed if each.alert not in same]
                alerts += [each for each in opened if each.n or each.alert not in same]
        if not any(group.awaits for group in self._groups) and all(group.halted for group in before._groups):
            removed = {held.rule.rule for group in before._groups for held in group.held()} - self._begun
            alerts += before._close(at, removed, set())
            self._before, self._begun = None, set()
        alerts.sort(key=Alert.sort_key)
        return alerts

    def _close(self, at: int, names: set[str], gone_on: set[str]) -> list[Alert]:
        """End the episodes of some rules that do not go on, and those of keys that do not."""
        ended = [
            replace(firings, transitions=["rule_removed"] * len(firings))
            for group in self._groups
            for held in group.held()
            if held.rule.rule in names
            for firings in held.pattern.close(held, at, goes_on=held.rule.rule in gone_on)
        ]
        return [alert for firings in ended for alert in self._writer.write(firings)]

    @property
    def follows(self) -> bool:
        """Whether it waits for a shard before it, or takes over from it."""
        return self._before is not None

    @property
    def waits_for(self) -> set[str]:
        """The feeds that have to come to the instant at which it takes over."""
        groups = [*self._groups, *self._before._groups] if self._before is not None else []
        clocks = [clock for group in groups if group.awaits for clock in group.clock.clocks]
        return {clock.feed.name for clock in clocks if not clock.ended and clock.watermark < self._from}

    @property
    def muted(self) -> frozenset[str]:
        """Rules that are shadows until they are heard again, or an edition that disables them takes effect."""
        return self._writer.muted

    @property
    def heard(self) -> frozenset[str]:
        """Rules that it judges and that are not muted."""
        return self._judged - self._writer.muted

    @property
    def clocks(self) -> Mapping[str, FeedClock]:
        """The clocks of its feeds, for whoever judges blocks for all shards."""
        return self._clocks

    @property
    def has_ended(self) -> bool:
        """Whether it was told that all input has ended."""
        return any(group.clock.ended is not None for group in self._groups)

    @property
    def groups(self) -> Sequence[TimeGroup]:
        """Its time groups, for whoever explains what they hold."""
        return self._groups

    @property
    def reached(self) -> int:
        """Event time before which no alert can come any more (epoch ms)."""
        return min((group.clock.reached for group in self._groups if group.clock.clocks), default=0)

    def duplicates(self) -> NDArray[np.int64]:
        """Events that a rule dropped in the last step as duplicates, int64[2, n]: log positions, numbers of feeds."""
        return _each_once(group.repeats for group in self._groups)

    def without_key(self) -> dict[str, int]:
        """How many events of each ordered rule's kinds lacked its key."""
        counts: Counter[str] = Counter()
        for group in self._groups:
            for rule, missing in group.without_key():
                counts[rule.rule] += missing
        return dict(counts)

    def suppressed(self) -> dict[str, int]:
        """How many matches of each point rule a cooldown kept from firing."""
        return {
            rule.rule: int(family.suppressed[member])
            for group in self._groups
            for pattern in group.ordered
            for family, member, rule in pattern.rules
        }

    def baselines(self) -> dict[str, Baselines]:
        """How far the baselines of each rule that asks for them have come."""
        return {
            rule.rule: told
            for group in self._groups
            for pattern in group.ordered
            for family, member, rule in pattern.rules
            if (told := pattern.baselines(family, member)) is not None
        }

    def evicted(self) -> dict[str, int]:
        """How many keys, and values of first_seen(), went from full tables, by the first rule that shares them.

        Those of a score by its name.
        """
        found: Counter[str] = Counter()
        for group in self._groups:
            for pattern in group.ordered:
                found[pattern.name] += pattern.evicted
            for score in group.scores:
                found[f"score {score.plan.name}"] += score.table.evicted
        return dict(+found)

    def tables(self) -> Iterator[tuple[str, KeyTable]]:
        """Yield its tables of keys, each by the first rule that shares it, those of scores by their names."""
        for group in self._groups:
            yield from ((pattern.name, pattern.table) for pattern in group.ordered if pattern.table is not None)
            yield from ((f"score {score.plan.name}", score.table) for score in group.scores)

    def snapshot(self, beside: Mapping[str, Any] = NOTHING, successor: bytes = b"") -> bytes:
        """Return all state with the log positions it stands for; equal state gives equal bytes.

        `beside` is kept for whoever restores it, as entries of the header, and so is `successor`, a snapshot of the
        shard that follows this one, as a table.
        """
        waits = [number for number, group in enumerate(self._groups) if group.remembers]
        follows = {"at": self._from, "begun": sorted(self._begun), "waits": waits} if self.follows else None
        header = {
            **self._header(),
            "positions": self.positions,
            "epoch": self.epoch,
            "muted": sorted(self.muted),
            "came": dict(sorted(self._writer.came.items())),
            "follows": follows,
            **beside,
        }
        tables = {SUCCESSOR: np.frombuffer(successor, np.uint8)} if successor else {}
        return state.packed(header, self._parts(), tables)

    def restore(self, data: bytes | memoryview) -> list[str]:
        """Take the state of a snapshot, of the same city, schemas, ruleset, feeds and slice of the keys.

        Returns
        -------
        the parts that the snapshot lacks; they begin empty, and the log can be read again for them

        Raises
        ------
        SnapshotError
            damaged, or of something else
        """
        header, tables = unpack(data)
        for name, value in self._header().items():
            if header.get(name) != value and name == "feeds":
                raise SnapshotError("it is of other feeds than those that are declared")
            if header.get(name) != value:
                raise SnapshotError(f"snapshot has {name} {header.get(name)}, this shard has {value}")
        self.positions, self.epoch, self.beside = header["positions"], header["epoch"], header.get("beside", {})
        self._writer.muted, self._writer.came = frozenset(header["muted"]), header["came"]
        if self.epoch is not None:
            for group in self._groups:
                group.arm(self.epoch)
        if follows := header["follows"]:
            self._from, self._begun = follows["at"], set(follows["begun"])
            for number in follows["waits"]:
                self._groups[number].remember()
                self._groups[number].halt(self._from, for_good=False)
        return state.restore(self._parts(), tables)

    def _header(self) -> dict[str, Any]:
        """What a snapshot and the shard that takes it must have in common."""
        return {
            "format": FORMAT,
            "city": self._city.fingerprint,
            "schemas": self.plan.schemas.version,
            "shard": [self.part.index, self.part.count],
            "ruleset": self.plan.version,
            "feeds": [clock.feed.declaration() for clock in self._clocks.values()],
        }

    def _parts(self) -> dict[str, state.Part]:
        """Everything that has state, by the name of its tables in a snapshot."""
        parts: dict[str, state.Part] = {"at_once": self._remembered}
        parts |= {f"clock/{name}": clock for name, clock in self._clocks.items()}
        for group in self._groups:
            feeds = group.clock.name
            parts[f"group/{feeds}"] = group.clock
            parts[f"buffer/{feeds}"] = group.buffer
            if group.coverage:
                parts[f"coverage/{feeds}"] = group.coverage
            parts[f"missing/{feeds}"] = state.Counts(group.missing)
            parts |= {f"score/{feeds}/{score.plan.name}": score for score in group.scores}
            parts |= {f"rule/{pattern.name}": pattern for pattern in group.ordered}
        return parts


def dropped(duplicates: Iterable[NDArray[np.int64]]) -> dict[int, int]:
    """Return how many events shards dropped as duplicates, each for its rules, by feed; an event counts once."""
    feeds, counts = np.unique(_each_once(duplicates)[1], return_counts=True)
    return dict(zip(feeds.tolist(), counts.tolist(), strict=True))


def _each_once(duplicates: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    some = [each for each in duplicates if each.size]  # mostly there are none, and each block asks
    if not some:
        return NO_POSITIONS
    found = np.concatenate(some, axis=1)
    return found[:, np.unique(found[0], return_index=True)[1]]
