"""The different values of windows whose events leave all at once, of all keys together."""

import numpy as np
from numpy.typing import NDArray

from kernels.nulls import NULL
from kernels.patterns.distinct import LAST_GROUP, USED, refill

Ints = NDArray[np.int64]
SLOTS_MIN = 1 << 4
NONE = np.empty(0, np.int64)


class Groups:
    """A table of groups and their values, see `kernels.patterns.distinct.enter`."""

    def __init__(self) -> None:
        self.counts = np.zeros(2, np.int64)
        self._fill(NONE, NONE, 0)

    @property
    def arrays(self) -> tuple[Ints, Ints, Ints]:
        """What the kernels take."""
        return self._groups, self._members, self.counts

    def make_room(self, values: int, firsts: Ints, each: int) -> None:
        """Make sure that so many values more can be entered.

        Where there is no room, groups that are over are forgotten; `firsts` are the first groups of those windows that
        are not, which have `each` groups in a row.
        """
        if 2 * (int(self.counts[USED]) + values) <= len(self._groups):
            return
        groups, members = self._held()
        lives = _of_windows(groups, firsts, each)[0] >= 0
        self._fill(groups[lives], members[lives], values)

    def values(self, firsts: Ints, each: int) -> tuple[Ints, Ints, Ints]:
        """Return the values of some windows (see `make_room`; NULL: has none): their places, groups and values."""
        groups, members = self._held()
        places, numbers = _of_windows(groups, firsts, each)
        lives = places >= 0
        return places[lives], numbers[lives], members[lives]

    def give(self, windows: int, each: int) -> Ints:
        """Return the first groups of so many new windows."""
        firsts: Ints = self.counts[LAST_GROUP] + 1 + each * np.arange(windows)
        self.counts[LAST_GROUP] += windows * each
        return firsts

    def add(self, groups: Ints, values: Ints) -> None:
        """Hold values of groups, each once, besides those that are held."""
        own, members = self._held()
        self._fill(np.concatenate([own, groups]), np.concatenate([members, values]), 0)

    def tables(self) -> dict[str, Ints]:
        """Return the state for a snapshot."""
        groups, members = self._held()
        order = np.lexsort((members, groups))
        return {"groups": groups[order], "group_members": members[order], "last_group": self.counts[LAST_GROUP:]}

    def restore(self, tables: dict[str, Ints]) -> None:
        """Take the state of a snapshot."""
        self.counts[LAST_GROUP] = tables["last_group"][0]
        self._fill(np.array(tables["groups"]), np.array(tables["group_members"]), 0)

    def _held(self) -> tuple[Ints, Ints]:
        used = np.flatnonzero(self._groups)
        return self._groups[used], self._members[used]

    def _fill(self, groups: Ints, members: Ints, more: int) -> None:
        slots = max(SLOTS_MIN, 1 << (4 * (len(groups) + more)).bit_length())
        self._groups, self._members = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
        refill(groups, members, self._groups, self._members, self.counts)


def _of_windows(groups: Ints, firsts: Ints, each: int) -> tuple[Ints, Ints]:
    """Return of groups the places of the windows that they are of, which have `each` in a row, -1: of none; and which.

    `firsts` are the first groups of windows, NULL where one has none.
    """
    order = np.argsort(firsts)
    order = order[firsts[order] != NULL]
    if not len(order):
        return np.full(len(groups), -1), np.zeros(len(groups), np.int64)
    at = np.searchsorted(firsts[order], groups, side="right") - 1
    windows = order[np.maximum(at, 0)]
    numbers = groups - firsts[windows]
    return np.where((at >= 0) & (numbers < each), windows, -1), numbers
