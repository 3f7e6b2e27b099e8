"""Aggregates over windows: events in, points out. What they are is said by the rule, as data."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.instants import NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.nulls import NULL
from kernels.patterns.adoption import find_edges, reach
from kernels.patterns.aggregate import ALIKE, GROUP, HAND, NONE, VACANT
from kernels.patterns.evidence import chain, gather, remember
from rules.aggregates import AGGREGATES
from rules.patterns.plan import Accumulation as AccumulationPlan
from rules.patterns.plan import Window, extras
from rules.windows import WIDER
from streams.shard.choose import Chosen, null_lanes
from streams.shard.family import Family
from streams.shard.patterns.adoption import adopt_sliding, adopt_whole
from streams.shard.patterns.groups import Groups
from streams.shard.patterns.layout import TIME_ARGUMENT, Asked, lay_out
from streams.shard.patterns.memory import TREES, Memory, of_sliding, of_whole
from streams.shard.patterns.mover import mover_of
from streams.shard.patterns.points import Points
from streams.shard.tables import Columns, KeyTable, Part

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LOOKS_MIN = 1 << 10  # room for points of one call
LOOKS = 5  # what a kernel says of each, besides the aggregates
TRUTHS = np.array([0.0, 1.0, np.nan])  # of FALSE, TRUE and UNKNOWN
CHANGES, EDGES = WIDER.index("changes"), WIDER.index("edges")
NO_EVENTS = np.empty(0, np.int64)


class Accumulation:
    """The windows of keys.

    Attributes
    ----------
    columns
        of the key table that it is given, besides `members`
    """

    def __init__(self, family: Family, pattern: AccumulationPlan, window: Window, lanes: frozenset[int]) -> None:
        self._family = family
        self._read = tuple(sorted(lanes))
        self._arguments = _Arguments(family, window)
        layout = self._layout = lay_out(self._arguments.asked, window.panes)
        self._table = layout.table
        self._length, self._slides = window.length_ms, window.panes == "sliding"
        self._follows, self._every = pattern.looks != "events", pattern.looks == "edges"
        self._paned = self._follows or len(layout.table[0]) + len(layout.table[4]) > 0
        self._aggregates = len(window.aggregates)
        self._state = tuple(layout.columns)
        self._mover = mover_of(family, pattern, window)
        self._first_due = int(NEVER)
        self._looks = np.zeros(4, np.int64)  # by what is in hand: who looks there
        self._looks[VACANT] = CHANGES
        if window.panes == "sliding":
            self._looks[NONE], self._looks[ALIKE] = CHANGES, EDGES
        self._last = NO_EVENTS  # scratch of `chain`
        self._groups = Groups()
        self._grouped = 0 if window.panes == "sliding" else len(layout.table[2])  # distinct()s of a window
        self.columns: Columns = {
            **layout.columns,
            "ring": (np.int64, (2 * EVIDENCE_MAX,), 0),
            "heads": (np.int64, (), 0),
        }

    def take(self, lanes: Lanes, chosen: Chosen, states: Ints, table: KeyTable) -> Iterator[Points]:
        """Take events, in order, and yield the looks at their keys' windows; each to be judged before the next."""
        batch = _Batch(lanes, chosen, states)
        held = table.state
        arguments = self._arguments.of(lanes, chosen)
        start, n = 0, len(states)
        if self._grouped:
            firsts = held["marks"][:, GROUP]
            self._groups.make_room(n * self._grouped, firsts[firsts != NULL], self._grouped)
        while start < n:
            out = self._room(n - start)
            start, found = self._mover.take(batch.times, states, arguments, start, self._table, self._held(table), *out)
            if found:
                yield self._points(out, found, batch, table)
        remember(batch.times, batch.positions, states, held["ring"], held["heads"])
        self._first_due = min(self._first_due, self._mover.due(int(held["dues"][states].min())))

    def advance(self, bound: int, table: KeyTable) -> Iterator[Points]:
        """Yield the looks at windows that fall due before an instant (epoch ms); each to be judged before the next."""
        if self._first_due >= bound:
            return
        start, rows = 0, len(table.state["dues"])
        while start < rows:
            out = self._room(rows - start)
            start, found = self._mover.advance(start, bound, self._table, self._held(table), *out)
            if found:
                yield self._points(out, found, _Batch.none(), table)
        self._find_due(table)

    def _find_due(self, table: KeyTable) -> None:
        self._first_due = self._mover.due(int(table.state["dues"].min()))

    def memory(self, part: Part, member: int, at: int) -> Memory:
        """Return what is remembered of keys of a member at an instant (epoch ms) that they have not reached.

        `part` is the caller's own, and is brought there.
        """
        state, layout = part.state, self._layout
        arguments = self._arguments.of_member(member)
        if not self._slides:
            return of_whole(layout, arguments, state, self._groups)
        if self._paned:
            paned = (state[name] for name in ("marks", "cells", "bases", *TREES))
            reach(at, self._length, *paned, layout.table[0])
        return of_sliding(layout, arguments, state, paned=self._paned)

    def adopt(self, before: Memory, part: Part, member: int, at: int) -> None:
        """Have keys of a member, filled from the log, go on from what others remember of them at an instant."""
        own = self.memory(part, member, at)
        if not self._slides:
            adopt_whole(own, before, part.state, self._layout, self._groups, session=self._mover.passer is None)
            return
        adopt_sliding(own, before, part.state, self._layout, at, self._length)
        if self._follows:
            find_edges(part.state["marks"], at, self._length, self._every, part.state["dues"])

    def begin(self, table: KeyTable) -> None:
        """Take up what is derived from the state of keys that it now holds."""
        self._find_due(table)

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return what is kept beside the key table, for a snapshot."""
        return {**self._groups.tables()}

    def restore(self, tables: dict[str, NDArray[Any]], table: KeyTable) -> None:
        """Take the state of a snapshot, and up again what is derived from it."""
        self._groups.restore(tables)
        self._find_due(table)

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the windows are empty and stay so from `now` on, if no event comes."""
        idle: NDArray[np.bool_] = table.state["dues"] == NEVER
        return idle & (table.touched <= now - self._mover.lasts_ms)

    def _held(self, table: KeyTable) -> tuple[NDArray[np.generic], ...]:
        return *(table.state[name] for name in self._state), *self._groups.arrays

    def _room(self, events: int) -> tuple[Floats, Ints]:
        room = events + LOOKS_MIN
        return np.empty((self._aggregates, room), np.float64), np.empty((LOOKS, room), np.int64)

    def _points(self, out: tuple[Floats, Ints], found: int, batch: "_Batch", table: KeyTable) -> Points:
        extra = np.ascontiguousarray(out[0][:, :found])
        states, times, places, hands, begins = np.ascontiguousarray(out[1][:, :found])
        members = table.state["members"][states]
        in_hand, vacant = hands == HAND, hands == VACANT
        lanes, rows, causes, replayed = self._lanes(batch, states, times, places, in_hand, table)
        held = table.state

        def evidence(some: Ints) -> Ints:
            if len(self._last) < len(held["heads"]):
                self._last = np.full(len(held["heads"]), -1, np.int64)
            previous = batch.previous(self._last)
            newest, before = places[some], ~in_hand[some] & (places[some] >= 0)
            newest[before] = previous[newest[before]]
            shown = np.empty((len(some), EVIDENCE_MAX), np.int64)
            gather(
                begins[some],
                newest,
                states[some],
                batch.times,
                batch.positions,
                previous,
                held["ring"],
                held["heads"],
                shown,
            )
            return shown

        looks = self._looks[hands]
        return Points(lanes, rows, states, members, times, extra, causes, replayed, vacant, begins, evidence, looks)

    def _lanes(
        self, batch: "_Batch", states: Ints, times: Ints, places: Ints, in_hand: NDArray[np.bool_], table: KeyTable
    ) -> tuple[Lanes, Ints, Ints, Ints]:
        """Return lanes, rows, causes and replayed of some looks.

        Those without an event in hand have lanes in which the time and the key's fields alone are known, so where
        there are some all looks get lanes of their own.
        """
        own = batch.rows[places[in_hand]]
        n = len(states)
        if len(own) == n:
            return batch.lanes, own, batch.lanes[POSITION, own], batch.lanes[REPLAYED, own]
        family = self._family
        lanes = null_lanes(family.surroundings.plan, n)
        lanes[TIME] = times
        lanes[list(family.rule.key)] = table.state["parts"][states].T
        causes, replayed = np.full(n, -1, np.int64), np.zeros(n, np.int64)
        if len(own):
            for lane in self._read:
                lanes[lane, in_hand] = batch.lanes[lane, own]
            causes[in_hand] = batch.lanes[POSITION, own]
            replayed[in_hand] = batch.lanes[REPLAYED, own]
        return lanes, np.arange(n), causes, replayed


class _Batch:
    """The events that are taken together."""

    def __init__(self, lanes: Lanes, chosen: Chosen, states: Ints) -> None:
        self.lanes, self.rows, self._states = lanes, chosen.rows, states
        self.times, self.positions = lanes[TIME, chosen.rows], lanes[POSITION, chosen.rows]
        self._previous: Ints | None = None

    @classmethod
    def none(cls) -> "_Batch":
        """No events."""
        return cls(np.empty((max(TIME, POSITION) + 1, 0), np.int64), Chosen(NO_EVENTS, NO_EVENTS, NO_EVENTS), NO_EVENTS)

    def previous(self, last: Ints) -> Ints:
        """Return the event before each one of the same key, -1 where there is none; `last` is -1 for each row."""
        if self._previous is None:
            self._previous = np.empty(len(self.rows), np.int64)
            chain(self._states, last, self._previous)
        return self._previous


class _Arguments:
    """What the aggregates of a window are of; each argument once."""

    def __init__(self, family: Family, window: Window) -> None:
        self._family = family
        self._base = extras(family.rule.pattern)
        rows: dict[tuple[bytes, bool], int] = {}
        self._programs = []
        self.asked = []
        for each in window.aggregates:
            row = TIME_ARGUMENT
            if each.argument is not None:
                is_truth = AGGREGATES[each.function].takes == "condition"
                key = each.argument.code.tobytes(), is_truth
                if key not in rows:
                    rows[key] = 1 + len(rows)
                    self._programs.append((each.argument, is_truth))
                row = rows[key]
            self.asked.append(Asked(each.function, row, each.parameter))

    def of_member(self, member: int) -> dict[int, str]:
        """Return how a member spells them, the same in any plan; that of none is the events' time."""
        own = self._family.rules[member].pattern
        assert isinstance(own, AccumulationPlan)
        assert own.window is not None
        spelled = {
            asked.argument: each.argument.text
            for asked, each in zip(self.asked, own.window.aggregates, strict=True)
            if each.argument is not None
        }
        return {TIME_ARGUMENT: "", **spelled}

    def of(self, lanes: Lanes, chosen: Chosen) -> Floats:
        """Return them of some events, float64[k, n], integers as they are; a truth is 1, 0 or null."""
        n = len(chosen)
        out = np.empty((1 + len(self._programs), n), np.float64)
        out[TIME_ARGUMENT] = lanes[TIME, chosen.rows]
        nothing = np.empty((self._base if len(self._family.rules) > 1 else 0, n), np.float64)
        for row, (program, is_truth) in enumerate(self._programs, 1):
            bits = self._family.evaluate(program, lanes, chosen.rows, nothing, chosen.members)
            if is_truth:
                out[row] = TRUTHS[bits]
            else:
                out.view(np.int64)[row] = bits
        return out
