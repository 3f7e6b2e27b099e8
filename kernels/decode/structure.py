"""The skeleton of a line: where its tokens begin, found by masks of 64 bytes, without a branch that depends on them.

The first of two stages, as in simdjson (G. Langdale, D. Lemire, "Parsing gigabytes of JSON per second", 2019): a line
whose spelling nothing foresees costs a walk a mispredicted branch at each turn, where masks have none.
"""

from typing import Final

import numpy as np

from kernels.compile import kernel
from kernels.decode.wide import (
    COMPRESS,
    WIDTH,
    backslashes,
    breaks,
    cold,
    count_ones,
    punctuation,
    quotes,
    spaces,
    spread,
    trailing_zeros,
)

TOKENS: Final = 512  # of a line; one with more is walked
AT_ONCE: Final = 8  # tokens that are written without asking whether there are so many
ROOM: Final = TOKENS + 2 * WIDTH
BYTES: Final = 1 << 15  # of a line; a longer one is walked

EVEN = np.uint64(0x5555555555555555)
ONE = np.uint64(1)


@kernel()
def escapes(backslash, is_escaped):
    """Return the bits of 64 bytes that a backslash escapes, and whether one escapes the byte after them.

    A run of backslashes escapes every second byte from its own second on; those that begin at odd places are found by
    the carry of an addition (simdjson's `find_escaped_branchless`).

    Parameters
    ----------
    backslash
        uint64, where backslashes are
    is_escaped
        uint64, 1 where the first byte is escaped by one before it
    """
    cold()
    backslash &= ~is_escaped
    follows = backslash << ONE | is_escaped
    odd_starts = backslash & ~EVEN & ~follows
    total = odd_starts + backslash
    return (EVEN ^ (total << ONE)) & follows, np.uint64(total < backslash)


@kernel(inline=True)
def within(quote):
    """Return the bits from each odd quote up to the next one: prefixes of an exclusive or."""
    quote ^= quote << ONE
    quote ^= quote << np.uint64(2)
    quote ^= quote << np.uint64(4)
    quote ^= quote << np.uint64(8)
    quote ^= quote << np.uint64(16)
    return quote ^ quote << np.uint64(32)


@kernel(inline=True)
def spread_one_by_one(out, at, bits, base):
    """See `wide.spread`; up to `AT_ONCE - 1` more are written."""
    end = at + count_ones(bits)
    while at < end:
        for i in range(AT_ONCE):
            out[at + i] = base + trailing_zeros(bits)
            bits &= bits - 1
        at += AT_ONCE


@kernel(inline=True)
def structure(text, first, tokens):
    """Find the tokens of the line that goes on at `first`, not within a string: punctuation, strings, other scalars.

    Parameters
    ----------
    tokens
        uint16[ROOM], out: where each begins, from `first` on; then `end` four times

    Returns
    -------
    count
        how many tokens there are; -1 where there are more than TOKENS, or the line is longer than BYTES
    end
        position of the line's newline, or of a byte that is no JSON, from `first` on
    """
    count = 0
    at = 0
    inside = is_escaped = in_scalar = np.uint64(0)
    while True:
        end = breaks(text, first + at)
        quote = np.uint64(quotes(text, first + at))
        backslash = np.uint64(backslashes(text, first + at))
        if backslash | is_escaped != 0:
            escaped, is_escaped = escapes(backslash, is_escaped)
            quote &= ~escaped
        strings = within(quote) ^ inside
        inside = np.uint64(np.int64(strings) >> 63)
        between = np.uint64(punctuation(text, first + at))
        scalars = ~(between | np.uint64(spaces(text, first + at)) | strings | quote)
        found = np.int64((between & ~strings) | (quote & strings) | (scalars & ~(scalars << ONE | in_scalar)))
        in_scalar = scalars >> np.uint64(63)
        found &= (end & -end) - 1
        if COMPRESS:
            spread(tokens, count, found, at)
        else:
            spread_one_by_one(tokens, count, found, at)
        count += count_ones(found)
        if end != 0:
            end = at + trailing_zeros(end)
            break
        at += WIDTH
        if count > TOKENS or at >= BYTES:
            return -1, at
    for i in range(4):
        tokens[count + i] = end
    return count, end
