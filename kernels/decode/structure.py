"""The skeleton of many lines: where their tokens begin, by masks of 64 bytes, without a branch that depends on them.

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
    byte,
    cold,
    count_ones,
    newlines,
    punctuation,
    quotes,
    spaces,
    spread,
    trailing_zeros,
)

STRETCH: Final = 1 << 15  # bytes looked at in one go; a line that is longer is walked
AT_ONCE: Final = 8  # tokens that are written without asking whether there are so many
AHEAD: Final = 4  # tokens that may be read behind the last one
ROOM: Final = STRETCH + 2 * WIDTH

NEWLINE = 0x0A
EVEN = np.uint64(0x5555555555555555)
ONE = np.uint64(1)


@kernel(inline=True)
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


@kernel()
def structure(text, first, last, tokens):
    """Find the tokens of the whole lines in `text[first:last]`: punctuation, strings, other scalars, ends of lines.

    A control character that is no white space is a token of its own, but in a string. No string goes over the end of
    a line. A line begins at `first`.

    Parameters
    ----------
    tokens
        uint16[ROOM], out: where each begins, from `first` on, up to the last newline; then this one `AHEAD` times more

    Returns
    -------
    int64, how many tokens there are; 0 where no line ends

    Cost: about 1.3 instructions a byte.
    """
    cold()
    count = 0
    at = 0
    size = last - first
    inside = is_escaped = in_scalar = np.uint64(0)
    while at < size:
        control = np.uint64(breaks(text, first + at))
        quote = np.uint64(quotes(text, first + at))
        backslash = np.uint64(backslashes(text, first + at))
        if backslash | is_escaped != 0:
            escaped, is_escaped = escapes(backslash, is_escaped)
            quote &= ~escaped
        strings = within(quote) ^ inside
        if control & strings != 0:
            ends = np.uint64(newlines(text, first + at))
            while ends & strings != 0:
                end = ends & strings
                strings ^= ~((end & (~end + ONE)) - ONE)
        inside = np.uint64(np.int64(strings) >> 63)
        between = np.uint64(punctuation(text, first + at)) | control
        scalars = ~(between | np.uint64(spaces(text, first + at)) | strings | quote)
        found = np.int64((between & ~strings) | (quote & strings) | (scalars & ~(scalars << ONE | in_scalar)))
        in_scalar = scalars >> np.uint64(63)
        if size - at < WIDTH:
            found &= (1 << (size - at)) - 1
        if COMPRESS:
            spread(tokens, count, found, at)
        else:
            spread_one_by_one(tokens, count, found, at)
        count += count_ones(found)
        at += WIDTH
    while count > 0 and byte(text, first + np.int64(tokens[count - 1])) != NEWLINE:
        count -= 1
    if count > 0:
        for i in range(AHEAD):
            tokens[count + i] = tokens[count - 1]
    return count
