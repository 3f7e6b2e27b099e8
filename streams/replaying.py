"""What all replays have in common: blocks go through shards, and alerts come out in their final order."""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from events.alert import Alert
from events.batch import EventBatch
from events.block import Control, Events, Tick
from events.identity import CityKey
from rules.plan import Plan
from streams.control.references import References
from streams.shard.choose import Slice
from streams.shard.intake import Arrival
from streams.shard.shard import Shard, dropped
from streams.stages import Stages
from streams.summary import Summary
from streams.time.clocks import Clocks
from streams.time.watermark import BEGINNING, Feed
from streams.workers import Workers

AHEAD = 2  # blocks that are decoded ahead and that shards may lag behind, where there are several shards

DeadLetters = Callable[[EventBatch], None]
Progress = Callable[[int], None]
Arrivals = Callable[[Arrival], None]


class How(TypedDict, total=False):
    """How a replay is run: on how many shards, and who is told of dead letters and of what arrives."""

    shards: int
    on_dead_letters: DeadLetters | None
    on_arrival: Arrivals | None


class Replaying:
    """One replay of some feeds through a plan, whatever its blocks come from. Run it once.

    A subclass yields what blocks make (`_run`), and reads a line again (`_line`).
    """

    def __init__(
        self,
        plan: Plan,
        references: References,
        feeds: Sequence[Feed],
        city: CityKey,
        **how: Unpack[How],
    ) -> None:
        shards = how.get("shards", 1)
        self.summary = Summary.of(plan)
        self._on_dead_letters = how.get("on_dead_letters")
        self._on_arrival = how.get("on_arrival")
        self._stages = Stages()
        self._clocks = Clocks(feeds)
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
        return None if self._clocks.greatest == BEGINNING else self._clocks.greatest

    @property
    def epoch(self) -> int | None:
        """When the first event released was (epoch ms), None before it is known."""
        return self._clocks.epoch

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
        """Yield what blocks make, from the first to the last."""
        raise NotImplementedError

    def _line(self, position: int) -> bytes:
        """Return the line at a log position."""
        raise NotImplementedError

    def _arrived(self, arrival: Arrival) -> Iterator[list[Alert]]:
        """Give a block of events to all shards."""
        batch = arrival.batch
        self._count(batch)
        judgement = arrival.judgement = self._clocks.judge(batch)
        self.summary.late += int(judgement.late.sum())
        if self._on_arrival:
            self._on_arrival(arrival)
        yield from self._told(arrival, batch.position)

    def _heard(self, block: Tick | Control) -> Iterator[list[Alert]]:
        """Give a tick or a record to all shards."""
        self._clocks.heed(block)
        yield from self._told(block, block.position)

    def _told(self, block: Arrival | Tick | Control, position: int) -> Iterator[list[Alert]]:
        """Tell the shards a block, and before it the epoch if the block makes it known."""
        if epoch := self._clocks.found(position):
            yield self._step(epoch)
        yield self._step(block)

    def _rest(self) -> Iterator[list[Alert]]:
        """Yield what is left when all blocks have been given to the shards."""
        while self._running:
            yield self._merged(self._running.popleft())
        yield self._certain(None)

    def _decode(self, block: Events) -> Arrival:
        with self._stages("decode"):
            return self._shards[0].intake(block)

    def _step(self, block: Arrival | Control | Tick) -> list[Alert]:
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
        self.summary.duplicates += sum(dropped(step.duplicates for step in done).values())
        return self._certain(min(step.reached for step in done))

    def _certain(self, reached: int | None) -> list[Alert]:
        """Take out the alerts before which none can come any more."""
        ready = []
        while self._waiting and (reached is None or self._waiting[0][2].order < reached):
            ready.append(heappop(self._waiting)[2])
        self.summary.tell(ready)
        return ready

    def _count(self, batch: EventBatch) -> None:
        self.summary.count(batch)
        if len(batch.rejects) and self._on_dead_letters:
            self._on_dead_letters(batch)


@dataclass(frozen=True, slots=True)
class _Step:
    """What a shard made of one block, and how far it has come."""

    alerts: list[Alert]
    duplicates: NDArray[np.int64]
    reached: int


def _stepped(shard: Shard, block: Arrival | Control | Tick) -> _Step:
    alerts = shard.step(block)
    return _Step(alerts, shard.duplicates(), shard.reached)
