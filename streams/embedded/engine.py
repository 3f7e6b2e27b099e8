"""The engine: takes the event log frame by frame, and keeps the logs that are derived from it.

What it writes is a function of the event log alone: killed at any instant and started again, it goes on from its newest
snapshots and the logs hold what they would have held. Nothing here waits for a source or looks at a clock but for
`detected` and the time until the next snapshot, which no alert depends on.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import numpy as np
import orjson

from events.alert import Alert
from events.batch import POSITION, REASONS
from events.block import Block, Control, Enactment, Events, Tick
from events.identity import CityKey
from streams.control.activation import Activation, Pending
from streams.control.edition import Edition
from streams.embedded.counts import Counts
from streams.embedded.debt import Debt
from streams.embedded.derived import DerivedLog, Line, Told, nobody
from streams.embedded.generation import Generation
from streams.embedded.recovery import Recovery, header, noting, restored
from streams.embedded.snapshots import Snapshots
from streams.embedded.succession import Load, Succession
from streams.log.blocks import blocks, lost_line, mute_record
from streams.log.frame import Frame, What
from streams.log.protocol import Log, LogError
from streams.shard.intake import Arrival
from streams.shard.shard import Shard, dropped
from streams.snapshot.container import SnapshotError
from streams.snapshot.store import SnapshotStore
from streams.stages import Stages
from streams.summary import Summary
from streams.time.watermark import Feed

RETRY_S = 0.5
DEBT_S = 2.0  # of CPU time that a restart may spend on reading its log again


def unknown(version: str) -> Edition:
    """Know of no edition but the first."""
    raise LookupError(version)


def wait(_error: LogError) -> None:
    """Wait a moment before a derived line is written again."""
    time.sleep(RETRY_S)


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of an engine. `alerts`, `late` and `dead_letters` are derived from `events`."""

    events: Log
    alerts: Log
    late: Log
    dead_letters: Log

    @property
    def all(self) -> tuple[Log, ...]:
        """Return them all, the event log first."""
        return self.events, self.alerts, self.late, self.dead_letters

    @property
    def damaged(self) -> dict[str, int]:
        """Return by name how many bytes of each were found unreadable."""
        named = {
            "events": self.events,
            "alerts": self.alerts,
            "late": self.late,
            "dead_letters": self.dead_letters,
        }
        return {name: sum(each.until - each.since for each in log.damage) for name, log in named.items()}


class Engine:
    """All shards of a plan on one event log. `recover` once, then `take` what becomes durable."""

    def __init__(
        self,
        edition: Edition,
        feeds: Sequence[Feed],
        city: CityKey,
        logs: Logs,
        store: SnapshotStore,
        *,
        load: Load = unknown,
        shards: int = 1,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        on_alerts: Callable[[list[Alert]], None] = lambda _: None,
        on_failure: Callable[[LogError], None] = wait,
        debt_s: float = DEBT_S,
    ) -> None:
        self.stages = Stages()
        self.counts = Counts()
        self.recovery: Recovery | None = None  # what the start found, once it is done
        self.position = 0  # behind the last frame that was taken
        self._progress: Callable[[int], None] = lambda _: None  # is told of what is read again
        self.feeds = {feed.name: feed for feed in feeds}
        self._feed_names = [feed.name for feed in feeds]

        def make(edition: Edition) -> Generation:
            return Generation(edition, feeds, city, self._line_at, shards, self.stages)

        self._make = make
        self._load = load
        self._now = make(edition)
        self._succession = Succession(
            logs.events, lambda text: logs.events.append("", text, What.CONTROL), self.feeds, clock, make, load
        )
        self.logs, self._clock, self._on_alerts = logs, clock, on_alerts
        self.give_up_at = float("inf")  # monotonic seconds from which what cannot be written is left to the next start
        self._on_failure = on_failure
        self._alerts = DerivedLog(logs.alerts, lambda line: str(line["id"]), self._failed)
        self._late = DerivedLog(logs.late, _place, self._failed)
        self._dead_letters = DerivedLog(logs.dead_letters, _place, self._failed)
        self._derived = {"alerts": self._alerts, "late": self._late, "dead_letters": self._dead_letters}
        self._store = store
        self._snapshots = Snapshots(store, self.counts, clock, shards, debt_s)
        self._oldest = 0  # log position before which no snapshot that is kept reads
        self._steps = [0.0] * shards  # CPU seconds of each shard in the block that is taken

    @property
    def edition(self) -> Edition:
        """What is in force."""
        return self._now.edition

    @property
    def coming(self) -> Activation:
        """What is in force once all that its log says has taken effect."""
        return self._succession.tip(self._now).activation

    @property
    def pending(self) -> Pending | None:
        """The change that is certain and has not taken effect everywhere yet."""
        return self._succession.pending

    @property
    def stray(self) -> frozenset[str]:
        """Rules that what is coming would mute."""
        return self._succession.tip(self._now).shards[0].muted

    @property
    def muted(self) -> frozenset[str]:
        """Rules that are shadows, in what is in force and in what is coming, where these judge them."""
        now, coming = self.shards[0], self._succession.tip(self._now).shards[0]
        return (now.muted | coming.muted) - now.heard - coming.heard

    @property
    def debt(self) -> Debt:
        """What a restart would cost."""
        return self._snapshots.debt

    @property
    def shards(self) -> list[Shard]:
        """The shards of what is in force."""
        return self._now.shards

    @property
    def has_ended(self) -> bool:
        """Whether its log says that all input has ended: nothing more is released."""
        return self._now.has_ended

    @property
    def greatest(self) -> int:
        """Greatest event time that any feed has delivered (epoch ms), `BEGINNING` before the first event."""
        return self._now.greatest

    def publish(self, edition: Edition) -> "Future[Activation]":
        """Have another edition follow the one in force, see `Succession.publish`; from any thread."""
        return self._succession.publish(edition, lambda: self._now, lambda: self.position)

    def mute(self, rules: Collection[str], *, silent: bool) -> "Future[Frame]":
        """Have rules be shadows until they are disabled, or no more; from any thread."""
        return self.logs.events.append("", mute_record(rules, silent=silent), What.CONTROL)

    def summed_up(self) -> Summary:
        """Return the summary of all since the start."""
        counts, summary = self.counts, Summary.of(self.edition.plan)
        summary.events, summary.late = sum(counts.events.values()), sum(counts.late.values())
        summary.duplicates, summary.unknown_enums = sum(counts.duplicates.values()), counts.unknown_enums
        for (_, reason), count in counts.rejected.items():
            summary.rejected[reason] = summary.rejected.get(reason, 0) + count
        for (rule, _, transition), count in counts.alerts.items():
            summary.alerts[rule] = summary.alerts.get(rule, 0) + count
            summary.firings[rule] = summary.firings.get(rule, 0) + count * (transition == "firing")
        summary.sum_up(self.shards, self.stages)
        return summary

    def recover(self, progress: Callable[[int], None] = lambda _: None) -> Recovery:
        """Go on where the newest snapshots and the logs say.

        `progress` is told bytes as they are read again, then and whenever a record that is met has some read back.
        """
        began, log, self._progress = time.monotonic(), self.logs.events, progress
        ahead = log.received - self._clock()
        found = Recovery()
        self._restore(found)
        starts = self._snapshots.starts
        first = min(range(len(starts)), key=starts.__getitem__)
        self.position = found.position = max(starts[first], log.begin)
        found.skipped = self.position - starts[first]
        self._now.go_on(self.shards[first])
        following = self._succession.following
        if following is not None:
            following.go_on(following.shards[first])
        for name, derived in self._derived.items():
            derived.recover(min(shard.beside.get(name, derived.log.begin) for shard in self.shards))
        for block, end in blocks(noting(log.read(self.position), self.feeds, found), self.feeds, starts):
            progress(end - self.position)
            found.bytes_read += end - self.position
            self._take(block, end)
        self.flush()
        missing = {name: derived.recovered() for name, derived in self._derived.items()}
        if len(set(starts)) > 1:  # alerts of the shards that are ahead do not come again
            del missing["alerts"]
        found.missing = sum(missing.values())
        found.events = sum(self.counts.events.values())
        found.damage = [str(damage) for log in self.logs.all for damage in log.damage]
        found.ahead_ms = max(0, ahead)
        found.seconds = time.monotonic() - began
        self.recovery = found
        return found

    def take(self, frames: Iterable[Frame]) -> None:
        """Take what has become durable, in order; what has been taken before is passed over."""
        for block, end in blocks((frame for frame in frames if frame.position >= self.position), self.feeds):
            self._take(block, end)
        self._forget()  # a successor may have begun to read back
        if self._snapshots.may_follow or self.shards[0].epoch is None:
            self._succession.attend(self._now, self.position)
        self._saved(wait=False)
        due = self._snapshots.next()
        if due is not None:
            self._snapshot(due)

    def flush(self) -> None:
        """Return when all that has been derived is durable."""
        for derived in self._derived.values():
            derived.flush()

    def snapshot(self, *shards: int) -> None:
        """Take snapshots of some shards, of all if none is named; return when they are durable.

        After one of all, the next start reads nothing again.
        """
        for shard in shards or range(len(self.shards)):
            self._saved(wait=True)
            self._snapshot(shard)
        self._saved(wait=True)

    def close(self) -> None:
        """Finish what is being written, and release the logs."""
        self._succession.close()
        self._snapshots.close()
        for log in self.logs.all:
            log.close()

    def _take(self, block: Block | None, end: int) -> None:
        began = time.thread_time()
        received: int | None = None
        if block is None:
            self.counts.undeclared += 1
            alerts = []
        elif isinstance(block, Events):
            received = block.received
            alerts = self._arrive(block, end) + self._succession.step(block, self._behind(end))
        else:
            alerts = self._step(block, end) + self._succession.step(block, self._behind(end))
            if isinstance(block, Enactment):
                self._succession.meet(block, self._now, self._progress)
                self._forget()
        self.position = end
        if alerts:
            alerts.sort(key=Alert.sort_key)
            fresh = self._alerts.append((self._line(alert, received) for alert in alerts), self._told(alerts, received))
            alerts = [alert for alert in alerts if alert.id in fresh]
            self.counts.raised(alerts)
            self._on_alerts(alerts)
        self.debt.add(time.thread_time() - began, self._steps)
        self._steps = [0.0] * len(self.shards)
        successor = self._succession.done()
        if successor is not None:
            self._now = successor
            self._succession.over()
            self._snapshots.rename(successor.name, end)
            gc.collect()  # the one before: its parts name each other, and of its arrays the collector knows nothing

    def _behind(self, end: int) -> list[int]:
        """Return the shards that have not taken what ends at a log position."""
        return [number for number, start in enumerate(self._snapshots.starts) if end > start]

    def _arrive(self, block: Events, end: int) -> list[Alert]:
        with self.stages("decode"):
            arrival = self._now.decoded(block)
        alerts = self._step(arrival, end)
        batch, judgement = arrival.batch, arrival.judgement
        assert judgement is not None
        if len(batch.rejects):
            self._dead_letters.append(_dead_letters(arrival))
        if judgement.late.any():
            self._late.append(_late(arrival))
        self.counts.block(batch, block.size, judgement, self.stages.seconds())
        return alerts

    def _step(self, block: Arrival | Control | Tick, end: int) -> list[Alert]:
        """Feed shards a block, and before it the epoch if the block makes it known."""
        alerts: list[Alert] = []
        for each in self._now.told(block):
            for number in self._behind(end):
                began = time.thread_time()
                alerts += self.shards[number].step(each)
                self._steps[number] += time.thread_time() - began
            self.counts.dropped(dropped(shard.duplicates() for shard in self.shards), self._feed_names)
        return alerts

    def _told(self, alerts: list[Alert], received: int | None) -> Told:
        """Return what notes how long after the block that made them alerts became durable; of a tick nobody asks."""
        if received is None:
            return nobody
        told = [(alert.severity, alert.time) for alert in alerts]
        return lambda: self.counts.durable(told, received, self._clock())

    def _line(self, alert: Alert, received: int | None) -> Line:
        """Return the line of an alert: its body, and the envelope, which is no part of the promise."""
        envelope = {"received": received, "detected": self._clock(), "ruleset": alert.ruleset, "mode": alert.mode}
        body = {**alert.body(), "envelope": envelope}
        return alert.id, orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)

    def _line_at(self, position: int) -> bytes:
        """Return a line of the event log; in the place of one that is damaged or gone, an event that says so."""
        try:
            return self.logs.events.line(position)
        except LogError:
            self.counts.lines_lost += 1
            return lost_line(position)

    def _restore(self, found: Recovery) -> None:
        """Restore the shards from their newest snapshots of one generation, else begin where the log does."""
        known = partial(self._known, unused=[self._now], found=found)
        given = restored(self._store, len(self.shards), known, self._check, found)
        if given is None:
            self._now = known(self._succession.first() or self.edition.version) or self._make(self.edition)
            return
        self._now = given.generation
        self._succession.go_on(given)
        self._snapshots.go_on(self._name, given.starts)

    def _known(self, version: str, unused: list[Generation], found: Recovery) -> Generation | None:
        """Return a generation of an edition to which nothing has been done: one of some, or another one."""
        if version == self.edition.version:
            return unused.pop() if unused else self._make(self.edition)
        try:
            return self._make(self._load(version))
        except LookupError as error:
            found.refused.append(f"edition {version} is not known: {error}")
            return None

    def _failed(self, error: LogError) -> None:
        """Wait before a derived line is written again; behind the end of patience, give up: it is derived again."""
        if time.monotonic() > self.give_up_at:
            raise error
        self._on_failure(error)

    def _check(self, position: int, beside: Mapping[str, int]) -> None:
        """Refuse a snapshot that stands for more than the logs hold: what derived ones lost is derived again."""
        if position > self.logs.events.end:
            raise SnapshotError(f"the event log ends before it, at {self.logs.events.end}")
        for name, reached in beside.items():
            if self._derived[name].log.end < reached:
                raise SnapshotError(f"the log `{name}` ends at {self._derived[name].log.end}, before its {reached}")

    @property
    def _name(self) -> str:
        """What snapshots are told from others by: the generation, and the record by which another one follows it."""
        record = self._succession.record
        return self._now.name if record is None else f"{self._now.name}.{record.position}"

    def _snapshot(self, number: int) -> None:
        """Begin a snapshot of a shard, and of the one that follows it."""
        if self.shards[number].epoch is None:
            return  # whose finder is no part of it: the log is young, and is read again
        following, record = self._succession.following, self._succession.record
        if following is not None and record is None:
            return  # it is not certain yet that it follows
        self._snapshots.rename(self._name, self.position)
        self.flush()
        ends = {name: log.log.end for name, log in self._derived.items()}
        beside = header(self._name, self._now.activation, record, self._succession.read_again, ends)
        successor = b"" if following is None else following.shards[number].snapshot()
        self._snapshots.save(number, self.position, self.shards[number].snapshot(beside, successor))

    def _saved(self, *, wait: bool) -> None:
        """Note that a snapshot is durable, if it is, and what of the log is needed no more."""
        oldest = self._snapshots.settle(wait=wait)
        if oldest is not None:
            self._oldest = oldest
            self._forget()

    def _forget(self) -> None:
        self.logs.events.forget(min(self._oldest, self._succession.needed_from(self._oldest)))


def _place(line: dict[str, object]) -> str:
    return str(line["position"])


def _dead_letters(arrival: Arrival) -> Iterator[Line]:
    rejects, batch = arrival.batch.rejects, arrival.batch
    for offset, reason in zip(rejects.offset.tolist(), rejects.reason.tolist(), strict=True):
        position, received = batch.origin(offset)
        letter = {"feed": batch.feed, "position": position, "reason": REASONS[reason], "received": received}
        yield str(position), orjson.dumps(letter, option=orjson.OPT_APPEND_NEWLINE)


def _late(arrival: Arrival) -> Iterator[Line]:
    batch, judgement = arrival.batch, arrival.judgement
    assert judgement is not None
    for row in np.flatnonzero(judgement.late).tolist():
        position = int(batch.lanes[POSITION, row])
        letter = {"feed": batch.feed, "position": position, "received": batch.received_at(row)}
        yield str(position), orjson.dumps(letter, option=orjson.OPT_APPEND_NEWLINE)
