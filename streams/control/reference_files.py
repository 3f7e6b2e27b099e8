"""Copies of the files of reference sets, under the names of their contents: what was in force can be read again."""

import hashlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from streams.control.entry import SetFile
from streams.disk import Disk

FOLDER = "references"
_PIECE = 1 << 20


class ReferenceFiles:
    """The copies of a data folder, `references/SHA256.csv`; one process writes them, any may read them."""

    def __init__(self, data: Path, disk: Disk) -> None:
        self._folder, self._disk = data / FOLDER, disk

    def path(self, file: SetFile) -> Path:
        """Return where the copy of a file is kept."""
        return self._folder / f"{file.sha256}{Path(file.file).suffix.lower()}"

    def keep(self, files: Mapping[str, Path]) -> dict[str, SetFile]:
        """Copy files, by the set's name; return when the copies are durable.

        Raises
        ------
        OSError
            a file cannot be read, or its copy not be made
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {name: self._keep(path) for name, path in sorted(files.items())}
        self._disk.sync_folder(self._folder)
        return kept

    def _keep(self, source: Path) -> SetFile:
        there = SetFile(source.name, digest(source))
        if self.path(there).exists():
            return there
        fresh = self._folder / "fresh"  # one name: what failed is written over
        found = hashlib.sha256()
        with source.open("rb") as file:
            descriptor = self._disk.create(fresh)
            try:
                while piece := file.read(_PIECE):
                    found.update(piece)
                    self._disk.write(descriptor, [piece])
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
        kept = SetFile(source.name, found.hexdigest())
        self._disk.replace(self.path(kept), fresh)
        return kept

    def prune(self, needed: Collection[SetFile]) -> None:
        """Remove all copies but those of some files."""
        if self._folder.is_dir():
            names = {self.path(file).name for file in needed}
            for path in self._folder.iterdir():
                if path.name not in names:
                    self._disk.remove(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
