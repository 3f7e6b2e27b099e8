"""Segments: the files of a log, each named by the log position of its first byte.

A segment is valid up to the first position of the next one: what lies behind was never acknowledged.
"""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streams.log.frame import MAGIC, Buffer, Head, is_sound, read_head

SUFFIX = ".log"


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a log that cannot be read: positions [since, until). If not of the last commit, it was promised."""

    segment: Path
    at: int  # byte in the file
    since: int
    until: int

    def __str__(self) -> str:
        return f"{self.segment}: byte {self.at}: log positions {self.since} to {self.until} are damaged"


def segment_path(folder: Path, position: int) -> Path:
    """Return the file that begins at a log position."""
    return folder / f"{position:020d}{SUFFIX}"


def segments(folder: Path) -> list[int]:
    """Return the first positions of all segments, in order."""
    return sorted(int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())


def mapped(path: Path) -> Buffer:
    """Return the bytes of a segment as they are now, without reading them."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return b""
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


@dataclass(slots=True)
class Walk:
    """Walks through the frames of a segment from a place at which log position `position` is expected.

    `at` and `position` stand behind the last sound frame; `damage` has what was skipped: frames that are not sound
    though a later one is. Where none is, the rest is a torn tail.
    """

    path: Path
    data: Buffer
    at: int
    position: int
    until: int | None = None  # first position of the next segment
    damage: list[Damage] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, Head]]:
        """Yield place and head of each sound frame."""
        while self.until is None or self.position < self.until:
            found = self._sound(self.at, self.position)
            if found is None:
                found = self._later()
                if found is None:
                    if self.until is not None:
                        self._lost(self.until)
                    return
                self._lost(found[1].position)
            at, head = found
            self.at, self.position = head.after, head.end
            yield at, head

    def _sound(self, at: int, position: int) -> tuple[int, Head] | None:
        head = read_head(self.data, at)
        if head is None or head.position != position or not is_sound(self.data, at, head):
            return None
        return at, head

    def _later(self) -> tuple[int, Head] | None:
        """Find the next sound frame behind what cannot be read here."""
        data = bytes(self.data[self.at :])  # only ever of a damaged segment
        place = data.find(MAGIC, 1)
        while place >= 0:
            at = self.at + place
            head = read_head(self.data, at)
            if head and head.position > self.position and is_sound(self.data, at, head):
                return None if self.until is not None and head.position >= self.until else (at, head)
            place = data.find(MAGIC, place + 1)
        return None

    def _lost(self, until: int) -> None:
        self.damage.append(Damage(self.path, self.at, self.position, until))
        self.position = until
