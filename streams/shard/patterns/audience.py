"""The rules of a family hear of the windows that they look at: each point is told to those whom it concerns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES
from kernels import opcodes as op
from kernels.keys.token import marked_all
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.shared import ANY, WORD, meet, rest
from rules.family import FamilyPlan
from rules.patterns.plan import Accumulation, Threshold, extras
from rules.plan import RulePlan
from rules.windows import WIDER, Looking, name
from streams.shard.family import CODES, Family
from streams.shard.firing import Firings
from streams.shard.marks import of_pairs
from streams.shard.patterns.limit import limit_of
from streams.shard.patterns.points import Points
from streams.shard.tables import Columns, KeyTable, Part

if TYPE_CHECKING:
    from streams.shard.patterns.window import Judge

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PAIRS = 1 << 14  # that are judged together
NO_ROWS = np.empty(0, np.int64)


class Audience:
    """Tells the points of windows to the members of a family, and has each pair of key and member judged by itself.

    A pair has state from when the member's limit is first passed until its window goes. Going by itself it would go too
    early: whether a session lasts only its window knows, and points are in order of time for each key only, so that
    what is over for the pair of one is not for those of others.

    Attributes
    ----------
    columns
        of the windows' key table
    sources
        int64[members], which member of the windows' family each looks at
    table
        of the pairs
    """

    def __init__(self, family: Family, judge: "Judge", looking: Looking, windows: FamilyPlan, number: int) -> None:
        self._family = family
        self.sources = looking.sources
        self._judge = judge
        self._counts_alone = _counts_alone(family.rule)
        kept = windows.rule.pattern
        assert isinstance(kept, Accumulation)
        self._looks, widest = WIDER.index(looking.looks), WIDER.index(kept.looks)
        self._overlooks = self._looks < widest
        self._rows = None if np.array_equal(looking.rows, np.arange(extras(kept))) else looking.rows
        self._quiet_until, self._quiet_rules, self._followed = (
            f"{name}/{number}" for name in ("quiet_until", "quiet_rules", "followed")
        )
        self._limits = looking.limits
        self._limit = limit_of(judge.condition, family.plan)
        self._lay_out(looking.sources, len(windows.rules))
        most = int(np.diff(self._starts).max())
        self._alone = most == 1
        follows = judge.hears == "followed"
        self._filters = not follows and not self._limit.alone
        self._rests = not follows and self._limit.alone
        self._most_severe = min(CODES[step.severity] for step in family.rule.severity)
        self._marks = of_pairs(len(family.rules))
        self.columns: Columns = {
            self._quiet_until: (np.int64, (), int(NULL)),
            self._quiet_rules: (np.int64, (), 0),
            self._followed: (np.int64, (-(-most // WORD) if follows else 0,), 0),
        }
        pair: Columns = {
            "windows": (np.int64, (), 0),  # rows of the windows' table
            "members": (np.int64, (), 0),
        }
        self.table = KeyTable(most * len(windows.rules) * family.rule.capacity, {**judge.columns, **pair})
        self._episodes = judge.attend(self.table)

    def _lay_out(self, sources: Ints, shares: int) -> None:
        """Put the members that look at the same in the order of their limits, those first that are passed first."""
        ascending = self._limit.sign in (op.GREATER, op.GREATER_EQUAL)
        self._order = np.lexsort((self._limit.constants if ascending else -self._limit.constants, sources))
        self._sorted = self._limit.constants[self._order]
        self._starts = np.searchsorted(sources[self._order], np.arange(shares + 1))

    def hear(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge points, of each key in order of time; whoever explains hears of those that pass no limit, too."""
        out: list[Firings] = []
        if self._overlooks and points.looks is not None:
            points = points.at(np.flatnonzero(points.looks <= self._looks))
        held, n = table.state, len(self._order)
        room = max(PAIRS, n)
        sign = self._limit.sign if self._family.witness is None else ANY
        values = np.zeros(len(points))
        if sign != ANY:
            values = points.extra[self._limit.row if self._rows is None else self._rows[self._limit.row]]
        skipped = np.zeros(n, np.int64)
        start = 0
        while start < len(points):
            places, members = np.empty(room, np.int64), np.empty(room, np.int64)
            start, found = meet(
                start,
                np.ascontiguousarray(self._judge.instants(points)),
                points.states,
                points.members,
                points.replayed,
                values,
                sign,
                self._starts,
                self._order,
                self._sorted,
                held[self._quiet_until],
                held[self._quiet_rules],
                held[self._followed],
                skipped,
                places,
                members,
            )
            if found:
                out += self._pairs(points, places[:found], members[:found], table)
        if skipped.any():
            self._suppress(skipped)
        return out

    def _suppress(self, skipped: Ints) -> None:
        """Count what was skipped for each rule whose limit was passed: those up to its place in the share."""
        for first, last in zip(self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True):
            self._family.suppressed[self._order[first:last]] += np.cumsum(skipped[first:last][::-1])[::-1]

    def _pairs(self, points: Points, places: Ints, members: Ints, table: KeyTable) -> list[Firings]:
        explained = self._family.witness is not None
        if self._filters and self._judge.condition is not None and not explained:
            extra, rows = self._shown(points.extra[:, places], members), points.rows[places]
            found = self._family.evaluate(self._judge.condition, points.lanes, rows, extra, members)
            places, members = places[found == TRUE], members[found == TRUE]
        keys = np.empty(len(places), np.int64)
        marked_all(table.row_keys[points.states[places]], self._marks[members], keys)
        out: list[Firings] = []
        for piece, rows, fresh in self.table.pieces(keys, points.times[places]):
            own, of = places[piece], members[piece]
            if len(fresh):
                self._begin(rows[fresh], points.states[own[fresh]], of[fresh], table)
            out += self._judge.judge(self._told(points, own, of, rows), self.table)
            if self._rests and not explained and len(own) == len(places):  # else a point may lie in two pieces
                held = self.table.state
                last = held["last_times"], held["last_severities"]
                quiet = table.state[self._quiet_until], table.state[self._quiet_rules]
                rest(own, points.states, of, rows, self._judge.cooldowns, *last, self._most_severe, *quiet)
        return out

    def _begin(self, rows: Ints, windows: Ints, members: Ints, table: KeyTable) -> None:
        """Say of new pairs whose they are."""
        held = self.table.state
        held["windows"][rows] = windows
        held["members"][rows] = members
        if "parts" in held:
            held["parts"][rows] = table.state["parts"][windows]

    def _told(self, points: Points, places: Ints, members: Ints, rows: Ints) -> Points:
        """Return points as members see them: bounded by what each tells apart, evidence too where that is counted."""
        is_run = self._alone and int(places[-1] - places[0]) + 1 == len(places)
        told = points.at(slice(int(places[0]), int(places[-1]) + 1) if is_run else places)
        extra = self._shown(told.extra, members)

        def evidence(some: Ints) -> Ints:
            shown = told.evidence(some)
            return last_of(shown, extra[0, some]) if self._counts_alone else shown

        return replace(told, states=rows, members=members, extra=extra, evidence=evidence)

    def _shown(self, extra: Floats, members: Ints) -> Floats:
        """Return what members ask for of the aggregates, as far as each tells them apart."""
        own = extra if self._rows is None else extra[self._rows]
        return np.minimum(own, self._limits[:, members]) if len(self._limits) else own

    def advance(self, bound: int) -> list[Firings]:
        """Let everything happen that falls due before an instant (epoch ms), when the points before it were judged."""
        return self._judge.advance(bound, self.table)

    def judges_as(self, member: int, other: "Audience", before: int) -> bool:
        """Whether what another one judged of its member is what this one would have of its own, but for constants."""
        asked = [_asked(rule) for rule in (self._family.rules[member], other._family.rules[before])]
        return type(self._judge) is type(other._judge) and asked[0] == asked[1]

    def pairs(self, member: int, table: KeyTable) -> Part:
        """Return what is kept of the pairs of a member, under the keys of their windows in a table."""
        part = self.table.part(self.table.of_member(member))
        return replace(part, keys=table.row_keys[part.state["windows"]])

    def windows(self, member: int) -> Ints:
        """Return the rows of the windows of the pairs of a member, in the order of `pairs`."""
        rows: Ints = self.table.state["windows"][self.table.of_member(member)]
        return rows

    def hold(self, pairs: Sequence[tuple[int, Part]], table: KeyTable) -> None:
        """Hold pairs of members, under the keys of their windows in a table, and no others.

        What is kept of them in other columns than here begins anew.
        """
        parts = []
        for member, part in pairs:
            windows = table.rows(part.keys)
            fresh = self.table.fresh(part.keys, part.touched).marked(int(self._marks[member]))
            known = {name: array for name, array in part.state.items() if fresh.state[name].shape == array.shape}
            parts.append(replace(fresh, state=fresh.state | known | {"windows": windows}).of(members=member))
        self.table.hold(parts or [self.table.fresh(NO_ROWS, NO_ROWS)])
        self._follow(table)
        self._judge.resume(self.table)

    def _follow(self, table: KeyTable) -> None:
        """Note of windows which of their rules are met at each point: those that have a pair."""
        followed = table.state[self._followed]
        if not followed.shape[1]:
            return
        places = np.empty(len(self._order), np.int64)
        places[self._order] = np.arange(len(self._order))
        places -= self._starts[self.sources]
        rows = np.flatnonzero(self.table.row_keys != NULL)
        own = places[self.table.state["members"][rows]]
        np.bitwise_or.at(followed, (self.table.state["windows"][rows], own // WORD), np.int64(1) << (own % WORD))

    def close(self, member: int, at: int) -> list[Firings]:
        """End the episodes of a member's pairs."""
        if self._episodes is None:
            return []
        rows = self.table.of_member(member)
        self._episodes.leave(rows[self._episodes.open()[rows]], at)
        return self._judge.advance(int(NULL), self.table)

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state of pairs for a snapshot."""
        pairs = {f"pairs/{name}": array for name, array in self.table.tables().items()}
        return {**pairs, "suppressed": self._family.suppressed}

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot, and up again what is derived from it."""
        self.table.restore({name[len("pairs/") :]: each for name, each in tables.items() if name.startswith("pairs/")})
        self._family.suppressed[:] = tables["suppressed"]
        self._judge.resume(self.table)

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys nothing that is remembered influences anything from `now` on."""
        return self._without(table, ~self._judge.done(self.table, now))

    def open(self, table: KeyTable) -> NDArray[np.bool_]:
        """Return which keys have an open episode."""
        if self._episodes is None:
            return np.zeros(len(table.row_keys), np.bool_)
        return ~self._without(table, self._episodes.open())

    def open_alerts(self) -> Ints:
        """Return how many alerts of live members are open by severity, int64[severities]."""
        if self._episodes is None:
            return np.zeros(len(SEVERITIES), np.int64)
        from kernels.patterns.episode import LEVEL  # which rules without episodes do not load

        held = self.table.state
        is_live = np.array([rule.mode == "live" for rule in self._family.rules])
        rows = np.flatnonzero(self._episodes.open() & is_live[held["members"]])
        return np.bincount(held["words"][rows, LEVEL], minlength=len(SEVERITIES))

    def leave(self, windows: Ints, now: int) -> None:
        """End the episodes of windows that must leave a full table."""
        if self._episodes is not None:
            self._episodes.leave(np.flatnonzero(self._of(windows) & self._episodes.open()), now)

    def drop(self, windows: Ints) -> None:
        """Forget the pairs of windows that go."""
        pairs = np.flatnonzero(self._of(windows))
        if len(pairs):
            self.table.drop(pairs)

    def _without(self, table: KeyTable, pairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which keys have none of some pairs."""
        out = np.ones(len(table.row_keys), np.bool_)
        out[self.table.state["windows"][pairs & (self.table.row_keys != NULL)]] = False
        return out

    def _of(self, windows: Ints) -> NDArray[np.bool_]:
        """Return which pairs are of some windows."""
        held: NDArray[np.bool_] = self.table.row_keys != NULL
        return held & np.isin(self.table.state["windows"], windows, kind="table")


def _counts_alone(rule: RulePlan) -> bool:
    """Whether a rule asks of the events of a sliding window how many they are, and nothing else."""
    pattern = rule.pattern
    if not isinstance(pattern, Threshold) or pattern.is_state:
        return False
    return [each.function for each in pattern.window.aggregates] == ["count"] and pattern.window.panes == "sliding"


def _asked(rule: RulePlan) -> object:
    """Return what a rule asks of a window, in any plan, but for how far it tells apart; with a baseline all of that."""
    pattern = rule.pattern
    if not isinstance(pattern, Threshold):
        return None
    usual = pattern.baseline and (pattern.baseline.season, pattern.baseline.learn_ms, pattern.baseline.of)
    return [name(each) for each in pattern.window.aggregates], usual


def last_of(shown: Ints, counts: Floats) -> Ints:
    """Keep of evidence (int64[n, k], oldest first, -1 behind) the last `counts` float64[n] of each row."""
    known = np.count_nonzero(shown >= 0, axis=1)[:, None]
    kept = np.minimum(known, counts[:, None]).astype(np.int64)
    at = np.arange(shown.shape[1]) + known - kept
    out: Ints = np.take_along_axis(shown, np.minimum(at, shown.shape[1] - 1), axis=1)
    out[at >= known] = -1
    return out
