"""Which rows a rule takes: of its kinds, selected by its conditions, with a key that this shard holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from kernels.keys.choose import arrived, of_kinds, own
from kernels.nulls import NAN_BITS, NULL
from rules.plan import Plan, RulePlan
from streams.shard.surroundings import Selection, Surroundings

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the keys that a shard holds: `index` of `count`."""

    index: int = 0
    count: int = 1


class Choice:
    """The rows of one rule in one shard."""

    def __init__(self, rule: RulePlan, surroundings: Surroundings, part: Slice) -> None:
        self._surroundings = surroundings
        self._part = part
        self._selection = Selection.of(rule.select)
        self.reads = kinds_table(rule, surroundings.plan)
        self.key_lanes = np.array(rule.key, np.int64)
        self.missing = np.zeros(1, np.int64)  # events of the rule's kinds that lacked its key

    def arrived(self, lanes: Lanes, *, keyless: bool = False) -> tuple[Ints, Ints]:
        """Return the chosen rows of a batch as it arrived, and the tokens of their keys.

        With `keyless` rows without a key are the first shard's; else nobody's, and counted.
        """
        out = np.empty(lanes.shape[1], np.int64)
        part = self._part
        found = arrived(lanes, self.reads, self.key_lanes, part.count, part.index, keyless, self.missing, out)
        return self._own(lanes, self._selection(self._surroundings, lanes, out[:found]), keyless=keyless)

    def released(self, lanes: Lanes, order: Ints, rows: Ints, *, late: bool) -> tuple[Ints, Ints]:
        """Return the chosen ones of released rows, in order, and the tokens of their keys."""
        out = np.empty(len(rows), np.int64)
        found = of_kinds(lanes, order, rows, self.reads, late, out)
        return self._own(lanes, self._selection(self._surroundings, lanes, out[:found]), keyless=False)

    def _own(self, lanes: Lanes, rows: Ints, *, keyless: bool) -> tuple[Ints, Ints]:
        keys = np.empty(len(rows), np.int64)
        kept = own(lanes, rows, self.key_lanes, self._part.count, self._part.index, keyless, keys)
        return rows[:kept], keys[:kept]


def kinds_table(rule: RulePlan, plan: Plan) -> NDArray[np.bool_]:
    """Return bool[kinds]: which kinds a rule reads."""
    table = np.zeros(len(plan.schemas.kinds), np.bool_)
    table[list(rule.kinds)] = True
    return table


def null_lanes(plan: Plan, rows: int) -> Lanes:
    """Return lanes in which everything is missing, for alerts without an event in hand."""
    lanes = np.full((plan.layout.lanes, rows), NULL, np.int64)
    for column in plan.layout.columns:
        if column.type == "number":
            lanes[plan.layout.lane(column.name, column.type)] = NAN_BITS
    return lanes
