"""Rules without a pattern, in event-time order: each chosen event is a match."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from events.batch import POSITION, REPLAYED, TIME, Lanes
from streams.shard.choose import Chosen
from streams.shard.patterns.points import Points
from streams.shard.tables import Columns, KeyTable, Part

Ints = NDArray[np.int64]


class Matches:
    """Events as they are: nothing of them is kept."""

    def __init__(self) -> None:
        self.columns: Columns = {}

    def take(self, lanes: Lanes, chosen: Chosen, states: Ints, table: KeyTable) -> Iterator[Points]:
        """Yield the events, in order."""
        n = len(states)
        times, positions = lanes[TIME, chosen.rows], lanes[POSITION, chosen.rows]
        yield Points(
            lanes,
            chosen.rows,
            states,
            chosen.members,
            times,
            np.empty((0, n), np.float64),
            positions,
            lanes[REPLAYED, chosen.rows],
            np.zeros(n, np.bool_),
            times,
            lambda places: positions[places][:, None],
        )

    def advance(self, bound: int, table: KeyTable) -> Iterator[Points]:
        """Nothing falls due by time alone."""
        yield from ()

    def memory(self, part: Part, member: int, at: int) -> None:
        """Nothing is remembered of keys."""

    def adopt(self, before: None, part: Part, member: int, at: int) -> None:
        """Nothing is remembered of keys."""

    def begin(self, table: KeyTable) -> None:
        """Nothing is derived from state."""

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Nothing is kept beside the key table."""
        return {}

    def restore(self, tables: dict[str, NDArray[np.generic]], table: KeyTable) -> None:
        """Nothing is kept beside the key table."""

    def done(self, table: KeyTable, now: int) -> NDArray[np.bool_]:
        """Return of which keys nothing is kept: all."""
        return np.ones(len(table.touched), np.bool_)
