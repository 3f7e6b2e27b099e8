"""The first look at a block: a bit for each byte that may end a string or break it.

The walk finds the ends of strings in these bits: half as long a wait as for loading and comparing text there,
and UTF-8 is validated on the way, many bytes at once.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.wide import WIDTH, count_ones, highs, ill_formed, newlines, pointer, stops
from kernels.keys.token import store64


@kernel("int64(uint8[::1], int64, uint8[::1])")
def mark(block, size, marks):
    """Mark the bytes of `block[:size]`, which has 64 readable bytes more, and count its newlines.

    Parameters
    ----------
    marks
        uint8[size // 8 + 16], out: bit i % 8 of byte i // 8 is set where byte i is a quote, a backslash, below
        space; or not ASCII, where UTF-8 is not well-formed or not looked at

    Returns
    -------
    int64, the number of newlines

    Cost: about 25 GB/s where all is ASCII.
    """
    text = pointer(block)
    lines = 0
    before = 0
    at = 0
    while at < size:
        bits = stops(text, at)
        high = highs(text, at)
        if high != 0 or before != 0:
            if at == 0:
                bits |= high
            elif ill_formed(text, at) != 0:  # found where a sequence breaks off, which may be at a quote
                bits |= high
                store64(marks, np.uint64((at - WIDTH) >> 3), np.uint64(stops(text, at - WIDTH) | before))
            before = high
        store64(marks, np.uint64(at >> 3), np.uint64(bits))
        ends = newlines(text, at)
        if size - at < WIDTH:
            ends &= (1 << (size - at)) - 1
        lines += count_ones(ends)
        at += WIDTH
    return lines
