"""Filling what an event leaves out from the row of a reference set."""

from kernels.compile import kernel
from kernels.nulls import NAN_BITS, NULL


@kernel("void(int64[::1], int64[::1], int64[::1])")
def fill_missing(lane, rows, values):
    """Where an entry of `lane` is null and `rows` has a row of a set (not NULL), take `values[row]`. In place."""
    for i in range(len(lane)):
        if (lane[i] == NULL or lane[i] == NAN_BITS) and rows[i] != NULL:
            lane[i] = values[rows[i]]
