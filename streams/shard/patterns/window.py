"""Thresholds over windows, and rules without a pattern that wait for their place in the order.

A source says what is found of a key and when it is looked at; a judge says what of that becomes an alert. Each has
columns of its own in one key table.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, Lanes
from kernels.nulls import NULL
from streams.shard.choose import Chosen
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.load import judge_of, shared_of, source_of
from streams.shard.patterns.pattern import Learned, Pattern, distinct
from streams.shard.patterns.points import Dark, Points
from streams.shard.tables import Columns, Episodes, KeyTable
from streams.time.buffer import Released

Ints = NDArray[np.int64]


class Source(Protocol):
    """What is found of keys, and when they are looked at; the points of one key come in order of time."""

    columns: Columns

    def take(self, lanes: Lanes, chosen: Chosen, states: Ints, table: KeyTable) -> Iterator[Points]:
        """Take events, in order; the points are to be judged before the next ones are asked for."""
        ...

    def advance(self, bound: int, table: KeyTable) -> Iterator[Points]:
        """Let time pass before an instant (epoch ms)."""
        ...

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return what is kept beside the key table, for a snapshot."""
        ...

    def restore(self, tables: dict[str, NDArray[Any]], table: KeyTable) -> None:
        """Take the state of a snapshot, and up again what is derived from it."""
        ...

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys nothing more is found from `now` on, if no event comes."""
        ...


class Judge(Protocol):
    """What becomes of what is found.

    Attributes
    ----------
    columns
        what it keeps of a key, besides `members` int64 and `parts` int64[key fields]
    suppressed
        int64[members], matches that a cooldown or a gap kept from firing
    dark
        event time in which all feeds were blind
    """

    columns: Columns
    suppressed: Ints
    dark: Dark

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge points, of each key in order of time."""
        ...

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Let everything happen that falls due before an instant (epoch ms), when the points before it were judged."""
        ...

    def resume(self, table: KeyTable) -> None:
        """Take up again what is derived from state, when that of a snapshot has been taken."""
        ...

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys what is remembered influences nothing from `now` on."""
        ...

    def attend(self, table: KeyTable) -> Episodes | None:
        """Begin to judge the keys of a table; return what it must know of open episodes, None where there are none."""
        ...


class Window(Pattern):
    """State and behaviour of one such family in one shard."""

    table: KeyTable

    def __init__(self, family: Family) -> None:
        self.family = family
        self.entries = (family.entry,)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        self._source: Source = source_of(family)
        self.pairs = shared_of(family)  # None: its members share nothing
        self._judge: Judge = self.pairs or judge_of(family)
        self.suppressed = self._judge.suppressed
        self.table = KeyTable(family.capacity, {**self._source.columns, **self._judge.columns})
        self._episodes = self._judge.attend(self.table)

    def take(self, chosen: Sequence[Chosen], released: Released) -> list[Firings]:
        """Take released rows, in order."""
        own, self.repeats = distinct(chosen[0], released)
        lanes, table = released.lanes, self.table
        out: list[Firings] = []
        pieces = table.pieces(
            own.keys,
            lanes[TIME, own.rows],
            self._dead,
            self._episodes,
            lambda now: out.extend(self.advance(now, inclusive=False)),
        )
        for piece, states in pieces:
            for points in self._source.take(lanes, own.at(piece), states, table):
                out += self._judge.judge(points, table)
        return out

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Look at the windows that are due before the watermark (`inclusive`: at it, too)."""
        bound = watermark + 1 if inclusive else watermark
        out = [
            firings
            for points in self._source.advance(bound, self.table)
            for firings in self._judge.judge(points, self.table)
        ]
        return out + self._judge.advance(bound, self.table)

    def learned(self, member: int) -> Learned | None:
        """Return how far a member of the family has learned what is usual, None where it has no baseline."""
        judged_from = self.table.state.get("judged_from")
        if judged_from is None:
            return None
        held = judged_from[(self.table.row_keys != NULL) & (self.table.state["members"] == member)]
        known = held[held != NULL]
        return Learned(len(held), len(known), int(known.min()) if len(known) else None)

    def darken(self, watermark: int, dark: Dark, *, blind: bool) -> None:
        """Say in what event time all feeds of its group were blind."""
        self._judge.dark = dark

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        pairs = {} if self.pairs is None else self.pairs.tables()
        return {**self.table.tables(), **self._source.tables(), **pairs, "suppressed": self.suppressed}

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.suppressed[:] = tables["suppressed"]
        self._source.restore(tables, self.table)
        if self.pairs is not None:
            self.pairs.restore(tables)
        self._judge.resume(self.table)

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that can influence nothing from `now` on."""
        return self._source.done(table, now) & self._judge.done(table, now)
