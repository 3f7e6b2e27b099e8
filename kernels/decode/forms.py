"""The form of a value: how long its text is and where its digits are, learned from the last one in the same place.

A value of the same form is checked by a mask and converted without looking for its end, which is what the next
step of the walk would wait for; a value of another form is scanned, and its form remembered.
"""

from typing import Final

import numpy as np

from kernels.compile import kernel
from kernels.decode.numbers import INTEGER, NIBBLES, REAL, SIXES, TENS, WHOLE_TENS, ZEROS, eight_digits
from kernels.decode.shapes import FORM, FORM_WORDS
from kernels.decode.vocabulary import HEADS, TAILS
from kernels.decode.wide import byte, cold, word
from kernels.keys.token import P0, P1, P2, fold
from kernels.nulls import NULL

# Forms.
NO_FORM: Final = 0
STRING_FORM: Final = 1  # without escapes, 1 to 16 bytes
VARYING_FORM: Final = 3  # the same, of a length that changes too often to be expected
INTEGER_FORM: Final = 2  # 9 to 15 digits, no sign
NUMBER_FORM: Final = INTEGER  # and REAL, the number's tag: up to 7 characters

LENGTH: Final = FORM_WORDS  # of the text, bytes
COVER: Final = FORM_WORDS + 1  # STRING_FORM: bits of the marks up to the closing quote ...
QUOTE_BIT: Final = FORM_WORDS + 2  # ... of which only this one is set
HEAD: Final = FORM_WORDS + 3  # masks of the first and the second 8 bytes
TAIL: Final = FORM_WORDS + 4
MISSES: Final = FORM_WORDS + 5  # how often the length was another one lately
PATTERN: Final = FORM_WORDS + 1  # NUMBER_FORM: "0" for digits, else the bytes themselves, the one after the number too
DIGITS: Final = FORM_WORDS + 2  # 0xFF where a digit is
CHECK: Final = FORM_WORDS + 3  # the bits that have to be 0
BELOW: Final = FORM_WORDS + 4  # 0xFF where a digit before the point is, the sign left out
SHIFT: Final = FORM_WORDS + 5  # that leaves only the digits
DIVISOR: Final = FORM_WORDS + 6  # float64 bits, negative for a negative number
SCALE: Final = FORM_WORDS + 4  # INTEGER_FORM, where the others are for the second 8 bytes: 10**(its digits)

STRING_MAX: Final = 16
MISSES_MAX: Final = 16
ONE_BYTE = np.uint64(0xFF)


@kernel()
def learn_string(node, length, shapes):
    """Remember the form of a string of `length` bytes without escapes."""
    cold()
    shapes[node + MISSES] += 1
    if shapes[node + MISSES] > MISSES_MAX:
        shapes[node + FORM] = VARYING_FORM
    elif 0 < length <= STRING_MAX:
        shapes[node + FORM] = STRING_FORM
        shapes[node + LENGTH] = length
        shapes[node + COVER] = (2 << length) - 1
        shapes[node + QUOTE_BIT] = 1 << length
        shapes[node + HEAD] = np.int64(HEADS[np.uint64(length)])
        shapes[node + TAIL] = np.int64(TAILS[np.uint64(length)])
    else:
        shapes[node + FORM] = NO_FORM


@kernel(inline=True)
def forgive(node, shapes):
    """Count older misses half."""
    if shapes[node + FORM] == STRING_FORM:
        shapes[node + MISSES] >>= 1


@kernel()
def learn_number(text, at, end, tag, node, shapes):
    """Remember the form of the valid number `text[at:end]`, with the byte that follows it."""
    cold()
    shapes[node + FORM] = NO_FORM
    length = end - at
    if tag == INTEGER and 9 <= length <= 15 and byte(text, at) != 0x2D:
        shapes[node + FORM] = INTEGER_FORM
        shapes[node + SCALE] = np.int64(WHOLE_TENS[np.uint64(length - 8)])
        at += 8
        length -= 8
        whole = length
    elif tag <= REAL and length <= 7:
        whole = length
        for i in range(length):
            c = byte(text, at + i)
            if c == 0x2E:
                whole = i
            elif c | 0x20 == 0x65:
                return
        sign = byte(text, at) == 0x2D
        if sign and length == 2:
            return  # -0 is 0, which no divisor makes of it
        fraction = max(length - whole - 1, 0)
        divisor = TENS[np.uint64(fraction)]
        shapes[node + FORM] = tag
        shapes[node + LENGTH] = length
        shapes[node + BELOW] = np.int64(HEADS[np.uint64(whole - sign)])
        shapes[node + DIVISOR] = np.float64(-divisor if sign else divisor).view(np.int64)
    else:
        return
    digits = np.uint64(0)
    count = 0
    for i in range(length):
        if 0x30 <= byte(text, at + i) <= 0x39:
            digits |= ONE_BYTE << np.uint64(i << 3)
            count += 1
    others = HEADS[np.uint64(length + 1)] & ~digits
    shapes[node + PATTERN] = np.int64((ZEROS & digits) | (word(text, at) & others))
    shapes[node + DIGITS] = np.int64(digits)
    shapes[node + CHECK] = np.int64((NIBBLES & digits) | others)
    shapes[node + SHIFT] = 64 - (count << 3)


@kernel(inline=True)
def short_token(text, start, length, head, tail, city):
    """Return the token of a string of 1 to 16 bytes, given the masks of its first and its second 8 bytes.

    The same as `kernels.keys.token.token`, without a branch.
    """
    low = word(text, start) & head
    high = word(text, start + 8) & tail
    state = fold(low ^ P1, high ^ city ^ P0)
    result = np.int64(fold(state ^ P2, np.uint64(length) ^ P1))
    return result if result != NULL else np.int64(1)


@kernel(inline=True)
def difference(chunk, node, shapes):
    """Return 0 where 8 bytes, exclusive-ored with PATTERN, are of the form's pattern."""
    return ((chunk + (np.uint64(shapes[node + DIGITS]) & SIXES)) | chunk) & np.uint64(shapes[node + CHECK])


@kernel(inline=True)
def has_leading_zero(digits, node, shapes):
    """Say whether a NUMBER_FORM has more than one digit before the point and the first is 0."""
    return (digits & ONE_BYTE == 0) & (shapes[node + BELOW] & 0x100 != 0)


@kernel(inline=True)
def short_number(digits, node, shapes):
    """Return the bits of the double that a NUMBER_FORM without its sign is, exclusive-ored with PATTERN."""
    below = np.uint64(shapes[node + BELOW])
    squeezed = (digits & below) | ((digits >> np.uint64(8)) & ~below)
    mantissa = np.int64(eight_digits(squeezed << np.uint64(shapes[node + SHIFT])))
    return np.float64(np.float64(mantissa) / np.int64(shapes[node + DIVISOR]).view(np.float64)).view(np.int64)
