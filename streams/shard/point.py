"""Point rules in event-time order: each match may fire. With count() over a sliding window, or without a pattern."""

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.count import EVIDENCE_MAX, count
from kernels.patterns.judge import judge
from rules.plan import RulePlan, Threshold
from streams.shard.choose import Choice, Slice
from streams.shard.firing import Firings
from streams.shard.severity import severities
from streams.shard.surroundings import Surroundings
from streams.shard.tables import Columns, KeyTable
from streams.time.buffer import ReorderBuffer

Ints = NDArray[np.int64]


class PointRule:
    """State and behaviour of one such rule in one shard."""

    def __init__(self, rule: RulePlan, surroundings: Surroundings, part: Slice) -> None:
        self.rule = rule
        self.choice = Choice(rule, surroundings, part)
        self.suppressed = np.zeros(1, np.int64)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        self._surroundings = surroundings
        self._count = rule.pattern if isinstance(rule.pattern, Threshold) else None
        columns: Columns = {"last_times": (np.int64, (), int(NULL)), "last_severities": (np.int64, (), 0)}
        if self._count:
            ring = (int(self._count.window.aggregates[0].parameter),)
            columns |= {
                "times": (np.int64, ring, 0),
                "positions": (np.int64, ring, 0),
                "heads": (np.int64, (), 0),
                "sizes": (np.int64, (), 0),
            }
        self.table = KeyTable(rule.capacity, columns)

    def needs(self, lanes: Lanes) -> Ints:
        """Return the rows of a batch that will be taken when they are released."""
        return self.choice.arrived(lanes)[0]

    def take(self, buffer: ReorderBuffer, rows: Ints) -> list[Firings]:
        """Take released rows, in order."""
        lanes = buffer.lanes
        rows, keys = self.choice.released(lanes, buffer.order, rows, late=False)
        rows, keys, self.repeats = buffer.distinct(rows, keys)
        times = lanes[TIME, rows]
        return [
            firings
            for piece, state in self.table.pieces(keys, times, self._dead)
            if (firings := self._piece(lanes, rows[piece], times[piece], state))
        ]

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Nothing falls due by time alone."""
        return []

    def _piece(self, lanes: Lanes, rows: Ints, times: Ints, state: Ints) -> Firings | None:
        if self._count:
            matches, extra, evidence = self._counted(self._count, lanes, rows, times, state)
        else:
            matches, extra = np.arange(len(rows)), np.empty((0, len(rows)), np.float64)
            evidence = lanes[POSITION, rows][:, None]
        if not len(matches):
            return None
        rows, times = rows[matches], times[matches]
        levels = severities(self.rule, self._surroundings, lanes, rows, extra)
        fired = np.empty(len(rows), np.int64)
        held = self.table.state
        found = judge(
            times,
            state[matches],
            levels,
            lanes[REPLAYED, rows],
            self.rule.cooldown_ms,
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
            self.rule,
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
        self, pattern: Threshold, lanes: Lanes, rows: Ints, times: Ints, state: Ints
    ) -> tuple[Ints, NDArray[np.float64], Ints]:
        """Count the rows; return the places of those for which the condition is true, count() there, the evidence."""
        n = len(rows)
        counts = np.empty(n, np.float64)
        candidates = np.empty(n, np.int64)
        evidence = np.empty((n, EVIDENCE_MAX), np.int64)
        held = self.table.state
        found = count(
            times,
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
        candidates, extra = candidates[:found], counts[None, :found]
        if not found:
            return candidates, extra, evidence[:0]
        judged = self._surroundings.evaluate(pattern.condition, lanes, rows[candidates], np.ascontiguousarray(extra))
        true = judged == TRUE
        return candidates[true], np.ascontiguousarray(extra[:, true]), evidence[:found][true]

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {**self.table.tables(), "suppressed": self.suppressed, "missing": self.choice.missing}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.suppressed[:] = tables["suppressed"]
        self.choice.missing[:] = tables["missing"]

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that can influence nothing from `now` on: window empty, cooldown over."""
        window = self._count.window.length_ms if self._count else 0
        last = table.state["last_times"]
        over: NDArray[np.bool_] = (last == NULL) | (last <= now - self.rule.cooldown_ms)
        return (table.touched <= now - window) & over
