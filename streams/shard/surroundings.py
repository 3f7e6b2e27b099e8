"""What compiled expressions look at beside the event: reference sets, calendars, the city's clock."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from events.cells import Cells
from kernels.expression import evaluate, select
from kernels.keys.membership import fill, rows_of
from kernels.nulls import NULL
from rules.plan import DEVICES, FILLED, Plan, Program, SetPlan

Ints = NDArray[np.int64]
SLOTS_MIN = 16


@dataclass(frozen=True)
class SetRows:
    """The rows of one reference set: `lanes[column]` is int64[n], `keys` the tokens of the rows' keys.

    `texts[column][row]` is the text of a cell, which alerts need.
    """

    plan: SetPlan
    lanes: dict[str, Ints]
    keys: Ints
    texts: dict[str, Cells]

    def __len__(self) -> int:
        return len(self.keys)


class Surroundings:
    """The sets, calendars and offsets of a plan, pooled into the arrays that the interpreter takes."""

    def __init__(self, plan: Plan, sets: tuple[SetRows, ...]) -> None:
        self.plan = plan
        self.sets = sets
        sizes = [max(SLOTS_MIN, 1 << (2 * len(rows)).bit_length()) for rows in sets]
        self._base = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._mask = np.array([size - 1 for size in sizes] or [0], np.int64)
        self._slot_keys = np.full(max(1, int(self._base[-1])), NULL, np.int64)
        self._slot_rows = np.zeros(len(self._slot_keys), np.int64)
        for number, rows in enumerate(sets):
            fill(rows.keys, self._slot_keys, self._slot_rows, self._base[number], self._mask[number])
        pool, pool_base = self._pool()
        edges = [calendar.edges for calendar in plan.calendars]
        edge_base = np.concatenate([[0], np.cumsum([len(e) for e in edges])]).astype(np.int64)
        self.arrays = (
            self._slot_keys,
            self._slot_rows,
            self._base,
            self._mask,
            pool,
            pool_base,
            np.concatenate([*edges, np.zeros(0, np.int64)]).astype(np.int64),
            edge_base,
            np.array(plan.offset_edges, np.int64),
            np.array(plan.offsets_ms, np.int64),
        )

    def _pool(self) -> tuple[Ints, Ints]:
        """Lay all columns of all sets one after the other; a plan's pool lanes index their beginnings."""
        columns = {column.lane: rows.lanes[column.name] for rows in self.sets for column in rows.plan.columns}
        base = np.zeros(max(columns, default=0) + 1, np.int64)
        parts: list[Ints] = []
        for lane in sorted(columns):
            base[lane] = sum(len(part) for part in parts)
            parts.append(columns[lane])
        return np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64), base

    def rows(self, number: int, keys: Ints) -> Ints:
        """Return the rows of some keys in a set, NULL where it has none."""
        out = np.empty(len(keys), np.int64)
        rows_of(keys, self._slot_keys, self._slot_rows, self._base[number], self._mask[number], out)
        return out

    def evaluate(self, program: Program, lanes: Lanes, rows: Ints, extra: NDArray[np.float64]) -> Ints:
        """Return the 64 bits of a program's result for some rows; `extra` is float64[e, len(rows)]."""
        out = np.empty(len(rows), np.int64)
        evaluate(program.code, program.depth, lanes, rows, extra, out, *self.arrays)
        return out

    @cached_property
    def fills(self) -> tuple[tuple[int, str], ...]:
        """Which columns of the layout a `devices` set fills: (lane, column)."""
        if self.devices is None:
            return ()
        declared = {column.name: column.type for column in self.devices.plan.columns}
        layout = self.plan.layout
        return tuple(
            (layout.lane(c.name, c.type), c.name)
            for c in layout.columns
            if c.name in FILLED and declared.get(c.name) == c.type
        )

    @cached_property
    def devices(self) -> SetRows | None:
        """The set that fills an event's missing site, place and person."""
        return next((rows for rows in self.sets if rows.plan.name == DEVICES and rows.plan.key == ("device",)), None)


@dataclass(frozen=True)
class Selection:
    """The conjuncts of a rule, one program after the other."""

    code: Ints
    starts: Ints
    depth: int

    @classmethod
    def of(cls, programs: tuple[Program, ...]) -> "Selection":
        """Lay programs one after the other."""
        codes = [program.code.reshape(-1, 2) for program in programs]
        starts = np.concatenate([[0], np.cumsum([len(code) for code in codes])]).astype(np.int64)
        code = np.ascontiguousarray(np.concatenate([*codes, np.zeros((0, 2), np.int64)]), np.int64)
        return cls(code, starts, max((program.depth for program in programs), default=1))

    def __call__(self, surroundings: Surroundings, lanes: Lanes, rows: Ints) -> Ints:
        """Return the rows for which all are true, in order; `rows` is overwritten."""
        if len(self.starts) == 1:
            return rows
        return rows[: select(self.code, self.starts, self.depth, lanes, rows, *surroundings.arrays)]
