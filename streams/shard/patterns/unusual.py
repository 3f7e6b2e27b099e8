"""An absence whose deadline each sight computes: a silence that is unusual for that person, or beyond a ceiling."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, TIME, Lanes
from kernels.instants import HOUR_MS
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.unusual import LEFT, SILENCE, WIDTH, expire, first_due, sight
from kernels.scores.cohort import BLOCKS, COHORT
from kernels.scores.inactivity import week
from streams.shard.choose import Chosen
from streams.shard.family import NO_EXTRA, Family
from streams.shard.firing import Firings
from streams.shard.patterns.absence import Absence
from streams.shard.surroundings import SetRows
from streams.shard.tables import Columns, fresh_state
from streams.time.buffer import Released

Ints = NDArray[np.int64]
PROFILE: Columns = {
    "lasts": (np.int64, (), int(NULL)),
    "modes": (np.int8, (), 0),
    "cells": (np.uint16, (2 * COHORT.size,), 0),
}


class Unusual(Absence):
    """State and behaviour of one such rule in one shard: 532 bytes a row of the expected set.

    What is usual of people of whom nothing is known is `hazards`, float64[modes, blocks, ages].
    """

    columns: ClassVar[Columns] = PROFILE | {"silences": (np.int64, (), 0), "agreed": (np.int64, (), int(NULL))}

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        own = self._pattern.unusual
        assert own is not None
        assert self._pattern.expect is not None
        expected = self._surroundings.sets[self._pattern.expect]
        self._own = own
        self.hazards = COHORT
        consents = _column(expected, own.consent_until)
        self._consents = np.full(len(expected), NULL) if consents is None else consents
        self._ceilings = _ceilings(_column(expected, own.ceiling_h), self._pattern.silence_ms, len(expected))
        self._expected["silences"][:] = self._ceilings
        self._expected["agreed"][:] = self._consents
        law = own.least_ms, math.log(1 / own.alpha), *week(BLOCKS), *self._surroundings.clock
        self._rule = (self.rule.cooldown_ms, self._law[-1], law)

    def glance(self, chosen: Sequence[Chosen], lanes: Lanes, late: NDArray[np.bool_], feed: int) -> Sequence[Chosen]:
        """Let all sights of who is awaited wait: they teach in order."""
        (own,) = chosen
        return (own.at(np.flatnonzero(self._rows(own.keys) != NULL)),)

    def resume(self) -> None:
        """Take up again what is derived from state: when the next key can be due, or its consent end."""
        lasts = self.state["lasts"]
        keys, runs = self._keys_state(), self._stops.runs
        self._first_due = int(first_due(self._law[-1], keys, runs, self._lives(), lasts))

    def _lives(self) -> tuple[Ints, Ints, Ints]:
        return self.state["agreed"], self._ceilings, self.state["silences"]

    def _people(self) -> tuple[NDArray[Any], ...]:
        return tuple(self.state[name] for name in PROFILE)

    def _expire(self, watermark: int) -> Ints:
        out = np.empty((2 * len(self._ceilings), WIDTH), np.int64)
        state = self._keys_state(), self._stops.runs, self._lives(), self._people()
        return out[: expire(watermark, *self._rule, self.hazards, *state, out)]

    def _sight(self, released: Released, rows: Ints, keys: Ints, state: Ints) -> list[Firings]:
        out = np.empty((4 * len(rows), WIDTH), np.int64)
        found, first = sight(
            released.lanes[TIME, rows],
            released.order[rows],
            released.lanes[POSITION, rows],
            released.feeds[rows],
            state,
            self._signs(released.lanes, rows),
            *self._rule,
            self.hazards,
            self._keys_state(),
            self._stops.runs,
            self._lives(),
            self._people(),
            out,
        )
        self._first_due = min(self._first_due, first)
        return self._transitions(out[:found])

    def _signs(self, lanes: Lanes, rows: Ints) -> NDArray[np.int8]:
        """Return of signs whether they tell of going out."""
        if self._own.out is None:
            return np.zeros(len(rows), np.int8)
        members = np.zeros(len(rows), np.int64)
        is_out: NDArray[np.bool_] = self.family.evaluate(self._own.out, lanes, rows, NO_EXTRA, members) == TRUE
        return is_out.astype(np.int8)

    def _given(self, out: Ints) -> NDArray[np.float64]:
        survival = [_survival(left, self._own.alpha) for left in out[:, LEFT].view(np.float64).tolist()]
        rows = out[:, SILENCE].astype(np.float64), np.array(survival), np.full(len(out), self._own.alpha)
        return np.concatenate([super()._given(out), np.stack(rows)])

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state for a snapshot: of people without a profile none."""
        held = super().tables()
        known = np.flatnonzero(self.state["lasts"] != NULL)
        return {**held, "known": known, **{name: held[name][known] for name in PROFILE}}

    def _take_over(self, tables: dict[str, NDArray[Any]]) -> None:
        spread = fresh_state(PROFILE, len(tables["keys"]))
        for name, whole in spread.items():
            whole[tables["known"]] = tables[name]
        super()._take_over({**tables, **spread})

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot; who has withdrawn since is forgotten at once, and ceilings may be others."""
        super().restore(tables)
        held = self.state
        gone = np.flatnonzero((held["lasts"] != NULL) & (self._consents < held["agreed"]))
        gone = gone[self._consents[gone] <= self._stops.reached]
        for name, (_, _, fresh) in PROFILE.items():
            held[name][gone] = fresh
        held["agreed"][:] = self._consents
        open_ = held["fired"] != NULL
        most = np.where(held["lasts"] == NULL, self._ceilings, np.minimum(held["silences"], self._ceilings))
        held["silences"][:] = np.where(open_, held["silences"], most)
        self.resume()


def _column(expected: SetRows, lane: int | None) -> Ints | None:
    """Return a column of the set by its pool lane."""
    return next((expected.lanes[column.name] for column in expected.plan.columns if column.lane == lane), None)


def _ceilings(hours: Ints | None, ceiling_ms: int, rows: int) -> Ints:
    """Return after what the silence of each person is too long whoever it is: their own ceiling, if it is lower."""
    out = np.full(rows, ceiling_ms)
    if hours is not None:
        own = hours.view(np.float64) * HOUR_MS
        lower = (own >= 1) & (own < ceiling_ms)
        out[lower] = own[lower].astype(np.int64)
    return out


def _survival(left: float, alpha: float) -> float:
    """Return the chance of a silence that long, to three digits; NaN where nothing is known of the person."""
    return float(f"{alpha * math.exp(left):.3g}")
