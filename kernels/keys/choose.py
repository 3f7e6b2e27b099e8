"""Which rows concern whom: by kind, by the presence of a key, by the shard that holds the key."""

import numpy as np

from kernels.compile import kernel
from kernels.keys.membership import owner
from kernels.keys.token import combine
from kernels.nulls import NULL

KIND = 1  # lane, as in events.batch


@kernel("int64(int64[:, ::1], boolean[:, ::1], int64[::1], int64[::1], int64, int64, int64[::1], int64[::1])")
def concerned(lanes, reads, key_lanes, key_starts, shards, shard, missing, rows):  # type: ignore[no-untyped-def]
    """Find the rows that at least one of several readers needs in this shard.

    Parameters
    ----------
    lanes
        int64[lane, n], a batch
    reads
        bool[readers, kinds]: which kinds a reader reads
    key_lanes, key_starts
        a reader's key is the lanes `key_lanes[key_starts[r]:key_starts[r + 1]]`; without lanes all rows have one key
    missing
        int64[readers], grows by the rows of a reader's kinds that lack its key, which nobody needs
    rows
        int64[n], receives the rows

    Returns
    -------
    how many rows

    Cost: 2 ns a row and reader of its kind.
    """
    found = 0
    for row in range(lanes.shape[1]):
        needed = False
        kind = lanes[KIND, row]
        for reader in range(len(reads)):
            if not reads[reader, kind]:
                continue
            start = key_starts[reader]
            stop = key_starts[reader + 1]
            key = np.int64(0)
            if start < stop:
                key = lanes[key_lanes[start], row]
                for part in range(start + 1, stop):
                    key = combine(key, lanes[key_lanes[part], row])
            if key == NULL:
                missing[reader] += 1
            elif not needed:
                needed = owner(key, shards) == shard
        rows[found] = row
        found += needed
    return found


@kernel("int64(int64[:, ::1], int64[::1], int64[::1], boolean[::1], boolean, int64[::1])")
def of_kinds(lanes, order, rows, reads, late, out):  # type: ignore[no-untyped-def]
    """Keep the rows whose kind `reads` names, late ones (even `order`) only if `late`; return how many."""
    found = 0
    for i in range(len(rows)):
        row = rows[i]
        out[found] = row
        found += reads[lanes[KIND, row]] and (late or (order[row] & 1) == 1)
    return found


@kernel("int64(int64[:, ::1], boolean[::1], int64[::1])")
def arrived_of_kinds(lanes, reads, out):  # type: ignore[no-untyped-def]
    """Find the rows of a batch whose kind `reads` names; return how many."""
    found = 0
    for row in range(lanes.shape[1]):
        out[found] = row
        found += reads[lanes[KIND, row]]
    return found


@kernel("int64(int64[:, ::1], int64[::1], int64[::1], int64, int64, boolean, int64[::1])")
def own(lanes, rows, key_lanes, shards, shard, keyless, keys):  # type: ignore[no-untyped-def]
    """Keep the rows whose key this shard holds; `keys` receives the keys' tokens.

    A row without its key is dropped, or with `keyless` is the first shard's (its token is NULL). `rows` is
    overwritten, in order. Returns how many are kept.
    """
    kept = 0
    for i in range(len(rows)):
        row = rows[i]
        key = np.int64(0)
        if len(key_lanes) > 0:
            key = lanes[key_lanes[0], row]
            for part in range(1, len(key_lanes)):
                key = combine(key, lanes[key_lanes[part], row])
        if key == NULL and not keyless:
            continue
        rows[kept] = row
        keys[kept] = key
        kept += owner(key, shards) == shard
    return kept
