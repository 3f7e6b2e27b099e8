"""Replay: bounded input through the shards in event time, as fast as it goes.

Each file is a feed that may carry any kind. The file with the least watermark is read next (ties: in the order of
the arguments), an ended one holds nobody, and at the end of all input the watermark goes to the greatest event
time, inclusive. What is read here becomes a log of blocks and control records; shards see nothing else.
"""

import itertools
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from connectors.protocol import Source
from events.alert import Alert
from events.batch import EventBatch
from events.block import POSITION_BITS, Control, End, Events, FeedEnd
from events.identity import CityKey
from rules.plan import Plan
from streams.control.references import References
from streams.shard.choose import Slice
from streams.shard.intake import Arrival
from streams.shard.shard import Shard, dropped
from streams.stages import Stages
from streams.summary import Summary
from streams.time.epoch import EpochFinder
from streams.time.watermark import BEGINNING, NOTHING, Feed, FeedClock, GroupClock
from streams.workers import Workers

TURN = 1 << 14  # events that are read of a source before another one may come
AHEAD = 2  # blocks that are decoded ahead and that shards may lag behind, where there are several shards

DeadLetters = Callable[[EventBatch], None]
Progress = Callable[[int], None]
Arrivals = Callable[[Arrival], None]


class Replay:
    """One replay of some sources through a plan. Run it once."""

    def __init__(
        self,
        plan: Plan,
        references: References,
        sources: Sequence[Source],
        city: CityKey,
        *,
        shards: int = 1,
        until: int | None = None,
        on_dead_letters: DeadLetters | None = None,
        on_arrival: Arrivals | None = None,
    ) -> None:
        self.summary = Summary.of(plan)
        self._until = until
        self._on_dead_letters = on_dead_letters
        self._on_arrival = on_arrival
        self._stages = Stages()
        feeds = [Feed(source.feed) for source in sources]
        self._inputs = [
            _Input(source, FeedClock(feed, number))
            for number, (source, feed) in enumerate(zip(sources, feeds, strict=True))
        ]
        self._clock = GroupClock(tuple(entry.clock for entry in self._inputs))
        self._epoch = EpochFinder(self._clock)
        self._shards = [
            Shard(plan, references, feeds, city, self._line, Slice(index, shards), self._stages)
            for index in range(shards)
        ]
        self._waiting: list[tuple[tuple[int, str, str, int], int, Alert]] = []  # a heap, ties as they came
        self._arrivals = itertools.count()
        self._ahead = AHEAD if shards > 1 else 0
        self._workers = Workers(shards - 1, shards)  # the thread that runs the replay is one more
        self._running: deque[list[Future[_Step]]] = deque()

    @property
    def shards(self) -> Sequence[Shard]:
        """The shards, for whoever explains what they hold."""
        return self._shards

    @property
    def time(self) -> int | None:
        """Greatest event time seen so far (epoch ms), None before the first event."""
        greatest = max((entry.clock.greatest for entry in self._inputs), default=NOTHING)
        return None if greatest == NOTHING else greatest

    @property
    def epoch(self) -> int | None:
        """When the first event released was (epoch ms), None before it is known."""
        return self._epoch.epoch

    def run(self, progress: Progress | None = None) -> Iterator[list[Alert]]:
        """Yield alerts in their final order, as they become certain; `progress` is told bytes as they are read."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            with self._workers:
                yield from self._run(progress or (lambda _: None))
        finally:
            self.summary.sum_up(self._shards, self._stages)
            self.summary.wall_s = time.perf_counter() - wall
            self.summary.cpu_s = time.process_time() - cpu

    def _run(self, progress: Progress) -> Iterator[list[Alert]]:
        while holding := [entry for entry in self._inputs if not entry.clock.ended]:
            entry = min(holding, key=lambda entry: entry.clock.watermark)
            for arrival in self._turn(entry, progress):
                batch = arrival.batch
                self._count(batch)
                judgement = arrival.judgement = entry.clock.judge(batch)
                self.summary.late += int(judgement.late.sum())
                if self._on_arrival:
                    self._on_arrival(arrival)
                self._epoch.see(batch, judgement)
                if epoch := self._epoch.record(batch.position):
                    yield self._step(epoch)
                yield self._step(arrival)
            if entry.exhausted and not entry.ahead and entry.rest is None:
                entry.clock.ended = True
                yield self._step(FeedEnd(entry.clock.number << POSITION_BITS, entry.clock.feed.name))
        greatest = max((entry.clock.greatest for entry in self._inputs), default=BEGINNING)
        end_time = max(greatest, BEGINNING if self._until is None else self._until)
        self._clock.ended = greatest
        if epoch := self._epoch.record(0):
            yield self._step(epoch)
        yield self._step(End(0, end_time))
        while self._running:
            yield self._merged(self._running.popleft())
        yield self._certain(None)

    def _turn(self, entry: "_Input", progress: Progress) -> Iterator[Arrival]:
        """Yield the next `TURN` events of a source; all of the only one.

        A number of events, not of blocks: the log that is made of several files must not depend on how they are cut.
        """
        left = TURN if len(self._inputs) > 1 else sys.maxsize
        while left > 0:
            arrival = entry.rest or self._next(entry, progress)
            entry.rest = None
            if arrival is None:
                return
            if len(arrival) > left:
                arrival, entry.rest = arrival.cut(left)
            left -= len(arrival)
            yield arrival

    def _next(self, entry: "_Input", progress: Progress) -> Arrival | None:
        """Return the next decoded block of a source; with several shards the ones behind it are decoded meanwhile."""
        while len(entry.ahead) <= self._ahead and not entry.exhausted:
            block = entry.source.next_block()
            if block is None:
                entry.exhausted = True
                break
            assert isinstance(block, Events), "a bounded source yields events"
            progress(block.size)
            entry.ahead.append(self._workers.submit(None, self._decode, block))
        return self._workers.result(entry.ahead.popleft()) if entry.ahead else None

    def _decode(self, block: Events) -> Arrival:
        with self._stages("decode"):
            return self._shards[0].intake(block)

    def _step(self, block: Arrival | Control) -> list[Alert]:
        """Give a block to all shards; return what is certain. Shards may lag behind by the blocks that lie ahead."""
        self._running.append(
            [self._workers.submit(lane, _stepped, shard, block) for lane, shard in enumerate(self._shards)]
        )
        return self._merged(self._running.popleft()) if len(self._running) > self._ahead else []

    def _merged(self, steps: list[Future["_Step"]]) -> list[Alert]:
        """Take what all shards made of one block; return the alerts that are certain by it."""
        done = [self._workers.result(step) for step in steps]
        for step in done:
            for alert in step.alerts:
                heappush(self._waiting, (alert.sort_key(), next(self._arrivals), alert))
        self.summary.duplicates += dropped(step.duplicates for step in done)
        return self._certain(min(step.reached for step in done))

    def _certain(self, reached: int | None) -> list[Alert]:
        """Take out the alerts before which none can come any more."""
        ready = []
        while self._waiting and (reached is None or self._waiting[0][2].order < reached):
            ready.append(heappop(self._waiting)[2])
        self.summary.tell(ready)
        return ready

    def _line(self, position: int) -> bytes:
        return self._inputs[position >> POSITION_BITS].source.line(position)

    def _count(self, batch: EventBatch) -> None:
        self.summary.count(batch)
        if len(batch.rejects) and self._on_dead_letters:
            self._on_dead_letters(batch)


@dataclass(slots=True)
class _Input:
    """A source, its clock, and the blocks of it that are decoded ahead."""

    source: Source
    clock: FeedClock
    ahead: deque[Future[Arrival]] = field(default_factory=deque)
    exhausted: bool = False
    rest: Arrival | None = None  # of a block, behind the end of a turn


@dataclass(frozen=True, slots=True)
class _Step:
    """What a shard made of one block, and how far it has come."""

    alerts: list[Alert]
    duplicates: NDArray[np.int64]
    reached: int


def _stepped(shard: Shard, block: Arrival | Control) -> _Step:
    alerts = shard.step(block)
    return _Step(alerts, shard.duplicates(), shard.reached)
