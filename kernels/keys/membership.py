"""Set membership and joins: token of a key to row of a set, by open addressing with linear probing.

Many sets share one array of slots; set s has `set_mask[s] + 1` slots (a power of two, at most half of them used)
from `set_base[s]`. An empty slot has the key NULL.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL


@kernel(inline=True)
def find(slot_keys, slot_rows, base, mask, key):
    """Return the row of a key in the set whose slots start at `base`, NULL where it has none. About 4 ns in cache."""
    if key == NULL:
        return NULL
    slot = key & mask
    while True:
        found = slot_keys[base + slot]
        if found == key:
            return slot_rows[base + slot]
        if found == NULL:
            return NULL
        slot = (slot + 1) & mask


@kernel(inline=True)
def contains(slot_keys, base, mask, key):
    """Return whether a set has a key that is not NULL; reads half the memory that `find` does."""
    slot = key & mask
    while True:
        found = slot_keys[base + slot]
        if found == key:
            return True
        if found == NULL:
            return False
        slot = (slot + 1) & mask


@kernel("void(int64[::1], int64[::1], int64[::1], int64, int64)")
def fill(keys, slot_keys, slot_rows, base, mask):
    """Enter rows 0..n-1 under their keys; of equal keys the last row stays, a NULL key is left out."""
    for row in range(len(keys)):
        if keys[row] != NULL:
            slot = keys[row] & mask
            while slot_keys[base + slot] != NULL and slot_keys[base + slot] != keys[row]:
                slot = (slot + 1) & mask
            slot_keys[base + slot] = keys[row]
            slot_rows[base + slot] = row


@kernel("void(int64[::1], int64[::1], int64[::1], int64, int64, int64[::1])")
def rows_of(keys, slot_keys, slot_rows, base, mask, out):
    """`find` for many keys at once."""
    for i in range(len(keys)):
        out[i] = find(slot_keys, slot_rows, base, mask, keys[i])


@kernel(inline=True)
def owner(key, shards):
    """Return the shard that holds a key; a key of NULL is shard 0's."""
    return np.int64(0) if key == NULL else np.int64((np.uint64(key) >> np.uint64(32)) % np.uint64(shards))
