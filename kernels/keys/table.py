"""The key table: token of a key to a dense row, by open addressing with linear probing and a free list.

State of a pattern lives in arrays indexed by that row, so that it is hashed once and never moved. Slots are a
power of two, at most half of them used; an empty slot has the key NULL. Rows that are freed leave their slots by
`rebuild`, which their owner calls at control rate.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.prefetch import AHEAD, prefetch


@kernel(
    "int64(int64[::1], int64[::1], int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1])"
)
def intern(keys, times, start, slot_keys, slot_rows, row_keys, touched, free, counts, rows, fresh):
    """Find or give the rows of `keys[start:]`, until no row is free.

    Parameters
    ----------
    keys, times
        int64[n] each: tokens, never NULL, and when they are used (epoch ms)
    slot_keys, slot_rows
        int64[s], the hash table
    row_keys, touched, free
        int64[r] twice: the key of each row and when it was last used; the free rows (the last is given first)
    counts
        int64[2], changed: free rows, and how many rows were given in this call
    rows, fresh
        int64[n]: receive the rows of `keys`, and the places in `keys` of those that were given

    Returns
    -------
    the place of the first key that found no free row; `len(keys)` when all have one

    Cost: 10 ns a key in cache, 20 ns else: what a key needs is asked for some keys ahead, its slot first and then,
    since that is most often its own, the row that the slot names.
    """
    mask = np.int64(len(slot_keys) - 1)
    counts[1] = 0
    ahead = np.int64(len(keys) - AHEAD)
    for i in range(start, len(keys)):
        if i < ahead:
            prefetch(slot_keys, keys[i + AHEAD] & mask, 0)
            prefetch(slot_rows, keys[i + AHEAD] & mask, 0)
            prefetch(touched, slot_rows[keys[i + AHEAD // 2] & mask], 0)
        key = keys[i]
        slot = key & mask
        while slot_keys[slot] != key and slot_keys[slot] != NULL:
            slot = (slot + 1) & mask
        if slot_keys[slot] == NULL:
            if counts[0] == 0:
                return i
            counts[0] -= 1
            row = free[counts[0]]
            slot_keys[slot] = key
            slot_rows[slot] = row
            row_keys[row] = key
            fresh[counts[1]] = i
            counts[1] += 1
        row = slot_rows[slot]
        rows[i] = row
        touched[row] = max(touched[row], times[i])
    return len(keys)


@kernel("void(int64[::1], int64[::1], int64[::1])")
def rebuild(row_keys, slot_keys, slot_rows):
    """Fill empty slots with all rows in use (those whose key is not NULL)."""
    mask = np.int64(len(slot_keys) - 1)
    slot_keys[:] = NULL
    for row in range(len(row_keys)):
        if row_keys[row] != NULL:
            slot = row_keys[row] & mask
            while slot_keys[slot] != NULL:
                slot = (slot + 1) & mask
            slot_keys[slot] = row_keys[row]
            slot_rows[slot] = row


@kernel("void(int64[::1], int64[::1], int64[::1])")
def touch(rows, times, touched):
    """Note when rows were used (epoch ms); NULL is no row."""
    for i in range(len(rows)):
        if rows[i] != NULL:
            touched[rows[i]] = max(touched[rows[i]], times[i])
