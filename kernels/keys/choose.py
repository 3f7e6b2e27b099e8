"""Which rows concern whom: by kind, by the presence of a key, by the shard that holds the key."""

import numpy as np

from kernels.compile import kernel
from kernels.keys.membership import owner
from kernels.keys.token import combine
from kernels.nulls import NULL

KIND = 1  # lane, as in events.batch


@kernel(inline=True)
def key_of(lanes, row, key_lanes):
    """Return the token of a row's key: that of its one lane, or of all combined; NULL where one is missing."""
    key = np.int64(0)
    if len(key_lanes) > 0:
        key = lanes[key_lanes[0], row]
        for part in range(1, len(key_lanes)):
            key = combine(key, lanes[key_lanes[part], row])
    return key


@kernel("int64(int64[:, ::1], int64[::1], int64[::1], boolean[::1], boolean, int64[::1])")
def of_kinds(lanes, order, rows, reads, late, out):
    """Keep the rows whose kind `reads` names, late ones (even `order`) only if `late`; return how many."""
    found = 0
    for i in range(len(rows)):
        row = rows[i]
        out[found] = row
        found += reads[lanes[KIND, row]] and (late or (order[row] & 1) == 1)
    return found


@kernel("int64(int64[:, ::1], boolean[::1], int64[::1], int64, int64, boolean, int64[::1], int64[::1])")
def arrived(lanes, reads, key_lanes, shards, shard, keyless, missing, out):
    """Find the rows of a batch whose kind `reads` names and whose key this shard holds.

    Parameters
    ----------
    lanes
        int64[lane, n], a batch
    reads
        bool[kinds]
    key_lanes
        the lanes that make the key; without any all rows have one key
    keyless
        whether a row without its key is the first shard's, or nobody's
    missing
        int64[1], grows by the rows without their key
    out
        int64[n], receives the rows

    Returns
    -------
    how many rows

    Cost: 1 ns a row, 2 ns more for one of its kinds.
    """
    of_kind = 0  # kinds and missing keys come in no order that a branch could be foreseen by, so there are none
    for row in range(lanes.shape[1]):
        out[of_kind] = row
        of_kind += reads[lanes[KIND, row]]
    found = 0
    for i in range(of_kind):
        row = out[i]
        key = key_of(lanes, row, key_lanes)
        is_missing = key == NULL
        missing[0] += is_missing
        out[found] = row
        kept = not is_missing or keyless
        if shards > 1:
            kept &= owner(key, shards) == shard
        found += kept
    return found


@kernel("int64(int64[:, ::1], int64[::1], int64[::1], int64, int64, boolean, int64[::1])")
def own(lanes, rows, key_lanes, shards, shard, keyless, keys):
    """Keep the rows whose key this shard holds; `keys` receives the keys' tokens.

    Parameters
    ----------
    rows
        int64[n], overwritten: the kept rows come first, in order
    key_lanes
        the lanes that make the key; without any all rows have one key
    keyless
        whether a row without its key is the first shard's (its token is NULL), or nobody's

    Returns
    -------
    how many rows are kept

    Cost: 2 ns a row.
    """
    kept = 0
    for i in range(len(rows)):
        row = rows[i]
        key = key_of(lanes, row, key_lanes)
        if key == NULL and not keyless:
            continue
        rows[kept] = row
        keys[kept] = key
        kept += shards == 1 or owner(key, shards) == shard
    return kept


@kernel("void(int64[::1], boolean[::1])")
def mark(rows, wanted):
    """Set `wanted[row]` for each of some rows."""
    for row in rows:
        wanted[row] = True
