"""count() alone over a sliding window, judged at events: the commonest rule, by a kernel of its own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.limits import EVIDENCE_MAX
from kernels.patterns.count import HEADER, count, words
from rules.patterns.plan import Accumulation as AccumulationPlan
from rules.patterns.plan import Window
from streams.shard.choose import Chosen
from streams.shard.patterns.latest import Latest
from streams.shard.patterns.points import Points
from streams.shard.tables import Columns, KeyTable, Part

if TYPE_CHECKING:
    from streams.shard.patterns.memory import Memory

Ints = NDArray[np.int64]


class Recent:
    """The last events of keys. Their number is in its only row of EXTRA.

    Attributes
    ----------
    columns
        of the key table that it is given
    ring
        how many events a key remembers
    """

    def __init__(self, pattern: AccumulationPlan, window: Window) -> None:
        self._window = window.length_ms
        self.ring = int(window.aggregates[0].parameter)
        self._needed = pattern.needed
        self.columns: Columns = {"recent": (np.int64, (words(self.ring),), 0)}

    def take(self, lanes: Lanes, chosen: Chosen, states: Ints, table: KeyTable) -> Iterator[Points]:
        """Take events, in order, and yield the looks at their keys' windows."""
        n = len(states)
        times, positions = lanes[TIME, chosen.rows], lanes[POSITION, chosen.rows]
        counts, places = np.empty(n, np.float64), np.empty(n, np.int64)
        shown = np.empty((n, EVIDENCE_MAX), np.int64)
        found = count(
            times,
            positions,
            states,
            self._window,
            self.ring,
            self._needed,
            table.state["recent"],
            counts,
            places,
            shown,
        )
        if not found:
            return
        places, counts = places[:found], counts[:found]

        def evidence(some: Ints) -> Ints:
            known = shown[some]
            known[np.arange(EVIDENCE_MAX) >= counts[some, None]] = -1
            return known

        rows = chosen.rows[places]
        yield Points(
            lanes,
            rows,
            states[places],
            chosen.members[places],
            times[places],
            counts[None, :],
            positions[places],
            lanes[REPLAYED, rows],
            np.zeros(found, np.bool_),
            times[places],
            evidence,
        )

    def advance(self, bound: int, table: KeyTable) -> Iterator[Points]:
        """Nothing falls due by time alone."""
        yield from ()

    def memory(self, part: Part, member: int, at: int) -> "Memory":
        """Return what is remembered of keys."""
        from streams.shard.patterns.memory import Memory  # only a change needs it, and it brings kernels with it

        recent = part.state["recent"]
        end = HEADER + 2 * self.ring
        seen = Latest.of_rings(recent[:, 0], recent[:, 1], recent[:, HEADER:end:2], recent[:, HEADER + 1 : end : 2])
        return Memory(seen, events=seen)

    def adopt(self, before: "Memory", part: Part, member: int, at: int) -> None:
        """Have keys, filled from the log, go on from what others remember of them."""
        from streams.shard.patterns.adoption import counted, filled

        own = self.memory(part, member, at)
        recent, end = part.state["recent"], HEADER + 2 * self.ring
        events = counted(filled(own.seen, before, self._window), before)
        recent[:, 1] = events.sizes
        recent[:, 0], recent[:, HEADER:end:2], recent[:, HEADER + 1 : end : 2] = events.in_rings()

    def begin(self, table: KeyTable) -> None:
        """Nothing is derived from state."""

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Nothing is kept beside the key table."""
        return {}

    def restore(self, tables: dict[str, NDArray[np.generic]], table: KeyTable) -> None:
        """Nothing is kept beside the key table."""

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the windows are empty from `now` on, if no event comes."""
        done: NDArray[np.bool_] = table.touched <= now - self._window
        return done
