"""count() over tumbling panes and civil days: judged once, at the pane's end, for keys with an event in it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, TIME
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.count import EVIDENCE_MAX
from kernels.patterns.judge import judge
from kernels.patterns.panes import close_panes, count_panes, first_end
from rules.plan import Threshold
from streams.shard.choose import Chosen, null_lanes
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.pattern import distinct
from streams.shard.tables import KeyTable
from streams.time.buffer import ReorderBuffer

Ints = NDArray[np.int64]


class Panes:
    """State and behaviour of one such family in one shard."""

    def __init__(self, family: Family) -> None:
        assert isinstance(family.rule.pattern, Threshold)
        self.family = family
        self.entries = (family.entry,)
        self.suppressed = np.zeros(len(family.rules), np.int64)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        self._pattern = family.rule.pattern
        self._offsets = family.surroundings.clock
        self._first_end = 2**63 - 1
        self.table = KeyTable(
            family.capacity,
            {
                "last_times": (np.int64, (), int(NULL)),
                "last_severities": (np.int64, (), 0),
                "ends": (np.int64, (), int(NULL)),
                "counts": (np.int64, (), 0),
                "last": (np.int64, (EVIDENCE_MAX,), -1),
                "parts": (np.int64, (len(family.rule.key),), 0),
                "members": (np.int64, (), 0),
            },
        )

    def take(self, chosen: Sequence[Chosen], buffer: ReorderBuffer) -> list[Firings]:
        """Take released rows, in order; panes that they leave behind are judged."""
        (own,) = chosen
        own, self.repeats = distinct(own, buffer)
        lanes, rows, keys = buffer.lanes, own.rows, own.keys
        times, out = lanes[TIME, rows], []
        held = self.table.state
        for piece, state in self.table.pieces(keys, times, self._dead):
            held = self.table.state
            held["parts"][state] = lanes[:, rows[piece]][list(self.family.rule.key)].T
            held["members"][state] = own.members[piece]
            closed = _Closed.room(len(state))
            found = count_panes(
                times[piece],
                lanes[POSITION, rows[piece]],
                state,
                self._pattern.window.length_ms,
                *self._offsets,
                held["ends"],
                held["counts"],
                held["last"],
                *closed.arrays(),
            )
            out += self._judged(closed.first(found))
        if len(rows):
            self._first_end = first_end(self.table.state["ends"])
        return out

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Judge the panes that end before the watermark (`inclusive`: at it, too)."""
        bound = watermark + 1 if inclusive else watermark
        if self._first_end >= bound:
            return []
        held = self.table.state
        closed = _Closed.room(len(held["ends"]))
        found = close_panes(bound, held["ends"], held["counts"], held["last"], *closed.arrays())
        self._first_end = first_end(held["ends"])
        return self._judged(closed.first(found))

    def _judged(self, closed: "_Closed") -> list[Firings]:
        """Return the alert of each closed pane whose condition is true and whose cooldown is over."""
        n = len(closed.rows)
        if not n:
            return []
        held = self.table.state
        lanes = null_lanes(self.family.surroundings.plan, n)
        lanes[TIME] = closed.ends
        members = held["members"][closed.rows]
        lanes[list(self.family.rule.key)] = held["parts"][closed.rows].T
        places = np.arange(n)
        counts = closed.counts.astype(np.float64)[None, :]
        judged = self.family.evaluate(self._pattern.condition, lanes, places, counts, members)
        true = np.flatnonzero(judged == TRUE)
        extra = np.ascontiguousarray(counts[:, true])
        members = members[true]
        levels = self.family.severities(lanes, true, extra, members)
        fired = np.empty(len(true), np.int64)
        found = judge(
            closed.ends[true],
            closed.rows[true],
            levels,
            np.zeros(len(true), np.int64),
            members,
            self.family.cooldowns,
            held["last_times"],
            held["last_severities"],
            fired,
            self.suppressed,
        )
        if not found:
            return []
        fired = fired[:found]
        rows = true[fired]
        ends = closed.ends[rows]
        return [
            Firings(
                self.family,
                members[fired],
                lanes,
                rows,
                np.ascontiguousarray(extra[:, fired]),
                ends,
                ends,
                ends,
                levels[fired],
                np.full(found, -1, np.int64),
                closed.evidence[rows],
                ["firing"] * found,
                np.zeros(found, np.int64),
                named_by_cause=False,
            )
        ]

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {**self.table.tables(), "suppressed": self.suppressed}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.suppressed[:] = tables["suppressed"]
        self._first_end = first_end(self.table.state["ends"])

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys without an open pane whose cooldown is over."""
        last = table.state["last_times"]
        over: NDArray[np.bool_] = (last == NULL) | (last <= now - int(self.family.cooldowns.max()))
        idle: NDArray[np.bool_] = table.state["ends"] == NULL
        return idle & over


class _Closed:
    """Panes that were closed: state row, end, count and evidence of each."""

    def __init__(self, rows: Ints, ends: Ints, counts: Ints, evidence: Ints) -> None:
        self.rows, self.ends, self.counts, self.evidence = rows, ends, counts, evidence

    @classmethod
    def room(cls, n: int) -> "_Closed":
        return cls(
            np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, EVIDENCE_MAX), np.int64)
        )

    def arrays(self) -> tuple[Ints, Ints, Ints, Ints]:
        return self.rows, self.ends, self.counts, self.evidence

    def first(self, n: int) -> "_Closed":
        return _Closed(self.rows[:n], self.ends[:n], self.counts[:n], self.evidence[:n])
