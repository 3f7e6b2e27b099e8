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
from kernels.decode.structure import NEWLINE
from kernels.decode.vocabulary import find, rare_word
from kernels.decode.wide import beyond, byte, cold, pair

COMMA = 0x2C
COLON = 0x3A
OPEN = 0x7B  # a bracket with one more bit
CLOSE = 0x7D
QUOTE_COLON = COLON << 8 | QUOTE


@kernel()
def is_one_value(text, marks, at):
    """Say whether a valid value is at `at`."""
    cold()
    end, reason = value_end(text, marks, at, FIELD_DEPTH)
    return reason == ACCEPTED and is_over(text, end)


@kernel()
def scan(text, marks, base, tokens, token, slots, mask, words, extra, used, notes):
    """Note the fields of the object whose "{" is the token number `token`.

    Returns
    -------
    token
        number of the line's newline
    fields
        how many were noted; -1 where the line is left to the walk
    """
    cold()
    count = 0
    stretch = beyond(text, base)
    while True:
        quote = np.int64(tokens[token + 1])
        colon = np.int64(tokens[token + 2])
        place = np.int64(tokens[token + 3])
        c = byte(stretch, place)
        if byte(stretch, quote) != QUOTE or c == NEWLINE:
            return token, -1
        start = base + quote + 1
        at = base + colon - 1
        if pair(stretch, colon - 1) != QUOTE_COLON:
            if byte(stretch, colon) != COLON:
                return token, -1
            at = plain_end(text, marks, start)  # white space before the colon
        after = byte(stretch, np.int64(tokens[token + 4]))
        value = base + place
        token += 4
        key = find(text, start, at - start, KEYS, slots, mask, words) if at >= 0 else np.int64(-1)
        if key < 0 and plain_end(text, marks, start) < 0:  # escapes, or broken bytes, which no word of a schema has
            key, reason = rare_word(text, marks, start, KEYS, slots, mask, words, extra, used)
            if reason != ACCEPTED:
                return token, -1
        if key >= 0:
            notes[key] = value
            count += 1
        if c | 0x20 == OPEN:
            at, reason = value_end(text, marks, value, FIELD_DEPTH)
            if reason != ACCEPTED:
                return token, -1
            while base + np.int64(tokens[token]) < at:
                token += 1
            after = byte(text, base + np.int64(tokens[token]))
        elif key < 0:
            is_plain = c == QUOTE and plain_end(text, marks, value + 1) >= 0
            if not is_plain and not is_one_value(text, marks, value):
                return token, -1
        if after != COMMA:
            break
    if after != CLOSE or byte(text, base + np.int64(tokens[token + 1])) != NEWLINE:
        return token, -1
    return token + 1, count
