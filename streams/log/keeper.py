"""Copying out the lines that state names before their segments go, see `streams.log.kept`.

Files grow as segments go: one that is no larger than what comes behind it goes into the new file, and so does one of
which more than half is named no more. So they are at most twice as large as what is named, and few.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.disk import Disk
from streams.log.kept import SUFFIX, checksum, files, read_lines
from streams.log.reader import LogReader
from streams.snapshot.container import pack

FRESH = ".kept-fresh"
Ints = NDArray[np.int64]
Keep = Callable[[int], None]  # copies out what is needed of the lines before a log position; `OSError` if it could not
Named = Callable[[int], Ints]  # of a log position those before it that state names, ascending, each once


class Keeper:
    """Copies out what state names, for the log whose segments are to go. Of one thread at a time.

    Parameters
    ----------
    folder
        of the log
    named
        the log positions that must be told; what is no line's first byte among them does no harm
    """

    def __init__(self, folder: Path, named: Named, disk: Disk) -> None:
        self._folder, self._named, self._disk = folder, named, disk
        self._log = LogReader(folder)

    def keep(self, until: int) -> None:
        """Keep the lines before a log position that are named; return when they are durable.

        Raises
        ------
        OSError
            they are not, and no segment before the position may go
        """
        named = self._named(until)
        lines = dict(self._log.lines(named))
        target = self._folder / f"{until:020d}{SUFFIX}"
        gone: list[Path] = []
        size = sum(map(len, lines.values()))
        for path in reversed(files(self._folder)):
            file = read_lines(path)
            places = np.flatnonzero(np.isin(file.positions, named)) if file is not None else np.empty(0, np.int64)
            if file is not None and len(places):
                held = len(file.text)
                begins = np.concatenate([np.zeros(1, np.int64), file.ends[:-1]])
                living = int((file.ends - begins)[places].sum())
                if path != target and held > size and 2 * living >= held:
                    continue
                for place in places.tolist():
                    line = file.line(place)
                    if line is not None:
                        lines.setdefault(int(file.positions[place]), line)
                size += living
            gone.append(path)
        if lines:
            self._write(target, lines)
        for path in gone:
            if path != target or not lines:
                self._disk.remove(path)

    def _write(self, path: Path, lines: dict[int, bytes]) -> None:
        fresh = self._folder / f"lines{FRESH}"
        try:
            descriptor = self._disk.create(fresh)
            try:
                self._disk.write(descriptor, [_packed(lines)])
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._disk.replace(path, fresh)
        except OSError:
            with suppress(OSError):  # the disk may be full; what stays is written over
                self._disk.remove(fresh)
            raise
        self._disk.sync_folder(self._folder)


class Keeping:
    """What is copied out before segments go, in a thread of its own."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._thread = ThreadPoolExecutor(1, "keep")
        self._until = 0  # up to which lines are kept, or are being kept
        self._under_way: Future[None] | None = None
        self._steps_back = 0  # so often the log was needed again from a position before
        self._counted = 0  # of these when it began

    @property
    def is_due(self) -> bool:
        """Whether segments may go that could not before."""
        return self._under_way is not None and self._under_way.done()

    def step_back(self) -> None:
        """Take note that what lies behind an earlier position is needed again: lines of it may be named anew."""
        self._steps_back += 1

    def done(self, until: int) -> int:
        """Return the log position up to which lines are kept; begin to keep them up to another one."""
        if self._under_way is not None:
            if not self._under_way.done():
                return 0
            error, self._under_way = self._under_way.exception(), None
            if error is not None:
                self._until = 0
                if not isinstance(error, OSError):
                    raise error
        if until and (until > self._until or self._counted != self._steps_back):
            self._until, self._counted = until, self._steps_back
            self._under_way = self._thread.submit(self._keep, until)
            return 0
        return self._until

    def close(self) -> None:
        """Finish what is being kept."""
        self._thread.shutdown()


def _packed(lines: Mapping[int, bytes]) -> bytes:
    positions = sorted(lines)
    ordered = [lines[position] for position in positions]
    tables: dict[str, NDArray[Any]] = {
        "positions": np.array(positions, np.int64),
        "ends": np.cumsum([len(line) for line in ordered], dtype=np.int64),
        "crcs": np.array([checksum(*each) for each in zip(positions, ordered, strict=True)], np.uint32),
        "text": np.frombuffer(b"".join(ordered), np.uint8),
    }
    return pack({}, tables)
