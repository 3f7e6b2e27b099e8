"""Fields of an event that state keeps for later programs, as these read them beside the lanes."""

import numpy as np
from numpy.typing import NDArray

from events.batch import FIXED_LANES, TIME, Lanes, Layout
from kernels.nulls import NAN_BITS, NULL
from streams.shard.choose import parts_of

Ints = NDArray[np.int64]


class Kept:
    """Some lanes of an event, 64 bits each as they are; a time in ms as a number.

    `nulls` is int64[f], what each is where it is missing.
    """

    def __init__(self, lanes: tuple[int, ...], layout: Layout) -> None:
        self._lanes = list(lanes)
        types = [_type(lane, layout) for lane in lanes]
        self._times = [row for row, type in enumerate(types) if type == "time"]
        self.nulls = np.array([NAN_BITS if type in ("time", "number") else NULL for type in types], np.int64)

    def __len__(self) -> int:
        return len(self._lanes)

    def of(self, lanes: Lanes, rows: Ints) -> Ints:
        """Return them of some rows, int64[f, n]."""
        kept = parts_of(lanes, self._lanes, rows)
        for row in self._times:
            ms = kept[row]
            kept[row] = np.where(ms == NULL, np.nan, ms.astype(np.float64)).view(np.int64)
        return np.ascontiguousarray(kept)


def _type(lane: int, layout: Layout) -> str:
    if lane < FIXED_LANES:
        return "time" if lane == TIME else "enum"
    return layout.columns[lane - FIXED_LANES].type
