"""A change that waits for its instant, as a file beside the control log: commands say what it waits for."""

import os
from dataclasses import asdict
from pathlib import Path

import orjson

from streams.control.activation import Activation, Pending
from streams.disk import Disk

FILE = "pending.json"


class PendingFile:
    """The file of a data folder; the engine writes it, any process may read it. It is no part of any state."""

    def __init__(self, data: Path, disk: Disk) -> None:
        self._path, self._disk = data / FILE, disk

    def put(self, pending: Pending | None) -> None:
        """Say what waits. Raises `OSError`."""
        if pending is None:
            if self._path.exists():
                self._disk.remove(self._path)
            return
        fresh = self._path.with_suffix(".fresh")
        descriptor = self._disk.create(fresh)
        try:
            self._disk.write(descriptor, [orjson.dumps(asdict(pending))])
        finally:
            os.close(descriptor)
        self._disk.replace(self._path, fresh)

    def read(self) -> Pending | None:
        """Return what waits, or waited when the engine was there last; None if nothing does."""
        try:
            told = orjson.loads(self._path.read_bytes())
            return Pending(Activation(**told["activation"]), tuple(told["feeds"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None
