"""Values that no schema asks for: validated to the last byte, whatever they nest, and dropped."""

import numpy as np

from kernels.compile import kernel
from kernels.decode.numbers import number, short_end
from kernels.decode.reasons import ACCEPTED, SYNTAX, TOO_DEEP
from kernels.decode.strings import QUOTE, plain_end, string_end
from kernels.decode.wide import byte, cold, word

ALONE = np.int64(0)  # depth of a value that is the line
FIELD_DEPTH = np.int64(1)  # of a field's value
DEPTH_MAX = 64  # values within values in a line, its own object included

TRUE_WORD = int.from_bytes(b"true", "little")
FALSE_WORD = int.from_bytes(b"alse", "little")
NULL_WORD = int.from_bytes(b"null", "little")


@kernel(inline=True)
def four(text, at):
    """Return the 4 bytes at `at`, little endian."""
    return np.int64(word(text, at) & np.uint64(0xFFFFFFFF))


@kernel(inline=True)
def is_space(c):
    """Say whether a byte is white space within a line."""
    return c == 0x20 or c == 0x09 or c == 0x0D


@kernel(inline=True)
def after_space(text, at):
    """Return the position of the first byte from `at` on that is not white space."""
    while is_space(byte(text, at)):
        at += 1
    return at


@kernel()
def scalar_end(text, marks, at):
    """Return (end, reason) of the value at `at` that is no object and no array."""
    cold()
    c = byte(text, at)
    if c == QUOTE:
        end, _, reason = string_end(text, marks, at + 1)
        return end + (reason == ACCEPTED), reason
    if c == 0x2D or 0x30 <= c <= 0x39:
        end, _, _, _, reason = number(text, at)
        return end, reason
    if (c == 0x74 and four(text, at) == TRUE_WORD) or (c == 0x6E and four(text, at) == NULL_WORD):
        return at + 4, ACCEPTED
    if c == 0x66 and four(text, at + 1) == FALSE_WORD:
        return at + 5, ACCEPTED
    return at, SYNTAX


@kernel()
def value_end(text, marks, at, depth):
    """Return (end, reason) of the value at `at`, which is in `depth` others.

    `end` is past the value, or at what is wrong. What is open is kept in the bits of one word, 1 for an object:
    no stack, no recursion.
    """
    cold()
    opened = 0
    base = depth
    while True:
        c = byte(text, at)
        if c == 0x7B or c == 0x5B:
            if depth == DEPTH_MAX:
                return at, TOO_DEEP
            depth += 1
            is_object = c == 0x7B
            opened = opened << 1 | is_object
            at = after_space(text, at + 1)
            if byte(text, at) != c + 2:  # not closed at once: its first member
                if is_object:
                    at, reason = member_value(text, marks, at)
                    if reason != ACCEPTED:
                        return at, reason
                continue
            at += 1
            depth -= 1
            opened >>= 1
        else:
            end = plain_end(text, marks, at + 1) + 1 if c == QUOTE else short_end(text, at)
            if end <= 0:
                end, reason = scalar_end(text, marks, at)
                if reason != ACCEPTED:
                    return end, reason
            at = end
        while depth > base:  # past a value: close what ends here, or go on to the next member
            at = after_space(text, at)
            c = byte(text, at)
            is_object = opened & 1
            if c == 0x2C:
                at = after_space(text, at + 1)
                if is_object:
                    at, reason = member_value(text, marks, at)
                    if reason != ACCEPTED:
                        return at, reason
                break
            if c != (0x7D if is_object else 0x5D):
                return at, SYNTAX
            at += 1
            depth -= 1
            opened >>= 1
        if depth == base:
            return at, ACCEPTED


@kernel(inline=True)
def member_value(text, marks, at):
    """Return (position of the value, reason) of the member whose name is at `at`."""
    if byte(text, at) != QUOTE:
        return at, SYNTAX
    end = plain_end(text, marks, at + 1)
    if end < 0:
        end, _, reason = string_end(text, marks, at + 1)
        if reason != ACCEPTED:
            return end, reason
    at = after_space(text, end + 1)
    if byte(text, at) != 0x3A:
        return at, SYNTAX
    return after_space(text, at + 1), ACCEPTED
