"""Replay: bounded input through the shards in event time, as fast as it goes.

Each file is a feed that may carry any kind. The file with the least watermark is read next (ties: in the order of
the arguments), an ended one holds nobody, and at the end of all input the watermark goes to the greatest event
time, inclusive. What is read here becomes a log of blocks and control records; shards see nothing else.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Unpack

from connectors.protocol import Source
from events.alert import Alert
from events.block import POSITION_BITS, End, Events, FeedEnd
from events.identity import CityKey
from rules.plan import Plan
from streams.control.references import References
from streams.replaying import How, Progress, Replaying
from streams.shard.intake import Arrival
from streams.time.watermark import BEGINNING, Feed, FeedClock

TURN = 1 << 14  # events that are read of a source before another one may come


class Replay(Replaying):
    """One replay of some sources through a plan. Run it once."""

    def __init__(
        self,
        plan: Plan,
        references: References,
        sources: Sequence[Source],
        city: CityKey,
        *,
        until: int | None = None,
        **how: Unpack[How],
    ) -> None:
        super().__init__(plan, references, [Feed(source.feed) for source in sources], city, **how)
        self._until = until
        self._inputs = [
            _Input(source, clock) for source, clock in zip(sources, self._clocks.feeds.values(), strict=True)
        ]

    def _run(self, progress: Progress) -> Iterator[list[Alert]]:
        while holding := [entry for entry in self._inputs if not entry.clock.ended]:
            entry = min(holding, key=lambda entry: entry.clock.watermark)
            for arrival in self._turn(entry, progress):
                yield from self._arrived(arrival)
            if entry.exhausted and not entry.ahead and entry.rest is None:
                yield from self._heard(FeedEnd(entry.clock.number << POSITION_BITS, entry.clock.feed.name))
        yield from self._heard(End(0, max(self._clocks.greatest, self._until or BEGINNING)))
        yield from self._rest()

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

    def _line(self, position: int) -> bytes:
        return self._inputs[position >> POSITION_BITS].source.line(position)


@dataclass(slots=True)
class _Input:
    """A source, its clock, and the blocks of it that are decoded ahead."""

    source: Source
    clock: FeedClock
    ahead: deque[Future[Arrival]] = field(default_factory=deque)
    exhausted: bool = False
    rest: Arrival | None = None  # of a block, behind the end of a turn
