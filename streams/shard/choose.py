"""Which events concern whom: the rows that the rules of a group take, all asked in one call of one kernel."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from kernels.keys.choose import choose, part
from kernels.keys.tally import tally
from kernels.nulls import NAN_BITS, NULL
from rules.plan import Plan
from streams.shard.conjuncts import Entry, planted
from streams.shard.surroundings import Surroundings

Ints = NDArray[np.int64]
ARRIVED = np.empty(0, np.int64)  # no order: rows of a batch as it arrived


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the keys that a shard holds: `index` of `count`."""

    index: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one entry, in order; a row stands there once for each member of the family that takes it.

    `keys` are tokens of the key and, in a family of many, of the member.
    """

    rows: Ints
    members: Ints
    keys: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, places: Ints | slice | NDArray[np.bool_]) -> "Chosen":
        """Return some of them."""
        return Chosen(self.rows[places], self.members[places], self.keys[places])


class Chooser:
    """Several entries, asked in one call; what it returns is valid until the same thread asks it again."""

    def __init__(self, entries: Sequence[Entry], surroundings: Surroundings, part: Slice) -> None:
        self._count = len(entries)
        self._surroundings = surroundings
        self._part = part
        self._firsts = np.cumsum([0, *(entry.rules for entry in entries)])
        self._tree = planted(entries, len(surroundings.plan.schemas.kinds))
        self._scratch = _Scratch(self._tree.levels)

    def arrived(self, lanes: Lanes) -> tuple[list[list[Chosen]], Ints, Ints]:
        """Return of each shard what each entry chooses of a batch as it arrived.

        With it are returned how many rows lack the key of each entry, and how many each of its members takes, of the
        members of all entries in their order.
        """
        tree, shards = self._tree, self._part.count
        counts = np.zeros(tree.counts, np.int64)
        spans, chosen = self._choose(lanes, self._scratch.all_rows(lanes.shape[1]), ARRIVED, counts, -1)
        missing = counts[tree.lacking]
        total = int(spans.max(initial=0))
        taken = np.zeros(self._firsts[-1], np.int64)
        tally(spans, chosen[1], self._firsts, taken)
        if shards == 1:  # a copy of what is scratch, at a third of the cost
            rows, members, keys = (array[:total].copy() for array in chosen)
            return [_cut(spans, (rows, members, keys))], missing, taken
        ends = np.empty((shards, self._count), np.int64)
        parts = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
        part(lanes, tree.entries, tree.key_lanes, shards, spans, *chosen, ends, *parts)
        starts = np.concatenate([[0], ends.ravel()])[: ends.size].reshape(ends.shape)
        return [_cut(np.stack(of_shard, axis=1), parts) for of_shard in zip(starts, ends, strict=True)], missing, taken

    def released(self, lanes: Lanes, order: Ints, rows: Ints) -> list[Chosen]:
        """Return the released rows that each entry chooses in this shard, in order."""
        counts = np.zeros(self._tree.counts, np.int64)  # counted when they arrived
        return _cut(*self._choose(lanes, rows, order, counts, self._part.index))

    def _choose(
        self, lanes: Lanes, rows: Ints, order: Ints, counts: Ints, shard: int
    ) -> tuple[Ints, tuple[Ints, Ints, Ints]]:
        spans = np.zeros((self._count, 2), np.int64)
        tree, scratch = self._tree, self._scratch
        scratch.out = choose(
            lanes,
            rows,
            order,
            *tree.arrays,
            self._part.count,
            shard,
            counts,
            spans,
            scratch.kept(len(rows)),
            *scratch.out,
            *self._surroundings.arrays,
        )
        return spans, scratch.out


def _cut(spans: Ints, arrays: tuple[Ints, Ints, Ints]) -> list[Chosen]:
    rows, members, keys = arrays
    return [Chosen(rows[start:end], members[start:end], keys[start:end]) for start, end in spans.tolist()]


class _Scratch(threading.local):
    """Arrays that are used again, each thread its own: to allocate them would cost as much as to fill them."""

    def __init__(self, levels: int) -> None:
        self._levels = levels
        self._all = np.arange(0)
        self._kept = np.empty((levels, 0), np.int64)
        self.out = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))

    def all_rows(self, n: int) -> Ints:
        """Return 0 .. n - 1."""
        if n > len(self._all):
            self._all = np.arange(2 * n)
        return self._all[:n]

    def kept(self, n: int) -> Ints:
        """Return room for n rows of each level."""
        if n > self._kept.shape[1]:
            self._kept = np.empty((self._levels, 2 * n), np.int64)
        return self._kept


def parts_of(lanes: Lanes, key: Sequence[int], rows: Ints) -> Ints:
    """Return some lanes of some rows, int64[len(key), n], without touching all that the lanes hold."""
    return lanes[np.ix_(np.array(key, np.int64), rows)]


def null_lanes(plan: Plan, rows: int) -> Lanes:
    """Return lanes in which everything is missing, for alerts without an event in hand."""
    lanes = np.full((plan.lanes, rows), NULL, np.int64)
    for column in plan.layout.columns:
        if column.type == "number":
            lanes[plan.layout.lane(column.name, column.type)] = NAN_BITS
    for output in (output for score in plan.scores for output in score.outputs if not output.codes):
        lanes[output.lane] = NAN_BITS
    return lanes
