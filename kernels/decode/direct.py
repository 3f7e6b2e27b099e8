"""The short way: a line whose shape is known goes straight to its lanes, field by field, without notes.

Only what is valid and plain is done here. At the first surprise (a literal that is not in the shapes, an escape, a
wrong type, a time out of range) the line is given up, and walked and settled from its beginning, which decides.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode import shapes as trie
from kernels.decode.fields import ID_LANE, ID_MAX, KIND_LANE, OLDEST_MS, SLICE_BITS, TIME_LANE
from kernels.decode.forms import (
    COVER,
    DIVISOR,
    HEAD,
    LENGTH,
    PATTERN,
    QUOTE_BIT,
    SCALE,
    SHIFT,
    STRING_MAX,
    TAIL,
    difference,
    has_leading_zero,
    short_number,
    short_token,
)
from kernels.decode.nested import FIELD_DEPTH, value_end
from kernels.decode.numbers import INTEGER, INTEGER_MAX, LONG_INTEGER, ZEROS, double, eight_digits, not_digits, number
from kernels.decode.operations import (
    ENUM_CODE,
    FLAG,
    KIND_NAME,
    LINE,
    NOTHING,
    SHORT_NUMBER,
    SKIP_NUMBER,
    SKIP_STRING,
    SLICE,
    TIME_INTEGER,
    TOKEN,
    TOKEN_FIXED,
    VARYING,
    expect_number,
    expect_string,
)
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import string_end
from kernels.decode.times import instant
from kernels.decode.vocabulary import HEADS, TAILS, find
from kernels.decode.wide import byte, cold, trailing_zeros, word
from kernels.keys.token import token
from kernels.nulls import NULL

GIVEN_UP = -1


@kernel(inline=True)
def put_slice(start, length, node, shapes, lanes, row):
    """Write where a name is to the fixed lane that wants to know."""
    if shapes[node + trie.FIXED_AT] >= 0:
        lanes[shapes[node + trie.FIXED_AT] + row] = start << SLICE_BITS | length


@kernel()
def direct(text, marks, at, time_max, city, slots, mask, words, shapes, lanes, lines, row):
    """Fill a row's lanes from the object whose "{" is at `at`.

    Returns
    -------
    at
        position of the line's newline; GIVEN_UP, with the row's lanes written in part
    unknown_enums
        how many enum values of the line no schema knows
    """
    cold()  # out of line the registers are its own: 5 ns a line
    node = trie.ROOT
    unknown_enums = 0
    has_time = False
    has_kind = False
    while True:
        node = trie.match(text, at, node, shapes)
        at += shapes[node + trie.LENGTH]
        operation = shapes[node + trie.OPERATION]
        start = at
        if SKIP_STRING <= operation <= VARYING:
            bits = np.int64(word(marks, at >> 3) >> np.uint64(at & 7))
            if operation >= ENUM_CODE:
                length = trailing_zeros(bits)  # if it ends in a quote, the next literal sees it
                if operation == ENUM_CODE and bits != 0:
                    at += length
                    code = find(text, start, length, shapes[node + trie.GROUP], slots, mask, words)
                    if code >= 0:
                        lanes[shapes[node + trie.LANE_AT] + row] = code
                    else:
                        unknown_enums += 1
                    continue
                if 0 < length <= STRING_MAX and operation == VARYING:
                    at += length
                    if shapes[node + trie.LANE_AT] >= 0:
                        head, tail = HEADS[np.uint64(length)], TAILS[np.uint64(length)]
                        lanes[shapes[node + trie.LANE_AT] + row] = short_token(text, start, length, head, tail, city)
                    put_slice(start, length, node, shapes, lanes, row)
                    continue
            elif bits & shapes[node + COVER] == shapes[node + QUOTE_BIT]:
                length = shapes[node + LENGTH]
                at += length
                piece = start << SLICE_BITS | length
                if operation >= TOKEN:
                    head, tail = np.uint64(shapes[node + HEAD]), np.uint64(shapes[node + TAIL])
                    lanes[shapes[node + trie.LANE_AT] + row] = short_token(text, start, length, head, tail, city)
                    if operation == TOKEN_FIXED:
                        lanes[shapes[node + trie.FIXED_AT] + row] = piece
                elif operation == SLICE:
                    lanes[shapes[node + trie.FIXED_AT] + row] = piece
                continue
        elif operation == SHORT_NUMBER or operation == SKIP_NUMBER:
            chunk = word(text, at) ^ np.uint64(shapes[node + PATTERN])
            digits = chunk >> np.uint64((shapes[node + DIVISOR] >> 60) & 8)
            if difference(chunk, node, shapes) == 0 and not has_leading_zero(digits, node, shapes):
                at += shapes[node + LENGTH]
                if operation == SHORT_NUMBER:
                    lanes[shapes[node + trie.LANE_AT] + row] = short_number(digits, node, shapes)
                continue
        elif operation == TIME_INTEGER:
            chunk = word(text, at) ^ ZEROS
            more = word(text, at + 8) ^ np.uint64(shapes[node + PATTERN])
            if not_digits(chunk) | difference(more, node, shapes) == 0 and chunk & np.uint64(0xFF) != 0:
                low = eight_digits(more << np.uint64(shapes[node + SHIFT]))
                value = np.int64(eight_digits(chunk) * np.uint64(shapes[node + SCALE]) + low)
                at += 16 - (shapes[node + SHIFT] >> 3)
                if not OLDEST_MS <= value <= time_max:
                    return GIVEN_UP, 0
                lanes[TIME_LANE * lines + row] = value
                has_time = True
                continue
        elif operation == KIND_NAME:
            lanes[KIND_LANE * lines + row] = shapes[node + trie.KIND]
            has_kind = True
            continue
        elif operation == LINE:
            break
        elif operation == NOTHING:
            continue
        elif operation == FLAG:
            value = np.int64(shapes[node + trie.ACTION] == trie.TRUE_FLAG)
            if shapes[node + trie.LANE_AT] >= 0:
                lanes[shapes[node + trie.LANE_AT] + row] = value
            if shapes[node + trie.FIXED_AT] >= 0:
                lanes[shapes[node + trie.FIXED_AT] + row] = value
            continue
        action = shapes[node + trie.ACTION]
        if action == trie.ABORT:  # or no literal was known: the root's action
            return GIVEN_UP, 0
        lane = shapes[node + trie.LANE_AT]
        # The value has no form, or another one than the last.
        if shapes[node + trie.STEP] == trie.IN_STRING:
            at, has_escapes, reason = string_end(text, marks, start)
            if has_escapes or reason != ACCEPTED:
                return GIVEN_UP, 0
            length = at - start
            if operation != VARYING and operation != ENUM_CODE:
                expect_string(node, length, shapes)
            if action == trie.ENUM:
                if lane >= 0:
                    code = find(text, start, length, shapes[node + trie.GROUP], slots, mask, words)
                    if code >= 0:
                        lanes[lane + row] = code
                    else:
                        unknown_enums += 1
                continue
            if action == trie.TIME or action == trie.OTHER_TIME:
                value = instant(text, start, at)
                if value == NULL:
                    return GIVEN_UP, 0
        else:
            c = byte(text, at)
            if c == 0x2D or 0x30 <= c <= 0x39:
                at, tag, mantissa, exponent, reason = number(text, start)
                if reason != ACCEPTED:
                    return GIVEN_UP, 0
                length = at - start
                expect_number(text, start, at, tag, node, shapes)
                if action == trie.NUMBER:
                    if lane >= 0:
                        bits, certain = double(mantissa, exponent, tag, c == 0x2D)
                        if not certain:
                            return GIVEN_UP, 0
                        lanes[lane + row] = bits
                    continue
                if action == trie.OTHER:
                    continue
                is_integer = tag == INTEGER or tag == LONG_INTEGER
                is_small = exponent == 0 and mantissa <= INTEGER_MAX and tag == INTEGER
                if not is_integer or c == 0x2D or not (is_small or action == trie.NAME):
                    return GIVEN_UP, 0
                value = np.int64(mantissa)
            elif action == trie.OTHER:
                at, reason = value_end(text, marks, at, FIELD_DEPTH)
                if reason != ACCEPTED:
                    return GIVEN_UP, 0
                continue
            else:
                return GIVEN_UP, 0
            if action == trie.TEXT or action == trie.ENUM:
                return GIVEN_UP, 0
        if action <= trie.TEXT:
            if (length == 0 or length > ID_MAX) and action == trie.NAME:
                return GIVEN_UP, 0
            if lane >= 0:
                lanes[lane + row] = token(text, np.uint64(start), np.uint64(length), city)
            put_slice(start, length, node, shapes, lanes, row)
            continue
        if action == trie.TIME:
            if not OLDEST_MS <= value <= time_max:
                return GIVEN_UP, 0
            lanes[TIME_LANE * lines + row] = value
            has_time = True
        elif action == trie.OTHER:
            continue
        elif action != trie.OTHER_TIME:
            return GIVEN_UP, 0
        if lane >= 0:
            lanes[lane + row] = value
    if not has_time or not has_kind or lanes[ID_LANE * lines + row] == NULL:
        return GIVEN_UP, 0
    return at - 1, unknown_enums
