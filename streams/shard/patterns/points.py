"""Points: instants at which windows were looked at; what a window hands to whatever judges it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from streams.shard.surroundings import Dark

Ints = NDArray[np.int64]
# which points a judge is told: those at which the limit of its condition is passed, or from the first such one on all
Hears = Literal["passed", "followed"]


@dataclass(frozen=True)
class Points:
    """Some looks at the windows of keys, of each key in order of time; all arrays have n entries.

    Attributes
    ----------
    lanes, rows
        what programs run over: the event's row; of an edge or a pane's end a row in which only the time and the
        key's fields are known
    states, members, times
        int64: rows of the key table, whose rule each is, and epoch ms
    extra
        float64[e, n], the aggregates
    causes, replayed
        int64: log position of the event in hand, -1 where there is none; 1 where it is history
    vacant
        bool: the window holds no event
    begins
        int64: events from then on (epoch ms) are in the window
    evidence
        returns for some places int64[k, EVIDENCE_MAX], the log positions of the last events in the window, oldest
        first, -1 behind them; to be asked before the next points are taken
    looks
        int64: which of `rules.windows.WIDER` look there, it and those behind it; None: all
    """

    lanes: Lanes
    rows: Ints
    states: Ints
    members: Ints
    times: Ints
    extra: NDArray[np.float64]
    causes: Ints
    replayed: Ints
    vacant: NDArray[np.bool_]
    begins: Ints
    evidence: Callable[[Ints], Ints]
    looks: Ints | None = None

    def __len__(self) -> int:
        return len(self.times)

    def at(self, places: Ints | slice) -> "Points":
        """Return some of them, in the order of `places`."""
        own = np.arange(len(self))[places] if isinstance(places, slice) else places
        return replace(
            self,
            rows=self.rows[places],
            states=self.states[places],
            members=self.members[places],
            times=self.times[places],
            extra=np.ascontiguousarray(self.extra[:, places]),
            causes=self.causes[places],
            replayed=self.replayed[places],
            vacant=self.vacant[places],
            begins=self.begins[places],
            evidence=lambda some: self.evidence(own[some]),
            looks=None if self.looks is None else self.looks[places],
        )


def darkened(since: Ints, until: Ints, dark: Dark) -> NDArray[np.bool_]:
    """Return which stretches of time, from an instant to another, meet one in which all feeds were blind."""
    out = np.zeros(len(since), np.bool_)
    first = int(since.min()) if len(since) else 0
    for begin, end in reversed(dark):
        if end <= first:
            break
        out |= (since < end) & (until >= begin)
    return out
