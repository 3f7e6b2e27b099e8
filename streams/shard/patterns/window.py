"""Thresholds over windows, and rules without a pattern that wait for their place in the order.

A source says what is found of a key and when it is looked at, in columns of a key table; a judge says what of that
becomes an alert, in a table of pairs of keys and rules. Between them an audience says which rules a point concerns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES
from events.batch import TIME, Lanes
from kernels.keys.token import marked_all
from kernels.nulls import NULL
from rules.expression.compiled import Program
from rules.windows import WindowsPlan
from streams.shard.choose import Chosen, Slice, parts_of
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held, goes_on
from streams.shard.patterns.audience import Audience
from streams.shard.patterns.load import judge_of, source_of
from streams.shard.patterns.pattern import Baselines, Pattern, distinct
from streams.shard.patterns.points import Hears, Points
from streams.shard.surroundings import Surroundings
from streams.shard.tables import Columns, Episodes, KeyTable, Part
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

    def memory(self, part: Part, member: int, at: int) -> Any:
        """Return what is remembered of keys of a member at an instant (epoch ms) that they have not reached.

        `part` is the caller's own, and is brought there.
        """
        ...

    def adopt(self, before: Any, part: Part, member: int, at: int) -> None:
        """Have keys of a member, filled from the log, go on from the memory of another source of the same windows."""
        ...

    def begin(self, table: KeyTable) -> None:
        """Take up what is derived from the state of keys that it now holds."""
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
        what it keeps of a pair of key and rule, besides `members` int64 (int64[key fields] where it names `parts`)
    hears
        which points it is told
    condition
        what has to be true of a point that concerns a rule; None: nothing
    cooldowns
        int64[members], ms
    """

    columns: Columns
    hears: Hears
    condition: Program | None
    cooldowns: Ints

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge points, of each pair in order of time."""
        ...

    def instants(self, points: Points) -> Ints:
        """Return when points are, to its cooldowns."""
        ...

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Let everything happen that falls due before an instant (epoch ms), when the points before it were judged."""
        ...

    def resume(self, table: KeyTable) -> None:
        """Take up again what is derived from state, when that of a snapshot has been taken."""
        ...

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which pairs what is remembered influences nothing from `now` on."""
        ...

    def attend(self, table: KeyTable) -> Episodes | None:
        """Begin to judge the pairs of a table; return what is to be known of open episodes, None: there are none."""
        ...


class Window(Pattern):
    """State and behaviour of the rules that look at the same windows, in one shard."""

    table: KeyTable

    def __init__(self, plan: WindowsPlan, surroundings: Surroundings, part: Slice) -> None:
        self._windows = Family(plan.source, surroundings, part)
        self.families = tuple(Family(each, surroundings, part) for each in plan.families)
        self.entries = (self._windows.entry,)
        self.repeats = np.empty(0, np.int64)  # log positions of the repeated events of the last rows that were taken
        read = self.lanes.union(*(family.scored for family in self.families))
        self.source: Source = source_of(self._windows, read)
        self.audiences = tuple(
            Audience(family, judge_of(family), looking, plan.source, number)
            for number, (family, looking) in enumerate(zip(self.families, plan.looking, strict=True))
        )
        columns: Columns = {
            "members": (np.int64, (), 0),
            "parts": (np.int64, (len(self._windows.rule.key),), 0),
            **self.source.columns,
        }
        for audience in self.audiences:
            columns |= audience.columns
        self.table = KeyTable(self._windows.capacity, columns)
        self.table.dropping = self._drop
        self._episodes = Episodes(self._open, self._leave)
        self._quiet = False

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
        for piece, states, fresh in pieces:
            some = own.at(piece)
            if len(fresh):
                self._begin(states[fresh], lanes, some.at(fresh))
            for points in self.source.take(lanes, some, states, table):
                out += self._told(points)
        return out

    def source_of(self, family: Family, member: int) -> int:
        """Return whose windows a rule looks at, see `Pattern.source_of`."""
        return int(self.audiences[self.families.index(family)].sources[member])

    def open(self) -> Ints:
        """Return how many alerts of live rules are open by severity."""
        return sum((audience.open_alerts() for audience in self.audiences), np.zeros(len(SEVERITIES), np.int64))

    def row_of(self, token: int, member: int) -> int | None:
        """Return the row of a key's window of a member of the windows' family, None where there is none."""
        keys = np.empty(1, np.int64)
        marked_all(np.array([token], np.int64), self._windows.marks[member : member + 1], keys)
        row = int(self.table.rows(keys)[0])
        return None if row == NULL else row

    def _begin(self, rows: Ints, lanes: Lanes, events: Chosen) -> None:
        """Say of new keys what they are, by an event of each."""
        held = self.table.state
        held["members"][rows] = events.members
        held["parts"][rows] = parts_of(lanes, self._windows.rule.key, events.rows).T

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Look at the windows that are due before the watermark (`inclusive`: at it, too)."""
        bound = watermark + 1 if inclusive else watermark
        out = [firings for points in self.source.advance(bound, self.table) for firings in self._told(points)]
        for audience in self.audiences:
            out += audience.advance(bound)
        return out

    def _told(self, points: Points) -> list[Firings]:
        """Tell points to all rules that look at the windows."""
        if self._quiet:
            return []
        return [firings for audience in self.audiences for firings in audience.hear(points, self.table)]

    def remember(self) -> None:
        """Take events from now on, and judge nothing."""
        self._quiet = True

    def begin(self, at: int, before: Mapping[str, Held]) -> set[str]:
        """Begin to judge: windows that were kept go on, else as the log filled them, and judgements of them."""
        self._quiet = False
        self._take_windows(at, [held.pattern for held in before.values() if isinstance(held.pattern, Window)])
        names: set[str] = set()
        for audience, family in zip(self.audiences, self.families, strict=True):
            pairs: list[tuple[int, Part]] = []
            for member, rule in enumerate(family.rules):
                held = goes_on(rule, before, self)
                if held is not None and audience.judges_as(member, other := _audience_of(held), held.member):
                    family.suppressed[member] = held.family.suppressed[held.member]
                    pairs.append((member, self._pairs_of(held, other, int(audience.sources[member]))))
                    names.add(rule.rule)
            audience.hold(pairs, self.table)
        return names

    def _take_windows(self, at: int, patterns: Sequence["Window"]) -> None:
        """Hold the windows that others kept of what these take; what they did not keep of it is what the log filled."""
        known: dict[str, list[tuple[Window, int]]] = {}
        for pattern in dict.fromkeys(patterns):
            for other, rule in enumerate(pattern._windows.rules):
                known.setdefault(rule.signature, []).append((pattern, other))
        parts = []
        for member, rule in enumerate(self._windows.rules):
            part = self.table.part(self.table.of_member(member))
            for pattern, other in known.get(rule.signature, ()):
                part = self._adopted(part, member, pattern, other, at)
            parts.append(part)
        self.table.hold(parts)
        self.source.begin(self.table)

    def _adopted(self, filled: Part, member: int, pattern: "Window", other: int, at: int) -> Part:
        """Return windows of a member as they go on from those of another pattern's, which were filled from the log."""
        theirs = pattern.table.part(pattern.table.of_member(other)).marked(int(pattern._windows.marks[other]))
        part = self._fresh(theirs, member).filled(filled)
        self.source.adopt(pattern.source.memory(theirs, other, at), part, member, at)
        return replace(part, state=part.state | {"parts": theirs.state["parts"]})

    def _fresh(self, windows: Part, member: int) -> Part:
        """Return windows by their keys without a mark as they begin here, of a member."""
        return (
            self.table.fresh(windows.keys, windows.touched).marked(int(self._windows.marks[member])).of(members=member)
        )

    def _pairs_of(self, held: Held, audience: Audience, source: int) -> Part:
        """Return what was judged of a rule, under the keys of its windows here; those that are gone begin anew."""
        before = held.pattern
        assert isinstance(before, Window)
        pairs = audience.pairs(held.member, before.table).marked(
            int(before._windows.marks[audience.sources[held.member]])
        )
        here = pairs.marked(int(self._windows.marks[source]))
        lacking = np.flatnonzero(self.table.rows(here.keys) == NULL)
        if len(lacking):
            windows = before.table.part(audience.windows(held.member)[lacking])
            fresh = self._fresh(replace(windows, keys=pairs.keys[lacking]), source)
            begun = replace(fresh, state=fresh.state | {"parts": windows.state["parts"]})
            self.table.hold([self.table.part(np.flatnonzero(self.table.row_keys != NULL)), begun])
        return here

    def close(self, member: Held, at: int, *, goes_on: bool) -> list[Firings]:
        """End the episodes of a rule that is no more; where it goes on all keys do."""
        return [] if goes_on else _audience_of(member).close(member.member, at)

    def baselines(self, family: Family, member: int) -> Baselines | None:
        """Return how far the baselines of a member of a family have come, None where it asks for none."""
        audience = self.audiences[self.families.index(family)]
        pairs = audience.table
        judged_from = pairs.state.get("judged_from")
        if judged_from is None:
            return None
        sources = self.table.state["members"]
        keys = int(np.count_nonzero((self.table.row_keys != NULL) & (sources == audience.sources[member])))
        held = judged_from[(pairs.row_keys != NULL) & (pairs.state["members"] == member)]
        known = held[held != NULL]
        return Baselines(keys, len(known), int(known.min()) if len(known) else None)

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        judged = {
            f"judged/{number}/{name}": array
            for number, audience in enumerate(self.audiences)
            for name, array in audience.tables().items()
        }
        return {**self.table.tables(), **self.source.tables(), **judged}

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
        self.source.restore(tables, self.table)
        for number, audience in enumerate(self.audiences):
            name = f"judged/{number}/"
            audience.restore({key[len(name) :]: each for key, each in tables.items() if key.startswith(name)})

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that can influence nothing from `now` on."""
        done = self.source.done(table, now)
        for audience in self.audiences:
            done &= audience.done(table, now)
        return done

    def _open(self) -> NDArray[np.bool_]:
        """Return which keys have an open episode of any rule."""
        found = np.zeros(len(self.table.row_keys), np.bool_)
        for audience in self.audiences:
            found |= audience.open(self.table)
        return found

    def _leave(self, rows: Ints, now: int) -> None:
        """End the episodes of windows that must leave a full table."""
        for audience in self.audiences:
            audience.leave(rows, now)

    def _drop(self, rows: Ints) -> None:
        """Forget what rules keep of windows that go."""
        for audience in self.audiences:
            audience.drop(rows)


def _audience_of(held: Held) -> Audience:
    """Return who heard of the windows for a rule."""
    assert isinstance(held.pattern, Window)
    return held.pattern.audiences[held.pattern.families.index(held.family)]
