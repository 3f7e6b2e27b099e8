"""JSON lines to columns: the walk over the bytes, and what becomes of a line.

While walking, a line's known fields are only noted, because what type a field has depends on the kind, which
may come last; what is noted is settled when the line ends. A line that is no event leaves no trace but a row of
`rejects`, and its neighbours do not feel it.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.nested import DEPTH_MAX, FALSE_WORD, NULL_WORD, TRUE_WORD, after_space, four, value_end
from kernels.decode.numbers import INTEGER, number
from kernels.decode.reasons import (
    ACCEPTED,
    LINE_TOO_LONG,
    NOT_AN_OBJECT,
    SYNTAX,
)
from kernels.decode.settle import (
    ARRAY_OR_OBJECT,
    ESCAPED,
    FALSE,
    KEYS,
    NOTE_COLUMNS,
    NULL_VALUE,
    STRING,
    TRUE,
    settle,
)
from kernels.decode.strings import QUOTE, string_end, unescape
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte, count_ones, newlines, trailing_zeros

LINE_MAX = 1 << 20  # bytes: events.batch.LINE_MAX

# places in `counts`
ROWS = 0
REJECTS = 1
EXTRA = 2  # bytes of extra text
UNKNOWN_ENUMS = 3
UNDECIDED = 4  # numbers whose text the caller converts
COUNTS = 5


@kernel("int64(uint8[::1], int64)")
def count_lines(text, size):  # type: ignore[no-untyped-def]
    """Return the number of newlines in `text[:size]`, which has 32 readable bytes more. About 30 GB/s."""
    lines = 0
    at = 0
    while at + 32 <= size:
        lines += count_ones(newlines(text, at))
        at += 32
    if at < size:
        lines += count_ones(newlines(text, at) & ((1 << (size - at)) - 1))
    return lines


@kernel(inline=True)
def line_end(text, at):  # type: ignore[no-untyped-def]
    """Return the position of the first newline from `at` on; there is one."""
    while newlines(text, at) == 0:
        at += 32
    return at + trailing_zeros(newlines(text, at))


@kernel(inline=True)
def note(notes, seen, n, line, key, tag, start, end, mantissa, exponent):  # type: ignore[no-untyped-def]
    """Note a field's value; one that came before in this line is forgotten, but keeps its place."""
    row = np.uint64(key)
    if notes[row, 5] != line:
        notes[row, 5] = line
        seen[np.uint64(n)] = key
        n += 1
    notes[row, 0] = tag
    notes[row, 1] = start
    notes[row, 2] = end
    notes[row, 3] = mantissa
    notes[row, 4] = exponent
    return n


@kernel(inline=True)
def walk(text, at, line, slots, words, extra, used, notes, seen):  # type: ignore[no-untyped-def]
    """Walk the object whose "{" is at `at`, and note its known fields.

    Returns
    -------
    n
        how many keys are in `seen`
    at
        past the object, or where it went wrong
    reason
        ACCEPTED or why not
    """
    n = 0
    at = after_space(text, at + 1)
    if byte(text, at) == 0x7D:
        return n, at + 1, ACCEPTED
    while True:
        if byte(text, at) != QUOTE:
            return n, at, SYNTAX
        start = at + 1
        at, has_escapes, reason = string_end(text, start)
        if reason != ACCEPTED:
            return n, at, reason
        if has_escapes:
            key = find(extra, used, unescape(text, start, at, extra, used) - used, KEYS, slots, words)
        else:
            key = find(text, start, at - start, KEYS, slots, words)
        at = after_space(text, at + 1)
        if byte(text, at) != 0x3A:
            return n, at, SYNTAX
        at = after_space(text, at + 1)
        start = at
        c = byte(text, at)
        tag = ARRAY_OR_OBJECT
        mantissa = np.uint64(0)
        exponent = 0
        if c == QUOTE:
            start += 1
            end, has_escapes, reason = string_end(text, start)
            tag = ESCAPED if has_escapes else STRING
            at = end + 1
        elif c == 0x2D or 0x30 <= c <= 0x39:
            end, tag, mantissa, exponent, reason = number(text, at)
            at = end
        elif c == 0x74 and four(text, at) == TRUE_WORD:
            tag = TRUE
            at += 4
            end = at
        elif c == 0x66 and four(text, at + 1) == FALSE_WORD:
            tag = FALSE
            at += 5
            end = at
        elif c == 0x6E and four(text, at) == NULL_WORD:
            tag = NULL_VALUE
            at += 4
            end = at
        else:
            end, reason = value_end(text, at, 1)
            at = end
        if reason != ACCEPTED:
            return n, end, reason
        if key >= 0:
            n = note(notes, seen, n, line, key, tag, start, end, np.int64(mantissa), exponent)
        at = after_space(text, at)
        c = byte(text, at)
        if c == 0x2C:
            at = after_space(text, at + 1)
        elif c == 0x7D:
            return n, at + 1, ACCEPTED
        else:
            return n, at, SYNTAX


@kernel("void(uint8[::1], int64, int64, int64, uint64, int64[:, ::1], uint8[::1], int64[:, ::1], int64[:, ::1], "
        "int64[::1], int64[:, ::1], int64[:, ::1], uint8[::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[::1])")
def decode(text, size, position, time_max, city, slots, words, field_of, fields, nulls, lanes, rejects, extra, notes,
           seen, undecided, counts):  # type: ignore[no-untyped-def]
    """Decode the lines of `text[:size]`, which ends in a newline and has 64 readable bytes more.

    Parameters
    ----------
    text, size, position, time_max
        of `events.block.Events`
    city
        the key of tokens
    slots, words
        vocabulary of names, kinds and enum values
    field_of
        int64[kinds, keys]: row of `fields`, -1 where the kind has no such field
    fields
        int64[fields, FIELD_COLUMNS]: what a field is and where it goes, see `settle`
    nulls
        int64[lanes]: what a lane says for "missing"
    lanes
        int64[lanes, lines], out
    rejects
        int64[5, lines], out: offset, length, line, at, reason
    extra
        uint8[size + 16 * lines + 64], out: text that is not in the block, continuing its offsets
    notes, seen
        int64[keys, NOTE_COLUMNS] and int64[keys], scratch
    undecided
        int64[size // 20 + 1, 4], out: lane, row, start and end of numbers that the caller converts
    counts
        int64[COUNTS], out

    Cost: about 0.6 ns a byte.
    """
    for lane in range(len(nulls)):
        lanes[lane, :] = nulls[lane]
    notes[:, NOTE_COLUMNS - 1] = -1
    counts[:] = 0
    at = 0
    line = 0
    row = 0
    while at < size:
        start = at
        at = after_space(text, at)
        first = at
        reason = ACCEPTED
        c = byte(text, at)
        if c == 0x0A:
            end = at
            if end - start <= LINE_MAX:
                at = end + 1
                line += 1
                continue
            at = start + LINE_MAX
            reason = LINE_TOO_LONG
        else:
            n = 0
            if c == 0x7B:
                n, at, reason = walk(text, at, line, slots, words, extra, counts[EXTRA], notes, seen)
            else:
                at, reason = value_end(text, at, 0)
                if reason == ACCEPTED:
                    reason = NOT_AN_OBJECT
            last = at
            if reason == ACCEPTED or reason == NOT_AN_OBJECT:
                at = after_space(text, at)
                if byte(text, at) != 0x0A:
                    reason = SYNTAX
                elif reason == NOT_AN_OBJECT:
                    at = first
            end = at if reason == ACCEPTED else line_end(text, at)
            if end - start > LINE_MAX:
                reason = LINE_TOO_LONG
                at = start + LINE_MAX
            if reason == ACCEPTED:
                lanes[2, row] = position + start
                unknown_enums = counts[UNKNOWN_ENUMS]
                known_undecided = counts[UNDECIDED]
                at, reason = settle(text, size, first, last, time_max, city, slots, words, field_of, fields, lanes, row,
                                    extra, notes, seen, n, line, undecided, counts)
                if reason != ACCEPTED:
                    for lane in range(len(nulls)):
                        lanes[lane, row] = nulls[lane]
                    counts[UNKNOWN_ENUMS] = unknown_enums
                    counts[UNDECIDED] = known_undecided
        if reason == ACCEPTED:
            row += 1
        else:
            entry = counts[REJECTS]
            rejects[0, entry] = start
            rejects[1, entry] = end - start
            rejects[2, entry] = line
            rejects[3, entry] = at - start
            rejects[4, entry] = reason
            counts[REJECTS] = entry + 1
        at = end + 1
        line += 1
    counts[ROWS] = row


assert INTEGER > ARRAY_OR_OBJECT and DEPTH_MAX <= 64


@kernel("void(int64[::1], int64, int64, int64)")
def close_gaps(flat, lanes, lines, rows):  # type: ignore[no-untyped-def]
    """Turn `int64[lanes, lines]`, of which `rows` rows are in use, into `int64[lanes, rows]` in place."""
    for lane in range(1, lanes):
        for row in range(rows):
            flat[lane * rows + row] = flat[lane * lines + row]
