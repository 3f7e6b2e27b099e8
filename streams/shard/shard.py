"""The shard: a function of the log. Blocks in, alerts out; no clock, no I/O, no random number, no look-up.

The one thing it asks the outside for is the line at a log position that it has been fed, at alert rate: reading
the log again.
"""

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from events.alert import Alert
from events.batch import EventBatch
from events.block import Block, Control, Events, Tick
from events.identity import CityKey
from rules.plan import Absence, Plan
from streams.control.references import References
from streams.shard.absence import AbsenceRule
from streams.shard.at_once import Remembered
from streams.shard.choose import Slice
from streams.shard.group import Stage, TimeGroup
from streams.shard.intake import Intake
from streams.shard.reread import ReadLine
from streams.shard.surroundings import Surroundings
from streams.shard.writer import AlertWriter
from streams.snapshot.container import SnapshotError, pack, unpack
from streams.time.watermark import NOTHING, Feed, FeedClock, GroupClock

FORMAT = 1
WHOLE = Slice()
NO_POSITIONS = np.empty(0, np.int64)


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
        self.position = -1  # log position of the last block that was taken
        self._stage = stage
        surroundings = references.surroundings
        self._intake = Intake(plan, surroundings, city)
        self._writer = AlertWriter(plan, surroundings, city, read_line)
        self._remembered = Remembered()
        self._clocks = {feed.name: FeedClock(feed, number) for number, feed in enumerate(feeds)}
        self._groups = self._grouped(surroundings)
        self._expected = _expected(plan, surroundings)

    def _grouped(self, surroundings: Surroundings) -> list[TimeGroup]:
        """Put the rules that read the same feeds together."""
        kinds = self.plan.schemas.kinds
        readers: dict[tuple[str, ...], list[int]] = {}
        for number, rule in enumerate(self.plan.rules):
            if rule.mode != "disabled":
                names = {kinds[code] for code in rule.kinds}
                feeds = tuple(name for name, clock in self._clocks.items() if clock.feed.carries(names))
                readers.setdefault(feeds, []).append(number)
        return [
            TimeGroup(
                [self.plan.rules[number] for number in numbers],
                surroundings,
                GroupClock(tuple(self._clocks[name] for name in feeds)),
                self.part,
            )
            for feeds, numbers in sorted(readers.items())
        ]

    def step(self, block: Block | EventBatch) -> list[Alert]:
        """Take the next block of the log (decoded already or not) and return the alerts that follow from it.

        They come in the order of (place in event time, rule, key text, n).
        """
        self.position = block.position
        alerts: list[Alert] = []
        if isinstance(block, Events):
            block = self._intake(block)
        if isinstance(block, EventBatch):
            alerts += self._arrive(block)
        elif isinstance(block, Tick):
            clock = self._clocks[block.feed]
            clock.tick, clock.blind = max(clock.tick, block.time), block.blind
        else:
            self._control(block)
        firings = [f for group in self._groups for f in group.advance(self._stage)]
        with self._stage("alerts"):
            alerts += [alert for f in firings for alert in self._writer.write(f)]
            self._remembered.forget(
                min((g.clock.reached for g in self._groups if g.at_once and g.clock.clocks), default=0)
            )
            self._writer.forget()
            alerts.sort(key=Alert.sort_key)
        return alerts

    def _arrive(self, batch: EventBatch) -> list[Alert]:
        clock = self._clocks[batch.feed]
        with self._stage("order"):
            judgement = clock.judge(batch)
            firings = [
                f
                for group in self._groups
                if clock in group.clock.clocks
                for f in group.arrive(batch, clock, judgement)
            ]
        with self._stage("alerts"):
            return self._remembered.new([alert for f in firings for alert in self._writer.write(f)])

    def _control(self, control: Control) -> None:
        what = control.record["type"]
        if what == "epoch":
            for group in self._groups:
                for rule in group.ordered:
                    if isinstance(rule, AbsenceRule):
                        rule.arm(control.effective)
        elif what == "feed_end":
            self._clocks[control.record["feed"]].ended = True
        elif what == "end":
            for group in self._groups:
                group.clock.ended = control.effective
        else:
            raise ValueError(f"log position {control.position}: unknown control record `{what}`")

    @property
    def reached(self) -> int:
        """Event time before which no alert can come any more (epoch ms)."""
        return min((group.clock.reached for group in self._groups if group.clock.clocks), default=0)

    def duplicates(self) -> NDArray[np.int64]:
        """Log positions of the events that the last step dropped as duplicates, sorted."""
        return np.unique(np.concatenate([NO_POSITIONS, *(group.duplicates for group in self._groups)]))

    def without_key(self) -> dict[str, int]:
        """How many events of each ordered rule's kinds lacked its key."""
        return {rule.rule.rule: int(rule.choice.missing[0]) for group in self._groups for rule in group.ordered}

    def suppressed(self) -> dict[str, int]:
        """How many matches of each point rule a cooldown kept from firing."""
        return {
            rule.rule.rule: int(rule.suppressed[0])
            for group in self._groups
            for rule in group.ordered
            if not isinstance(rule, AbsenceRule)
        }

    def evicted(self) -> dict[str, int]:
        """How many keys of each rule went because its table was full."""
        return {
            rule.rule.rule: rule.table.evicted
            for group in self._groups
            for rule in group.ordered
            if rule.table is not None and rule.table.evicted
        }

    def snapshot(self) -> bytes:
        """Return all state with the log position it stands for; equal state gives equal bytes."""
        tables: dict[str, NDArray[np.generic]] = {}
        clocks = [[c.greatest, c.tick, int(c.ended), int(c.blind)] for c in self._clocks.values()]
        tables["clocks"] = np.array(clocks, np.int64).reshape(len(clocks), 4)
        tables["groups"] = np.array(
            [[g.clock.reached, NOTHING if g.clock.ended is None else g.clock.ended] for g in self._groups], np.int64
        ).reshape(len(self._groups), 2)
        for name, part in self._parts().items():
            tables |= {f"{name}/{table}": array for table, array in part.tables().items()}
        header = {
            "format": FORMAT,
            "shard": [self.part.index, self.part.count],
            "position": self.position,
            "ruleset": self.plan.version,
            "feeds": list(self._clocks),
            "expected": self._expected,
        }
        return pack(header, tables)

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot, of the same ruleset, feeds, slice of the keys and expected rows.

        Raises
        ------
        SnapshotError
            damaged, or of another ruleset, shard, list of feeds or list of expected keys
        """
        header, tables = unpack(data)
        expected = {
            "format": FORMAT,
            "shard": [self.part.index, self.part.count],
            "ruleset": self.plan.version,
            "feeds": list(self._clocks),
            "expected": self._expected,
        }
        for name, value in expected.items():
            if header.get(name) != value:
                raise SnapshotError(f"snapshot has {name} {header.get(name)}, this shard has {value}")
        self.position = header["position"]
        for clock, row in zip(self._clocks.values(), tables["clocks"].tolist(), strict=True):
            clock.greatest, clock.tick, clock.ended, clock.blind = row[0], row[1], bool(row[2]), bool(row[3])
        for group, row in zip(self._groups, tables["groups"].tolist(), strict=True):
            group.clock.reached, group.clock.ended = row[0], None if row[1] == NOTHING else row[1]
        for name, part in self._parts().items():
            part.restore(
                {table[len(name) + 1 :]: array for table, array in tables.items() if table.startswith(f"{name}/")}
            )

    def _parts(self) -> dict[str, "_Part"]:
        """Everything that has state, by the name of its tables in a snapshot."""
        parts: dict[str, _Part] = {"at_once": self._remembered}
        for number, group in enumerate(self._groups):
            parts[f"buffer/{number}"] = group.buffer
            parts |= {f"rule/{rule.rule.rule}": rule for rule in group.ordered}
        return parts


def _expected(plan: Plan, surroundings: Surroundings) -> dict[str, str]:
    """Name the keys of each set that an absence expects, in their order: state rows are the rows of that set."""
    patterns = (rule.pattern for rule in plan.rules)
    numbers = sorted({p.expect for p in patterns if isinstance(p, Absence) and p.expect is not None})
    sets = [surroundings.sets[number] for number in numbers]
    return {rows.plan.name: hashlib.blake2b(rows.keys.tobytes(), digest_size=16).hexdigest() for rows in sets}


class _Part(Protocol):
    """A part of a shard's state."""

    def tables(self) -> dict[str, NDArray[np.generic]]: ...

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None: ...
