"""Where snapshots are kept: a file each, put in place at once."""

import os
from contextlib import suppress
from pathlib import Path

from streams.disk import Disk

SUFFIX, FRESH = ".snapshot", ".fresh"


def kept(folder: Path) -> list[tuple[int, int, Path]]:
    """Return shard, log position and file of all snapshots of a folder, in this order."""
    names = [(path.stem.removeprefix("shard-").split("."), path) for path in sorted(folder.glob(f"shard-*{SUFFIX}"))]
    return [(int(shard), int(position), path) for (shard, position), path in names]


class SnapshotStore:
    """Snapshots of the shards of one engine, in a folder.

    A name says what it is of: `shard-000.0000000000123456.snapshot` of shard 0, behind log position 123,456.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        disk.sync_folder(folder.parent)
        self._folder, self._disk = folder, disk

    def save(self, shard: int, position: int, data: bytes) -> None:
        """Keep a snapshot; return when it is durable.

        Raises
        ------
        OSError
            it is not; the ones before it are as they were
        """
        path = self._folder / f"shard-{shard:03d}.{position:016d}{SUFFIX}"
        fresh = self._folder / f"shard-{shard:03d}{FRESH}"
        try:
            descriptor = self._disk.create(fresh)
            try:
                self._disk.write(descriptor, [data])
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._disk.replace(path, fresh)
        except OSError:
            self.drop_unfinished()  # the disk may be full
            raise
        self._disk.sync_folder(self._folder)

    def remove(self, path: Path) -> None:
        """Remove a snapshot. Raises `OSError`."""
        self._disk.remove(path)

    def drop_unfinished(self) -> None:
        """Remove what was being written when it failed, or when its process was killed; only the engine may."""
        for fresh in sorted(self._folder.glob(f"*{FRESH}")):
            with suppress(OSError):
                self._disk.remove(fresh)

    def newest(self, shard: int) -> list[tuple[int, Path]]:
        """Return log position and file of the snapshots of a shard, the newest first."""
        return [(int(path.stem.split(".")[1]), path) for path in self._paths(shard)]

    def _paths(self, shard: int) -> list[Path]:
        return sorted(self._folder.glob(f"shard-{shard:03d}.*{SUFFIX}"), reverse=True)
