"""State rules that ask what is usual: panes are compared with what their key has learned, judged, and learned from.

A key of which something is usual is judged at the end of a pane without an event, too. What it learns of a pane hangs
on what was judged of it, so the panes of one key go one after the other, and those of many keys together.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kernels.instants import DAY_MS, MINUTE_MS, NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.nulls import NULL
from kernels.patterns.baseline import LEARNED, WHOLE, compare, first_pane, learn, vacant_before
from rules.aggregates import AGGREGATES
from rules.expression.compiled import Program
from rules.patterns.plan import Baseline, Season, Threshold, Window
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.episode import EpisodeJudge, newest
from streams.shard.patterns.points import Hears, Points, darkened
from streams.shard.tables import Columns, Episodes, KeyTable

Ints = NDArray[np.int64]
SEASONS_MS: dict[Season, int] = {"none": 0, "day": DAY_MS, "week": 7 * DAY_MS}
SLOT_MS = 15 * MINUTE_MS  # of a season, where panes are no longer
PERSIST_MIN = 8  # panes that make a shifted level: those of a quarter of `learn`, at least so many


class Memory:
    """How fast a baseline learns, and what it remembers of a key.

    Attributes
    ----------
    slot_ms, season_ms, slots
        length of a slot and of the season (0: none), and how many slots it has
    slot_weight, whole_weight
        of a new value, so that a mean has the mean age of one over all of `learn`
    samples_max
        how many samples of a slot `learn` holds, or are needed
    persist
        panes that make a shifted level
    units
        float64[a], what one event adds to each aggregate that counts events, 0 for all others
    """

    def __init__(self, baseline: Baseline, window: Window) -> None:
        self.season_ms = SEASONS_MS[baseline.season]
        self.slot_ms = max(SLOT_MS, window.length_ms)
        self.slots = -(-self.season_ms // self.slot_ms) if self.season_ms else 1
        panes = baseline.learn_ms / window.length_ms
        in_slot = panes * min(self.slot_ms, self.season_ms) / self.season_ms if self.season_ms else panes
        self.slot_weight, self.whole_weight = min(1.0, 2 / (in_slot + 1)), min(1.0, 2 / (panes + 1))
        self.samples_max = max(math.ceil(in_slot), baseline.min_samples)
        self.persist = max(float(PERSIST_MIN), panes / 4)
        functions = [window.aggregates[i].function for i in baseline.of]
        self.units = np.array([_unit(function, window) for function in functions], np.float64)

    @property
    def columns(self) -> Columns:
        """Columns of a key table."""
        count = len(self.units)
        return {
            "decided": (np.int64, (), int(NULL)),
            "lively": (np.int64, (), int(NULL)),
            "sighted": (np.int64, (), -1),
            "judged_from": (np.int64, (), int(NULL)),
            "slots": (np.float64, (self.slots, count, LEARNED), 0),
            "wholes": (np.float64, (count, WHOLE), 0),
        }


class BaselineJudge:
    """Judges the panes of a family of rules with a baseline.

    Attributes
    ----------
    columns
        of the key table that it is given, besides `members`
    condition
        None: each pane is learned from
    cooldowns
        int64[members], the gaps between alerts, ms
    """

    hears: Hears = "followed"
    condition: Program | None = None

    def __init__(self, family: Family) -> None:
        pattern = family.rule.pattern
        assert isinstance(pattern, Threshold)
        assert pattern.baseline is not None
        self._judge = EpisodeJudge(family)
        self._window, self._baseline = pattern.window, pattern.baseline
        self._memory = Memory(pattern.baseline, pattern.window)
        self._clock = (self._memory.slot_ms, self._memory.season_ms, *family.surroundings.clock)
        self._forget = (pattern.baseline.learn_ms, pattern.baseline.min_samples)
        empty = [AGGREGATES[each.function].empty for each in pattern.window.aggregates]
        self._empty = np.array([np.nan if value is None else value for value in empty], np.float64)
        self._first_pane = int(NEVER)
        self.cooldowns = family.cooldowns
        self._surroundings = family.surroundings
        self.columns = {**self._judge.columns, **self._memory.columns}

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Judge the ends of panes with events, of each key in order, and before each those of panes without."""
        out: list[Firings] = []
        points = points.at(np.flatnonzero(~points.vacant))
        for places in _once_each(points.states):
            out += self._vacant(points.states[places], points.times[places], table)
            panes = points.at(places)
            table.state["sighted"][panes.states] = newest(panes.evidence(np.arange(len(panes))))
            out += self._look(panes, np.zeros(len(panes), np.bool_), table)
        if len(points):
            self._find_first_pane(table)
        return out

    def instants(self, points: Points) -> Ints:
        """Return when panes end."""
        return points.times

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Judge the panes without events that end before an instant (epoch ms), and let all happen that is due."""
        out: list[Firings] = []
        if self._first_pane < bound:
            rows = np.flatnonzero(table.state["decided"] != NULL)
            out += self._vacant(rows, np.full(len(rows), bound), table)
            self._find_first_pane(table)
        return out + self._judge.advance(bound, table)

    def resume(self, table: KeyTable) -> None:
        """Take up again what is derived from state."""
        self._judge.resume(table)
        self._find_first_pane(table)

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys neither the episodes nor what is usual influence anything from `now` on."""
        held = table.state
        forgotten: NDArray[np.bool_] = (held["lively"] == NULL) | (held["decided"] - held["lively"] > self._forget[0])
        return forgotten & self._judge.done(table, now)

    def attend(self, table: KeyTable) -> Episodes:
        """Return what a full table must know of open episodes."""
        return self._judge.attend(table)

    def _find_first_pane(self, table: KeyTable) -> None:
        held = table.state
        self._first_pane = int(
            first_pane(self._window.length_ms, *self._clock[2:], self._forget[0], held["decided"], held["lively"])
        )

    def _vacant(self, rows: Ints, befores: Ints, table: KeyTable) -> list[Firings]:
        """Judge the panes without events of some keys, no two alike, that end before an instant each."""
        out: list[Firings] = []
        while True:
            held = table.state
            found_rows, ends = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
            found = vacant_before(
                rows,
                befores,
                self._window.length_ms,
                *self._clock,
                *self._forget,
                held["phases"],
                held["decided"],
                held["lively"],
                held["slots"],
                found_rows,
                ends,
            )
            if not found:
                return out
            befores = befores[np.isin(rows, found_rows[:found])]
            rows = found_rows[:found]
            panes = self._empty_panes(rows, ends[:found], table)
            out += self._look(panes, np.ones(found, np.bool_), table)

    def _empty_panes(self, rows: Ints, ends: Ints, table: KeyTable) -> Points:
        """Return the points at the ends of panes without events."""
        held, n = table.state, len(rows)
        return Points(
            lanes=self._judge.lanes_of(ends, held["parts"][rows]),
            rows=np.arange(n),
            states=rows,
            members=held["members"][rows],
            times=ends,
            extra=np.repeat(self._empty[:, None], n, axis=1),
            causes=np.full(n, -1, np.int64),
            replayed=np.zeros(n, np.int64),
            vacant=np.ones(n, np.bool_),
            begins=ends,
            evidence=lambda places: np.full((len(places), EVIDENCE_MAX), -1, np.int64),
        )

    def _look(self, panes: Points, vacant: NDArray[np.bool_], table: KeyTable) -> list[Firings]:
        """Compare panes of keys, no two alike, with what is usual, judge them, and learn from them.

        Of panes that were in the dark, for a part even, nothing is known and nothing is learned.
        """
        held, memory = table.state, self._memory
        slots = held["slots"], held["wholes"]
        values = np.ascontiguousarray(panes.extra[list(self._baseline.of)])
        unseen = darkened(panes.times - self._window.length_ms + 1, panes.times, self._surroundings.dark)
        values[:, unseen] = np.nan
        usual = np.empty((2 * len(values), len(panes)), np.float64)
        compare(
            values,
            panes.times,
            panes.states,
            *self._clock,
            *self._forget,
            memory.units,
            held["lively"],
            *slots,
            held["judged_from"],
            usual,
        )
        unknown = np.isnan(usual[1::2]).all(axis=0)
        panes = replace(panes, extra=np.concatenate([panes.extra, usual]), vacant=vacant & unknown)
        firings = self._judge.follow(panes, table, unseen, held["sighted"][panes.states])
        learn(
            values,
            panes.times,
            panes.states,
            vacant,
            held["phases"],
            *self._clock,
            *self._forget,
            memory.units,
            memory.slot_weight,
            memory.whole_weight,
            memory.samples_max,
            memory.persist,
            held["decided"],
            held["lively"],
            *slots,
        )
        return firings


def _unit(function: str, window: Window) -> float:
    """Return what one event adds to an aggregate that counts events, else 0."""
    if function in ("count", "distinct"):
        return 1.0
    return MINUTE_MS / window.length_ms if function == "rate" else 0.0


def _once_each(rows: Ints) -> Iterator[Ints]:
    """Yield the first place of each row, then the second of each that has one, and so on."""
    order = np.argsort(rows, kind="stable")
    grouped = rows[order]
    starts = np.flatnonzero(np.diff(grouped, prepend=-1))
    ranks = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    for rank in range(int(ranks.max(initial=-1)) + 1):
        yield order[ranks == rank]
