"""The reorder buffer of a time group: rows wait here until the watermark has passed them.

Of a row that waits is kept what those read who take it, in a record of a few words, and who they are. Each block makes
a run, sorted by time; a release sorts the heads of all runs together and writes their records into lanes that are in
order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, EventBatch, Lanes
from kernels.buffer import COLUMN, FIELDS, PAIR, deal, enqueue, rearrange, spread
from kernels.names import copy_names, names_length
from kernels.order import FEED, ORDER, RECORD, WAITING, arrange, drop_duplicates, settle

SPARSE = 4  # a run of which fewer rows are left, of so many, is laid down anew, so that memory goes by what waits
RUNS_MAX = 16  # of more the short ones are joined, so that a release stays cheap while a slow feed holds the group
KEPT = frozenset({TIME, POSITION, REPLAYED})  # lanes that are kept of every row

Ints = NDArray[np.int64]
NONE = np.empty(0, np.int64)


class Takes(Protocol):
    """What one entry of a rule takes of a batch: rows, members of its family and tokens of keys, int64[n] each."""

    @property
    def rows(self) -> Ints:
        """Rows of the batch, as they lie there."""
        ...

    @property
    def members(self) -> Ints:
        """Who of the family takes each."""
        ...

    @property
    def keys(self) -> Ints:
        """Tokens of the key."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """An entry of a rule: the lanes of a batch that its rule reads, and whether it takes late rows."""

    lanes: frozenset[int]
    late: bool


@dataclass(frozen=True, slots=True)
class Released:
    """Rows in order: row i is column i of `lanes`, in which the lanes are known that those read who take it.

    `order` and `feeds` are int64[n], see `kernels.order`; `identities` the place of the first row that is the same
    event, None where all differ. `taken` are the rows, members and keys of all entries, int64[3, m], of which
    entry e has those from spans[e, 0] to spans[e, 1].
    """

    lanes: Lanes
    order: Ints
    feeds: Ints
    identities: Ints | None
    spans: Ints
    taken: Ints

    def __len__(self) -> int:
        return len(self.order)

    def distinct(self, rows: Ints, keys: Ints) -> tuple[Ints | slice, Ints]:
        """Of the rows that one rule takes, find those that repeat an event of the same key.

        Returns
        -------
        the places of the others, and the log positions of those that repeat
        """
        if self.identities is None:
            return slice(None), rows[:0]
        kept, dropped = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        count = drop_duplicates(self.identities, rows, keys, kept, dropped)
        return kept[:count], self.lanes[POSITION, rows[dropped[: len(rows) - count]]]


class _Run:
    """Rows sorted by order, see `kernels.buffer`; what was released of them lies before `row` and `pair`.

    `first` is the column that its first row has in `pairs`; `rows` is how many there were.
    """

    __slots__ = ("first", "pair", "pairs", "records", "row", "rows", "waiting")

    def __init__(self, waiting: Ints, pairs: Ints, records: Ints, first: int = 0) -> None:
        self.waiting, self.pairs, self.records, self.first = waiting, pairs, records, first
        self.rows: int = waiting.shape[1]
        self.row = self.pair = 0

    def __len__(self) -> int:
        return self.rows - self.row

    def take(self, to: int) -> "_Run":
        """Take out the first rows, up to one."""
        row, pair = self.row, self.pair
        self.row, self.pair = to, int(self.pairs[COLUMN].searchsorted(to))
        return _Run(self.waiting[:, row:to], self.pairs[:, pair : self.pair], self.records, row)


class ReorderBuffer:
    """Rows of several feeds, for the entries of a group's rules; `lanes` is how many a batch has."""

    def __init__(self, lanes: int, readers: Sequence[Reader]) -> None:
        self._lanes = lanes
        self._takes_late = np.array([reader.late for reader in readers], np.bool_)
        read = [sorted(reader.lanes - KEPT) for reader in readers]
        self._lane_ends = np.cumsum([0, *map(len, read)])
        self._entry_lanes = np.array([lane for each in read for lane in each], np.int64)
        self._runs: list[_Run] = []
        self._room, self._lent = NONE, False  # for lanes of released rows: used again, since fresh memory is slow

    def __len__(self) -> int:
        """Return how many rows wait."""
        return sum(map(len, self._runs))

    def add(
        self, batch: EventBatch, places: Ints, late: NDArray[np.bool_], feed: int, taken: Mapping[int, Takes]
    ) -> None:
        """Let rows of a batch wait: those that entries (by number) take, late ones for those that take late ones.

        `places` are where the rows of the batch stand in event time (int64[batch], epoch ms). With it, what was
        released before is done with.
        """
        self._lent = False
        if not taken:
            return
        entries, own = list(taken), list(taken.values())
        waiting, pairs, records = enqueue(
            batch.lanes,
            batch.text,
            places,
            late,
            feed,
            self._takes_late,
            self._lane_ends,
            self._entry_lanes,
            np.array(entries, np.int64),
            np.array([*accumulate([some.rows.size for some in own])], np.int64),
            np.concatenate([some.rows for some in own]),
            np.concatenate([some.members for some in own]),
            np.concatenate([some.keys for some in own]),
        )
        if waiting.shape[1]:
            self._runs.append(_Run(waiting, pairs, records))
        if len(self._runs) > RUNS_MAX:
            self._join_short()

    def release(self, bound: int) -> Released | None:
        """Take out the rows whose order is below `bound`, in order, valid until the next `add`; None: none are."""
        heads, left = [], []
        for run in self._runs:
            before, to = run.row, int(run.waiting[ORDER].searchsorted(bound))
            if to > before:
                heads.append(run.take(to))
            if to < run.rows:
                sparse = to > before and SPARSE * (run.rows - to) < run.rows
                left.append(self._laid([run.take(run.rows)]) if sparse else run)
        self._runs = left
        if not heads:
            return None
        waiting, pairs = _joined(heads)
        rows, identities = _sorted(heads, waiting)
        places, spans = np.empty(len(rows), np.int64), np.empty((len(self._takes_late), 2), np.int64)
        taken = np.empty((3, pairs.shape[1]), np.int64)
        deal(waiting, pairs, rows, places, spans, taken)
        lanes = self._room_for(len(rows))
        start = 0
        for head in heads:
            stop = start + head.rows
            own = head.waiting[RECORD], np.ascontiguousarray(head.pairs), head.first
            spread(head.records, *own, places[start:stop], self._lane_ends, self._entry_lanes, lanes)
            start = stop
        return Released(lanes, waiting[ORDER, rows], waiting[FEED, rows], identities, spans, taken)

    def _room_for(self, rows: int) -> Lanes:
        """Return lanes for so many rows: those that were lent before the last block, where they are large enough."""
        size = self._lanes * rows
        if self._lent or size > len(self._room):
            self._room = np.empty(size + size // 4, np.int64)
        self._lent = True
        return self._room[:size].reshape(self._lanes, rows)

    def _join_short(self) -> None:
        """Join the last runs, as long as one before is not twice as long: a row is copied log n times at most."""
        first, length = len(self._runs) - 1, len(self._runs[-1])
        while first and len(self._runs[first - 1]) <= 2 * length:
            first -= 1
            length += len(self._runs[first])
        self._runs[first:] = [self._laid([run.take(run.rows) for run in self._runs[first:]])]

    def _laid(self, runs: list[_Run], rows: Ints | None = None) -> _Run:
        """Return the rows of some whole runs as one, in a given order; without one by `order`, else as they came."""
        waiting, pairs = _joined(runs)
        records = runs[0].records if len(runs) == 1 else np.concatenate([run.records for run in runs])
        start = row = pair = 0
        for run in runs if len(runs) > 1 else ():
            waiting[RECORD, row : row + run.rows] += start
            pairs[FIELDS, pair : pair + run.pairs.shape[1]] += start
            row, pair, start = row + run.rows, pair + run.pairs.shape[1], start + len(run.records)
        if rows is None:
            rows = waiting[ORDER].argsort(kind="stable")
        new_waiting, new_pairs = np.empty(waiting.shape, np.int64), np.empty(pairs.shape, np.int64)
        new_records = np.empty(len(records), np.int64)
        used = rearrange(waiting, pairs, records, rows, self._lane_ends, new_waiting, new_pairs, new_records)
        return _Run(new_waiting, new_pairs, new_records[:used].copy())

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the waiting rows for a snapshot, in order, however they came into the buffer."""
        if not self._runs:
            return {
                "waiting": np.empty((WAITING, 0), np.int64),
                "pairs": np.empty((PAIR, 0), np.int64),
                "records": NONE,
            }
        runs = [_Run(run.waiting[:, run.row :], run.pairs[:, run.pair :], run.records, run.row) for run in self._runs]
        run = self._laid(runs, _sorted(runs, _joined(runs)[0])[0])
        return {"waiting": run.waiting, "pairs": run.pairs, "records": run.records}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Hold the rows of a snapshot."""
        waiting, pairs, records = (np.array(tables[name], np.int64) for name in ("waiting", "pairs", "records"))
        run = _Run(waiting, pairs, records)
        self._runs = [run] if len(run) else []


def _joined(runs: list[_Run]) -> tuple[Ints, Ints]:
    """Return `waiting` and `pairs` of whole runs, one after the other."""
    if len(runs) == 1:
        return np.ascontiguousarray(runs[0].waiting), np.ascontiguousarray(runs[0].pairs)
    waiting, pairs = [run.waiting for run in runs], [run.pairs for run in runs]
    return np.concatenate(waiting, axis=1), np.concatenate(pairs, axis=1)


def _sorted(runs: list[_Run], waiting: Ints) -> tuple[Ints, Ints | None]:
    """Return the order of the rows of whole runs, which `waiting` joins, and their identities, None if all differ."""
    n = waiting.shape[1]
    rows, alike = np.empty(n, np.int64), np.empty(n, np.int64)
    alike = alike[: arrange(waiting, rows, alike)]
    if not len(alike):
        return rows, None
    columns, begins = rows[alike], np.cumsum([0, *(run.rows for run in runs)])
    wanted = [
        (run.records, np.flatnonzero((columns >= begin) & (columns < begin + run.rows)))
        for run, begin in zip(runs, begins, strict=False)
    ]
    starts = waiting[RECORD, columns]
    names = np.empty(sum(names_length(records, starts[own]) for records, own in wanted), np.int64)
    name_starts, used = np.empty(len(alike), np.int64), 0
    for records, own in wanted:
        used = copy_names(records, starts[own], own, names, name_starts, used)
    identities = np.arange(n)
    settle(names, name_starts, waiting[ORDER, columns], waiting[FEED, columns], alike, rows, identities)
    return rows, identities
