"""The few things that durability asks of a disk, in one place, so that tests can stop, fail or lose any of them."""

import os
from collections.abc import Sequence
from pathlib import Path

_PIECES_MAX = 512  # of one call; POSIX allows 1,024


class Disk:
    """The disk as it is. All methods raise `OSError`."""

    def create(self, path: Path) -> int:
        """Make an empty file and return a descriptor that appends; who reads an older one of the name keeps it."""
        path.unlink(missing_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def open(self, path: Path) -> int:
        """Return a descriptor that appends to a file that exists."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def write(self, descriptor: int, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
        """Append all of some pieces."""
        for first in range(0, len(pieces), _PIECES_MAX):
            left = [memoryview(piece) for piece in pieces[first : first + _PIECES_MAX]]
            while left:
                written = os.writev(descriptor, left)
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if left:
                    left[0] = left[0][written:]

    def sync(self, descriptor: int) -> None:
        """Return when what was written to a file is durable."""
        os.fdatasync(descriptor)

    def replace(self, path: Path, by: Path) -> None:
        """Put a file in the place of another, at once."""
        os.replace(by, path)

    def remove(self, path: Path) -> None:
        """Remove a file; it may be gone already."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Return when the names of a folder's files are durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free(self, folder: Path) -> int:
        """Return how many bytes may still be written."""
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize
