"""The words that schemas know (names of fields, kinds, enum values): an open-addressing table from text to number.

One table holds them all; a `group` keeps them apart: the same text may be a field, a kind and a value. A word's
first 16 bytes and its length are its print; only words of more are compared further.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import unescape
from kernels.decode.wide import byte, cold, pointer, word
from kernels.keys.token import P1, fold

SEED = np.uint64(0)  # the first word of `slots`: chosen so that most words are found at once
FIRST = np.uint64(4)  # word of the first slot
SLOT = np.uint64(4)  # words a slot: the first 16 bytes of a word, then
TAIL = np.uint64(1)
TAG = np.uint64(2)  # group and length
NUMBER = np.uint64(3)  # and offset in `words`; -1: the slot is free
LENGTH_BITS = 32
NUMBER_BITS = 24
HEADS = np.array([(1 << 8 * min(n, 8)) - 1 for n in range(17)], np.uint64)  # of n bytes, masks of the first 8 ...
TAILS = np.array([(1 << 8 * max(n - 8, 0)) - 1 for n in range(17)], np.uint64)  # ... and of the second


@kernel(inline=True)
def word_print(text, at, length):
    """Return the first and the second 8 bytes of `text[at:at + length]`; what is beyond the word is 0."""
    kept = np.uint64(min(length, 16))
    return word(text, at) & HEADS[kept], word(text, at + 8) & TAILS[kept]


@kernel()
def is_same(text, at, words, offset, length):
    """Say whether `text[at:at + length]` is `words[offset:offset + length]`."""
    cold()
    for i in range(length):
        if byte(text, at + i) != byte(words, offset + i):
            return False
    return True


@kernel(inline=True)
def home(head, tail, tag, seed):
    """Return the hash that says where a word's slot is."""
    return fold(head ^ seed, P1 ^ tail ^ np.uint64(tag))


@kernel(inline=True)
def find(text, at, length, group, slots, mask, words):
    """Return the number of the word `text[at:at + length]` of a group, -1 where the group has no such word.

    Nothing foresees whether a word is known, so that is no branch: most are in the first slot, or it is free.
    """
    head, tail = word_print(text, at, length)
    tag = group << LENGTH_BITS | length
    slot = home(head, tail, tag, np.uint64(slots[SEED])) & mask
    place = slot * SLOT + FIRST
    number = slots[place + NUMBER]
    other = (np.uint64(slots[place]) ^ head) | (np.uint64(slots[place + TAIL]) ^ tail)
    is_other = other | np.uint64(slots[place + TAG] ^ tag) != 0
    if (is_other & (number >= 0)) | (length > 16):
        return probe(text, at, length, tag, slot, slots, mask, words)
    return number & ((1 << NUMBER_BITS) - 1) | -np.int64(is_other)


@kernel()
def probe(text, at, length, tag, slot, slots, mask, words):
    """Go on from a slot that holds another word, or for a word that is longer than its print; see `find`."""
    cold()
    head, tail = word_print(text, at, length)
    while True:
        place = slot * SLOT + FIRST
        number = slots[place + NUMBER]
        other = (np.uint64(slots[place]) ^ head) | (np.uint64(slots[place + TAIL]) ^ tail)
        if other | np.uint64(slots[place + TAG] ^ tag) == 0:
            if length <= 16 or is_same(text, at, words, number >> NUMBER_BITS, length):
                return number & ((1 << NUMBER_BITS) - 1)
        if number < 0:
            return -1
        slot = (slot + np.uint64(1)) & mask


@kernel()
def rare_word(text, marks, at, group, slots, mask, words, extra, used):
    """Return (number, reason) of the word that any string says, the first byte of which is at `at`; see `find`."""
    cold()
    _, end, reason = unescape(text, marks, at, extra, used)
    if reason != ACCEPTED:
        return -1, reason
    return find(extra, used, end - used, group, slots, mask, words), ACCEPTED


@kernel("int64(uint8[::1], int64[:, ::1], int64[::1], uint64)")
def fill(words, entries, slots, seed):
    """Enter words into a table, and return how many of them are not in the first slot that they are looked for in.

    `entries` has rows of (group, offset, length, number); at most an eighth of the slots is taken, so that probing
    ends.
    """
    text = pointer(words)
    mask = (np.uint64(len(slots)) - FIRST) // SLOT - np.uint64(1)
    slots[:] = -1
    slots[SEED] = np.int64(seed)
    displaced = 0
    for i in range(len(entries)):
        group, offset, length, number = entries[i, 0], entries[i, 1], entries[i, 2], entries[i, 3]
        head, tail = word_print(text, offset, length)
        tag = group << LENGTH_BITS | length
        slot = home(head, tail, tag, seed) & mask
        displaced += slots[slot * SLOT + FIRST + NUMBER] >= 0
        while slots[slot * SLOT + FIRST + NUMBER] >= 0:
            slot = (slot + np.uint64(1)) & mask
        place = slot * SLOT + FIRST
        slots[place] = np.int64(head)
        slots[place + TAIL] = np.int64(tail)
        slots[place + TAG] = tag
        slots[place + NUMBER] = offset << NUMBER_BITS | number
    return displaced
