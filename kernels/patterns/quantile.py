"""Quantiles by logarithmic buckets, at most 1 % off: DDSketch (Masson et al. 2019, doi:10.14778/3352063.3352135).

A bucket holds what lies within a factor GROWTH; its middle is off by (GROWTH - 1) / (GROWTH + 1) = 0.98 % at most.
Magnitudes below LEAST count as 0, and such beyond GREATEST as GREATEST. The counts of a key are a Fenwick tree
(doi:10.1002/spe.4380240306), so that an event and a quantile cost the logarithm of the number of buckets. As buckets
count events, one can be taken out again: a sliding window remembers the buckets of its last HELD events.
"""

import math

import numpy as np

from kernels.compile import kernel

GROWTH = 1.0198
LEAST, GREATEST = 1e-3, 1e9
SIDE = math.ceil(math.log(GREATEST / LEAST) / math.log(GROWTH))  # buckets of one sign
BUCKETS = 2 * SIDE + 1
STEP = 1 << (BUCKETS.bit_length() - 1)  # the greatest power of two that is no greater
HELD = 4096

_LOG = math.log(GROWTH)
_MIDDLE = 2 / (1 + GROWTH)


@kernel(inline=True, allocates=False)
def bucket_of(x):
    """Return the bucket of a number, 0 .. BUCKETS - 1, ascending."""
    magnitude = abs(x)
    if magnitude <= LEAST:
        return np.int64(SIDE)
    side = (
        np.int64(SIDE)
        if magnitude >= GREATEST
        else min(np.int64(SIDE), np.int64(math.ceil(math.log(magnitude / LEAST) / _LOG)))
    )
    return SIDE + side if x > 0 else SIDE - side


@kernel(inline=True, allocates=False)
def value_of(bucket):
    """Return the middle of a bucket: no number in it is more than 0.98 % away."""
    side = abs(bucket - SIDE)
    if side == 0:
        return 0.0
    magnitude = LEAST * math.exp(side * _LOG) * _MIDDLE
    return magnitude if bucket > SIDE else -magnitude


@kernel(inline=True, allocates=False)
def put(buckets, row, q, bucket, by):
    """Change the count of a bucket; `buckets` is int32[rows, q, BUCKETS + 1], the tree of each key from place 1."""
    at = bucket + 1
    while at <= BUCKETS:
        buckets[row, q, at] += by
        at += at & -at


@kernel(allocates=False)
def fell(buckets, sizes, row):
    """Empty the trees of a key."""
    for q in range(buckets.shape[1]):
        if sizes[row, q, 1] > 0:
            buckets[row, q, :] = 0
        sizes[row, q, :] = 0


@kernel(inline=True, allocates=False)
def at_rank(buckets, row, q, rank):
    """Return the bucket of the number that has `rank` others before it in ascending order."""
    at = np.int64(0)
    step = np.int64(STEP)
    left = rank
    while step > 0:
        if at + step <= BUCKETS and buckets[row, q, at + step] <= left:
            at += step
            left -= buckets[row, q, at]
        step >>= 1
    return at


@kernel(inline=True, allocates=False)
def quantile(buckets, row, q, share, size):
    """Return the quantile of `size` numbers, that of rank floor(share x (size - 1)) from below; NaN of none."""
    if size == 0:
        return np.nan
    return value_of(at_rank(buckets, row, q, np.int64(math.floor(share * (size - 1)))))
