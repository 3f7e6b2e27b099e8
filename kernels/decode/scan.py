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
from kernels.decode.nested import FIELD_DEPTH, is_space, value_end
from kernels.decode.numbers import is_over, short_end
from kernels.decode.reasons import ACCEPTED
from kernels.decode.strings import QUOTE, plain_end
from kernels.decode.structure import NEWLINE
from kernels.decode.vocabulary import FIRST, GROUP, NUMBER, PRINT_MAX, home, probe, rare_word
from kernels.decode.wide import beyond, byte, cold, differs, pair, quadruple

COMMA = 0x2C
COLON = 0x3A
OPEN = 0x7B  # a bracket with one more bit
CLOSE = 0x7D
QUOTE_COLON = COLON << 8 | QUOTE
SHORT = np.uint64(0xFFFF)


@kernel()
def is_one_value(text, marks, at):
    """Say whether a valid value is at `at`."""
    cold()
    end, reason = value_end(text, marks, at, FIELD_DEPTH)
    return reason == ACCEPTED and is_over(byte(text, end))


@kernel(inline=True)
def four_tokens(tokens, token):
    """Return where four tokens begin: loads are what a scan has most of."""
    four = quadruple(tokens, token)
    return (
        np.int64(four & SHORT),
        np.int64((four >> np.uint64(16)) & SHORT),
        np.int64((four >> np.uint64(32)) & SHORT),
        np.int64(four >> np.uint64(48)),
    )


@kernel(inline=True)
def spaced(text, quote, at):
    """Return the length of a name that has its first quote at `quote` and white space up to the colon at `at`.

    -1 where there is no colon or nothing but white space behind the quote.
    """
    if byte(text, at) != COLON:
        return np.int64(-1)
    at -= 1
    while is_space(byte(text, at)):
        at -= 1
    return at - quote - 1 if byte(text, at) == QUOTE else np.int64(-1)


@kernel(inline=True)
def scan(text, marks, base, tokens, token, slots, mask, words, extra, used, notes):
    """Note the fields of the object whose "{" is the token number `token`.

    Returns
    -------
    token
        number of the line's newline
    fields
        how many were noted; -1 where the line is left to the walk
    """
    count = 0
    stretch = beyond(text, base)
    while True:
        quote, colon, place, next_ = four_tokens(tokens, token + 1)
        after = byte(stretch, next_)
        c = byte(stretch, place)
        if byte(stretch, quote) != QUOTE or c == NEWLINE:
            return token, -1
        length = colon - quote - 2
        if pair(stretch, colon - 1) != QUOTE_COLON:
            length = spaced(stretch, quote, colon)
            if length < 0:
                return token, -1
        token += 4
        is_other = True
        slot = np.uint64(0)
        if length <= PRINT_MAX:
            cover = PRINT_MAX - length
            slot = home(stretch, quote + 1, cover, KEYS, slots, mask, words) + FIRST
            is_other = differs(stretch, quote + 1, words, cover, slots, slot) or slots[slot + GROUP] != KEYS
        if is_other:
            key = np.int64(-1)
            if length > PRINT_MAX or slots[slot + NUMBER] >= 0:
                key = probe(stretch, quote + 1, length, KEYS, slots, mask, words)
            start = base + quote + 1
            if key < 0 and plain_end(text, marks, start) < 0:  # escapes, or broken bytes, which no schema's word has
                key, reason = rare_word(text, marks, start, KEYS, slots, mask, words, extra, used)
                if reason != ACCEPTED:
                    return token, -1
            if key < 0:
                value = base + place
                if c == QUOTE:
                    is_plain = plain_end(text, marks, value + 1) >= 0
                else:
                    is_plain = short_end(text, value) >= 0
                if not is_plain and c | 0x20 != OPEN and not is_one_value(text, marks, value):
                    return token, -1
            else:
                notes[key] = base + place
                count += 1
        else:
            notes[slots[slot + NUMBER]] = base + place
            count += 1
        if c | 0x20 == OPEN:
            at, reason = value_end(text, marks, base + place, FIELD_DEPTH)
            if reason != ACCEPTED:
                return token, -1
            while base + np.int64(tokens[token]) < at:
                token += 1
            after = byte(text, base + np.int64(tokens[token]))
        if after != COMMA:
            break
    if after != CLOSE or byte(text, base + np.int64(tokens[token + 1])) != NEWLINE:
        return token, -1
    return token + 1, count
