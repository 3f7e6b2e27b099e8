"""Rows of events before they are text: one lane a field, all whole numbers, many rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# Lanes. A to E are what a template makes of them.
TIME = 0  # epoch ms
ID = 1
SITE = 2  # text of the pool
DEVICE = 3  # text of the pool
A, B, C, D, E = 4, 5, 6, 7, 8
HISTORY = 9  # text of the pool: `,"replayed":true` or nothing
LANES = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """Events with the moment each arrives, in no order. `lanes` is `int64[LANES, n]`."""

    templates: Ints
    arrivals: Ints
    lanes: Ints

    def __len__(self) -> int:
        return len(self.templates)

    def take(self, rows: Ints | NDArray[np.bool_]) -> "Rows":
        """Return the chosen rows."""
        return Rows(self.templates[rows], self.arrivals[rows], np.ascontiguousarray(self.lanes[:, rows]))


def rows(template: int | Ints, times: Ints, **lanes: int | Ints) -> Rows:
    """Make rows of one template from their times; a lane is an array or one value for all. They arrive at once."""
    matrix = np.zeros((LANES, len(times)), np.int64)
    matrix[TIME] = times
    for name, values in lanes.items():
        matrix[_LANE_OF[name]] = values
    return Rows(np.broadcast_to(np.asarray(template, np.int64), len(times)).copy(), np.array(times, np.int64), matrix)


def together(parts: Sequence[Rows]) -> Rows:
    """Return all rows of all parts."""
    return Rows(
        np.concatenate([part.templates for part in parts]),
        np.concatenate([part.arrivals for part in parts]),
        np.concatenate([part.lanes for part in parts], axis=1),
    )


_LANE_OF = {"site": SITE, "device": DEVICE, "a": A, "b": B, "c": C, "d": D, "e": E, "history": HISTORY}
