"""Key tables: dense rows for the keys of one pattern, growing to the declared capacity, then evicting the oldest."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.keys.membership import rows_of
from kernels.keys.table import intern, rebuild, touch
from kernels.keys.token import marked_all
from kernels.nulls import NULL

ROWS_MIN = 1 << 8
LINE_BYTES = 64  # of a cache
HUGE_BYTES = 1 << 22  # from here on NumPy asks for huge pages
EVICTED_SHARE = 16  # of a full table, this part of the keys goes at once

Ints = NDArray[np.int64]
Columns = dict[str, tuple[type, tuple[int, ...], int]]  # name: dtype, shape of a row, value of a fresh row
Dead = Callable[["KeyTable", int], NDArray[np.bool_]]
PassTime = Callable[[int], None]


@dataclass(frozen=True)
class Episodes:
    """What a full table must know of open episodes: they go last, and not without a word.

    `open()` says of each row whether one is open, `leave(rows, now)` is told of those that go before their state does.
    """

    open: Callable[[], NDArray[np.bool_]]
    leave: Callable[[Ints, int], None]


@dataclass(frozen=True)
class Part:
    """Some keys of a table with all that is kept of them: `keys` and `touched` int64[n], `state` by column."""

    keys: Ints
    touched: Ints
    state: dict[str, NDArray[Any]]

    def marked(self, mark: int) -> "Part":
        """Return them with a mark in their keys, or without the one that was there."""
        keys = np.empty(len(self.keys), np.int64)
        marked_all(self.keys, np.full(len(keys), mark), keys)
        return replace(self, keys=keys)

    def filled(self, other: "Part") -> "Part":
        """Write over these what another one with the same columns holds of its keys; return them."""
        order = np.argsort(other.keys)
        at = np.searchsorted(other.keys, self.keys, sorter=order)
        found = np.flatnonzero(at < len(order))
        found = found[other.keys[order[at[found]]] == self.keys[found]]
        for name, array in self.state.items():
            array[found] = other.state[name][order[at[found]]]
        return self

    def of(self, **state: int) -> "Part":
        """Return them with the same value of some columns."""
        return replace(self, state=self.state | {name: np.full(len(self.keys), one) for name, one in state.items()})


def fresh_state(columns: Columns, rows: int) -> dict[str, NDArray[Any]]:
    """Return state arrays for so many fresh rows; they begin with a cache line.

    Memory of small ones is taken as it is used. Large ones are written at once: a page that is read first comes as a
    page of zeroes and is then copied as a small one, and random rows of small pages cost a walk through the page table.
    """
    return {
        name: _lengthened(np.empty((0, *shape), dtype), rows, fresh) for name, (dtype, shape, fresh) in columns.items()
    }


def _lengthened(held: NDArray[Any], rows: int, fresh: int) -> NDArray[Any]:
    """Return an array with more rows, the further ones fresh; each byte of it is written once."""
    shape, dtype, kept = (rows, *held.shape[1:]), held.dtype, len(held)
    size = math.prod(shape) * dtype.itemsize
    large = size >= HUGE_BYTES
    room = (np.empty if large else np.zeros)(size + LINE_BYTES, np.uint8)
    start = -room.ctypes.data % LINE_BYTES
    array: NDArray[Any] = room[start : start + size].view(dtype).reshape(shape)
    array[:kept] = held
    if fresh or large:
        array[kept:] = fresh
    return array


class KeyTable:
    """Token of a key to a row, and the state arrays of a pattern, which grow with it.

    `touched` is when each row was last used (epoch ms), by which the oldest go. `dropping` is told of the rows of keys
    that are about to be forgotten, for what is kept of them elsewhere; None where nothing is.
    """

    def __init__(self, capacity: int, columns: Columns) -> None:
        self.capacity = capacity
        self.evicted = 0
        self.dropping: Callable[[Ints], None] | None = None
        self._columns = columns
        self._counts = np.zeros(2, np.int64)
        self._allocate(min(ROWS_MIN, capacity))
        self._slots(len(self.row_keys))

    def _allocate(self, rows: int) -> None:
        self.row_keys = np.full(rows, NULL, np.int64)
        self.touched = np.full(rows, NULL, np.int64)
        self.state = fresh_state(self._columns, rows)

    def _slots(self, rows: int) -> None:
        slots = 1 << (2 * rows - 1).bit_length()
        self._slot_keys = np.full(slots, NULL, np.int64)
        self._slot_rows = np.zeros(slots, np.int64)
        rebuild(self.row_keys, self._slot_keys, self._slot_rows)
        self._free = np.ascontiguousarray(np.flatnonzero(self.row_keys == NULL)[::-1].astype(np.int64))
        self._counts[0] = len(self._free)

    @property
    def columns(self) -> Columns:
        """What is kept of a key; tables with equal columns can take each other's parts."""
        return self._columns

    def __len__(self) -> int:
        """Return how many keys are held."""
        return len(self.row_keys) - int(self._counts[0])

    @property
    def nbytes(self) -> int:
        """How much memory its arrays take."""
        return sum(array.nbytes for array in (self.row_keys, self.touched, *self.state.values())) + sum(
            array.nbytes for array in (self._slot_keys, self._slot_rows, self._free)
        )

    def pieces(
        self,
        keys: Ints,
        times: Ints,
        dead: Dead | None = None,
        episodes: Episodes | None = None,
        pass_time: PassTime | None = None,
    ) -> Iterator[tuple[slice, Ints, Ints]]:
        """Give rows to keys, in pieces: which keys, their rows, and the places in the piece of those that had none.

        A piece ends where no row is free. The caller has used it up before the next one makes room, by dropping
        the rows that `dead(table, now)` says have no influence any more (None: all have), else by growing, else by
        evicting the oldest, those with an open episode last. Before it asks which keys are dead, `pass_time(now)` lets
        everything happen that falls due before `now`: else what goes would depend on when the pattern was last told how
        late it is, which hangs on the cut into blocks.
        """
        rows = np.empty(len(keys), np.int64)
        fresh = np.empty(len(keys), np.int64)
        start = 0
        while start < len(keys):
            stop = intern(
                keys,
                times,
                start,
                self._slot_keys,
                self._slot_rows,
                self.row_keys,
                self.touched,
                self._free,
                self._counts,
                rows,
                fresh,
            )
            if stop > start:
                yield slice(start, stop), rows[start:stop], fresh[: self._counts[1]] - start
            if stop < len(keys):
                if pass_time is not None:
                    pass_time(int(times[stop]))
                self._make_room(dead, int(times[stop]), episodes)
            start = stop

    def rows(self, keys: Ints) -> Ints:
        """Return the rows of keys that have one, NULL for the others."""
        out = np.empty(len(keys), np.int64)
        rows_of(keys, self._slot_keys, self._slot_rows, 0, len(self._slot_keys) - 1, out)
        return out

    def touch(self, rows: Ints, times: Ints) -> None:
        """Say when some rows were used (NULL: none)."""
        touch(rows, times, self.touched)

    def _make_room(self, dead: Dead | None, now: int, episodes: Episodes | None) -> None:
        size = len(self.row_keys)
        gone = np.zeros(size, np.bool_) if dead is None else dead(self, now) & (self.row_keys != NULL)
        dropped = np.count_nonzero(gone)
        share = max(1, size // EVICTED_SHARE)  # making room costs as much as the table is large, so it makes much
        if 4 * dropped >= size or (size >= self.capacity and dropped >= share):
            self.drop(np.flatnonzero(gone))
        elif size < self.capacity:
            self._grow(min(2 * size, self.capacity))
        else:
            is_open = np.zeros(size, np.bool_) if episodes is None else episodes.open() & ~gone
            oldest = np.lexsort((self.row_keys, self.touched, is_open, ~gone))[:share]
            self.evicted += int(share - dropped)
            if episodes is not None and is_open[oldest].any():
                episodes.leave(oldest[is_open[oldest]], now)
            self.drop(oldest)

    def drop(self, rows: Ints) -> None:
        """Forget the keys of some rows."""
        if self.dropping is not None:
            self.dropping(rows)
        self.row_keys[rows] = NULL
        self.touched[rows] = NULL
        for name, (_, _, fresh) in self._columns.items():
            self.state[name][rows] = fresh
        self._slots(len(self.row_keys))

    def _grow(self, rows: int) -> None:
        self.row_keys = _lengthened(self.row_keys, rows, int(NULL))
        self.touched = _lengthened(self.touched, rows, int(NULL))
        for name, (
            _,
            _,
            fresh,
        ) in self._columns.items():  # one by one, so that each finds memory of the last
            self.state[name] = _lengthened(self.state[name], rows, fresh)
        self._slots(rows)

    def part(self, rows: Ints) -> Part:
        """Return what is held of the keys of some rows."""
        state = {name: array[rows] for name, array in self.state.items()}
        return Part(self.row_keys[rows], self.touched[rows], state)

    def fresh(self, keys: Ints, touched: Ints) -> Part:
        """Return some keys as they begin."""
        return Part(keys, touched, fresh_state(self._columns, len(keys)))

    def of_member(self, member: int) -> Ints:
        """Return the rows of a member's keys; the table has a column `members`."""
        return np.flatnonzero((self.row_keys != NULL) & (self.state["members"] == member))

    def hold(self, parts: Sequence[Part]) -> None:
        """Hold just these, no key twice; of more than the capacity those that were used last."""
        keys, touched = (np.concatenate([getattr(part, name) for part in parts]) for name in ("keys", "touched"))
        kept = np.arange(len(keys))
        if len(keys) > self.capacity:
            kept = np.sort(np.lexsort((keys, touched))[len(keys) - self.capacity :])
            self.evicted += len(keys) - self.capacity
        self._allocate(min(max(ROWS_MIN, 1 << len(kept).bit_length()), self.capacity))
        self.row_keys[: len(kept)], self.touched[: len(kept)] = keys[kept], touched[kept]
        for name, array in self.state.items():
            array[: len(kept)] = np.concatenate([part.state[name] for part in parts])[kept]
        self._slots(len(self.row_keys))

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return keys and state for a snapshot."""
        return {
            "row_keys": self.row_keys,
            "touched": self.touched,
            **self.state,
            "evicted": np.array([self.evicted], np.int64),
        }

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Hold the keys and state of a snapshot."""
        self._allocate(len(tables["row_keys"]))
        self.row_keys[:] = tables["row_keys"]
        self.touched[:] = tables["touched"]
        for name, array in self.state.items():
            array[:] = tables[name]
        self._slots(len(self.row_keys))
        self.evicted = int(tables["evicted"][0])
