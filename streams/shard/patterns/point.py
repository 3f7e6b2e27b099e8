"""Point rules in event-time order: each match may fire. With count() over a sliding window, or without a pattern."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.count import EVIDENCE_MAX, count
from kernels.patterns.judge import judge
from rules.family import limits
from rules.plan import Threshold
from streams.shard.choose import Chosen
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.pattern import distinct
from streams.shard.tables import Columns, KeyTable
from streams.time.buffer import ReorderBuffer

Ints = NDArray[np.int64]


class Point:
    """State and behaviour of one such family in one shard."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.entries = (family.entry,)
        self.suppressed = np.zeros(len(family.rules), np.int64)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        pattern = family.rule.pattern
        self._count = pattern if isinstance(pattern, Threshold) else None
        self._limits = limits(family.plan)
        columns: Columns = {"last_times": (np.int64, (), int(NULL)), "last_severities": (np.int64, (), 0)}
        if self._count:
            ring = (int(self._count.window.aggregates[0].parameter),)
            columns |= {
                "times": (np.int64, ring, 0),
                "positions": (np.int64, ring, 0),
                "heads": (np.int64, (), 0),
                "sizes": (np.int64, (), 0),
            }
        self.table = KeyTable(family.capacity, columns)

    def take(self, chosen: Sequence[Chosen], buffer: ReorderBuffer) -> list[Firings]:
        """Take released rows, in order."""
        (own,) = chosen
        own, self.repeats = distinct(own, buffer)
        lanes = buffer.lanes
        return [
            firings
            for piece, state in self.table.pieces(own.keys, lanes[TIME, own.rows], self._dead)
            if (firings := self._piece(lanes, own.at(piece), state))
        ]

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Nothing falls due by time alone."""
        return []

    def _piece(self, lanes: Lanes, chosen: Chosen, state: Ints) -> Firings | None:
        rows, times = chosen.rows, lanes[TIME, chosen.rows]
        if self._count:
            matches, extra, evidence = self._counted(self._count, lanes, chosen, state)
        else:
            matches, extra = np.arange(len(rows)), np.empty((0, len(rows)), np.float64)
            evidence = lanes[POSITION, rows][:, None]
        if not len(matches):
            return None
        rows, times, members = rows[matches], times[matches], chosen.members[matches]
        levels = self.family.severities(lanes, rows, extra, members)
        fired = np.empty(len(rows), np.int64)
        held = self.table.state
        found = judge(
            times,
            state[matches],
            levels,
            lanes[REPLAYED, rows],
            members,
            self.family.cooldowns,
            held["last_times"],
            held["last_severities"],
            fired,
            self.suppressed,
        )
        if not found:
            return None
        fired = fired[:found]
        rows, times = rows[fired], times[fired]
        return Firings(
            self.family,
            members[fired],
            lanes,
            rows,
            np.ascontiguousarray(extra[:, fired]),
            times,
            times,
            times,
            levels[fired],
            lanes[POSITION, rows],
            evidence[fired],
            ["firing"] * found,
            np.zeros(found, np.int64),
        )

    def _counted(
        self, pattern: Threshold, lanes: Lanes, chosen: Chosen, state: Ints
    ) -> tuple[Ints, NDArray[np.float64], Ints]:
        """Count the rows; return the places of those for which the condition is true, count() there, the evidence."""
        rows = chosen.rows
        n = len(rows)
        counts = np.empty(n, np.float64)
        candidates = np.empty(n, np.int64)
        evidence = np.empty((n, EVIDENCE_MAX), np.int64)
        held = self.table.state
        found = count(
            lanes[TIME, rows],
            lanes[POSITION, rows],
            state,
            pattern.window.length_ms,
            pattern.needed,
            held["times"],
            held["positions"],
            held["heads"],
            held["sizes"],
            counts,
            candidates,
            evidence,
        )
        candidates = candidates[:found]
        members = chosen.members[candidates]
        extra = np.minimum(counts[None, :found], self._limits[:, members])
        if not found:
            return candidates, extra, evidence[:0]
        judged = self.family.evaluate(pattern.condition, lanes, rows[candidates], extra, members)
        true = judged == TRUE
        return candidates[true], np.ascontiguousarray(extra[:, true]), evidence[:found][true]

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {**self.table.tables(), "suppressed": self.suppressed}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.suppressed[:] = tables["suppressed"]

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that can influence nothing from `now` on: window empty, cooldown over."""
        window = self._count.window.length_ms if self._count else 0
        last = table.state["last_times"]
        over: NDArray[np.bool_] = (last == NULL) | (last <= now - int(self.family.cooldowns.max()))
        return (table.touched <= now - window) & over
