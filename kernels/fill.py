"""Filling what an event leaves out from the row of a reference set."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NAN_BITS, NULL


@kernel("int64(int64[:, ::1], int64[::1], int64[::1])")
def lacking(lanes, filled, rows):
    """Find the rows of a batch that leave any of some lanes out: `rows` (int64[n]) receives them.

    Returns how many these are. About 1 ns a row and lane.
    """
    count = 0
    for row in range(lanes.shape[1]):
        lacks = False
        for lane in filled:
            lacks |= (lanes[lane, row] == NULL) | (lanes[lane, row] == NAN_BITS)
        rows[count] = row
        count += np.int64(lacks)
    return count


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1])")
def fill_missing(lane, rows, places, values):
    """Where `lane` is null in one of some rows that has a place in a set (not NULL), take `values[place]`. In place."""
    for i in range(len(rows)):
        if (lane[rows[i]] == NULL or lane[rows[i]] == NAN_BITS) and places[i] != NULL:
            lane[rows[i]] = values[places[i]]
