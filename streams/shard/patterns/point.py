"""Point rules: each match is an alert that is over in its instant, unless its key's cooldown holds it back."""

import numpy as np
from numpy.typing import NDArray

from kernels.opcodes import TRUE
from rules.patterns.plan import Change, Threshold
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.cooldown import LAST_FIRING, Cooldown
from streams.shard.patterns.points import Hears, Points
from streams.shard.tables import Columns, Episodes, KeyTable

Ints = NDArray[np.int64]


class PointJudge:
    """Judges the points of a family of point rules.

    Attributes
    ----------
    columns
        of the key table that it is given
    condition
        what is asked of the points; None where each is a match
    cooldowns
        int64[members], ms
    """

    columns: Columns = LAST_FIRING
    hears: Hears = "passed"

    def __init__(self, family: Family) -> None:
        self._family = family
        self._cooldown = Cooldown(family)
        self.cooldowns = self._cooldown.lengths
        pattern = family.rule.pattern
        self.condition = pattern.condition if isinstance(pattern, Threshold | Change) else None
        self._once = isinstance(pattern, Threshold) and pattern.once
        self._at_events = not isinstance(pattern, Threshold) or pattern.window.panes in ("sliding", "session")

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Return the firings among some points, of each key in order of time."""
        family, lanes = self._family, points.lanes
        places = np.arange(len(points))
        if self.condition is not None:
            found = family.evaluate(self.condition, lanes, points.rows, points.extra, points.members)
            places = np.flatnonzero(found == TRUE)
        if not len(places):
            return []
        rows, members = points.rows[places], points.members[places]
        levels = family.severities(lanes, rows, np.ascontiguousarray(points.extra[:, places]), members)
        times = self.instants(points)[places]
        fired = self._cooldown.over(table, times, points.states[places], levels, points.replayed[places], members)
        if not len(fired):
            return []
        places = places[fired]
        times = points.times[places]
        return [
            Firings(
                family,
                members[fired],
                lanes,
                rows[fired],
                np.ascontiguousarray(points.extra[:, places]),
                times,
                times,
                times,
                levels[fired],
                points.causes[places],
                points.evidence(places),
                ["firing"] * len(fired),
                np.zeros(len(fired), np.int64),
                named_by_cause=self._at_events,
            )
        ]

    def forget(self, table: KeyTable) -> None:
        """Forget all firings: nobody heard of them."""
        self._cooldown.forget(table)

    def instants(self, points: Points) -> Ints:
        """Return when the points are to the cooldown: a session that fires once is its first instant."""
        return points.begins if self._once else points.times

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Nothing falls due by time alone."""
        return []

    def resume(self, table: KeyTable) -> None:
        """Nothing is derived from state."""

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the last firing influences nothing from `now` on."""
        return self._cooldown.done(table, now)

    def attend(self, table: KeyTable) -> Episodes | None:
        """There are none."""
        return None
