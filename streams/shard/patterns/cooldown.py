"""Cooldown: which matches of point rules fire, by what their key's last firing was."""

import numpy as np
from numpy.typing import NDArray

from kernels.nulls import NULL
from kernels.patterns.judge import judge
from rules.patterns.plan import Threshold
from streams.shard.family import Family
from streams.shard.tables import Columns, KeyTable

Ints = NDArray[np.int64]
LAST_FIRING: Columns = {"last_times": (np.int64, (), int(NULL)), "last_severities": (np.int64, (), 0)}


class Cooldown:
    """The cooldowns of a family.

    Attributes
    ----------
    lengths
        int64[members], ms
    """

    def __init__(self, family: Family) -> None:
        pattern = family.rule.pattern
        # of a session that fires once all instants are its first one: none but a more severe one may fire again
        once = isinstance(pattern, Threshold) and pattern.once
        self.lengths = np.maximum(family.cooldowns, 1) if once else family.cooldowns
        self._suppressed = family.suppressed

    def over(self, table: KeyTable, times: Ints, states: Ints, levels: Ints, replayed: Ints, members: Ints) -> Ints:
        """Return the places of the matches that fire; int64[n] each, in order of time for each key.

        The table has the columns LAST_FIRING; `states` are its rows.
        """
        fired = np.empty(len(times), np.int64)
        found = judge(
            np.ascontiguousarray(times),
            np.ascontiguousarray(states),
            levels,
            replayed,
            members,
            self.lengths,
            table.state["last_times"],
            table.state["last_severities"],
            fired,
            self._suppressed,
        )
        return fired[:found]

    def forget(self, table: KeyTable) -> None:
        """Forget all firings: nobody heard of them."""
        table.state["last_times"][:] = NULL
        table.state["last_severities"][:] = 0

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the last firing influences nothing from `now` on."""
        last = table.state["last_times"]
        done: NDArray[np.bool_] = (last == NULL) | (last <= now - int(self.lengths.max()))
        return done
