"""Set membership and joins: token of a key to row of a set, by open addressing with linear probing.

Many sets share one array of slots; set s has `set_mask[s] + 1` slots (a power of two, at most half of them used)
from `set_base[s]`. An empty slot has the key NULL.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL

PROBES = 1024


@kernel(inline=True)
def first_probe(slot_keys, base, mask, keys, start, n, found):
    """Load what the first slot of each of `keys[start:start + n]` holds, so that the memory answers all at once.

    A look-up of its own waits for its slot before the next one begins; that is most of its cost in a large set.
    """
    for i in range(n):
        found[i] = slot_keys[base + (keys[start + i] & mask)]


@kernel(inline=True)
def find_from(slot_keys, slot_rows, base, mask, key, found):
    """Return the row of a key, NULL where the set lacks it; `found` is what the first slot of the key holds."""
    slot = key & mask
    while found != key and found != NULL:
        slot = (slot + 1) & mask
        found = slot_keys[base + slot]
    return NULL if found == NULL or key == NULL else slot_rows[base + slot]


@kernel(inline=True)
def contains_from(slot_keys, base, mask, key, found):
    """Return whether a set has a key that is not NULL; `found` is what the key's first slot holds."""
    slot = key & mask
    while found != key and found != NULL:
        slot = (slot + 1) & mask
        found = slot_keys[base + slot]
    return found == key


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
    """Return in `out` the row of each key, NULL where the set lacks it. About 4 ns a key in cache."""
    found = np.empty(PROBES, np.int64)
    for start in range(0, len(keys), PROBES):
        n = min(PROBES, len(keys) - start)
        first_probe(slot_keys, base, mask, keys, start, n, found)
        for i in range(n):
            out[start + i] = find_from(slot_keys, slot_rows, base, mask, keys[start + i], found[i])


@kernel(inline=True)
def owner(key, shards):
    """Return the shard that holds a key: its upper half's share of the whole range; a key of NULL is shard 0's.

    Without a division, which would cost more than the rest of choosing a row (Lemire 2019, doi:10.1145/3230636).
    """
    if key == NULL:
        return np.int64(0)
    return np.int64(((np.uint64(key) >> np.uint64(32)) * np.uint64(shards)) >> np.uint64(32))


@kernel("void(int64[::1], int64, int64, boolean[::1])")
def owned(keys, shards, shard, out):
    """Set `out[i]` where a shard holds a key."""
    for i in range(len(keys)):
        out[i] = owner(keys[i], shards) == shard
