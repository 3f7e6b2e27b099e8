"""Ways between devices, learned or given as a reference set, as scores read them: whole, and by the number of a place.

The set's key is (from_device, to_device); `least_s` is how long the way takes at least, `least_08_s` how long from 8 to
10 o'clock (00 to 22, every two hours), where that is known. All its other columns are for people.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kernels.keys.membership import fill, rows_of
from kernels.nulls import NULL
from kernels.scores.landmarks import SLOTS, network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SLOTS_MIN = 16
ENDS = ("from_device", "to_device")


class Network:
    """What is known of ways; `lanes` are the columns of the set (none: nothing is known), `clock` the UTC offsets.

    Attributes
    ----------
    arrays
        as `kernels.scores.landmarks.NETWORK` says
    """

    def __init__(self, lanes: Mapping[str, Ints], clock: tuple[Ints, Ints]) -> None:
        none = np.empty(0, np.int64)
        day = lanes.get("least_s", none).view(np.float64)
        rows = np.flatnonzero(day >= 0)
        tokens = np.unique(np.concatenate([lanes[name][rows] for name in ENDS])) if len(rows) else none
        starts, ends = (np.searchsorted(tokens, lanes[name][rows]) if len(rows) else none for name in ENDS)
        seconds = np.tile(day[rows], (SLOTS, 1))
        for slot in range(SLOTS):
            known = lanes.get(f"least_{2 * slot:02}_s", lanes.get("least_s", none)).view(np.float64)[rows]
            seconds[slot] = np.where(known >= 0, known, seconds[slot])
        bounds, longest, reached = network(len(tokens), starts, ends, seconds)
        self.arrays = (bounds, longest, *clock)
        self._mask = max(SLOTS_MIN, 1 << (2 * len(tokens)).bit_length()) - 1
        self._slots = np.full(self._mask + 1, NULL), np.zeros(self._mask + 1, np.int64)
        fill(np.where(reached, tokens, NULL), *self._slots, 0, self._mask)

    def places(self, devices: Ints) -> Floats:
        """Return the numbers of the places of devices (tokens), NaN where one is not in the network."""
        rows = np.empty(len(devices), np.int64)
        rows_of(devices, *self._slots, 0, self._mask, rows)
        return np.where(rows == NULL, np.nan, rows)
