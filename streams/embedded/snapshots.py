"""When snapshots of an engine's shards are taken, and which are kept; one is written at a time, by a thread.

The snapshots of one name can be restored together: they are of one generation, and of the same one that follows it.
Before each shard has one of a name, none of another name is removed: a start must find one name whole. And until each
has two of it, should the newest be damaged, so are those of the name before kept.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from streams.embedded.counts import Counts
from streams.embedded.debt import Debt
from streams.snapshot.store import SnapshotStore

KEPT = 2  # of each shard


class Snapshots:
    """The snapshots of an engine.

    Parameters
    ----------
    clock
        the time (epoch ms)
    debt_s
        CPU time that a restart may spend on reading the log again
    """

    def __init__(
        self, store: SnapshotStore, counts: Counts, clock: Callable[[], int], shards: int, debt_s: float
    ) -> None:
        self.debt = Debt(shards)
        self.starts = [0] * shards  # log position that each shard goes on from
        self._store, self._counts, self._clock, self._debt_s = store, counts, clock, debt_s
        self._saver = ThreadPoolExecutor(1, "snapshot")
        self._under_way: tuple[int, int, str, Future[None]] | None = None  # shard, log position, name, when durable
        self._due: set[int] = set()  # shards that have none of this name
        self._name, self._since = "", 0  # of the snapshots that are taken, and log position from which on they are
        self._since_before = 0  # log position from which on those of the name before are, which was whole

    @property
    def is_idle(self) -> bool:
        """Whether none is under way."""
        return self._under_way is None

    @property
    def may_follow(self) -> bool:
        """Whether a start would find what is in force: each shard has a snapshot of it, or they cannot be written."""
        return not self._due or self._counts.snapshot_failing

    def go_on(self, name: str, starts: list[int]) -> None:
        """Take snapshots of a name that each shard has one of, at some log positions, as a start has found."""
        self.starts[:] = starts
        self._name, self._since = name, min(starts)

    def rename(self, name: str, position: int) -> None:
        """Take snapshots of a name from a log position on; all shards are due if there were some of another one."""
        if name == self._name:
            return
        if self._name:
            if not self._due:
                self._since_before = self._since
            self._since, self._due = position, set(range(len(self.starts)))
        self._name = name

    def next(self) -> int | None:
        """Return the shard of which one should be taken now, if there is one."""
        if self._under_way is not None:
            return None
        if (self._due and not self._counts.snapshot_failing) or self.debt.seconds > self._debt_s:
            return min(self._due, default=self.debt.largest)
        return None

    def save(self, number: int, position: int, data: bytes) -> None:
        """Begin to write one."""
        saving = self._saver.submit(self._save, number, position, data)
        self._under_way = number, position, self._name, saving
        self.debt.paid(number)

    def settle(self, *, wait: bool) -> int | None:
        """Note that one is durable, if it is; return the log position before which no snapshot that is kept reads.

        One that could not be written is taken again when it is due.
        """
        if self._under_way is None or not (wait or self._under_way[3].done()):
            return None
        number, position, name, saving = self._under_way
        self._under_way = None
        if saving.exception():
            return None
        self.starts[number] = position
        if name == self._name:
            self._due.discard(number)
        with suppress(OSError):  # what stays goes the next time
            self._tidy()
        held = [self._store.newest(shard) for shard in range(len(self.starts))]
        return min(snapshots[-1][0] if snapshots else 0 for snapshots in held)

    def close(self) -> None:
        """Finish what is being written."""
        self._saver.shutdown()

    def _save(self, number: int, position: int, data: bytes) -> None:
        began = time.monotonic()
        try:
            self._store.save(number, position, data)
        except BaseException:
            self._counts.not_saved()
            raise
        self._counts.saved(time.monotonic() - began, len(data), self._clock())

    def _tidy(self) -> None:
        """Remove what no start will need."""
        held = [self._store.newest(shard) for shard in range(len(self.starts))]
        own = [[each for each in some if each[0] >= self._since] for some in held]
        enough = all(len(some) >= KEPT for some in own)
        for some, mine in zip(held, own, strict=True):
            before = some[len(mine) :]
            gone = mine[KEPT:]
            if enough:
                gone += before
            elif not self._due:
                since = [each for each in before if each[0] >= self._since_before]
                gone += [each for each in before if each not in since[:KEPT]]
            for _, path in gone:
                self._store.remove(path)
