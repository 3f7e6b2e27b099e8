"""State rules: the episodes of keys, by what is found at the points where their windows are looked at."""

import numpy as np
from numpy.typing import NDArray

from events.alert import Transition
from events.batch import TIME, Lanes
from kernels.instants import NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.opcodes import FALSE, TRUE, UNKNOWN
from kernels.patterns.episode import (
    COLUMNS,
    EXPIRED,
    FELL_DUE,
    FIRING,
    HELD,
    IDLE,
    LAST,
    LEVEL,
    NO_EXPIRY,
    NUMBER,
    OPEN,
    OUT_LAST,
    OUT_LEVEL,
    OUT_NUMBER,
    OUT_SINCE,
    POINT,
    RESOLVED,
    ROW,
    SHUT,
    SINCE,
    TRANSITION,
    WORDS,
    first_due,
    follow,
    pass_time,
    points_before,
)
from kernels.patterns.episode import TIME as AT
from rules.expression.compiled import Program
from rules.patterns.plan import Threshold, extras
from streams.shard.choose import null_lanes
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.points import Hears, Points, darkened
from streams.shard.surroundings import Dark
from streams.shard.tables import Columns, Episodes, KeyTable

Ints = NDArray[np.int64]
NAMES: tuple[Transition, ...] = ("firing", "raised", "lowered", "resolved", "expired")
OPPOSITE = np.array([TRUE, FALSE, UNKNOWN], np.int64)  # of FALSE, TRUE and UNKNOWN


class EpisodeJudge:
    """Judges the points of a family of state rules.

    What falls due by time alone shows what was found at the last point before it, so that is kept of keys of which
    something can fall due.

    Attributes
    ----------
    columns
        of the key table that it is given, besides `members`
    condition
        what is asked of the points
    cooldowns
        int64[members], the gaps between alerts, ms
    """

    hears: Hears = "followed"

    def __init__(self, family: Family) -> None:
        pattern = family.rule.pattern
        assert isinstance(pattern, Threshold)
        self._family = family
        self._pattern = pattern
        self.condition: Program | None = pattern.condition
        self.cooldowns = family.cooldowns
        self._hold = pattern.hold_ms or 0
        self._resolve_after = NO_EXPIRY if pattern.resolve_after_ms is None else pattern.resolve_after_ms
        self._extras = extras(pattern)
        self._first_due = int(NEVER)
        self._left: list[Firings] = []  # ends of episodes whose keys had to leave a full table
        waits = self._hold > 0 or bool(family.cooldowns.any())
        expires = self._resolve_after != NO_EXPIRY
        self.columns: Columns = {
            "phases": (np.int8, (), IDLE),
            "episode_dues": (np.int64, (), int(NEVER)),
            "words": (np.int64, (WORDS,), 0),
            "found": (np.float64, (self._extras if waits or expires else 0,), 0),
            "evidence": (np.int64, (EVIDENCE_MAX if waits else 0,), -1),
            "parts": (np.int64, (len(family.rule.key),), 0),
        }

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge points, of each key in order of time. Where no event is in hand nothing is known in the dark."""
        unseen = (points.causes < 0) & darkened(points.times, points.times, self._family.surroundings.dark)
        return self.follow(points, table, unseen)

    def instants(self, points: Points) -> Ints:
        """Return when the points are."""
        return points.times

    def follow(
        self, points: Points, table: KeyTable, unseen: NDArray[np.bool_], lasts: Ints | None = None
    ) -> list[Firings]:
        """Judge points, knowing nothing at those that are `unseen`.

        `lasts` int64[n] has the log position of the last event of each point's key, where that is known better than
        by the window.
        """
        family, pattern, held = self._family, self._pattern, table.state
        conditions = family.evaluate(pattern.condition, points.lanes, points.rows, points.extra, points.members)
        clears = OPPOSITE[conditions]
        if pattern.clear is not None:
            clears = family.evaluate(pattern.clear, points.lanes, points.rows, points.extra, points.members)
        conditions[unseen] = clears[unseen] = UNKNOWN
        out = np.empty((2 * len(points), COLUMNS), np.int64)
        found = follow(
            points.times,
            points.states,
            conditions,
            clears,
            self._levels(points, conditions, clears),
            points.replayed,
            points.vacant,
            _lasts(points, clears) if lasts is None else lasts,
            self._hold,
            self._resolve_after,
            _spans(self._family.surroundings.dark),
            family.cooldowns,
            family.suppressed,
            held["members"],
            held["phases"],
            held["episode_dues"],
            held["words"],
            out,
        )
        firings = self._left + self._told(out[:found], points, table)
        self._left = []
        self._keep(points, table)
        return firings

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Let everything happen that falls due before an instant (epoch ms), when the points before it were judged."""
        firings, self._left = self._left, []
        if self._first_due >= bound:
            return firings
        held = table.state
        out = np.empty((np.count_nonzero(held["episode_dues"] < bound), COLUMNS), np.int64)
        found = pass_time(
            bound,
            _spans(self._family.surroundings.dark),
            self._family.cooldowns,
            held["members"],
            held["phases"],
            held["episode_dues"],
            held["words"],
            out,
        )
        self.resume(table)
        return firings + self._told(out[:found], None, table)

    def resume(self, table: KeyTable) -> None:
        """Take up again what is derived from state: when something falls due next."""
        self._first_due = int(first_due(table.state["episode_dues"]))

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the episodes influence nothing from `now` on."""
        held = table.state
        done: NDArray[np.bool_] = (held["phases"] == IDLE) & (held["words"][:, SHUT] < now)
        return done

    def attend(self, table: KeyTable) -> Episodes:
        """Return what a full table must know of open episodes."""
        return Episodes(lambda: table.state["phases"] == OPEN, lambda rows, now: self._leave(rows, now, table))

    def _leave(self, rows: Ints, now: int, table: KeyTable) -> None:
        """End the episodes of keys that must leave a full table."""
        held = table.state
        words = held["words"][rows]
        out = np.empty((len(rows), COLUMNS), np.int64)
        out[:, ROW], out[:, TRANSITION], out[:, AT], out[:, POINT], out[:, FELL_DUE] = rows, EXPIRED, now, -1, 1
        out[:, OUT_SINCE], out[:, OUT_LEVEL], out[:, OUT_LAST] = words[:, SINCE], words[:, LEVEL], words[:, LAST]
        out[:, OUT_NUMBER] = words[:, NUMBER] + 1
        held["found"][rows] = np.nan
        self._left += self._told(out, None, table)

    def _levels(self, points: Points, conditions: Ints, clears: Ints) -> Ints:
        """Return the severity at the points where it counts: what holds is known, and it does not end the episode."""
        counts = (clears != TRUE) & ((conditions == TRUE) | (clears == FALSE))
        levels = np.zeros(len(points), np.int64)
        places = np.flatnonzero(counts)
        if len(places):
            extra = np.ascontiguousarray(points.extra[:, places])
            levels[places] = self._family.severities(points.lanes, points.rows[places], extra, points.members[places])
        return levels

    def _keep(self, points: Points, table: KeyTable) -> None:
        """Keep what was found at the last points of keys of which something can fall due."""
        held = table.state
        places = np.flatnonzero(held["phases"][points.states] != IDLE)
        dues = held["episode_dues"][points.states[places]]
        places, dues = places[dues != NEVER], dues[dues != NEVER]
        if not len(places):
            return
        self._first_due = min(self._first_due, int(dues.min()))
        rows, latest = np.unique(points.states[places][::-1], return_index=True)
        places = places[::-1][latest]
        held["found"][rows] = points.extra[:, places].T
        waiting = held["phases"][rows] == HELD
        if waiting.any():
            held["evidence"][rows[waiting]] = points.evidence(places[waiting])

    def _told(self, out: Ints, points: Points | None, table: KeyTable) -> list[Firings]:
        """Give transitions what alerts tell of them; `points` are those among which they happened."""
        if not len(out):
            return []
        due = out[:, FELL_DUE] == 1
        at = out[:, POINT].copy()  # the point at which was found what they tell of, -1: one before all these
        if points is not None and due.any():
            before = np.empty(np.count_nonzero(due), np.int64)
            points_before(points.states, np.ascontiguousarray(at[due]), before)
            at[due] = before
        extra, evidence = self._found(out, at, points, table)
        nothing = evidence[:, 0] < 0
        evidence[nothing, 0] = out[nothing, OUT_LAST]  # whose they are has to be told all the same
        return [
            *self._firings(out, np.flatnonzero(~due), extra, evidence, points),
            *self._firings(out, np.flatnonzero(due), extra, evidence, None, table),
        ]

    def _found(self, out: Ints, at: Ints, points: Points | None, table: KeyTable) -> tuple[NDArray[np.float64], Ints]:
        """Return the aggregates, and the causing events: those in the window, of an end by an event that event."""
        extra = np.full((self._extras, len(out)), np.nan, np.float64)
        evidence = np.full((len(out), EVIDENCE_MAX), -1, np.int64)
        earlier, rows = at < 0, out[:, ROW]
        if earlier.any() and table.state["found"].shape[1]:
            extra[:, earlier] = table.state["found"][rows[earlier]].T
            firing = earlier & (out[:, TRANSITION] == FIRING)
            if firing.any():
                evidence[firing] = table.state["evidence"][rows[firing]]
        if points is not None and not earlier.all():
            here = np.flatnonzero(~earlier)
            extra[:, here] = points.extra[:, at[here]]
            seen = here[out[here, TRANSITION] != EXPIRED]
            evidence[seen] = points.evidence(at[seen])
            ended = seen[(out[seen, TRANSITION] == RESOLVED) & (points.causes[at[seen]] >= 0)]
            evidence[ended] = -1
            evidence[ended, 0] = points.causes[at[ended]]
        return extra, evidence

    def _firings(
        self,
        out: Ints,
        places: Ints,
        extra: NDArray[np.float64],
        evidence: Ints,
        points: Points | None,
        table: KeyTable | None = None,
    ) -> list[Firings]:
        """Return some transitions: at points, or of a table's keys that something fell due of."""
        n = len(places)
        if not n:
            return []
        own = out[places]
        times = np.ascontiguousarray(own[:, AT])
        if points is not None:
            at = own[:, POINT]
            lanes, rows, members, causes = points.lanes, points.rows[at], points.members[at], points.causes[at]
        else:
            assert table is not None
            held = table.state
            lanes = self.lanes_of(times, held["parts"][own[:, ROW]])
            rows, members, causes = np.arange(n), held["members"][own[:, ROW]], np.full(n, -1, np.int64)
        return [
            Firings(
                self._family,
                members,
                lanes,
                rows,
                np.ascontiguousarray(extra[:, places]),
                times,
                own[:, OUT_SINCE],
                times,
                own[:, OUT_LEVEL],
                causes,
                evidence[places],
                [NAMES[name] for name in own[:, TRANSITION].tolist()],
                own[:, OUT_NUMBER],
                named_by_cause=False,
            )
        ]

    def lanes_of(self, times: Ints, parts: Ints) -> Lanes:
        """Return lanes in which only the time and the key's fields (int64[n, fields]) are known."""
        lanes = null_lanes(self._family.surroundings.plan, len(times))
        lanes[TIME] = times
        lanes[list(self._family.rule.key)] = parts.T
        return lanes


def _lasts(points: Points, clears: Ints) -> Ints:
    """Return the last event of each point at which an episode may begin or go on; of others, if one is in hand."""
    places = np.flatnonzero((points.causes < 0) & (clears != TRUE) & ~points.vacant)
    if not len(places):
        return points.causes
    lasts = points.causes.copy()
    lasts[places] = newest(points.evidence(places))
    return lasts


def _spans(dark: Dark) -> Ints:
    return np.array(dark, np.int64).reshape(-1, 2)


def newest(evidence: Ints) -> Ints:
    """Return the last event of each row of evidence, -1 where there is none."""
    last: Ints = evidence[np.arange(len(evidence)), np.count_nonzero(evidence >= 0, axis=1) - 1]
    return last
