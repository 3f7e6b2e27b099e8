"""Change: a condition over an event and the one before it of the same key; each match may fire."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.keys.token import combined_all, marked_all
from kernels.nulls import NULL
from kernels.patterns.change import KEPT, lag
from kernels.patterns.first_seen import first_seen
from rules.patterns.plan import Change as ChangePlan
from streams.shard.choose import Chosen
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held, take_keys
from streams.shard.patterns.kept import Kept
from streams.shard.patterns.pattern import Pattern, distinct
from streams.shard.patterns.point import PointJudge
from streams.shard.patterns.points import Points
from streams.shard.tables import Columns, KeyTable
from streams.time.buffer import Released

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
VALUES_A_KEY = 4  # that first_seen() remembers on average; of more the ones seen longest ago go
VALUES_OF_ALL = 1 << 16  # of a rule without a key, whose values are those of a city


class Change(Pattern):
    """State and behaviour of one such family in one shard."""

    table: KeyTable

    def __init__(self, family: Family) -> None:
        assert isinstance(family.rule.pattern, ChangePlan)
        self.family, self.families = family, (family,)
        self.entries = (family.entry,)
        self._judge = PointJudge(family)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        pattern = self._pattern = family.rule.pattern
        # of each member the first instant of whose window first_seen() knows all; set by `arm`
        self.known_from = np.full(len(family.rules), NULL)
        self._kept = Kept(pattern.previous, family.surroundings.plan.layout)
        members: Columns = {"members": (np.int64, (), 0)}
        last: Columns = {"last": (np.int64, (KEPT + len(self._kept),), int(NULL))}
        seen: Columns = {"seen": (np.int64, (), int(NULL))}
        self.table = KeyTable(family.capacity, {**self._judge.columns, **last, **members})
        remembered = VALUES_A_KEY * family.capacity if family.rule.key else VALUES_OF_ALL * len(family.rules)
        self.values = [KeyTable(remembered, {**seen, **members}) for _ in pattern.first_seen]

    @property
    def evicted(self) -> int:
        """How many keys went because a table was full, and how many values that first_seen() remembered."""
        return sum(table.evicted for table in (self.table, *self.values))

    def arm(self, epoch: int) -> None:
        """Say of no value that it is new before the log is as old as the window."""
        self.known_from[:] = epoch + self._pattern.window_ms

    def take(self, chosen: Sequence[Chosen], released: Released) -> list[Firings]:
        """Take released rows, in order."""
        (own,) = chosen
        own, self.repeats = distinct(own, released)
        lanes = released.lanes
        news = self._news(lanes, own)
        out: list[Firings] = []
        for piece, state, fresh in self.table.pieces(own.keys, lanes[TIME, own.rows], self._dead):
            some = own.at(piece)
            self.table.state["members"][state[fresh]] = some.members[fresh]
            out += self._piece(lanes, some, state, news[:, piece])
        return out

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Nothing falls due by time alone."""
        return []

    def _news(self, lanes: Lanes, events: Chosen) -> Floats:
        """Return of each first_seen() whether each event's value is new: 1.0, 0.0, NaN where it is not known."""
        out = np.full((len(self.values), len(events)), np.nan)
        times = lanes[TIME, events.rows]
        unknown = np.full((len(self._kept) + len(self.values), len(events)), np.nan)
        for row, (program, table) in enumerate(zip(self._pattern.first_seen, self.values, strict=True)):
            values = self.family.evaluate(program, lanes, events.rows, unknown, events.members)
            known = np.flatnonzero(values != NULL)
            keys = np.empty(len(known), np.int64)
            members = events.members[known]
            marks = self.family.marks[members]
            marked_all(events.keys[known], marks, keys)  # so that the mark is that of the key and the value together
            combined_all(keys, values[known], keys)
            marked_all(keys, marks, keys)
            for piece, state, fresh in table.pieces(keys, times[known], self._forgotten):
                places = known[piece]
                table.state["members"][state[fresh]] = members[piece][fresh]
                new = np.empty(len(places))
                first_seen(
                    times[places],
                    state,
                    self._pattern.window_ms,
                    self.known_from[members[piece]],
                    table.state["seen"],
                    new,
                )
                out[row, places] = new
        return out

    def _piece(self, lanes: Lanes, events: Chosen, state: Ints, news: Floats) -> list[Firings]:
        n = len(events)
        rows, times = events.rows, lanes[TIME, events.rows]
        positions = lanes[POSITION, rows]
        before, previous = np.empty(n, np.int64), np.empty((len(self._kept), n), np.int64)
        lag(
            times,
            positions,
            state,
            self._kept.of(lanes, rows),
            self._pattern.window_ms,
            self._kept.nulls,
            self.table.state["last"],
            before,
            previous,
        )
        return self._judge.judge(
            Points(
                lanes,
                rows,
                state,
                events.members,
                times,
                np.concatenate([previous.view(np.float64), news]),
                positions,
                lanes[REPLAYED, rows],
                np.zeros(n, np.bool_),
                times,
                lambda places: np.stack([before[places], positions[places]], axis=1),
            ),
            self.table,
        )

    def begin(self, at: int, before: Mapping[str, Held]) -> set[str]:
        """Begin to judge: events before are remembered, and cooldowns of rules that were judged."""
        self._judge.forget(self.table)
        found = take_keys(self, self.family, before, lambda pattern: [pattern.table, *pattern.values])
        for member, held in found.items():
            assert isinstance(held.pattern, Change)
            self.known_from[member] = held.pattern.known_from[held.member]
        return {held.rule.rule for held in found.values()}

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        values = {
            f"first_seen/{number}/{name}": array
            for number, table in enumerate(self.values)
            for name, array in table.tables().items()
        }
        return {
            **self.table.tables(),
            "suppressed": self.family.suppressed,
            "known_from": self.known_from,
            **values,
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.family.suppressed[:] = tables["suppressed"]
        self.known_from[:] = tables["known_from"]
        for number, table in enumerate(self.values):
            name = f"first_seen/{number}/"
            table.restore({key[len(name) :]: array for key, array in tables.items() if key.startswith(name)})

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys whose last event is forgotten and whose cooldown is over."""
        forgotten: NDArray[np.bool_] = table.touched <= now - self._pattern.window_ms
        return forgotten & self._judge.done(table, now)

    def _forgotten(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Values that are new again from `now` on."""
        forgotten: NDArray[np.bool_] = table.touched <= now - self._pattern.window_ms
        return forgotten
