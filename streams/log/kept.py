"""Lines that outlive their segments: those that state still names when the log forgets what lies around them.

Each file, `POSITION.kept` beside the segments, holds lines from before that log position. It is a container
(`streams.snapshot.container`) of `positions` int64[n], ascending, `ends` int64[n], where each line ends in `text`,
and `crcs` uint32[n]: CRC-32C of the position, little endian, and the line. A file is written whole and put in place at
once, before any segment goes; so a kill leaves a line twice, and never loses one.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from streams.log.segment import mapped
from streams.snapshot.container import SnapshotError, unchecked

SUFFIX = ".kept"
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LineFile:
    """The lines of one file; nothing of it is believed before a line's CRC was right."""

    positions: Ints
    ends: Ints
    crcs: NDArray[np.uint32]
    text: NDArray[np.uint8]

    def find(self, position: int) -> bytes | None:
        """Return the line of a log position, None if it is not here, or damaged."""
        place = int(np.searchsorted(self.positions, position))
        if place == len(self.positions) or self.positions[place] != position:
            return None
        return self.line(place)

    def line(self, place: int) -> bytes | None:
        """Return the line in a place, None if it is damaged."""
        begin, end = int(self.ends[place - 1]) if place else 0, int(self.ends[place])
        line = self.text[begin:end].tobytes()
        return line if checksum(int(self.positions[place]), line) == self.crcs[place] else None


class KeptLines:
    """The lines that are kept in a folder, for whoever reads them. Not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = -1  # when the folder had changed last, in ns
        self._files: dict[Path, tuple[int, LineFile]] = {}  # with their inodes

    def line(self, position: int) -> bytes | None:
        """Return the line of a log position, None if none is kept."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        found = self._find(position) if changed == self._changed else None
        if found is None:  # two changes may have one time
            self._look()
            self._changed, found = changed, self._find(position)
        return found

    def _find(self, position: int) -> bytes | None:
        return next((line for _, file in self._files.values() if (line := file.find(position)) is not None), None)

    def _look(self) -> None:
        """Map the files that there are now; one that goes meanwhile is part of another one."""
        while True:
            with suppress(FileNotFoundError):
                now: dict[Path, tuple[int, LineFile]] = {}
                for path in files(self._folder):
                    inode, known = path.stat().st_ino, self._files.get(path)
                    if known is not None and known[0] == inode:
                        now[path] = known
                    elif (file := read_lines(path)) is not None:
                        now[path] = inode, file
                self._files = now
                return


def files(folder: Path) -> list[Path]:
    """Return the files of a folder that lines are kept in, by the positions that they lie before."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_lines(path: Path) -> LineFile | None:
    """Return a file, None if nothing of it can be read; that was damaged, for it was put in place whole."""
    try:
        arrays = unchecked(mapped(path))
        file = LineFile(*(arrays[name] for name in ("positions", "ends", "crcs", "text")))
    except (SnapshotError, KeyError):
        return None
    return file if len(file.positions) == len(file.ends) == len(file.crcs) else None


def checksum(position: int, line: bytes) -> int:
    """Return what a line is checked by."""
    return crc32c(line, crc32c(position.to_bytes(8, "little", signed=True)))
