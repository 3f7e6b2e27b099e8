"""The short way: a line whose shape is known goes straight to its lanes, field by field, without notes.

Only what is valid and plain is done here. At the first surprise (a literal that is not in the shapes, an escape, a
wrong type, a time out of range) the line is given up, and walked and settled from its beginning, which decides.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode import shapes as trie
from kernels.decode.fields import ID_LANE, ID_MAX, KIND_LANE, OLDEST_MS, SLICE_BITS, TIME_LANE
from kernels.decode.nested import value_end
from kernels.decode.numbers import INTEGER, INTEGER_MAX, double, number
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import string_end
from kernels.decode.times import instant
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte, foreseen
from kernels.keys.token import token
from kernels.nulls import NULL

GIVEN_UP = -1


@kernel(inline=True)
def direct(text, marks, at, time_max, city, slots, mask, words, shapes, lanes, lines, row):
    """Fill a row's lanes from the object whose "{" is at `at`.

    Returns
    -------
    at
        position of the line's newline; GIVEN_UP, with the row's lanes written in part
    unknown_enums
        how many enum values of the line no schema knows
    """
    node = trie.ROOT
    unknown_enums = 0
    has_time = False
    has_kind = False
    while True:
        node = trie.match(text, at, node, shapes)
        place = node * trie.NODE
        at += shapes[place + trie.LENGTH]
        action = shapes[place + trie.ACTION]
        if node == 0 or action == trie.ABORT:
            return GIVEN_UP, 0
        if action >= trie.NOTHING:
            if action == trie.LINE:
                break
            if action == trie.KIND_NAME:
                lanes[KIND_LANE * lines + row] = shapes[place + trie.KIND]
                has_kind = True
            elif action != trie.NOTHING:
                if shapes[place + trie.LANE] >= 0:
                    lanes[shapes[place + trie.LANE] * lines + row] = action == trie.TRUE_FLAG
                if shapes[place + trie.FIXED_LANE] >= 0:
                    lanes[shapes[place + trie.FIXED_LANE] * lines + row] = action == trie.TRUE_FLAG
            continue
        start = at
        lane = shapes[place + trie.LANE]
        width = shapes[place + trie.WIDTH_SEEN]
        guess = foreseen(width)
        if shapes[place + trie.STEP] == trie.IN_STRING:
            end, has_escapes, reason = string_end(text, marks, start)
            if has_escapes or reason != ACCEPTED:
                return GIVEN_UP, 0
            length = end - start
            if length == width:
                at = start + guess + 1
            else:
                shapes[place + trie.WIDTH_SEEN] = length
                at = end + 1
            if action == trie.ENUM:
                if lane >= 0:
                    code = find(text, start, length, shapes[place + trie.GROUP], slots, mask, words)
                    if code >= 0:
                        lanes[lane * lines + row] = code
                    else:
                        unknown_enums += 1
                continue
            if action == trie.TIME or action == trie.OTHER_TIME:
                value = instant(text, start, end)
                if value == NULL:
                    return GIVEN_UP, 0
        else:
            c = byte(text, at)
            if c == 0x2D or 0x30 <= c <= 0x39:
                end, tag, mantissa, exponent, reason = number(text, start)
                if reason != ACCEPTED:
                    return GIVEN_UP, 0
                length = end - start
                if length == width:
                    at = start + guess
                else:
                    shapes[place + trie.WIDTH_SEEN] = length
                    at = end
                if action == trie.NUMBER:
                    if lane >= 0:
                        bits, certain = double(mantissa, exponent, tag, c == 0x2D)
                        if not certain:
                            return GIVEN_UP, 0
                        lanes[lane * lines + row] = bits
                    continue
                if action == trie.OTHER:
                    continue
                if tag != INTEGER or exponent != 0 or c == 0x2D or mantissa > INTEGER_MAX:
                    return GIVEN_UP, 0
                value = np.int64(mantissa)
            elif action == trie.OTHER:
                at, reason = value_end(text, marks, at, 1)
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
                lanes[lane * lines + row] = token(text, np.uint64(start), np.uint64(length), city)
            piece = start << SLICE_BITS | length
            if shapes[place + trie.TEXT_LANE] >= 0:
                lanes[shapes[place + trie.TEXT_LANE] * lines + row] = piece
            if shapes[place + trie.FIXED_LANE] >= 0:
                lanes[shapes[place + trie.FIXED_LANE] * lines + row] = piece
        elif action == trie.TIME:
            if not OLDEST_MS <= value <= time_max:
                return GIVEN_UP, 0
            lanes[TIME_LANE * lines + row] = value
            has_time = True
            if lane >= 0:
                lanes[lane * lines + row] = value
        elif action == trie.OTHER_TIME:
            if lane >= 0:
                lanes[lane * lines + row] = value
        elif action != trie.OTHER:
            return GIVEN_UP, 0
    if not has_time or not has_kind or lanes[ID_LANE * lines + row] == NULL:
        return GIVEN_UP, 0
    return at - 1, unknown_enums
