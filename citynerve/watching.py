"""Folders that are looked at each second: a change is taken when it has been still for a while."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from events.place import Problems
from rules.files import RuleFiles
from streams.control.reference_files import digest

STILL_S = 2.0  # after a change: editors and copies write in several steps
AGAIN_S = 30.0  # after which what could not be taken is tried again

_Seen = dict[Path, tuple[int, int, int]]  # time of change, size, inode


class Watched:
    """Some files. `find` returns them; where it cannot, that is a state like any other, and taken once."""

    def __init__(self, find: Callable[[], Iterable[Path]], now_s: Callable[[], float] = time.monotonic) -> None:
        self._find, self._now_s = find, now_s
        self._taken: _Seen | None
        self._taken = self._seen = self._look()
        self._since = now_s()

    def due(self) -> bool:
        """Look; return whether something is not as it was taken, and has been still."""
        seen = self._look()
        if seen != self._seen:
            self._seen, self._since = seen, self._now_s()
        return self._seen != self._taken and self._now_s() - self._since >= STILL_S

    def take(self) -> None:
        """Take the files as they were seen: they are not due again until they change."""
        self._taken = self._seen

    def again(self) -> None:
        """Let the files be due again after a while, though they do not change."""
        self._taken, self._since = None, self._now_s() + AGAIN_S - STILL_S

    def owner(self) -> str:
        """Return whose file changed last."""
        newest = max(self._seen, key=lambda path: self._seen[path], default=None)
        try:
            return newest.owner() if newest is not None else ""
        except (OSError, KeyError):  # it is gone, or its owner has no name here
            return ""

    def _look(self) -> _Seen:
        seen: _Seen = {}
        try:
            for path in self._find():
                status = path.stat()
                seen[path] = status.st_mtime_ns, status.st_size, status.st_ino
        except (OSError, Problems):
            return {}
        return seen


def digest_of_rules(given: RuleFiles) -> str:
    """Return what names the contents of rule files."""
    found = hashlib.sha256()
    for path, data in sorted({**given.beside, **given.named}.items()):
        found.update(f"{path}:{len(data)}\n".encode() + data)
    return found.hexdigest()


def digest_of_sets(files: Mapping[str, Path]) -> str:
    """Return what names the contents of the files of sets; empty where one cannot be read."""
    found = hashlib.sha256()
    try:
        for name, path in sorted(files.items()):
            found.update(f"{name}:{digest(path)}\n".encode())
    except OSError:
        return ""
    return found.hexdigest()
