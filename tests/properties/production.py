"""Running production over a log of the tests, whole, in shards, or interrupted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from events.alert import Alert
from events.identity import CityKey
from rules.plan import Plan
from streams.control.references import References
from streams.shard.choose import Slice
from streams.shard.shard import Shard
from streams.time.watermark import Feed as ShardFeed
from tests.naive.alert import Body, in_writing_order
from tests.naive.time import Feed
from tests.properties.records import Log


@dataclass(frozen=True)
class Engine:
    """What production needs beside the log."""

    plan: Plan
    references: References
    feeds: Sequence[Feed]
    city: CityKey

    def shard(self, log: Log, index: int = 0, count: int = 1) -> Shard:
        """Make one shard, empty."""
        feeds = [ShardFeed(feed.name, feed.kinds, feed.lateness_ms) for feed in self.feeds]
        return Shard(self.plan, self.references, feeds, self.city, log.read_line, Slice(index, count))

    def run(self, log: Log, *, shards: int = 1, restored_after: Collection[int] = ()) -> list[Body]:
        """Return the alerts of all shards, with `order` and `mode` beside each body, as `replay` sorts them.

        Parameters
        ----------
        restored_after
            numbers of blocks after which every shard is thrown away and a new one takes up its snapshot
        """
        out = []
        for index in range(shards):
            shard = self.shard(log, index, shards)
            for number, block in enumerate(log.blocks):
                out += shard.step(block)
                if number in restored_after:
                    snapshot = shard.snapshot()
                    shard = self.shard(log, index, shards)
                    shard.restore(snapshot)
                    assert shard.snapshot() == snapshot
        return bodies(out)

    def succeed(
        self, log: Log, changes: Sequence["Change"], *, shards: int = 1, restored: Collection[int] = ()
    ) -> list[Body]:
        """Return the alerts where other rulesets take effect one after the other.

        Each takes effect behind the greatest event time so far, and not before the one ahead of it has. After some
        blocks what is in force, and what follows it, is `restored` from snapshots.
        """
        out = []
        for index in range(shards):
            now, after, left = self, self, list(changes)
            shard = successor = self.shard(log, index, shards)
            coming: dict[int, Shard] = {}
            for number, block in enumerate(log.blocks):
                for change in left:
                    if change.read == number:
                        coming[id(change)] = change.engine.shard(log, index, shards)
                        coming[id(change)].remember()
                if left and number >= left[0].at and shard is successor:
                    change = left.pop(0)
                    after, successor = change.engine, coming.pop(id(change))
                    successor.follow(shard, ahead_of(shard))
                for other in coming.values():
                    other.step(block)
                out += shard.step(block)
                if shard is not successor:
                    out += successor.step(block)
                    out += successor.take_over()
                if not successor.follows:
                    now, shard = after, successor
                if number in restored:
                    follows, held = shard is not successor, shard.snapshot()
                    shard = now.shard(log, index, shards)
                    shard.restore(held)
                    assert shard.snapshot() == held
                    if follows:
                        held, successor = successor.snapshot(), after.shard(log, index, shards)
                        successor.restore(held)
                        successor.follow_again(shard)
                    else:
                        successor = shard
        return bodies(out)

    def instant(self, log: Log, at: int) -> int:
        """Return when another ruleset takes effect that is asked for ahead of a block (epoch ms)."""
        shard = self.shard(log)
        for block in log.blocks[:at]:
            shard.step(block)
        return ahead_of(shard)


def ahead_of(shard: Shard) -> int:
    """Return the first instant behind all event times that a shard has seen (epoch ms)."""
    return max(clock.watermark + clock.feed.lateness_ms for clock in shard.clocks.values()) + 1


@dataclass(frozen=True)
class Change:
    """Another ruleset, which reads blocks from `read` on and is asked for ahead of block `at`."""

    engine: Engine
    at: int
    read: int


def bodies(alerts: list[Alert]) -> list[Body]:
    """Return alerts with `order` and `mode` beside each body, as `replay` sorts them."""
    return in_writing_order([{**alert.body(), "order": alert.order, "mode": alert.mode} for alert in alerts])
