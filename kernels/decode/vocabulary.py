"""The words that schemas know (names of fields, kinds, enum values): an open-addressing table from text to number.

One table holds them all; a `group` keeps them apart: the same text may be a field, a kind and a value.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.wide import byte
from kernels.keys.token import token

HASH = 0  # columns of `slots`
GROUP = 1
OFFSET = 2  # of the word in `words`
LENGTH = 3
NUMBER = 4  # -1: the slot is free
SLOT_COLUMNS = 5


@kernel(inline=True)
def is_same(text, at, words, offset, length):  # type: ignore[no-untyped-def]
    """Say whether `text[at:at + length]` is `words[offset:offset + length]`."""
    for i in range(length):
        if byte(text, at + i) != byte(words, offset + i):
            return False
    return True


@kernel()
def find(text, at, length, group, slots, words):  # type: ignore[no-untyped-def]
    """Return the number of the word `text[at:at + length]` of a group, -1 where the group has no such word.

    At most half of the slots are taken, so that probing ends.
    """
    code = token(text, np.uint64(at), np.uint64(length), np.uint64(group))
    mask = len(slots) - 1
    slot = code & mask
    while slots[slot, NUMBER] >= 0:
        if slots[slot, HASH] == code and slots[slot, GROUP] == group and slots[slot, LENGTH] == length:
            if is_same(text, at, words, slots[slot, OFFSET], length):
                return slots[slot, NUMBER]
        slot = (slot + 1) & mask
    return -1


@kernel("void(uint8[::1], int64[:, ::1], int64[:, ::1])")
def fill(words, entries, slots):  # type: ignore[no-untyped-def]
    """Enter words into an empty table (NUMBER -1 everywhere); `entries` has rows of (group, offset, length, number)."""
    mask = len(slots) - 1
    for i in range(len(entries)):
        group, offset, length, number = entries[i, 0], entries[i, 1], entries[i, 2], entries[i, 3]
        code = token(words, np.uint64(offset), np.uint64(length), np.uint64(group))
        slot = code & mask
        while slots[slot, NUMBER] >= 0:
            slot = (slot + 1) & mask
        slots[slot, HASH] = code
        slots[slot, GROUP] = group
        slots[slot, OFFSET] = offset
        slots[slot, LENGTH] = length
        slots[slot, NUMBER] = number
