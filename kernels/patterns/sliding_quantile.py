"""Quantiles of a sliding window: which numbers are in the trees of a key, as panes begin and leave.

The buckets of the last HELD numbers lie in a ring, and of each pane is kept how many numbers there ever were when it
was over; so the numbers of the panes that leave are those of the ring that came no later.
"""

import numpy as np

from kernels.bits import highest
from kernels.compile import kernel
from kernels.patterns.aggregate import NEW, OLD, PANE, PANES
from kernels.patterns.quantile import HELD, ask_for, bucket_of, fell, put
from kernels.prefetch import AHEAD, prefetch


@kernel(allocates=False)
def leave_trees(marks, buckets, held, sizes, row, slot, block):
    """Take the panes that leave the window when it moves on to one of `block` out of the trees of quantiles."""
    past = marks[row, PANE]
    if past < block - PANES:
        fell(buckets, sizes, row)
        return
    left = ~((np.int64(2) << past % PANES) - 1)  # of the block before, the panes up to here have left
    gone = (np.int64(2) << slot) - 1
    panes = marks[row, OLD] & left
    if past >= block:
        panes &= gone
    elif marks[row, NEW] & gone:
        panes = marks[row, NEW] & gone
    if panes == 0:
        return
    newest = 2 + highest(panes)
    for q in range(buckets.shape[1]):
        for _ in range(sizes[row, q, newest] - (sizes[row, q, 0] - sizes[row, q, 1])):
            take_out(buckets, held, sizes, row, q)


@kernel(inline=True, allocates=False)
def take_out(buckets, held, sizes, row, q):
    """Take the oldest number out of a tree."""
    put(buckets, row, q, np.int64(held[row, q, (sizes[row, q, 0] - sizes[row, q, 1]) % HELD]), -1)
    sizes[row, q, 1] -= 1


@kernel(inline=True, allocates=False)
def put_in(buckets, held, sizes, row, slot, quantiles, numbers, i):
    """Put an event into the trees of a key; a full one loses its oldest."""
    for q in range(len(quantiles)):
        x = numbers[quantiles[q], i]
        head = sizes[row, q, 0]
        if x == x:
            if sizes[row, q, 1] == HELD:
                take_out(buckets, held, sizes, row, q)
            bucket = bucket_of(x)
            put(buckets, row, q, bucket, 1)
            held[row, q, head % HELD] = bucket
            head += 1
            sizes[row, q, 0] = head
            sizes[row, q, 1] += 1
        sizes[row, q, 2 + slot] = head


@kernel(inline=True, allocates=False)
def ask_for_tree(buckets, held, sizes, rows, slot, quantiles, numbers, i):
    """Ask for what the events ahead need of the first tree of their keys: its root, then the ring, then two leaves."""
    row = rows[i + AHEAD]
    prefetch(sizes, row, 0)
    prefetch(sizes[:, 0], row, 2 + slot)
    prefetch(buckets, row, 0)
    row = rows[i + AHEAD // 2]
    tail = (sizes[row, 0, 0] - sizes[row, 0, 1]) % HELD
    prefetch(held[:, 0], row, sizes[row, 0, 0] % HELD)
    prefetch(held[:, 0], row, tail)
    ask_for(buckets, row, bucket_of(numbers[quantiles[0], i + AHEAD // 2]))
    row = rows[i + AHEAD // 4]
    tail = (sizes[row, 0, 0] - sizes[row, 0, 1]) % HELD
    ask_for(buckets, row, np.int64(held[row, 0, tail]))
