"""Absence: a deadline for every key. With `expect`, the rows of a set, seen or never seen; else keys once seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES, Transition
from events.batch import POSITION, TIME, Lanes
from kernels.instants import MINUTE_MS, NEVER
from kernels.keys.membership import owned
from kernels.nulls import NULL
from kernels.patterns.absence import (
    CAUSE,
    EXPIRED,
    FEED,
    FIRING,
    HELD,
    HELD_FEED,
    LAST,
    NEVER_FORGET,
    PLACE,
    ROW,
    SINCE,
    TIED,
    TRANSITION,
    expire,
    first_due,
    glance,
    leave,
    sight,
)
from kernels.patterns.absence import TIME as AT
from rules.expression.compiled import Program
from rules.patterns.plan import Absence as AbsencePlan
from streams.shard.choose import Chosen, null_lanes, parts_of
from streams.shard.coverage import KEPT
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held, goes_on
from streams.shard.patterns.pattern import Pattern
from streams.shard.stops import FAR, Stops
from streams.shard.tables import Columns, Episodes, KeyTable, fresh_state
from streams.shard.ties import Ties
from streams.time.buffer import Released

Ints = NDArray[np.int64]
NAMES: tuple[Transition, ...] = ("firing", "resolved", "corrected", "expired")
COLUMNS = 8
STATE: Columns = {
    "bases": (np.int64, (), int(NULL)),
    "seen": (np.int64, (), -1),
    "feeds": (np.int16, (), -1),
    "fired": (np.int64, (), int(NULL)),
    "severities": (np.int8, (), 0),
}
SHUT: Columns = {"shut": (np.int64, (), int(NULL))}
GROUPS: Columns = {"groups": (np.int32, (), 0)}
NO_SHUT = np.empty(0, np.int64)
NO_GROUPS = np.empty(0, np.int32)


class Absence(Pattern):
    """State and behaviour of one such rule in one shard.

    With `expect` a state row is a row of that set; without, a row of a key table.
    """

    columns: ClassVar[Columns] = {}  # what is kept of a key besides

    def __init__(self, family: Family) -> None:
        rule, surroundings = family.rule, family.surroundings
        assert isinstance(rule.pattern, AbsencePlan)
        self.family, self.families = family, (family,)
        self.entries = (replace(family.entry, late=True),)
        self.repeats = np.empty(0, np.int64)  # a repeated sight says nothing new
        self.rule = rule
        self._surroundings = surroundings
        self._pattern = rule.pattern
        self._part = family.part
        edges = np.empty(0, np.int64) if rule.active is None else surroundings.plan.calendars[rule.active].edges
        forget_ms = self._pattern.forget_ms or NEVER_FORGET
        self._law = (self._pattern.silence_ms, forget_ms, rule.cooldown_ms, np.array(edges, np.int64))
        self._stops = Stops(self._pattern.unless, rule.key, surroundings)
        self._left: list[Firings] = []  # ends of episodes whose keys had to leave a full table
        self._first_due = int(NEVER)
        self._decided = FAR
        self._waits = False  # whether all sights wait for their place
        self._handed_over = np.zeros(0, np.bool_)  # which keys go on in another one
        self._begun = int(NULL)  # when it began to judge: what was overdue then falls due then
        self._ties = Ties()
        self.table: KeyTable | None = None
        columns = STATE | self.columns | (SHUT if rule.cooldown_ms > self._pattern.least_ms else {})
        columns |= GROUPS if self._stops.distinguishes else {}
        if self._pattern.expect is None:
            self.table = KeyTable(rule.capacity, {**columns, "parts": (np.int64, (len(rule.key),), 0)})
        else:
            rows = len(surroundings.sets[self._pattern.expect])
            self._expected = fresh_state(columns, rows)

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        """The state arrays, by row."""
        return self._expected if self.table is None else self.table.state

    def _keys_state(self) -> tuple[NDArray[Any], ...]:
        held = self.state
        return (
            held["bases"],
            held["seen"],
            held["feeds"],
            held["fired"],
            held.get("shut", NO_SHUT),
            held.get("groups", NO_GROUPS),
        )

    def arm(self, epoch: int) -> None:
        """Await every expected key that this shard holds from max(its `since`, epoch) on."""
        self._stops.arm(epoch)
        if self._pattern.expect is None:
            return
        expected = self._surroundings.sets[self._pattern.expect]
        keys = expected.keys
        own = np.empty(len(keys), np.bool_)
        owned(keys, self._part.count, self._part.index, own)
        own &= self._surroundings.rows(self._pattern.expect, keys) == np.arange(len(keys))  # of equal keys the last row
        since = np.full(len(keys), NULL, np.int64)
        if self._pattern.since is not None:
            column = next(c for c in expected.plan.columns if c.lane == self._pattern.since)
            since = expected.lanes[column.name]
        armed = np.maximum(since, epoch)
        held = self.state
        held["bases"][own] = np.maximum(held["bases"][own], armed[own])  # nothing is taken before the epoch is known
        if self._stops.distinguishes:
            held["groups"][own] = self._stops.groups(self._key_parts(np.flatnonzero(own)))
        self.resume()

    def glance(self, chosen: Sequence[Chosen], lanes: Lanes, late: NDArray[np.bool_], feed: int) -> Sequence[Chosen]:
        """Take the sights of a batch that only move a deadline on; return those that wait for their place."""
        (own,) = chosen
        if self._waits:
            return chosen
        rows, keys = own.rows, own.keys
        state = self._rows(keys)
        slow = np.empty(len(rows), np.int64)
        ties = np.empty((len(rows), 3), np.int64)
        kept, tied = glance(
            lanes,
            rows,
            state,
            late,
            feed,
            self.table is not None,
            self._pattern.silence_ms,
            self._keys_state(),
            slow,
            ties,
        )
        if self.table is not None:
            self.table.touch(state, lanes[TIME, rows])
        self._tie(lanes, rows, keys, ties[:tied])
        self._ties.forget(self._stand)
        return (own.at(slow[:kept]),)

    def darken(self, watermark: int, *, blind: bool) -> None:
        """Stop clocks up to the watermark, in the dark; `blind`: all feeds are still blind.

        What falls due while they are is decided when one of them sees again: then it may be known not to have.
        """
        dark = self._surroundings.dark
        self._stops.judge(watermark, dark)
        self._decided = min(watermark, dark[-1][0]) if blind and dark and dark[-1][1] >= watermark else watermark

    def take(self, chosen: Sequence[Chosen], released: Released) -> list[Firings]:
        """Take released rows, late ones too, in order; one that comes again changes nothing."""
        (own,) = chosen
        rows, keys = own.rows, own.keys
        if self.table is None:
            state = self._rows(keys)
            awaited = state != NULL
            return self._sight(released, rows[awaited], keys[awaited], state[awaited])
        out: list[Firings] = []
        pieces = self.table.pieces(
            keys,
            released.lanes[TIME, rows],
            self._dead,
            self._episodes,
            lambda now: out.extend(self.advance(now, inclusive=False)),
        )
        for piece, state, _ in pieces:
            parts = parts_of(released.lanes, self.rule.key, rows[piece])
            self.table.state["parts"][state] = parts.T
            if self._stops.distinguishes:
                fresh = np.flatnonzero(self.table.state["bases"][state] == NULL)
                self.table.state["groups"][state[fresh]] = self._stops.groups(parts[:, fresh])
            out += self._left
            self._left = []
            out += self._sight(released, rows[piece], keys[piece], state)
            self._first_due = min(
                self._first_due, int(released.lanes[TIME, rows[piece]].min()) + self._pattern.silence_ms
            )
        return out

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Let the deadlines up to the watermark fire."""
        watermark = min(watermark, self._decided)
        if watermark < self._first_due:
            return []
        out = self._expire(watermark)
        self.resume()
        groups = self._stops.tidy(self.state["bases"], self.state.get("groups", NO_GROUPS))
        if self._stops.distinguishes:
            self.state["groups"][:] = groups
        return self._transitions(out)

    def _expire(self, watermark: int) -> Ints:
        out = np.empty((2 * len(self.state["bases"]), COLUMNS), np.int64)
        return out[: expire(watermark, self._law, self._keys_state(), self._stops.runs, out)]

    def remember(self) -> None:
        """Let all sights wait from now on: which of them only move a deadline on hangs on state that is to come."""
        self._waits = True

    def wait(self) -> None:
        """Let all sights wait from now on: one that moves this deadline on may come too late for that of the next."""
        self._waits = True

    def begin(self, at: int, before: Mapping[str, Held]) -> set[str]:
        """Begin to judge: who is known to be silent for too long by then falls due then."""
        held = self.state
        held["fired"][:] = NULL  # nobody heard of it
        if "shut" in held:
            held["shut"][:] = NULL
        self._waits, self._begun = False, at
        found = goes_on(self.rule, before, self)
        if found is not None:
            self._go_on(found.pattern, at)
        self.resume()
        return set() if found is None else {self.rule.rule}

    def _go_on(self, before: Pattern, at: int) -> None:
        """Take over what another one kept; rows that its set had not are awaited from `at` on, or a later sight."""
        assert isinstance(before, Absence)
        tables = before.tables() | {"begun": np.array([at])}
        judges_alike = _text(self._pattern.unless) == _text(before._pattern.unless)
        if not judges_alike:
            tables = {name: table for name, table in tables.items() if not name.startswith("stops/")}
        before._handed_over = np.ones(len(before.state["bases"]), np.bool_)
        if self.table is None:
            before._handed_over = np.isin(before._keys(), self._keys())
            fresh = ~np.isin(self._keys(), before._keys()) & (self.state["bases"] != NULL) & (self.state["seen"] < 0)
            self.state["bases"][fresh] = np.maximum(self.state["bases"][fresh], at)
        else:
            tables = {**fresh_state(self.table.columns, len(tables["row_keys"])), **tables}
        self.restore(tables)
        if self.table is not None and self._stops.distinguishes and not judges_alike:
            rows = np.flatnonzero(self.table.row_keys != NULL)
            self.state["groups"][rows] = self._stops.groups(self._key_parts(rows))

    def close(self, member: Held, at: int, *, goes_on: bool) -> list[Firings]:
        """End the episodes of its rule; where it goes on those of rows that the set of the next one has not."""
        ends = self.state["fired"] != NULL
        if goes_on:
            ends &= ~self._handed_over
        self._leave(np.flatnonzero(ends), at)
        left, self._left = self._left, []
        return left

    def open(self) -> Ints:
        """Return how many of its alerts are open by severity, none where it is not live."""
        if self.rule.mode != "live":
            return super().open()
        return np.bincount(self.state["severities"][self.state["fired"] != NULL], minlength=len(SEVERITIES))

    def resume(self) -> None:
        """Take up again what is derived from state: when the next key can be due."""
        self._first_due = int(first_due(self._law, self._keys_state(), self._stops.runs))

    def _sight(self, released: Released, rows: Ints, keys: Ints, state: Ints) -> list[Firings]:
        out = np.empty((4 * len(rows), COLUMNS), np.int64)
        ties = np.empty((len(rows), 3), np.int64)
        found, tied = sight(
            released.lanes[TIME, rows],
            released.order[rows],
            released.lanes[POSITION, rows],
            released.feeds[rows],
            state,
            self._law,
            self._keys_state(),
            self._stops.runs,
            out,
            ties,
        )
        self._tie(released.lanes, rows, keys, ties[:tied])
        if found:  # an episode that ended awaits its key again
            self._first_due = min(self._first_due, int(out[:found, AT].min()) + self._pattern.silence_ms)
        return self._transitions(out[:found])

    def _rows(self, keys: Ints) -> Ints:
        """Return the state rows of some keys, NULL where they have none."""
        if self.table is not None:
            return self.table.rows(keys)
        assert self._pattern.expect is not None
        return self._surroundings.rows(self._pattern.expect, keys)

    def _tie(self, lanes: Lanes, rows: Ints, keys: Ints, ties: Ints) -> None:
        """Keep the sights that lost their place to another of the same instant."""
        entries = ties[:, TIED]
        self._ties.add(keys[entries], lanes[TIME, rows[entries]], ties[:, HELD], ties[:, HELD_FEED])

    def _stand(self, keys: Ints, times: Ints) -> NDArray[np.bool_]:
        """Whether these instants are still those of their keys' last sights."""
        rows = self._rows(keys)
        stand: NDArray[np.bool_] = (rows != NULL) & (self.state["bases"][np.maximum(rows, 0)] == times)
        return stand

    def _tied(self, out: Ints) -> dict[int, list[tuple[int, int]]]:
        """Return the sights among which the last in the order is the evidence, where there are several."""
        told = (out[:, TRANSITION] == FIRING) | (out[:, TRANSITION] == EXPIRED)
        fired = np.flatnonzero(told & (out[:, FEED] >= 0))
        if not len(self._ties) or not len(fired):
            return {}
        keys = self._keys() if self.table is None else self.table.row_keys
        others = self._ties.of(keys[out[fired, ROW]], out[fired, SINCE])
        return {
            int(fired[i]): [(int(out[fired[i], CAUSE]), int(out[fired[i], FEED])), *sights]
            for i, sights in others.items()
        }

    def _transitions(self, out: Ints) -> list[Firings]:
        """Give transitions the lanes that the rule's programs need, and their severity."""
        n = len(out)
        if not n:
            return []
        fired = out[:, TRANSITION] == FIRING
        for column in (AT, PLACE):
            out[fired, column] = np.maximum(out[fired, column], self._begun)
        lanes = null_lanes(self._surroundings.plan, n)
        lanes[TIME] = out[:, AT]
        lanes[list(self.rule.key)] = self._key_parts(out[:, ROW])
        extra = np.ascontiguousarray(self._given(out))
        members = np.zeros(n, np.int64)
        levels = self.family.severities(lanes, np.arange(n), extra, members)
        past = out[:, AT] < out[:, PLACE] - KEPT * MINUTE_MS  # so long ago that nothing is known of coverage
        if past.any():
            levels[past] = self._uncovered.severities(lanes, np.arange(n), extra, members)[past]
        held = self.state["severities"]
        for i, (row, transition) in enumerate(zip(out[:, ROW].tolist(), out[:, TRANSITION].tolist(), strict=True)):
            if transition == FIRING:
                held[row] = levels[i]
            else:  # an end has the severity of its episode
                levels[i] = held[row]
        kinds = out[:, TRANSITION]
        told = Firings(
            self.family,
            members,
            lanes,
            np.arange(n),
            extra,
            out[:, AT],
            out[:, SINCE],
            out[:, PLACE],
            levels,
            np.where((kinds == FIRING) | (kinds == EXPIRED), -1, out[:, CAUSE]),
            out[:, CAUSE : CAUSE + 1],
            [NAMES[kind] for kind in kinds.tolist()],
            np.minimum(kinds, 1),
            expected=out[:, ROW] if self.table is None else None,
            named_by_cause=False,
            tied=self._tied(out),
        )
        if not past.any():
            return [told]
        parts = told.at(np.flatnonzero(~past)), replace(told.at(np.flatnonzero(past)), family=self._uncovered)
        return [part for part in parts if len(part)]

    def _given(self, out: Ints) -> NDArray[np.float64]:
        """Return what programs and texts see of transitions beside the key: float64[extras, n]."""
        return np.where(out[:, LAST] == NULL, np.nan, out[:, LAST].astype(np.float64))[None, :]

    @cached_property
    def _uncovered(self) -> Family:
        """The rule as it sees what lies long behind: without coverage."""
        surroundings = self._surroundings.own()
        surroundings.cover({})
        return Family(self.family.plan, surroundings, self._part)

    def _key_parts(self, rows: Ints) -> Ints:
        """Return the tokens of the key's fields, int64[fields, n]."""
        if self.table is not None:
            return np.ascontiguousarray(self.table.state["parts"][rows].T)
        assert self._pattern.expect is not None
        expected = self._surroundings.sets[self._pattern.expect]
        return np.array([expected.lanes[name][rows] for name in expected.plan.key])

    def _keys(self) -> Ints:
        """Return the tokens of the expected rows' keys, in the order of the state."""
        assert self._pattern.expect is not None
        return self._surroundings.sets[self._pattern.expect].keys

    def _take_over(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of the keys that are still expected, wherever their rows now stand; new ones stay as armed."""
        places = {key: place for place, key in enumerate(tables["keys"].tolist())}
        old = np.array([places.get(key, -1) for key in self._keys().tolist()], np.int64)
        kept = np.flatnonzero(old >= 0)
        for name, held in self._expected.items():
            if name in tables and name != "groups":
                held[kept] = tables[name][old[kept]]

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state for a snapshot."""
        held = {**self._expected, "keys": self._keys()} if self.table is None else self.table.tables()
        beside = {"ties": self._ties.standing(self._stand), "begun": np.array([self._begun], np.int64)}
        return {**held, **beside, **self._stops.tables()}

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        if self.table is not None:
            self.table.restore(tables)
        else:
            self._take_over(tables)
        self._ties = Ties(tables["ties"])
        self._begun = int(tables["begun"][0])
        if "stops/state" in tables:
            self._stops.restore(tables, groups=self.table is not None)
        self.resume()

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that are not awaited: never given a base, or forgotten."""
        never: NDArray[np.bool_] = table.state["bases"] == NULL
        return never

    @cached_property
    def _episodes(self) -> Episodes:
        assert self.table is not None
        return Episodes(lambda: self.state["fired"] != NULL, self._leave)

    def _leave(self, rows: Ints, now: int) -> None:
        """End the episodes of keys that must leave a full table."""
        out = np.empty((len(rows), COLUMNS), np.int64)
        leave(rows, self._keys_state(), out)
        out[:, AT] = out[:, PLACE] = now
        self._left += self._transitions(out)


def _text(program: Program | None) -> str | None:
    return None if program is None else program.text
