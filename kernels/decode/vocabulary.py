"""The words that schemas know (names of fields, kinds, enum values): an open-addressing table from text to number.

One table holds them all; a `group` keeps them apart: the same text may be a field, a kind and a value. A word's print
are its first 32 bytes, the quote behind it included, which tells words of other lengths apart; only words that are
longer are compared further.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import QUOTE, unescape
from kernels.decode.wide import byte, cold, differs, pointer, word
from kernels.keys.token import P1, fold

SEED = np.uint64(0)  # the first word of `slots`: chosen so that most words are found at once
FIRST = np.uint64(8)  # word of the first slot
SLOT = np.uint64(8)  # words a slot: the print, then
GROUP = np.uint64(4)
LENGTH = np.uint64(5)
NUMBER = np.uint64(6)  # -1: the slot is free
OFFSET = np.uint64(7)  # in `words`
PRINT_MAX = 31  # bytes of a word that its print holds as a whole
COVER = bytes([0xFF] * 32 + [0] * 32)  # `words` begins so; from 31 - n on it is the mask of a print of n bytes
HEADS = np.array([(1 << 8 * min(n, 8)) - 1 for n in range(17)], np.uint64)  # of n bytes, masks of the first 8 ...
TAILS = np.array([(1 << 8 * max(n - 8, 0)) - 1 for n in range(17)], np.uint64)  # ... and of the second


@kernel()
def is_same(text, at, words, offset, length):
    """Say whether `text[at:at + length]` is `words[offset:offset + length]`."""
    cold()
    for i in range(length):
        if byte(text, at + i) != byte(words, offset + i):
            return False
    return True


@kernel(inline=True)
def home(text, at, cover, group, slots, mask, words):
    """Return the first slot, as a word of `slots`, in which a word is looked for; `cover` is where its mask begins."""
    head = word(text, at) & word(words, cover)
    tail = word(text, at + 8) & word(words, cover + 8)
    return fold(head ^ np.uint64(slots[SEED]), tail ^ np.uint64(group) ^ P1) & mask


@kernel(inline=True)
def find(text, at, length, group, slots, mask, words):
    """Return the number of the word `text[at:at + length]` of a group, which has a quote behind it; -1 for none.

    Nothing foresees whether a word is known, so that is no branch: most are in the first slot, or it is free.
    """
    if length > PRINT_MAX:
        return probe(text, at, length, group, slots, mask, words)
    cover = PRINT_MAX - length
    place = home(text, at, cover, group, slots, mask, words)
    number = slots[place + FIRST + NUMBER]
    is_other = differs(text, at, words, cover, slots, place + FIRST) | (slots[place + FIRST + GROUP] != group)
    if is_other & (number >= 0):
        return probe(text, at, length, group, slots, mask, words)
    return number


@kernel()
def probe(text, at, length, group, slots, mask, words):
    """Look for a word in all slots where it may be; see `find`."""
    cold()
    cover = max(PRINT_MAX - length, 0)
    place = home(text, at, cover, group, slots, mask, words)
    while slots[place + FIRST + NUMBER] >= 0:
        slot = place + FIRST
        is_other = differs(text, at, words, cover, slots, slot) | (slots[slot + GROUP] != group)
        if not is_other and slots[slot + LENGTH] == length:
            if length <= PRINT_MAX or is_same(text, at, words, slots[slot + OFFSET], length):
                return slots[slot + NUMBER]
        place = (place + SLOT) & mask
    return np.int64(-1)


@kernel()
def rare_word(text, marks, at, group, slots, mask, words, extra, used):
    """Return (number, reason) of the word that any string says, the first byte of which is at `at`; see `find`."""
    cold()
    _, end, reason = unescape(text, marks, at, extra, used)
    if reason != ACCEPTED:
        return -1, reason
    extra[end] = QUOTE
    return find(extra, used, end - used, group, slots, mask, words), ACCEPTED


@kernel("int64(uint8[::1], int64[:, ::1], int64[::1], uint64)")
def fill(words, entries, slots, seed):
    """Enter words into a table, and return how many of them are not in the first slot that they are looked for in.

    `entries` has rows of (group, offset, length, number), and a quote is behind each word; at most an eighth of the
    slots is taken, so that probing ends.
    """
    text = pointer(words)
    slots_ = pointer(slots)
    mask = np.uint64(len(slots)) - FIRST - SLOT
    slots[:] = -1
    slots[SEED] = np.int64(seed)
    displaced = 0
    for i in range(len(entries)):
        group, offset, length, number = entries[i, 0], entries[i, 1], entries[i, 2], entries[i, 3]
        cover = max(PRINT_MAX - length, 0)
        place = home(text, offset, cover, group, slots_, mask, text)
        displaced += slots[place + FIRST + NUMBER] >= 0
        while slots[place + FIRST + NUMBER] >= 0:
            place = (place + SLOT) & mask
        slot = place + FIRST
        for j in range(4):
            kept = word(text, offset + 8 * j) & word(text, cover + 8 * j)
            slots[slot + np.uint64(j)] = np.int64(kept)
        slots[slot + GROUP] = group
        slots[slot + LENGTH] = length
        slots[slot + NUMBER] = number
        slots[slot + OFFSET] = offset
    return displaced
