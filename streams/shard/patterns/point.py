"""Point rules: each match is an alert that is over in its instant, unless its key's cooldown holds it back."""

import numpy as np
from numpy.typing import NDArray

from kernels.opcodes import TRUE
from rules.plan import Change, Threshold
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.patterns.cooldown import LAST_FIRING, Cooldown
from streams.shard.patterns.points import Dark, Points
from streams.shard.tables import Columns, Episodes, KeyTable


class PointJudge:
    """Judges the points of a family of point rules.

    Attributes
    ----------
    columns
        of the key table that it is given
    suppressed
        int64[members], matches that did not fire
    """

    columns: Columns = LAST_FIRING

    def __init__(self, family: Family) -> None:
        self._family = family
        self._cooldown = Cooldown(family)
        self.suppressed = self._cooldown.suppressed
        self.dark: Dark = ()  # what happens in an instant is known in it
        pattern = family.rule.pattern
        self._condition = pattern.condition if isinstance(pattern, Threshold | Change) else None
        self._once = isinstance(pattern, Threshold) and pattern.once
        self._at_events = not isinstance(pattern, Threshold) or pattern.window.panes in ("sliding", "session")

    def judge(self, points: Points, table: KeyTable) -> list[Firings]:
        """Return the firings among some points, of each key in order of time."""
        family = self._family
        if self._condition is not None:
            found = family.evaluate(self._condition, points.lanes, points.rows, points.extra, points.members)
            points = points.at(np.flatnonzero(found == TRUE))
        if not len(points):
            return []
        levels = family.severities(points.lanes, points.rows, points.extra, points.members)
        # a session that fires once is its first instant to the cooldown, which is 0
        times = points.begins if self._once else points.times
        fired = self._cooldown.over(table, times, points.states, levels, points.replayed, points.members)
        if not len(fired):
            return []
        points = points.at(fired)
        return [
            Firings(
                family,
                points.members,
                points.lanes,
                points.rows,
                points.extra,
                points.times,
                points.times,
                points.times,
                levels[fired],
                points.causes,
                points.evidence(np.arange(len(fired))),
                ["firing"] * len(fired),
                np.zeros(len(fired), np.int64),
                named_by_cause=self._at_events,
            )
        ]

    def advance(self, bound: int, table: KeyTable) -> list[Firings]:
        """Nothing falls due by time alone."""
        return []

    def resume(self, table: KeyTable) -> None:
        """Nothing is derived from state."""

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys the last firing influences nothing from `now` on."""
        return self._cooldown.done(table, now)

    def episodes(self, table: KeyTable) -> Episodes | None:
        """There are none."""
        return None
