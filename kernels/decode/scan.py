"""The scan of a line that nothing foresees: its fields are noted from its tokens, whatever their order.

The second of two stages (see `structure`). By their tokens all fields look alike, so no branch depends on what comes
when. What schemas know is only noted here, and checked when the line is settled; what they do not know is checked at
once. A line with anything wrong or rare is left to the walk, which says what it is.

Nothing is between two tokens but white space. So where tokens come in the order quote, colon, value, comma, and each
value is valid and ends where its token does, the object is valid.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import KEYS
from kernels.decode.nested import FIELD_DEPTH, is_over, value_end
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import QUOTE, plain_end
from kernels.decode.structure import structure
from kernels.decode.vocabulary import find, rare_word
from kernels.decode.wide import byte, cold

COMMA = 0x2C
COLON = 0x3A
NEWLINE = 0x0A
BRACKET = 0x5B
OPEN = 0x7B
CLOSE = 0x7D


@kernel()
def is_one_value(text, marks, at):
    """Say whether a valid value is at `at`."""
    cold()
    end, reason = value_end(text, marks, at, FIELD_DEPTH)
    return reason == ACCEPTED and is_over(text, end)


@kernel()
def scan(text, marks, first, slots, mask, words, extra, used, notes, tokens):
    """Note the fields of the object whose "{" is at `first`.

    Returns
    -------
    end
        position of the line's newline
    fields
        how many were noted; -1 where the line is left to the walk
    """
    cold()
    count, end = structure(text, first, tokens)
    end += first
    if count < 0 or byte(text, end) != NEWLINE:
        return end, -1
    unknown = 0  # fields that no schema knows
    within = 0  # tokens of nested values, but one each
    token = 1
    while True:
        start = first + np.int64(tokens[token])
        if byte(text, start) != QUOTE or byte(text, first + np.int64(tokens[token + 1])) != COLON:
            return end, -1
        start += 1
        at = plain_end(text, marks, start)
        if at >= 0:
            key = find(text, start, at - start, KEYS, slots, mask, words)
        else:
            key, reason = rare_word(text, marks, start, KEYS, slots, mask, words, extra, used)
            if reason != ACCEPTED:
                return end, -1
        after = byte(text, first + np.int64(tokens[token + 3]))
        value = first + np.int64(tokens[token + 2])
        token += 4
        if key >= 0 and after == COMMA:
            notes[key] = value
            continue
        is_nested = byte(text, value) == OPEN or byte(text, value) == BRACKET
        if is_nested and after != COMMA:
            at, reason = value_end(text, marks, value, FIELD_DEPTH)
            if reason != ACCEPTED:
                return end, -1
            while first + np.int64(tokens[token - 1]) < at:
                token += 1
                within += 1
            after = byte(text, first + np.int64(tokens[token - 1]))
        elif after != COMMA and after != CLOSE:
            return end, -1
        elif key < 0:
            is_plain = byte(text, value) == QUOTE and plain_end(text, marks, value + 1) >= 0
            if not is_plain and not is_one_value(text, marks, value):
                return end, -1
        if key >= 0:
            notes[key] = value
        else:
            unknown += 1
        if after != COMMA:
            break
    if after != CLOSE or token != count:
        return end, -1
    return end, ((count - 1 - within) >> 2) - unknown
