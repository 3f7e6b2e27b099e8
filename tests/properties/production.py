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
        self, log: Log, other: "Engine", at: int, *, read: int, shards: int = 1, restored: Collection[int] = ()
    ) -> list[Body]:
        """Return the alerts where another ruleset, which reads blocks from `read` on, takes effect after block `at`.

        It takes effect behind the greatest event time so far. After some blocks what is in force, and what follows it,
        is `restored` from snapshots.
        """
        out = []
        for index in range(shards):
            shard, successor = self.shard(log, index, shards), other.shard(log, index, shards)
            successor.remember()
            for number, block in enumerate(log.blocks):
                if read <= number < at:
                    successor.step(block)
                if number == at:
                    greatest = max(clock.watermark + clock.feed.lateness_ms for clock in shard.clocks.values())
                    successor.follow(shard, greatest + 1)
                if shard is not successor:
                    out += shard.step(block)
                if number >= at:
                    out += successor.step(block)
                    out += successor.take_over()
                if number >= at and not successor.follows:
                    shard = successor
                if number in restored:
                    before = other if shard is successor else self
                    held, shard = shard.snapshot(), before.shard(log, index, shards)
                    shard.restore(held)
                    if number < at:
                        continue
                    if successor.follows:
                        held, successor = successor.snapshot(), other.shard(log, index, shards)
                        successor.restore(held)
                        successor.follow_again(shard)
                    else:
                        successor = shard
        return bodies(out)


def bodies(alerts: list[Alert]) -> list[Body]:
    """Return alerts with `order` and `mode` beside each body, as `replay` sorts them."""
    return in_writing_order([{**alert.body(), "order": alert.order, "mode": alert.mode} for alert in alerts])
