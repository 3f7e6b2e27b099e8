"""A whole engine under one scheduler: every choice comes from one seed, so that a failure can be seen again.

Processes: sources that append what has arrived and tick when they are idle, shards that read the log one block
at a time, write snapshots, and crash. Nothing else is shared but the stores. To be grown: put a real log, a real
network or a real cluster in place of a store, and the checks stay.
"""

import random

from events.block import End, Tick
from events.decode import Decoder
from streams.shard.shard import Shard
from streams.time.clocks import Clocks
from streams.time.watermark import Feed
from tests.properties.cities import KEY, Both
from tests.properties.records import Log
from tests.properties.small_city import FEEDS, START
from tests.simulation.clock import VirtualClock
from tests.simulation.devices import Devices
from tests.simulation.store import AlertSink, LogStore, SnapshotStore

TICK_EVERY_MS = 1000
BLIND_AFTER_MS = 4000


class Writer:
    """Appends blocks, ticks and control records; finds the epoch as whoever writes a log does."""

    def __init__(self, log: LogStore, both: Both) -> None:
        feeds = [Feed(feed.name, feed.kinds, feed.lateness_ms) for feed in FEEDS]
        self.log = log
        self.clocks = Clocks(feeds)
        self.ticked = dict.fromkeys(self.clocks.feeds, START)
        self._decode = Decoder(both.engine.plan.schemas, both.engine.plan.layout, KEY)

    def lines(self, feed: str, lines: list[bytes], now: int) -> None:
        """Append a block; the epoch goes before the block that makes it known."""
        batch = self._decode(LogStore().append_lines(feed, lines, now))
        self.clocks.judge(batch)
        self._name_epoch()
        self.log.append_lines(feed, lines, now)

    def tick(self, feed: str, now: int, *, blind: bool = False) -> None:
        """Append a tick: the feed has nothing older any more, or (`blind`) has been silent for too long."""
        tick = Tick(feed, 0, now - self.clocks.feeds[feed].feed.lateness_ms, blind)
        self.clocks.heed(tick)
        self.ticked[feed] = now
        self._name_epoch()
        self.log.append(tick)

    def _name_epoch(self) -> None:
        if record := self.clocks.found(0):
            self.log.append(record)


class Reader:
    """One shard with its cursor and snapshots."""

    def __init__(self, both: Both, log: LogStore, index: int, count: int) -> None:
        self._both, self._log, self._part = both, log, (index, count)
        self.snapshots = SnapshotStore()
        self.crashes = 0
        self._begin()

    def _begin(self) -> None:
        self._shard: Shard = self._both.engine.shard(Log(self._log.blocks, self._log.lines), *self._part)
        self._next = 0
        if snapshot := self.snapshots.newest():
            self._shard.restore(snapshot)
            # ticks and control records that the shard has taken behind its last block of events come again
            self._next = self._log.at(max(self._shard.positions.values(), default=0))

    def step(self, sink: AlertSink) -> bool:
        """Take one block, if there is one."""
        if self._next == len(self._log.blocks):
            return False
        for alert in self._shard.step(self._log.blocks[self._next]):
            sink.deliver({**alert.body(), "order": alert.order, "mode": alert.mode})
        self._next += 1
        return True

    def snapshot(self) -> None:
        """Write a snapshot."""
        self.snapshots.put(self._shard.snapshot())

    def tear(self, dice: random.Random) -> None:
        """Crash while writing a snapshot: only its first bytes are there."""
        whole = self._shard.snapshot()
        self.snapshots.put(whole[: dice.randrange(dice.choice((32, 512, len(whole))))])

    def crash(self) -> None:
        """Lose everything that is not in a store, and begin again from there."""
        self.crashes += 1
        self._begin()


class World:
    """Everything, and the scheduler."""

    def __init__(self, seed: int, both: Both) -> None:
        self.dice = random.Random(seed)
        self.clock = VirtualClock(START)
        self.devices = Devices(self.dice, self.clock)
        self.log, self.sink = LogStore(), AlertSink()
        self.writer = Writer(self.log, both)
        count = self.dice.choice((1, 1, 2, 3))
        self.readers = [Reader(both, self.log, index, count) for index in range(count)]

    def run(self, steps: int) -> None:
        """Do so many things in an order that the seed decides, then let everything come to its end."""
        doings = (
            self._make,
            self._make,
            self._make,
            self._pass_time,
            self._pass_time,
            self._append,
            self._append,
            self._read,
            self._read,
            self._read,
            self._snapshot,
            self._crash,
            self._outage,
        )
        for _ in range(steps):
            self.dice.choice(doings)()
        self.clock.advance(60_000)
        self._append()
        self._tick()
        self.log.append(End(0, self.clock.now))
        for reader in self.readers:
            while reader.step(self.sink):
                pass

    def _make(self) -> None:
        self.devices.make()

    def _pass_time(self) -> None:
        self.clock.advance(self.dice.choice((1, 10, 200, 500, 1000)))
        self._tick()

    def _tick(self) -> None:
        for feed in self.writer.clocks.feeds:
            out = self.devices.is_out(feed)
            if self.clock.now - self.writer.ticked[feed] >= (BLIND_AFTER_MS if out else TICK_EVERY_MS):
                self.writer.tick(feed, self.clock.now, blind=out)

    def _append(self) -> None:
        for feed, lines in sorted(self.devices.arrived().items()):
            self.writer.lines(feed, lines, self.clock.now)

    def _read(self) -> None:
        reader = self.dice.choice(self.readers)
        for _ in range(self.dice.choice((1, 2, 8))):
            reader.step(self.sink)

    def _snapshot(self) -> None:
        self.dice.choice(self.readers).snapshot()

    def _crash(self) -> None:
        reader = self.dice.choice(self.readers)
        if self.dice.random() < 0.3:
            reader.tear(self.dice)
        if self.dice.random() < 0.5:
            reader.crash()

    def _outage(self) -> None:
        if self.dice.random() < 0.2:
            self.devices.outages[self.dice.choice("ab")] = self.clock.now + self.dice.choice((500, 3000, 15_000))
