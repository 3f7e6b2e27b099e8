"""Sequence: a chain of events of one key, step after step; told with its last event, or when nothing answered it."""

from collections.abc import Mapping
from collections.abc import Sequence as Several

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.chains import LAST, MORE, SLOTS, START
from kernels.patterns.sequence import CAUSE, CHAIN, ROW, first_due, follow, tell_due
from kernels.patterns.sequence import TIME as AT
from streams.shard.choose import Chosen, null_lanes, parts_of
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held, take_keys
from streams.shard.patterns.cooldown import LAST_FIRING, Cooldown
from streams.shard.patterns.pattern import Pattern
from streams.shard.patterns.points import darkened
from streams.shard.patterns.steps import FIRST, Steps
from streams.shard.tables import Columns, Episodes, KeyTable
from streams.time.buffer import Released

Ints = NDArray[np.int64]
NONE = np.empty(0, np.int64)
NO_PAIRS = (NONE, np.empty((0, SLOTS), np.int64))


class Sequence(Pattern):
    """State and behaviour of one such family in one shard."""

    table: KeyTable

    def __init__(self, family: Family) -> None:
        self.family, self.families = family, (family,)
        self._cooldown = Cooldown(family)
        self.repeats = NONE  # log positions of the repeated events of the last rows that were taken
        steps = self._steps = Steps(family)
        self.entries = steps.entries
        columns: Columns = {
            **LAST_FIRING,
            "chains": (np.int64, (steps.words,), int(NULL)),
            "dues": (np.int64, (), int(NEVER)),
            "members": (np.int64, (), 0),
        }
        if steps.waits:
            columns |= {"parts": (np.int64, (len(family.rule.key),), 0)}
        if steps.refers:
            fields = (SLOTS * len(steps.kept),)
            columns |= {"begun": (np.int64, (), 0), "firsts": (np.int64, fields, 0), "asked": (np.int64, (), 0)}
        self.table = KeyTable(family.capacity, columns)
        self._first_due = int(NEVER)
        self._waiting = Episodes(lambda: self.table.state["dues"] != NEVER, self._leave)

    def take(self, chosen: Several[Chosen], released: Released) -> list[Firings]:
        """Take released rows, in order; what the events of a key prove unanswered is told before them."""
        events, masks = self._steps.merged(chosen)
        places, self.repeats = released.distinct(events.rows, events.keys)
        events, masks = events.at(places), masks[places]
        places = self._steps.concerned(events, masks, self.table.rows(events.keys))
        events, masks = events.at(places), masks[places]
        out: list[Firings] = []
        pieces = self.table.pieces(
            events.keys,
            released.lanes[TIME, events.rows],
            self._dead,
            self._waiting,
            lambda now: out.extend(self.advance(now, inclusive=False)),
        )
        for piece, state, fresh in pieces:
            own = events.at(piece)
            self.table.state["members"][state[fresh]] = own.members[fresh]
            out += self._piece(released.lanes, own, masks[piece], state)
        return out

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Tell the chains that waited in vain up to the watermark."""
        bound = watermark + 1 if inclusive else watermark
        if self._first_due >= bound:
            return []
        held, steps = self.table.state, self._steps
        waiting = steps.places * int(np.count_nonzero(held["dues"] < bound))
        out = self._room(waiting)
        found = tell_due(bound, steps.shown, steps.arrays[2], held["chains"], held["dues"], self._begun(), out)
        self._first_due = int(first_due(held["dues"]))
        return self._told(out[:found])

    def _piece(self, lanes: Lanes, events: Chosen, masks: Ints, state: Ints) -> list[Firings]:
        steps, held = self._steps, self.table.state
        kept = steps.kept.of(lanes, events.rows)
        pairs = NO_PAIRS
        if steps.refers:
            pairs = steps.asked(lanes, events, masks, state, kept, held["firsts"], held["asked"])
        if steps.waits:
            begins = np.flatnonzero(masks & FIRST)
            held["parts"][state[begins]] = parts_of(lanes, steps.entries[0].key, events.rows[begins]).T
        out = self._room(steps.places * len(events))
        found = follow(
            lanes[TIME, events.rows],
            lanes[POSITION, events.rows],
            state,
            masks,
            *pairs,
            kept,
            steps.values(lanes, events, masks),
            *steps.arrays,
            held["chains"],
            held["dues"],
            self._begun(),
            out,
        )
        if steps.waits:
            self._first_due = min(self._first_due, int(held["dues"][state].min()))
            return self._told(out[:found])
        return self._completed(lanes, events, out[:found])

    def _room(self, matches: int) -> Ints:
        return np.empty((matches, CHAIN + MORE + len(self._steps.kept) + self._steps.shown), np.int64)

    def _begun(self) -> Ints:
        return self.table.state["begun"] if self._steps.refers else NONE

    def _completed(self, lanes: Lanes, events: Chosen, out: Ints) -> list[Firings]:
        """Return what chains fire that an event completes."""
        own = events.at(out[:, CAUSE])
        return self._fired(
            out, own.members, lanes, own.rows, lanes[REPLAYED, own.rows], out[:, AT], lanes[POSITION, own.rows]
        )

    def _told(self, out: Ints) -> list[Firings]:
        """Return what chains fire that waited in vain, where that could be seen."""
        out = out[~darkened(out[:, CHAIN + LAST], out[:, AT], self.family.surroundings.dark)]
        n = len(out)
        held = self.table.state
        lanes = null_lanes(self.family.surroundings.plan, n)
        lanes[TIME] = out[:, AT]
        lanes[list(self.family.rule.key)] = held["parts"][out[:, ROW]].T
        since, nothing = out[:, CHAIN + START], np.full(n, -1, np.int64)
        return self._fired(
            out, held["members"][out[:, ROW]], lanes, np.arange(n), np.zeros(n, np.int64), since, nothing
        )

    def _fired(
        self, out: Ints, members: Ints, lanes: Lanes, rows: Ints, replayed: Ints, since: Ints, causes: Ints
    ) -> list[Firings]:
        """Return the firings among matches, whose cooldown is over."""
        if not len(out):
            return []
        fields = CHAIN + MORE + len(self._steps.kept)
        extra = np.ascontiguousarray(out[:, CHAIN + MORE : fields].T).view(np.float64)
        levels = self.family.severities(lanes, rows, extra, members)
        fired = self._cooldown.over(self.table, out[:, AT], out[:, ROW], levels, replayed, members)
        if not len(fired):
            return []
        times = out[fired, AT]
        return [
            Firings(
                self.family,
                members[fired],
                lanes,
                rows[fired],
                np.ascontiguousarray(extra[:, fired]),
                times,
                since[fired],
                times,
                levels[fired],
                causes[fired],
                out[fired, fields:],
                ["firing"] * len(fired),
                np.zeros(len(fired), np.int64),
                named_by_cause=not self._steps.waits,
                named_by_first=self._steps.places > 1,  # several may begin, and be told, in one instant
                key_fields=self._steps.key_fields,
            )
        ]

    def begin(self, at: int, before: Mapping[str, Held]) -> set[str]:
        """Begin to judge: chains that began before go on, and cooldowns of rules that were judged."""
        self._cooldown.forget(self.table)
        found = take_keys(self, self.family, before, lambda pattern: [pattern.table])
        self._first_due = int(first_due(self.table.state["dues"]))
        return {held.rule.rule for held in found.values()}

    @property
    def starts(self) -> list[int]:
        """Words of a key's state that say when its chains began, NULL where there is none."""
        return self._steps.starts

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {**self.table.tables(), "suppressed": self.family.suppressed}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.family.suppressed[:] = tables["suppressed"]
        self._first_due = int(first_due(self.table.state["dues"]))

    def _leave(self, rows: Ints, now: int) -> None:
        """A chain that waits goes without a word: nothing was told of it."""

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys without a chain that can go on or waits, whose cooldown is over."""
        held, horizon = table.state, self._steps.horizon_ms
        idle: NDArray[np.bool_] = (held["chains"][:, self._steps.starts] == NULL).all(axis=1)
        if horizon is not None:
            idle |= table.touched < now - horizon
        idle &= held["dues"] == NEVER
        return idle & self._cooldown.done(table, now)
