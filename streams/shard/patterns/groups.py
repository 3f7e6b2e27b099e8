"""The different values of windows whose events leave all at once, of all keys together."""

import numpy as np
from numpy.typing import NDArray

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
        lives = _of_windows(groups, firsts, each)
        self._fill(groups[lives], members[lives], values)

    def adopt(self, other: "Groups", firsts: Ints, each: int) -> int:
        """Hold the groups of another one's windows too (see `make_room`); return what is added to their numbers."""
        groups, members = self._held()
        theirs, values = other._held()
        lives = _of_windows(theirs, firsts, each)
        offset = int(self.counts[LAST_GROUP])
        self.counts[LAST_GROUP] += other.counts[LAST_GROUP]
        self._fill(np.concatenate([groups, theirs[lives] + offset]), np.concatenate([members, values[lives]]), 0)
        return offset

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


def _of_windows(groups: Ints, firsts: Ints, each: int) -> NDArray[np.bool_]:
    """Return which groups are of windows that have `each` of them in a row, from their first ones on."""
    if not len(firsts):
        return np.zeros(len(groups), np.bool_)
    firsts = np.sort(firsts)
    at = np.searchsorted(firsts, groups, side="right") - 1
    lives: NDArray[np.bool_] = (at >= 0) & (groups - firsts[np.maximum(at, 0)] < each)
    return lives
