"""What compiled expressions look at beside the event: reference sets, calendars, the city's clock, areas, coverage."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from events.cells import Cells
from kernels.expression import evaluate
from kernels.keys.membership import fill, rows_of
from kernels.nulls import NAN_BITS, NULL
from kernels.surroundings import laid, views
from rules.expression.compiled import Program
from rules.plan import DEVICES, FILLED, Plan, Polygon, SetPlan

if TYPE_CHECKING:
    from streams.shard.network import Network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
EMPTY = np.empty(0, np.int64)
SLOTS_MIN = 16
Dark = Sequence[tuple[int, int]]


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


@dataclass(frozen=True)
class Samples:
    """Coverage as it was at full minutes: `shares` is float64[minutes, sites], NaN where a site has no device.

    `first_minute` is the first of them, in minutes since the epoch. Before it and after the last nothing is known.
    """

    first_minute: int
    shares: Floats


class Surroundings:
    """The sets, calendars, offsets and areas of a plan, pooled into the arrays that the interpreter takes.

    Attributes
    ----------
    arrays
        `around` and `heard`, see `kernels.surroundings`
    clock
        instants at which the city's UTC offset changes, and the offset from each on, int64 ms
    dark
        event time, [since, until) in order, that passed while all feeds were blind
    """

    def __init__(self, plan: Plan, sets: tuple[SetRows, ...]) -> None:
        self.plan = plan
        self.sets = sets
        sizes = [max(SLOTS_MIN, 1 << (2 * len(rows)).bit_length()) for rows in sets]
        base = np.array([0, *accumulate(sizes)], np.int64)
        mask = np.array([size - 1 for size in sizes], np.int64)
        slots = np.full(int(base[-1]), NULL), np.zeros(int(base[-1]), np.int64)
        for number, rows in enumerate(sets):
            fill(rows.keys, *slots, base[number], mask[number])
        edges = [calendar.edges for calendar in plan.calendars]
        self.clock = (np.array(plan.offset_edges, np.int64), np.array(plan.offsets_ms, np.int64))
        calendars = (np.concatenate([*edges, EMPTY]), np.array([0, *accumulate(map(len, edges))], np.int64))
        around = laid(*slots, base, mask, *self._pool(), *calendars, *self.clock, *areas_of(plan.areas))
        self._slot_keys, self._slot_rows, self._base, self._mask, *_ = views(around, 4)
        self._sites = np.full(1, NULL), np.zeros(1, np.int64)
        self._networks: dict[int | None, Network] = {}
        self.arrays: tuple[Ints, Ints] = (around, EMPTY)
        self.dark: Dark = ()
        self.cover({})

    def own(self) -> "Surroundings":
        """Return the same with a coverage and a dark of its own, for the rules of one watermark; all else is shared."""
        return copy(self)

    def watch(self, sites: Ints) -> None:
        """Say of which sites (tokens) the columns of coverages are."""
        slots = max(SLOTS_MIN, 1 << (2 * len(sites)).bit_length())
        self._sites = np.full(slots, NULL, np.int64), np.zeros(slots, np.int64)
        fill(sites, *self._sites, 0, slots - 1)
        self.cover({})

    def cover(self, coverages: Mapping[int, Samples]) -> None:
        """Say what coverages (by their number in the plan) were; before and where none is given it is null."""
        spans = np.zeros((len(self.plan.coverages), 4), np.int64)
        begins = [0, *accumulate(samples.shares.size for samples in coverages.values())]
        for (number, samples), begin in zip(coverages.items(), begins, strict=False):
            spans[number] = begin, samples.first_minute, *samples.shares.shape
        shares = np.concatenate([*(samples.shares.ravel() for samples in coverages.values()), np.zeros(0)])
        self.arrays = (self.arrays[0], laid(*self._sites, spans, shares))

    def _pool(self) -> tuple[Ints, Ints]:
        """Lay all columns of all sets one after the other; a plan's pool lanes index their beginnings."""
        columns = {column.lane: rows.lanes[column.name] for rows in self.sets for column in rows.plan.columns}
        base = np.zeros(max(columns, default=0) + 1, np.int64)
        parts: list[Ints] = []
        for lane in sorted(columns):
            base[lane] = sum(len(part) for part in parts)
            parts.append(columns[lane])
        return np.concatenate([*parts, EMPTY]), base

    def rows(self, number: int, keys: Ints) -> Ints:
        """Return the rows of some keys in a set, NULL where it has none."""
        out = np.empty(len(keys), np.int64)
        rows_of(keys, self._slot_keys, self._slot_rows, self._base[number], self._mask[number], out)
        return out

    def network(self, number: int | None) -> "Network":
        """Return the ways that a set has, made once for all shards; None: nothing is known."""
        if number not in self._networks:
            from streams.shard.network import Network  # with its kernels, which few plans need

            self._networks[number] = Network({} if number is None else self.sets[number].lanes, self.clock)
        return self._networks[number]

    def evaluate(self, program: Program, lanes: Lanes, rows: Ints, extra: Floats) -> Ints:
        """Return the 64 bits of a program's result for some rows; `extra` is float64[e, len(rows)]."""
        out = np.empty(len(rows), np.int64)
        evaluate(program.code, program.depth, lanes, rows, extra, out, *self.arrays)
        return out

    @cached_property
    def fills(self) -> tuple[tuple[int, str], ...]:
        """Which columns of the layout a `devices` set fills, where any row of it has them: (lane, column)."""
        if self.devices is None:
            return ()
        declared = {column.name: column.type for column in self.devices.plan.columns}
        layout = self.plan.layout
        return tuple(
            (layout.lane(c.name, c.type), c.name)
            for c in layout.columns
            if c.name in FILLED and declared.get(c.name) == c.type and _known(self.devices.lanes[c.name])
        )

    @cached_property
    def devices(self) -> SetRows | None:
        """The set that fills an event's missing site, place and person."""
        return next((rows for rows in self.sets if rows.plan.name == DEVICES and rows.plan.key == ("device",)), None)


def _known(column: Ints) -> bool:
    """Whether any row of a set has a value in a column."""
    return bool(((column != NULL) & (column != NAN_BITS)).any())


def areas_of(areas: tuple[Polygon, ...]) -> tuple[Floats, Ints, Ints, Floats]:
    """Return areas as `kernels.geo.polygon` takes them: vertices, rings, areas, boxes."""
    rings = [ring for area in areas for ring in area.rings]
    vertices = np.array([vertex for ring in rings for vertex in ring], np.float64).reshape(-1, 2)
    boxes = np.array([[*np.min(c, axis=0), *np.max(c, axis=0)] for c in map(_corners, areas)], np.float64)
    return (
        vertices,
        np.array([0, *accumulate(map(len, rings))], np.int64),
        np.array([0, *accumulate(len(area.rings) for area in areas)], np.int64),
        boxes.reshape(-1, 4),
    )


def _corners(area: Polygon) -> Floats:
    return np.array([vertex for ring in area.rings for vertex in ring], np.float64)
