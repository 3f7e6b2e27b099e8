"""What the patterns of a rule report: firings and transitions, columnar, before anything is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from events.alert import Transition
from events.batch import Lanes
from rules.plan import RulePlan

Ints = NDArray[np.int64]
NO_EXTRA = np.empty((0, 0), np.float64)


@dataclass(frozen=True)
class Firings:
    """Transitions of one rule's alerts, in order; all arrays have n entries.

    `lanes` and `rows` are what the rule's value programs run over, `extra` (float64[e, n]) what they see beside.
    `causes` is the log position of the event in hand, -1 where there is none; `evidence` int64[n, k] those of the
    causing events, oldest first, -1 where there are fewer. `expected` is the row of the `expect` set, else None.
    `tied` gives (log position, feed) of all sights of one instant among which the last in the order is the evidence
    of a firing, by its place. `named_by_cause` marks point alerts: the causing event is part of their name.
    """

    rule: RulePlan
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
    tied: Mapping[int, list[tuple[int, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)
