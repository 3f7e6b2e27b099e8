"""Quantiles by logarithmic buckets, at most 1 % off: DDSketch (Masson et al. 2019, doi:10.14778/3352063.3352135).

A bucket holds what lies within a factor GROWTH; its middle is off by (GROWTH - 1) / (GROWTH + 1) = 0.98 % at most.
Magnitudes below LEAST count as 0, and such beyond GREATEST as GREATEST. The counts of a key are a tree of three levels:
its root, what hangs on it and the leaves are nodes of 16 running counts, a cache line each, so that an event and a
quantile cost a few vector instructions and one line a level. As buckets count events, one can be taken out again: a
sliding window remembers the buckets of its last HELD events.
"""

import math

import numpy as np

from kernels.compile import kernel
from kernels.patterns.nodes import NODE, count_in, part_with
from kernels.prefetch import prefetch

GROWTH = 1.0198
LEAST, GREATEST = 1e-3, 1e9
SIDE = math.ceil(math.log(GREATEST / LEAST) / math.log(GROWTH))  # buckets of one sign
BUCKETS = 2 * SIDE + 1
MIDDLES = -(-BUCKETS // NODE**2)  # nodes of the second level, no more than a node has counts
LEAVES = NODE + NODE * MIDDLES  # where the third level begins
WORDS = LEAVES + -(-BUCKETS // NODE) * NODE
HELD = 4096

_LOG = math.log(GROWTH)
_MIDDLE = 2 / (1 + GROWTH)
_VALUES = np.array([LEAST * math.exp(side * _LOG) * _MIDDLE for side in range(SIDE + 1)])

# A logarithm that is good enough for all but the edges of buckets: that of the first bits of a number's fraction, from
# a table, and three terms of a series for what is left.
_PIECES = 7  # bits
_FRACTIONS = [1 + (piece + 0.5) / (1 << _PIECES) for piece in range(1 << _PIECES)]
_PARTS = np.array([math.log(fraction) / _LOG for fraction in _FRACTIONS])
_INVERSES = np.array([1 / fraction for fraction in _FRACTIONS])
_PER_OCTAVE = math.log(2) / _LOG
_FIRST = math.log(LEAST) / _LOG
_DOUBT = 1e-6  # buckets; the series is off by 1e-8 of one


@kernel(inline=True, allocates=False)
def bucket_of(x):
    """Return the bucket of a number, 0 .. BUCKETS - 1, ascending."""
    magnitude = abs(x)
    if magnitude <= LEAST:
        return np.int64(SIDE)
    side = np.int64(SIDE)
    if magnitude < GREATEST:
        bits = np.float64(magnitude).view(np.int64)
        fraction = np.int64((bits & ((1 << 52) - 1)) | (1023 << 52)).view(np.float64)
        piece = (bits >> (52 - _PIECES)) & ((1 << _PIECES) - 1)
        left = fraction * _INVERSES[piece] - 1.0
        series = left * (1.0 - left * (0.5 - left * (1 / 3)))
        place = ((bits >> 52) - 1023) * _PER_OCTAVE + _PARTS[piece] - _FIRST + series * (1 / _LOG)
        side = np.int64(place) + 1
        if not _DOUBT < place - (side - 1) < 1 - _DOUBT:
            side = exact_side(magnitude)
    return SIDE + side if x > 0 else SIDE - side


@kernel(allocates=False)
def exact_side(magnitude):
    """Return how many buckets a magnitude is above LEAST."""
    return min(np.int64(SIDE), np.int64(math.ceil(math.log(magnitude / LEAST) / _LOG)))


@kernel(inline=True, allocates=False)
def value_of(bucket):
    """Return the middle of a bucket: no number in it is more than 0.98 % away."""
    if bucket == SIDE:
        return 0.0
    return _VALUES[bucket - SIDE] if bucket > SIDE else -_VALUES[SIDE - bucket]


@kernel(inline=True, allocates=False)
def put(buckets, row, q, bucket, by):
    """Change the count of a bucket; `buckets` is int32[rows, q, WORDS], the tree of each key."""
    tree = buckets[row, q]
    count_in(tree, 0, bucket // NODE**2, by)
    count_in(tree, NODE + bucket // NODE**2 * NODE, bucket // NODE % NODE, by)
    count_in(tree, LEAVES + bucket // NODE * NODE, bucket % NODE, by)


@kernel(inline=True, allocates=False)
def ask_for(buckets, row, bucket):
    """Ask for the lines of a bucket in the first tree of a key, but the root."""
    prefetch(buckets[:, 0], row, NODE + bucket // NODE**2 * NODE)
    prefetch(buckets[:, 0], row, LEAVES + bucket // NODE * NODE)


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
    tree = buckets[row, q]
    first = part_with(tree, 0, rank)
    if first > 0:
        rank -= tree[first - 1]
    node = NODE + first * NODE
    second = part_with(tree, node, rank)
    if second > 0:
        rank -= tree[node + second - 1]
    leaf = (first * NODE + second) * NODE
    return leaf + part_with(tree, LEAVES + leaf, rank)


@kernel(inline=True, allocates=False)
def quantile(buckets, row, q, share, size):
    """Return the quantile of `size` numbers, that of rank floor(share x (size - 1)) from below; NaN of none."""
    if size == 0:
        return np.nan
    return value_of(at_rank(buckets, row, q, np.int64(math.floor(share * (size - 1)))))
