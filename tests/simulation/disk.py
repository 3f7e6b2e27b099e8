"""A disk under a scheduler: it fails, fills up, slows down, loses power, and forgets what was not made durable."""

import errno
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from streams.disk import Disk
from tests.simulation.clock import VirtualClock

SECTOR = 512


class PowerCut(BaseException):
    """The power went, in the middle of an operation."""


@dataclass
class File:
    """What of a file is durable: its first bytes, but for stretches whose sync failed."""

    durable: int = 0
    forgotten: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Change:
    """A change of names that no sync of its folder has made durable: who was at `path`, and where that came from."""

    path: Path
    before: bytes | None
    moved_from: Path | None = None


class SimulatedDisk(Disk):
    """A disk whose every choice comes from a seed; what retention removes is kept in `archive`.

    `fails` is how often an operation fails, `slow` how often it takes seconds, `full` whether nothing is left,
    `cut_in` how many more operations there are until the power goes (None: it stays).
    """

    def __init__(self, dice: random.Random, clock: VirtualClock, archive: Path) -> None:
        self.fails = self.slow = 0.0
        self.full = False
        self.cut_in: int | None = None
        self._dice, self._clock, self._archive = dice, clock, archive
        self._files: dict[int, File] = {}  # by inode
        self._changes: list[Change] = []
        self.operations = self.failures = self.cuts = 0

    def _passes(self) -> bool:
        """Count an operation; whether it succeeds."""
        self.operations += 1
        if self._dice.random() < self.slow:
            self._clock.advance(self._dice.choice((100, 1500, 4000)))
        if self.cut_in is not None:
            self.cut_in -= 1
            if self.cut_in < 0:
                return False
        return self._dice.random() >= self.fails

    def _fail(self) -> None:
        if self.cut_in is not None and self.cut_in < 0:
            self.cuts += 1
            raise PowerCut
        self.failures += 1
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def create(self, path):
        if not self._passes():
            self._fail()
        before = path.read_bytes() if path.exists() else None
        descriptor = super().create(path)
        self._files[os.fstat(descriptor).st_ino] = File()
        self._changes.append(Change(path, before))
        return descriptor

    def open(self, path):
        descriptor = super().open(path)
        status = os.fstat(descriptor)
        self._files.setdefault(status.st_ino, File(status.st_size))
        return descriptor

    def write(self, descriptor, pieces):
        if self._passes():
            return super().write(descriptor, pieces)
        whole = b"".join(map(bytes, pieces))
        super().write(descriptor, [whole[: self._dice.randint(0, len(whole))]])
        return self._fail()

    def sync(self, descriptor):
        status = os.fstat(descriptor)
        file = self._files[status.st_ino]
        if not self._passes():
            if self.cut_in is None or self.cut_in >= 0:  # what was dirty counts as clean now, and is nowhere
                file.forgotten.append((file.durable, status.st_size))
                file.durable = status.st_size
            self._fail()
        file.durable = status.st_size

    def replace(self, path, by):
        if not self._passes():
            self._fail()
        before = path.read_bytes() if path.exists() else None
        super().replace(path, by)
        self._changes.append(Change(path, before, by))

    def remove(self, path):
        if not self._passes():
            self._fail()
        if path.exists():
            if path.suffix == ".log" and path.parent.name == "events":
                shutil.copy(path, self._archive)
            self._changes.append(Change(path, path.read_bytes()))
        super().remove(path)

    def sync_folder(self, folder):
        if not self._passes():
            self._fail()
        self._changes = [change for change in self._changes if change.path.parent != folder]

    def free(self, folder):
        return 0 if self.full else super().free(folder)

    def lose(self, data: Path) -> None:
        """Let the power have gone: names of late, and pages that were not durable, may be as they were before."""
        for _ in range(self._dice.randint(0, len(self._changes))):
            self._undo(self._changes.pop())
        for path in sorted(data.rglob("*")):
            if path.suffix == ".index":
                self._spoil(path)
            elif path.is_file() and path.name != "lock":
                self._tear(path)
        self._files.clear()
        self._changes.clear()
        self.cut_in = None

    def _undo(self, change: Change) -> None:
        if change.moved_from is not None and change.path.exists():
            os.replace(change.path, change.moved_from)
        elif change.path.exists():
            change.path.unlink()
        if change.before is not None:
            change.path.write_bytes(change.before)

    def _tear(self, path: Path) -> None:
        """Keep what was durable; of what was not any sectors, up to any length."""
        data = path.read_bytes()
        file = self._files.get(path.stat().st_ino, File(len(data)))
        kept = bytearray(data[: self._dice.randint(min(file.durable, len(data)), len(data))])
        doubtful = [*file.forgotten, (file.durable, len(kept))]
        for begin, end in doubtful:
            for at in range(begin, min(end, len(kept)), SECTOR):
                if self._dice.random() < 0.3:
                    kept[at : min(at + SECTOR, end)] = bytes(len(kept[at : min(at + SECTOR, end)]))
        if kept != data:
            path.write_bytes(kept)

    def _spoil(self, path: Path) -> None:
        """An index is nobody's promise: it may be gone, cut, or wrong in a byte."""
        data = bytearray(path.read_bytes())
        match self._dice.randrange(6) if data else 0:
            case 0:
                path.unlink()
            case 1:
                path.write_bytes(data[: self._dice.randrange(len(data))])
            case 2:
                flip(data, self._dice)
                path.write_bytes(data)


def flip(data: bytearray, dice: random.Random) -> None:
    """Flip one bit."""
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
