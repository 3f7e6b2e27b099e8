"""What a history is on a command line: files, or the log of an engine, that are opened as often as they are read."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from citynerve import wiring
from citynerve.cli.failure import Failure
from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.located import Located
from citynerve.text import say
from connectors.mapping import Mapping
from streams.embedded.folder import SNAPSHOTS, log_folder
from streams.log.reader import LogReader
from streams.past import Files, Logged, Past
from streams.snapshot.container import SnapshotError, survey
from streams.snapshot.store import kept
from streams.time import watermark


@dataclass
class Opened:
    """A past that is open, and how much of it has been read; files have `feeds`, a log its `size` (bytes)."""

    past: Past
    feeds: Sequence[Feed] = ()
    size: int = 0
    _read: int = 0

    @property
    def total(self) -> int | None:
        """How much there is, None where it is not known."""
        return bytes_total(self.feeds) if self.feeds else self.size

    def read(self, size: int) -> int:
        """Take note of bytes of a block; return how many have been read, of a compressed file as it lies there."""
        self._read += size
        return bytes_read(self.feeds) if self.feeds else self._read


class Recorded(Protocol):
    """A past that can be opened."""

    def open(self, time_max: int) -> AbstractContextManager[Opened]:
        """Open it; of files `time_max` is the latest event time that is believed (epoch ms)."""
        ...


@dataclass(frozen=True)
class FilePast:
    """Files, each a feed; with `until` they go on to that instant after the last event (epoch ms)."""

    names: tuple[str, ...]
    mapping: Mapping | None = None
    until: int | None = None

    @contextmanager
    def open(self, time_max: int) -> Iterator[Opened]:
        """Open the files; raises `Problems` where one cannot be read."""
        feeds = wiring.open_feeds(self.names, time_max=time_max, mapping=self.mapping)
        try:
            yield Opened(Files(feeds, self.until), feeds)
        finally:
            for feed in feeds:
                feed.close()


@dataclass(frozen=True)
class LogPast:
    """Positions [begin, end) of the event log of an engine: however it goes on, it is the same each time."""

    folder: Path
    feeds: tuple[watermark.Feed, ...]
    begin: int
    end: int

    @classmethod
    def of(cls, engine: Located, since: int | None, until: int | None) -> "LogPast":
        """Return what arrived in [since, until) (epoch ms); None: from its beginning, up to now.

        Raises
        ------
        Failure
            nothing did
        """
        folder = log_folder(engine.data, "events")
        log = LogReader(folder)
        begin = log.begin if since is None else log.seek(since)
        end = log.end if until is None else log.seek(until)
        if begin >= end:
            raise Failure(say(en=f"{folder} has nothing of that time", zh=f"{folder} 中没有该时段的数据"))
        return cls(folder, feeds_of(engine, log), begin, end)

    @contextmanager
    def open(self, time_max: int) -> Iterator[Opened]:
        """Open the log; what is believed of times stands in it."""
        yield Opened(Logged(LogReader(self.folder), self.feeds, self.begin, self.end), size=self.end - self.begin)


def feeds_of(engine: Located, log: LogReader) -> tuple[watermark.Feed, ...]:
    """Return the feeds of a log: as they are configured, else as a snapshot notes them, else as they come in it."""
    if engine.settings is not None:
        return engine.settings.feeds
    for _, _, path in reversed(kept(engine.data / SNAPSHOTS)):
        if feeds := _of_snapshot(path):
            return feeds
    names = dict.fromkeys(frame.feed for frame in log.read(log.begin) if frame.feed)
    return tuple(watermark.Feed(name) for name in names)


def _of_snapshot(path: Path) -> tuple[watermark.Feed, ...]:
    try:
        header, _ = survey(path.read_bytes())
    except (OSError, SnapshotError):
        return ()
    return declared(header)


def declared(header: dict[str, Any]) -> tuple[watermark.Feed, ...]:
    """Return the feeds that the header of a snapshot notes."""
    return tuple(
        watermark.Feed(name, None if kinds is None else frozenset(kinds), lateness)
        for name, kinds, lateness in header["feeds"]
    )
