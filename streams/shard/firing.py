"""What patterns report: firings and transitions, columnar, before anything is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from events.alert import Transition
from events.batch import Lanes
from streams.shard.family import Family

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Firings:
    """Transitions of the alerts of a family's rules, in order; all arrays have n entries.

    `members` says whose each is. `lanes` and `rows` are what the rules' value programs run over, `extra`
    (float64[e, n]) what they see beside. `causes` is the log position of the event in hand, -1 where there is none;
    `evidence` int64[n, k] those of the causing events, oldest first, -1 where there are fewer. `expected` is the row
    of the `expect` set, else None. `tied` gives (log position, feed) of all sights of one instant among which the
    last in the order is the evidence of a firing, by its place. `named_by_cause` marks point alerts: the causing
    event is part of their name; with `named_by_first` it is the first one of the evidence. `key_fields` says what the
    fields of the rule's key are called in the events, where that is something else.
    """

    family: Family
    members: Ints
    lanes: Lanes
    rows: Ints
    extra: NDArray[np.float64]
    times: Ints
    since: Ints
    orders: Ints
    severities: Ints
    causes: Ints
    evidence: NDArray[np.int64]
    transitions: list[Transition]
    numbers: Ints
    expected: Ints | None = None
    named_by_cause: bool = True
    named_by_first: bool = False
    key_fields: tuple[str, ...] = ()
    tied: Mapping[int, list[tuple[int, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def at(self, places: Ints) -> "Firings":
        """Return some of them."""
        tied = {new: self.tied[old] for new, old in enumerate(places.tolist()) if old in self.tied}
        return replace(
            self,
            members=self.members[places],
            rows=self.rows[places],
            extra=np.ascontiguousarray(self.extra[:, places]) if self.extra.size else self.extra,
            times=self.times[places],
            since=self.since[places],
            orders=self.orders[places],
            severities=self.severities[places],
            causes=self.causes[places],
            evidence=self.evidence[places],
            transitions=[self.transitions[place] for place in places.tolist()],
            numbers=self.numbers[places],
            expected=None if self.expected is None else self.expected[places],
            tied=tied,
        )
