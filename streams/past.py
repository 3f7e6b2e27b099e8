"""The past: what has been kept of events, and how it is replayed through a plan, as often as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol, Unpack

from connectors.protocol import Source
from events.alert import Alert
from events.block import POSITION_BITS, Enactment, Events, Mute
from events.identity import CityKey
from rules.plan import Plan
from streams.control.references import References
from streams.log.blocks import blocks, lost_line
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.replay import Replay
from streams.replaying import How, Progress, Replaying
from streams.time.watermark import Feed


class Past(Protocol):
    """Something that can be replayed."""

    def replay(self, plan: Plan, references: References, city: CityKey, **how: Unpack[How]) -> Replaying:
        """Return a replay of it from its beginning."""
        ...

    def line(self, position: int) -> bytes:
        """Return the line at a log position, without its newline."""
        ...


@dataclass(frozen=True)
class Files:
    """Sources that have not been read; with `until` they go on to that instant after the last event (epoch ms)."""

    sources: Sequence[Source]
    until: int | None = None

    def replay(self, plan: Plan, references: References, city: CityKey, **how: Unpack[How]) -> Replay:
        """Return a replay of them, which may be run once."""
        return Replay(plan, references, self.sources, city, until=self.until, **how)

    def line(self, position: int) -> bytes:
        """Return the line at a log position of one of them."""
        return self.sources[position >> POSITION_BITS].line(position)


@dataclass(frozen=True)
class Logged:
    """An event log, positions [begin, end), with the feeds that were declared when it was written."""

    log: LogReader
    feeds: tuple[Feed, ...]
    begin: int
    end: int

    def replay(self, plan: Plan, references: References, city: CityKey, **how: Unpack[How]) -> "LoggedReplay":
        """Return a replay of it."""
        return LoggedReplay(plan, references, self, city, **how)

    def line(self, position: int) -> bytes:
        """Return the line at a log position; in the place of one that is damaged or gone, an event that says so."""
        try:
            return self.log.line(position)
        except LogError:
            return lost_line(position)


class LoggedReplay(Replaying):
    """One replay of an event log: its order, its ticks and its times of arrival, as the engine was given them.

    Where the log goes on nothing has ended, and what the engine had not decided by then is not decided here. Records
    that change what is in force are passed over: it is these rules that are tried.
    """

    def __init__(self, plan: Plan, references: References, past: Logged, city: CityKey, **how: Unpack[How]) -> None:
        super().__init__(plan, references, past.feeds, city, **how)
        self._past = past

    def _run(self, progress: Progress) -> Iterator[list[Alert]]:
        past = self._past
        frames = takewhile(lambda frame: frame.position < past.end, past.log.read(past.begin))
        at = past.begin
        for block, end in blocks(frames, {feed.name: feed for feed in past.feeds}):
            progress(end - at)
            at = end
            if isinstance(block, Events):
                yield from self._arrived(self._workers.result(self._workers.submit(None, self._decode, block)))
            elif block is not None and not isinstance(block, Enactment | Mute):
                yield from self._heard(block)
        yield from self._rest()

    def _line(self, position: int) -> bytes:
        return self._past.line(position)
