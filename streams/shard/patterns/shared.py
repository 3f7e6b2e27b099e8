"""Rules that differ in their limits alone judge one window: what is found is told to those whom it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kernels import opcodes as op
from kernels.keys.token import combined, combined_all
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.shared import ANY, WORD, meet, rest
from rules.family import FamilyPlan, limits
from rules.plan import Program
from streams.shard.conjuncts import MEMBER_SEED
from streams.shard.family import CODES, Family
from streams.shard.firing import Firings
from streams.shard.patterns.episode import EpisodeJudge
from streams.shard.patterns.point import PointJudge
from streams.shard.patterns.points import Dark, Points
from streams.shard.patterns.recent import last_of
from streams.shard.tables import Columns, Episodes, KeyTable

if TYPE_CHECKING:
    from streams.shard.patterns.window import Judge

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PAIRS = 1 << 14  # that are judged together
OPPOSITE = {op.LESS: op.GREATER, op.LESS_EQUAL: op.GREATER_EQUAL, op.GREATER: op.LESS, op.GREATER_EQUAL: op.LESS_EQUAL}


class SharedJudge:
    """Tells the points of a family's windows to its members, and has each pair of key and member judged by itself.

    A pair has state from when the member's limit is first passed until its window goes. Going by itself it would go too
    early: whether a session lasts only its window knows, and points are in order of time for each key only, so that
    what is over for the pair of one is not for those of others.

    Attributes
    ----------
    columns
        of the windows' key table
    table
        of the pairs
    suppressed
        int64[members], points at which a cooldown or a gap kept a member from firing
    """

    def __init__(self, family: Family, judge: "Judge", counts_alone: bool) -> None:
        assert isinstance(judge, PointJudge | EpisodeJudge)  # with a baseline nothing is shared
        self._family = family
        self._judge = judge
        self._counts_alone = counts_alone
        self.suppressed = judge.suppressed
        self._limits = limits(family.plan)
        self._limit = limit_of(judge.condition, family.plan)
        self._lay_out(family.plan.holders)
        is_point = isinstance(judge, PointJudge)
        words = 0 if is_point else -(-int(np.diff(self._starts).max()) // WORD)
        self._filters = is_point and not self._limit.alone
        self._rests = is_point and self._limit.alone
        self._most_severe = min(CODES[step.severity] for step in family.rule.severity)
        self._tokens = np.array([combined(MEMBER_SEED, member) for member in range(len(family.rules))], np.int64)
        self.columns: Columns = {
            "quiet_until": (np.int64, (), int(NULL)),
            "quiet_rules": (np.int64, (), 0),
            "followed": (np.int64, (words,), 0),
        }
        pair: Columns = {
            "windows": (np.int64, (), 0),  # rows of the windows' table
            "members": (np.int64, (), 0),
            "parts": (np.int64, (len(family.rule.key),), 0),
        }
        self.table = KeyTable(int(np.diff(self._starts).max()) * family.capacity, {**judge.columns, **pair})
        self._episodes = judge.attend(self.table)

    def _lay_out(self, holders: Ints) -> None:
        """Put the members of each share in the order of their limits, those first that are passed first."""
        self._shares = np.cumsum(holders == np.arange(len(holders))) - 1  # of holders, which stand for their shares
        ascending = self._limit.sign in (op.GREATER, op.GREATER_EQUAL)
        self._order = np.lexsort((self._limit.constants if ascending else -self._limit.constants, holders))
        self._sorted = self._limit.constants[self._order]
        self._starts = np.append(np.searchsorted(holders[self._order], np.unique(holders)), len(holders))

    @property
    def dark(self) -> Dark:
        """Event time in which all feeds were blind."""
        return self._judge.dark

    @dark.setter
    def dark(self, dark: Dark) -> None:
        self._judge.dark = dark

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge points, of each key in order of time."""
        out: list[Firings] = []
        held, n = table.state, len(self._order)
        room = max(PAIRS, n)
        values = points.extra[self._limit.row] if self._limit.sign != ANY else np.zeros(len(points))
        skipped = np.zeros(n, np.int64)
        start = 0
        while start < len(points):
            places, members = np.empty(room, np.int64), np.empty(room, np.int64)
            start, found = meet(
                start,
                np.ascontiguousarray(self._judge.instants(points)),
                points.states,
                self._shares[points.members],
                points.replayed,
                values,
                self._limit.sign,
                self._starts,
                self._order,
                self._sorted,
                held["quiet_until"],
                held["quiet_rules"],
                held["followed"],
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
            self.suppressed[self._order[first:last]] += np.cumsum(skipped[first:last][::-1])[::-1]

    def _pairs(self, points: Points, places: Ints, members: Ints, table: KeyTable) -> list[Firings]:
        if self._filters and self._judge.condition is not None:
            extra, rows = self._bounded(points, places, members), points.rows[places]
            found = self._family.evaluate(self._judge.condition, points.lanes, rows, extra, members)
            places, members = places[found == TRUE], members[found == TRUE]
        keys = np.empty(len(places), np.int64)
        combined_all(table.row_keys[points.states[places]], self._tokens[members], keys)
        out: list[Firings] = []
        for piece, rows in self.table.pieces(keys, points.times[places]):
            own, of = places[piece], members[piece]
            held, states = self.table.state, points.states[own]
            held["windows"][rows] = states
            held["members"][rows] = of
            if "parts" in table.state:
                held["parts"][rows] = table.state["parts"][states]
            out += self._judge.judge(self._told(points, own, of, rows), self.table)
            if self._rests and len(own) == len(places):  # else a point may lie in two pieces
                last = held["last_times"], held["last_severities"]
                quiet = table.state["quiet_until"], table.state["quiet_rules"]
                rest(own, points.states, of, rows, self._judge.cooldowns, *last, self._most_severe, *quiet)
        return out

    def _told(self, points: Points, places: Ints, members: Ints, rows: Ints) -> Points:
        """Return points as members see them: bounded by what each tells apart, evidence too where that is counted."""
        extra = self._bounded(points, places, members)

        def evidence(some: Ints) -> Ints:
            shown = points.evidence(places[some])
            return last_of(shown, extra[0, some]) if self._counts_alone else shown

        return replace(
            points,
            rows=points.rows[places],
            states=rows,
            members=members,
            times=points.times[places],
            extra=extra,
            causes=points.causes[places],
            replayed=points.replayed[places],
            vacant=points.vacant[places],
            begins=points.begins[places],
            evidence=evidence,
        )

    def _bounded(self, points: Points, places: Ints, members: Ints) -> Floats:
        extra = points.extra[:, places]
        return np.ascontiguousarray(np.minimum(extra, self._limits[:, members]) if len(self._limits) else extra)

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Let everything happen that falls due before an instant (epoch ms), when the points before it were judged."""
        return self._judge.advance(bound, self.table)

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state of pairs for a snapshot."""
        return {f"pairs/{name}": array for name, array in self.table.tables().items()}

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore({name[len("pairs/") :]: each for name, each in tables.items() if name.startswith("pairs/")})

    def resume(self, table: KeyTable) -> None:
        """Take up again what is derived from state."""
        self._judge.resume(self.table)

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys nothing that is remembered influences anything from `now` on."""
        return self._without(table, ~self._judge.done(self.table, now))

    def attend(self, table: KeyTable) -> Episodes | None:
        """Begin to judge the keys of a table; return what it must know of open episodes when it is full."""
        table.dropping = self._drop
        inner = self._episodes
        if inner is None:
            return None
        return Episodes(lambda: ~self._without(table, inner.open()), self._leave)

    def _without(self, table: KeyTable, pairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which keys have none of some pairs."""
        out = np.ones(len(table.row_keys), np.bool_)
        out[self.table.state["windows"][pairs & (self.table.row_keys != NULL)]] = False
        return out

    def _of(self, windows: Ints) -> NDArray[np.bool_]:
        """Return which pairs are of some windows."""
        held: NDArray[np.bool_] = self.table.row_keys != NULL
        return held & np.isin(self.table.state["windows"], windows, kind="table")

    def _leave(self, windows: Ints, now: int) -> None:
        """End the episodes of windows that must leave a full table."""
        assert self._episodes is not None
        self._episodes.leave(np.flatnonzero(self._of(windows) & self._episodes.open()), now)

    def _drop(self, windows: Ints) -> None:
        """Forget the pairs of windows that go."""
        pairs = np.flatnonzero(self._of(windows))
        if len(pairs):
            self.table.drop(pairs)


@dataclass(frozen=True, eq=False)
class Limit:
    """The part of a condition that compares a row of EXTRA with constants, float64[members]; `sign` ANY: none does.

    `alone` where the condition asks nothing else.
    """

    row: int
    sign: int
    constants: Floats
    alone: bool


def limit_of(condition: Program | None, family: FamilyPlan) -> Limit:
    """Return by which limit the members of a family are found, of which a condition has to be true."""
    code = [] if condition is None else condition.code.reshape(-1, 2).tolist()
    members = len(family.rules)
    stack: list[Limit | tuple[int, int] | None] = []  # what is known of each entry: that it implies a limit, or a leaf
    for opcode, argument in code:
        if opcode in (op.EXTRA, op.NUMBER):
            stack.append((opcode, argument))
            continue
        taken = [stack.pop() for _ in range(1 - op.GROWTH.get(opcode, 0))][::-1]
        if opcode in OPPOSITE:
            stack.append(_compared(opcode, taken, family, alone=len(code) == len(taken) + 1))
        elif opcode == op.AND:
            stack.append(next((each for each in taken if isinstance(each, Limit)), None))
        else:
            stack.append(None)
    found = stack[-1] if stack else None
    return found if isinstance(found, Limit) else Limit(0, ANY, np.zeros(members), not code)


def _compared(sign: int, taken: Sequence[Any], family: FamilyPlan, *, alone: bool) -> Limit | None:
    if not all(isinstance(each, tuple) for each in taken):
        return None
    first, second = taken
    if not _is_found(first, family):
        first, second, sign = second, first, OPPOSITE[sign]
    if not _is_found(first, family) or _is_found(second, family):
        return None
    opcode, argument = second
    members = len(family.rules)
    if opcode == op.NUMBER:
        constants = np.full(members, np.int64(argument).view(np.float64))
    else:
        constants = family.parameters[argument - family.base].view(np.float64)
    return None if np.isnan(constants).any() else Limit(first[1], sign, constants, alone)


def _is_found(leaf: tuple[int, int], family: FamilyPlan) -> bool:
    """Whether a leaf is what windows give, not a constant."""
    return leaf[0] == op.EXTRA and leaf[1] < family.base
