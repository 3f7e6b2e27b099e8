"""The walk over one line's object: any spelling of RFC 8259, byte by byte, and a note of each field."""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import KEYS
from kernels.decode.nested import (
    FALSE_WORD,
    NULL_WORD,
    TRUE_WORD,
    after_space,
    four,
    is_space,
    value_end,
)
from kernels.decode.notes import (
    ARRAY_OR_OBJECT,
    END,
    ESCAPED,
    EXPONENT,
    FALSE,
    MANTISSA,
    NOTE,
    NULL_VALUE,
    STAMP,
    STAMP_BITS,
    START,
    STRING,
    TRUE,
)
from kernels.decode.numbers import number
from kernels.decode.reasons import ACCEPTED, SYNTAX
from kernels.decode.strings import QUOTE, string_end, unescape
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte, cold

COMMA = 0x2C
COLON = 0x3A
MINUS = 0x2D
OPEN = 0x7B
CLOSE = 0x7D


@kernel(inline=True)
def other_end(text, marks, at):
    """Return (end, tag, reason) of the value at `at` that is no string and no number."""
    c = byte(text, at)
    if c == 0x6E and four(text, at) == NULL_WORD:
        return at + 4, NULL_VALUE, ACCEPTED
    if c == 0x74 and four(text, at) == TRUE_WORD:
        return at + 4, TRUE, ACCEPTED
    if c == 0x66 and four(text, at + 1) == FALSE_WORD:
        return at + 5, FALSE, ACCEPTED
    end, reason = value_end(text, marks, at, 1)
    return end, ARRAY_OR_OBJECT, reason


@kernel()
def escaped_key(text, start, end, extra, used, slots, mask, words):
    """Return the number of a key that is spelled with escapes, -1 where no schema knows it."""
    cold()
    return find(extra, used, unescape(text, start, end, extra, used) - used, KEYS, slots, mask, words)


@kernel(inline=True)
def walk(text, marks, at, line, slots, mask, words, extra, used, notes, keys):
    """Walk the object whose "{" is at `at`, and note its fields.

    Returns
    -------
    at
        past the object, or where it went wrong
    reason
        ACCEPTED or why not
    """
    at += 1
    if byte(text, at) != QUOTE:
        at = after_space(text, at)
        if byte(text, at) == CLOSE:
            return at + 1, ACCEPTED
    while True:
        if byte(text, at) != QUOTE:
            at = after_space(text, at)
            if byte(text, at) != QUOTE:
                return at, SYNTAX
        start = at + 1
        at, has_escapes, reason = string_end(text, marks, start)
        if reason != ACCEPTED:
            return at, reason
        if has_escapes:
            key = escaped_key(text, start, at, extra, used, slots, mask, words)
        else:
            key = find(text, start, at - start, KEYS, slots, mask, words)
        at += 1
        if byte(text, at) != COLON:
            at = after_space(text, at)
            if byte(text, at) != COLON:
                return at, SYNTAX
        at += 1
        c = byte(text, at)
        if is_space(c):
            at = after_space(text, at)
            c = byte(text, at)
        row = np.uint64(key if key >= 0 else keys) * np.uint64(NOTE)
        start = at
        if c == QUOTE:
            start += 1
            end, has_escapes, reason = string_end(text, marks, start)
            tag = STRING + has_escapes
            at = end + 1
        elif c == MINUS or 0x30 <= c <= 0x39:
            end, tag, mantissa, exponent, reason = number(text, at)
            notes[row + np.uint64(MANTISSA)] = np.int64(mantissa)
            notes[row + np.uint64(EXPONENT)] = exponent
            at = end
        else:
            end, tag, reason = other_end(text, marks, at)
            at = end
        if reason != ACCEPTED:
            return end, reason
        notes[row + np.uint64(STAMP)] = line << STAMP_BITS | tag
        notes[row + np.uint64(START)] = start
        notes[row + np.uint64(END)] = end
        c = byte(text, at)
        if is_space(c):
            at = after_space(text, at)
            c = byte(text, at)
        if c == COMMA:
            at += 1
        elif c == CLOSE:
            return at + 1, ACCEPTED
        else:
            return at, SYNTAX


assert ESCAPED == STRING + 1
