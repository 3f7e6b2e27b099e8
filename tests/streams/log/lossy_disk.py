"""A disk that fails when it is told to, and that forgets what was not synced when the power goes."""

import errno
import os
from pathlib import Path
from random import Random

from streams.disk import Disk


class LossyDisk(Disk):
    """Fails in the operation of a number, counted from 0, by an error or by the power going."""

    def __init__(self, fails_at: int = -1, *, power: bool = False, partly: float = 0.5) -> None:
        self.count = 0
        self.fails_at, self.power, self.partly = fails_at, power, partly
        self.off = False
        self._paths: dict[int, Path] = {}
        self._synced: dict[Path, int] = {}
        self._named: dict[Path, bool] = {}

    def _passes(self) -> bool:
        if self.off:
            raise OSError(errno.EIO, "the power is off")
        self.count += 1
        if self.count - 1 != self.fails_at:
            return True
        self.off = self.power
        return False

    def _fail(self) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def create(self, path):
        if not self._passes():
            self._fail()
        descriptor = super().create(path)
        self._paths[descriptor], self._synced[path], self._named[path] = path, 0, False
        return descriptor

    def open(self, path):
        descriptor = super().open(path)
        self._paths[descriptor] = path
        self._synced.setdefault(path, path.stat().st_size)
        return descriptor

    def write(self, descriptor, pieces):
        if not self._passes():
            whole = b"".join(map(bytes, pieces))
            super().write(descriptor, [whole[: int(len(whole) * self.partly)]])
            self._fail()
        super().write(descriptor, pieces)

    def sync(self, descriptor):
        if not self._passes():
            self._fail()
        super().sync(descriptor)
        path = self._paths[descriptor]
        self._synced[path] = path.stat().st_size

    def replace(self, path, by):
        if not self._passes():
            self._fail()
        super().replace(path, by)
        self._synced[path], self._named[path] = self._synced.pop(by, path.stat().st_size), self._named.pop(by, True)

    def sync_folder(self, folder):
        if not self._passes():
            self._fail()
        self._named.update(dict.fromkeys(self._named, True))

    def lose(self, random: Random) -> None:
        """Let what was not synced be there in part, spoiled, or not at all."""
        for path, synced in self._synced.items():
            if not path.exists():
                continue
            if not self._named.get(path, True) and random.random() < 0.5:
                path.unlink()
                continue
            data = path.read_bytes()
            rest = bytearray(data[synced : random.randint(synced, len(data))])
            if rest and random.random() < 0.5:
                at = random.randrange(len(rest))
                length = len(rest[at : at + random.choice((16, 512))])
                rest[at : at + length] = bytes(length)
            path.write_bytes(data[:synced] + rest)
