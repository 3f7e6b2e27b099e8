"""A log as tests write it: one record a line, tick or control, that can be cut into blocks at any place."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from events.block import FUTURE_MS, Block, End, Epoch, Events, FeedEnd, Pieces, Tick
from events.schema import Schemas
from tests.naive.time import Feed, group

Event = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a feed."""

    feed: str
    text: bytes
    received: int | None = None

    @classmethod
    def of(cls, feed: str, event: Event, received: int | None = None) -> "Line":
        """Write an event without the fields that are missing."""
        return cls(feed, orjson.dumps({k: v for k, v in event.items() if v is not None}), received)


@dataclass(frozen=True)
class Sign:
    """A tick."""

    feed: str
    time: int
    blind: bool = False


@dataclass(frozen=True)
class Mark:
    """A control record: `epoch`, `feed_end` or `end`."""

    what: str
    effective: int
    feed: str | None = None


Record = Line | Sign | Mark


@dataclass(frozen=True)
class Log:
    """Blocks, and their lines by log position."""

    blocks: list[Block]
    lines: dict[int, bytes]

    @property
    def read_line(self) -> Callable[[int], bytes]:
        """The line at a log position."""
        return self.lines.__getitem__


def cut(records: Sequence[Record], cuts: Collection[int] | None = None) -> Log:
    """Make blocks of records.

    Parameters
    ----------
    cuts
        numbers of records before which a new block begins even where it need not; None: each line alone
    """
    blocks: list[Block] = []
    lines: dict[int, bytes] = {}
    run: list[Line] = []
    position = 0

    def flush() -> None:
        nonlocal position
        if run:
            starts = [position]
            for line in run:
                lines[starts[-1]] = line.text
                starts.append(starts[-1] + len(line.text) + 1)
            blocks.append(_events(run, starts))
            position = starts[-1]
            run.clear()

    for number, record in enumerate(records):
        if isinstance(record, Line):
            joins = run and _joins(record, run[-1])
            if not joins or cuts is None or number in cuts:
                flush()
            run.append(record)
            continue
        flush()
        if isinstance(record, Sign):
            blocks.append(Tick(record.feed, position, record.time, record.blind))
        else:
            blocks.append(marked(record, position))
        position += 1
    flush()
    return Log(blocks, lines)


def _joins(line: Line, last: Line) -> bool:
    """Whether a line can be in one block with the one before it."""
    return line.feed == last.feed and (line.received is None) == (last.received is None)


def _events(run: Sequence[Line], starts: Sequence[int]) -> Events:
    """Make a block of lines that were received at one time or at several; `starts` are their log positions."""
    text, received = b"".join(line.text + b"\n" for line in run), [line.received for line in run]
    first = received[0]
    if first is None:
        return Events.of(text, feed=run[0].feed, position=starts[0])
    times, positions = np.array(received, np.int64), np.array(starts[:-1], np.int64)
    latest = int(times.max())
    block = Events.of(text, feed=run[0].feed, position=starts[0], received=latest, time_max=latest + FUTURE_MS)
    if len(set(received)) == 1:
        return block
    return replace(block, pieces=Pieces(positions - starts[0], positions, times, starts[-1]))


def with_epoch(
    records: Sequence[Record], feeds: Sequence[Feed], schemas: Schemas, *, late: bool = False
) -> list[Record]:
    """Put the epoch at the beginning, or (`late`) where its writer knows it: before what makes something released."""
    kinds = frozenset(schemas.kinds)
    every = [replace(feed, kinds=None) for feed in feeds]
    seen = group(cut(records).blocks, every, kinds, schemas)
    times = [sight.event["time"] for sight in seen.sights if not sight.late]
    if not times:
        return list(records)
    mark = Mark("epoch", min(times))
    at = 0
    if late:
        while not any(not sight.late for sight in group(cut(records[: at + 1]).blocks, every, kinds, schemas).sights):
            at += 1
    return [*records[:at], mark, *records[at:]]


def marked(mark: Mark, position: int) -> Block:
    """Return the control record of a mark."""
    if mark.what == "feed_end":
        assert mark.feed is not None
        return FeedEnd(position, mark.feed)
    return Epoch(position, mark.effective) if mark.what == "epoch" else End(position, mark.effective)
