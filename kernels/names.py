"""The names of a row, by which rows of one instant are sorted and known again: kind, id and device.

They are a word of the kind and the lengths of both texts, then the texts, 8 bytes a word, as numbers that compare as
the bytes do. A length counts from 1, 0 is NULL.
"""

import numpy as np

from kernels.compile import kernel
from kernels.keys.token import load64
from kernels.nulls import NULL

TEXT_BITS = 24  # kind << 2 * TEXT_BITS | length of the id << TEXT_BITS | length of the device
TEXT_MASK = np.int64((1 << TEXT_BITS) - 1)
SLICE_BITS = 24  # as in events.batch
LENGTH = np.int64((1 << SLICE_BITS) - 1)


@kernel(inline=True)
def byteswap(word):
    """Return a little-endian word with its first byte most significant, so that words compare as bytes do."""
    bytes_mask = np.uint64(0x00FF00FF00FF00FF)
    pairs_mask = np.uint64(0x0000FFFF0000FFFF)
    word = ((word & bytes_mask) << np.uint64(8)) | ((word >> np.uint64(8)) & bytes_mask)
    word = ((word & pairs_mask) << np.uint64(16)) | ((word >> np.uint64(16)) & pairs_mask)
    return (word << np.uint64(32)) | (word >> np.uint64(32))


@kernel(inline=True)
def word_of(text, at, left):
    """Return up to 8 bytes as a signed number that compares as they do; where fewer are left the rest is 0."""
    word = np.uint64(0)
    if left > 0:
        word = byteswap(load64(text, np.uint64(at)))
        if left < 8:
            unused = np.uint64(64 - 8 * left)
            word = (word >> unused) << unused
    return np.int64(word ^ np.uint64(0x8000000000000000))


@kernel(inline=True)
def words_of(length):
    """Return how many words a text takes, of its length in a row's names."""
    return (max(length - 1, 0) + 7) >> 3


@kernel(inline=True)
def length_of(piece):
    """Return the length in names of what a slice points at."""
    return np.int64(0) if piece == NULL else (piece & LENGTH) + 1


@kernel(inline=True)
def names_size(head):
    """Return how many words the names have that begin with this one."""
    return 1 + words_of((head >> TEXT_BITS) & TEXT_MASK) + words_of(head & TEXT_MASK)


@kernel(inline=True, allocates=False)
def write_text(text, piece, records, at):
    """Write what a slice points at, and return where it ends."""
    start = piece >> SLICE_BITS
    left = length_of(piece) - 1
    while left > 0:
        records[at] = word_of(text, start, left)
        at += 1
        start += 8
        left -= 8
    return at


@kernel()
def compare_words(names, a, length_a, b, length_b):
    """Compare two texts, from words a and b on, byte by byte: < 0, 0 or > 0; NULL comes first."""
    for i in range(min(words_of(length_a), words_of(length_b))):
        if names[a + i] != names[b + i]:
            return np.int64(-1) if names[a + i] < names[b + i] else np.int64(1)
    return length_a - length_b


@kernel("int64(int64[::1], int64[::1])")
def names_length(records, starts):
    """Return how many words the names of some rows have, whose records begin at `starts`."""
    total = np.int64(0)
    for start in starts:
        total += names_size(records[start])
    return total


@kernel("int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64)")
def copy_names(records, starts, places, names, name_starts, used):
    """Copy the names of some rows behind others; `name_starts[places[i]]` receives where those of row i begin.

    Returns how many words of `names` are used afterwards.
    """
    for i in range(len(starts)):
        name_starts[places[i]] = used
        for word in range(names_size(records[starts[i]])):
            names[used + word] = records[starts[i] + word]
        used += names_size(records[starts[i]])
    return used
