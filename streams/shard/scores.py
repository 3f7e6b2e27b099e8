"""A score in a time group: given its rows in order on release, it says something of each before any rule looks at it.

Its memory is that of its own key, on every shard that holds a key of a rule which reads it: the rule's key is part of
the score's, so a shard has all events of a value of the score's key or none. Rules with different keys may so have it
take the union of what each of them needs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, Lanes
from kernels.instants import HOUR_MS
from kernels.keys.token import combined_all
from kernels.nulls import NULL
from kernels.opcodes import LANE, TIME_LANE
from kernels.scores.told import WANTED, say_nothing, tell
from rules.expression.compiled import reads
from rules.plan import ScorePlan
from rules.scores import SCORES
from streams.shard.choose import Chosen
from streams.shard.conjuncts import Entry
from streams.shard.network import Network
from streams.shard.surroundings import Surroundings
from streams.shard.tables import KeyTable
from streams.time.buffer import Released

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_EXTRA = np.empty((0, 0))
ONE = np.zeros(1, np.int64)


class Score:
    """State and behaviour of one score in one time group of one shard.

    Attributes
    ----------
    plan
        what it is
    entries
        what chooses its events: one for each key that rules read it by; `take` gets what each chose
    lanes
        the lanes of a batch that it reads, and of those what rules read that hang on it (`also_read`)
    table
        the memory of its keys
    witness
        is told the released lanes and the rows that it was given, for explanations; None but there
    """

    def __init__(self, plan: ScorePlan, keys: Sequence[tuple[int, ...]], surroundings: Surroundings) -> None:
        self.plan = plan
        self.entries = tuple(Entry(None, ONE, plan.kinds, plan.select, key) for key in keys)
        self.lanes = frozenset((*plan.per, *reads((*plan.select, *plan.inputs), LANE, TIME_LANE)))
        kernel = import_module(f"kernels.scores.{plan.kernel}")
        self._step = kernel.step
        self._outputs = len(SCORES[plan.kernel].outputs)
        self._surroundings = surroundings
        self._parameters = np.array(plan.parameters, np.float64)
        self._network: Network | None = None
        if SCORES[plan.kernel].network:
            number, self._device = plan.network or (None, -1)
            self._network = surroundings.network(number)
            self.lanes |= {self._device} if plan.network else set()
        ends = [0, *accumulate(len(output.codes) for output in plan.outputs)]
        self._codes = np.array([code for output in plan.outputs for code in output.codes], np.int64)
        wanted = [(each.place, each.lane, ends[i], ends[i + 1]) for i, each in enumerate(plan.outputs)]
        self._wanted = np.array(wanted, np.int64).reshape(-1, WANTED)
        self._hour: int | None = None  # for which it was last asked who is forgotten; to ask again finds nobody
        self.witness: Callable[[Lanes, Ints], None] | None = None
        self.table = KeyTable(plan.capacity, {"state": (np.float64, (kernel.WIDTH,), 0)})

    def also_read(self, lanes: Iterable[int]) -> None:
        """Keep some more lanes of its rows, for a rule that is told of those of which it says something."""
        self.lanes |= frozenset(lanes)

    def take(self, chosen: Sequence[Chosen], released: Released) -> Ints:
        """Take what its entries chose of released rows, in order, and write what it says into their lanes.

        Returns
        -------
        the rows of which it said something that a rule reads, in order
        """
        say_nothing(self._wanted, released.lanes)
        rows, keys = self._keyed(chosen, released)
        places, _ = released.distinct(rows, keys)  # nothing is dropped of what rules take
        rows, keys = rows[places], keys[places]
        if not len(rows):
            return rows
        told, count = np.empty(len(rows), np.int64), 0
        times = released.lanes[TIME, rows]
        inputs = self._inputs(released, rows)
        out = np.empty((self._outputs, len(rows)))
        known = () if self._network is None else (self._network.arrays,)
        for piece, states in self._pieces(keys, times):
            whole = len(states) == len(rows)
            own = inputs if whole else np.ascontiguousarray(inputs[:, piece])
            said = out if whole else np.empty((self._outputs, len(states)))
            self._step(states, times[piece], own, self.table.state["state"], self._parameters, *known, said)
            count = tell(said, rows[piece], self._codes, self._wanted, released.lanes, told, count)
        if self.witness is not None:
            self.witness(released.lanes, rows)
        return told[:count]

    def pass_time(self, now: int) -> None:
        """Forget at each whole hour of event time whom the kernel has forgotten: nothing may be kept for longer.

        What lies before `now` (epoch ms) has been taken, so that this happens between the same events for any cut.
        """
        hour = now // HOUR_MS
        if hour == self._hour:
            return
        self._hour = hour
        gone = np.flatnonzero(self._dead(self.table, hour * HOUR_MS) & (self.table.row_keys != NULL))
        if len(gone):
            self.table.drop(gone)

    def _pieces(self, keys: Ints, times: Ints) -> Iterator[tuple[slice, Ints]]:
        """Give rows of state to keys, in pieces (`KeyTable.pieces`) of which none reaches over a whole hour."""
        turns = np.flatnonzero(np.diff(times // HOUR_MS)) + 1
        for start, stop in pairwise([0, *turns.tolist(), len(times)]):
            self.pass_time(int(times[start]))
            for piece, states, _ in self.table.pieces(keys[start:stop], times[start:stop], self._dead):
                yield slice(start + piece.start, start + piece.stop), states

    def _keyed(self, chosen: Sequence[Chosen], released: Released) -> tuple[Ints, Ints]:
        """Return the rows that any entry chose, in order, and the tokens of their keys."""
        rows = chosen[0].rows if len(chosen) == 1 else np.unique(np.concatenate([own.rows for own in chosen]))
        first, *others = self.plan.per
        keys = released.lanes[first, rows]
        for lane in others:
            combined_all(keys, released.lanes[lane, rows], keys)
        return rows, keys

    def _inputs(self, released: Released, rows: Ints) -> Floats:
        """Return what the kernel reads of rows, float64[inputs, n]."""
        inputs = np.empty((len(self.plan.inputs) + (self._network is not None), len(rows)))
        bits = inputs.view(np.int64)
        if self._network is not None:
            known = self.plan.network is not None
            inputs[-1] = self._network.places(released.lanes[self._device, rows]) if known else np.nan
        for number, program in enumerate(self.plan.inputs):
            bits[number] = self._surroundings.evaluate(program, released.lanes, rows, NO_EXTRA)
        return inputs

    def _dead(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Keys that are to the kernel as if they were new."""
        dead: NDArray[np.bool_] = table.touched < now - self.plan.memory_ms
        return dead

    def take_over(self, before: "Score") -> None:
        """Take over the memory of one that scores alike; of keys that it was not asked for keep what was read."""
        held = before.table.part(np.flatnonzero(before.table.row_keys != NULL))
        own = self.table.row_keys
        rest = self.table.part(np.flatnonzero((own != NULL) & ~np.isin(own, held.keys)))
        self.table.hold([rest, held])

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state for a snapshot."""
        return self.table.tables()

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        self.table.restore(tables)
