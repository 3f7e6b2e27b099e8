"""JSON strings (RFC 8259 section 7): where they end, whether they are valid, what they say.

Every line ends in a newline, which no string may hold, so no scan needs a bound.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.reasons import ACCEPTED, SYNTAX, UTF8
from kernels.decode.wide import WIDTH, byte, cold, copy, highs, stops, trailing_zeros, word

QUOTE = 0x22
BACKSLASH = 0x5C
SHORT_MAX = np.uint64(16)
MARKS = 57  # bytes that a word of marks speaks of, wherever it begins


@kernel(inline=True)
def is_continuation(c):
    """Say whether a byte continues a UTF-8 sequence."""
    return c & 0xC0 == 0x80


@kernel(inline=True)
def utf8_step(text, at):
    """Return the length of the UTF-8 sequence whose first byte, not ASCII, is at `at`; 0 where it is none.

    The table of well-formed sequences of Unicode 15, section 3.9: no overlong forms, no surrogates, nothing
    beyond U+10FFFF. A later byte is read only after the one before it was part of the sequence.
    """
    lead = byte(text, at)
    if lead < 0xC2 or lead > 0xF4:
        return 0
    second = byte(text, at + 1)
    if lead < 0xE0:
        return 2 if is_continuation(second) else 0
    if lead < 0xF0:
        low = 0xA0 if lead == 0xE0 else 0x80
        high = 0x9F if lead == 0xED else 0xBF
        return 3 if low <= second <= high and is_continuation(byte(text, at + 2)) else 0
    low = 0x90 if lead == 0xF0 else 0x80
    high = 0x8F if lead == 0xF4 else 0xBF
    if not low <= second <= high or not is_continuation(byte(text, at + 2)):
        return 0
    return 4 if is_continuation(byte(text, at + 3)) else 0


def _hex_values() -> np.ndarray:
    """Return the value of each byte as a hexadecimal digit, -1 where it is none."""
    return np.array([int(chr(c), 16) if chr(c) in "0123456789abcdefABCDEF" else -1 for c in range(256)], np.int64)


def _short_escapes() -> np.ndarray:
    """Return what a backslash and a byte stand for, -1 where they are no escape."""
    meanings = dict(zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True))
    return np.array([meanings.get(c, -1) for c in range(256)], np.int64)


HEX_VALUES = _hex_values()
SHORT_ESCAPES = _short_escapes()


@kernel(inline=True)
def code_unit(text, at):
    """Return the UTF-16 code unit of the 4 hexadecimal digits at `at`, negative where they are not 4."""
    high = HEX_VALUES[np.uint64(byte(text, at))] << 12 | HEX_VALUES[np.uint64(byte(text, at + 1))] << 8
    low = HEX_VALUES[np.uint64(byte(text, at + 2))] << 4 | HEX_VALUES[np.uint64(byte(text, at + 3))]
    return high | low


@kernel()
def escaped(text, at):
    """Return what the escape with its backslash at `at` stands for, and its length.

    Returns
    -------
    code point, length in bytes; (-1, SYNTAX) for no escape, (-1, UTF8) for half a surrogate pair, which no
    UTF-8 text can say
    """
    c = byte(text, at + 1)
    if c != 0x75:
        point = np.int64(SHORT_ESCAPES[np.uint64(c)])
        return point, 2 if point >= 0 else SYNTAX
    unit = code_unit(text, at + 2)
    if unit < 0:
        return -1, SYNTAX
    if unit < 0xD800 or unit > 0xDFFF:
        return unit, 6
    if unit > 0xDBFF:
        return -1, UTF8
    if byte(text, at + 6) != BACKSLASH or byte(text, at + 7) != 0x75:
        return -1, UTF8
    low = code_unit(text, at + 8)
    if low < 0:
        return -1, SYNTAX
    if low < 0xDC00 or low > 0xDFFF:
        return -1, UTF8
    return 0x10000 + ((unit - 0xD800) << 10 | (low - 0xDC00)), 12


@kernel()
def string_rest(text, at):
    """Return (end, has escapes, reason) of a string of any kind; see `string_end`."""
    cold()
    has_escapes = 0
    while True:
        pause = stops(text, at) | highs(text, at)
        if pause == 0:
            at += WIDTH
            continue
        at += trailing_zeros(pause)
        c = byte(text, at)
        if c == QUOTE:
            return at, has_escapes, ACCEPTED
        if c >= 0x80:
            length = utf8_step(text, at)
            if length == 0:
                return at, has_escapes, UTF8
            at += length
        elif c == BACKSLASH:
            point, length = escaped(text, at)
            if point < 0:
                return at, has_escapes, length
            has_escapes = 1
            at += length
        else:
            return at, has_escapes, SYNTAX


@kernel(inline=True)
def plain_end(text, marks, at):
    """Return where the string whose first byte after the quote is at `at` ends, as the marks say it at once.

    -1 where it has escapes, is broken, or does not end within `MARKS` bytes.
    """
    bits = np.int64(word(marks, at >> 3) >> np.uint64(at & 7))
    end = at + trailing_zeros(bits)
    return end if bits != 0 and byte(text, end) == QUOTE else -1


@kernel(inline=True)
def short_length(text, marks, start):
    """Return how many bytes the string at `start` has, if it is plain and has 1 to `SHORT_MAX`; else 0."""
    at = start + 1
    length = trailing_zeros(np.int64(word(marks, at >> 3) >> np.uint64(at & 7)))
    is_short = byte(text, start) == QUOTE and np.uint64(length - 1) < SHORT_MAX and byte(text, at + length) == QUOTE
    return length if is_short else np.int64(0)


@kernel(inline=True)
def string_end(text, marks, at):
    """Find the end of the string whose first byte after the quote is at `at`, and validate it.

    Returns
    -------
    end
        position of the closing quote, or of what is wrong
    has_escapes
        1 or 0
    reason
        ACCEPTED, SYNTAX or UTF8
    """
    end = plain_end(text, marks, at)
    if end >= 0:
        return end, 0, ACCEPTED
    return string_rest(text, at)


@kernel()
def unescape(text, marks, at, out, to):
    """Write what the string whose first byte after the quote is at `at` says to `out[to:]`, as UTF-8; validate it.

    The result is never longer than the string; up to 64 bytes more are written.

    Returns
    -------
    end
        position of the closing quote, or of what is wrong
    to
        where the result ends
    reason
        ACCEPTED, SYNTAX or UTF8
    """
    cold()
    while True:
        copy(out, to, text, at)
        bits = np.int64(word(marks, at >> 3) >> np.uint64(at & 7))
        if bits == 0:
            at += MARKS
            to += MARKS
            continue
        run = trailing_zeros(bits)
        at += run
        to += run
        c = byte(text, at)
        if c == QUOTE:
            return at, to, ACCEPTED
        if c >= 0x80:
            back = 0  # to the first byte of the sequence, which may be of 64 that are not marked
            while back < 3 and is_continuation(byte(text, at - back)):
                back += 1
            length = utf8_step(text, at - back) - back
            if length <= 0:
                return at, to, UTF8
            for i in range(length):  # it may reach beyond the 64 that were copied
                out[to + i] = byte(text, at + i)
            at += length
            to += length
            continue
        if c != BACKSLASH:
            return at, to, SYNTAX
        point = length = np.int64(-1)
        if byte(text, at + 1) == 0x75:
            point = code_unit(text, at + 2)
            length = 6
        if point < 0 or 0xD800 <= point <= 0xDFFF:
            point, length = escaped(text, at)
            if point < 0:
                return at, to, length
        at += length
        if point < 0x80:
            out[to] = point
            to += 1
        elif point < 0x800:
            out[to] = 0xC0 | point >> 6
            out[to + 1] = 0x80 | point & 0x3F
            to += 2
        elif point < 0x10000:
            out[to] = 0xE0 | point >> 12
            out[to + 1] = 0x80 | (point >> 6) & 0x3F
            out[to + 2] = 0x80 | point & 0x3F
            to += 3
        else:
            out[to] = 0xF0 | point >> 18
            out[to + 1] = 0x80 | (point >> 12) & 0x3F
            out[to + 2] = 0x80 | (point >> 6) & 0x3F
            out[to + 3] = 0x80 | point & 0x3F
            to += 4
