"""What becomes of a line's fields when its kind is known: types are checked, values go to their lanes."""

import numpy as np

from kernels.compile import kernel
from kernels.decode.numbers import INTEGER, LONG_INTEGER, REAL, double
from kernels.decode.reasons import (
    ACCEPTED,
    ID_TOO_LONG,
    MISSING_KIND,
    MISSING_TIME,
    NUMBER_OUT_OF_RANGE,
    TIME_OUT_OF_RANGE,
    UNKNOWN_KIND,
    WRONG_TYPE,
)
from kernels.decode.strings import unescape
from kernels.decode.times import instant
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte
from kernels.keys.token import token
from kernels.nulls import NULL

# Tags of values, beside those of numbers.
NULL_VALUE = 0
TRUE = 1
FALSE = 2
STRING = 3
ESCAPED = 4  # a string with escapes
ARRAY_OR_OBJECT = 5

# What is noted of a field: tag, start, end, mantissa, exponent, and the line that it was noted in.
NOTE_COLUMNS = 6

# Groups of the vocabulary; the values of an enum field have a group each, from ENUMS on.
KEYS = 0
KINDS = 1
ENUMS = 2

# Keys that every vocabulary has; the others follow.
KIND_KEY = 0
TIME_KEY = 1

# Columns of `fields`.
TYPE = 0  # place in events.schema.TYPES
LANE = 1  # of the value, -1: no one reads it
TEXT_LANE = 2  # of the slice, or -1
FIXED_LANE = 3  # ID or DEVICE for the slice, TIME or REPLAYED for the value, or -1
GROUP = 4  # of an enum field's values
FIELD_COLUMNS = 5

TIME_TYPE = 0
NUMBER_TYPE = 1
FLAG_TYPE = 2
ENUM_TYPE = 3
TEXT_TYPE = 6

TIME_LANE = 0  # events.batch.TIME and so on
KIND_LANE = 1
ID_LANE = 3
REPLAYED_LANE = 5

SLICE_BITS = 24
ID_MAX = 1024  # bytes
OLDEST_MS = 946_684_800_000  # 2000-01-01
INTEGER_MAX = np.uint64(2**63 - 1)
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@kernel(inline=True)
def integer(text, notes, key):  # type: ignore[no-untyped-def]
    """Return the noted integer and whether an int64 holds it."""
    negative = byte(text, notes[key, 1]) == 0x2D
    mantissa = np.uint64(notes[key, 3])
    value = np.int64(mantissa)
    fits = notes[key, 0] == INTEGER and notes[key, 4] == 0 and mantissa <= INTEGER_MAX + np.uint64(negative)
    return (-value if negative else value), fits


@kernel()
def time_of(text, notes, key, extra, used):  # type: ignore[no-untyped-def]
    """Return (epoch ms, reason) of a noted time."""
    tag = notes[key, 0]
    if tag == INTEGER or tag == LONG_INTEGER:
        value, fits = integer(text, notes, key)
        return value, ACCEPTED if fits and value != NULL else NUMBER_OUT_OF_RANGE
    if tag == STRING:
        value = instant(text, notes[key, 1], notes[key, 2])
    elif tag == ESCAPED:
        value = instant(extra, used, unescape(text, notes[key, 1], notes[key, 2], extra, used))
    else:
        value = NULL
    return value, ACCEPTED if value != NULL else WRONG_TYPE


@kernel()
def kind_of(text, notes, line, slots, words, extra, used):  # type: ignore[no-untyped-def]
    """Return (code, reason) of a line's kind."""
    tag = notes[KIND_KEY, 0]
    if notes[KIND_KEY, NOTE_COLUMNS - 1] != line or tag == NULL_VALUE:
        return -1, MISSING_KIND
    start, end = notes[KIND_KEY, 1], notes[KIND_KEY, 2]
    if tag == STRING:
        kind = find(text, start, end - start, KINDS, slots, words)
    elif tag == ESCAPED:
        kind = find(extra, used, unescape(text, start, end, extra, used) - used, KINDS, slots, words)
    else:
        return -1, WRONG_TYPE
    return kind, ACCEPTED if kind >= 0 else UNKNOWN_KIND


@kernel()
def write_hex(code, out, to):  # type: ignore[no-untyped-def]
    """Write 64 bits as 16 lower-case hexadecimal digits to `out[to:]`."""
    for i in range(16):
        out[np.uint64(to + i)] = HEX[(np.uint64(code) >> np.uint64(60 - 4 * i)) & np.uint64(15)]


@kernel(inline=True)
def settle(text, size, first, last, time_max, city, slots, words, field_of, fields, lanes, row, extra, notes, seen, n,
           line, undecided, counts):  # type: ignore[no-untyped-def]
    """Make the walked line `text[first:last]` the event of a row.

    Returns
    -------
    at, reason
        (0, ACCEPTED); else the position of the value that is wrong (of the line where one is missing) and why.
        The row's lanes may then be written in part.
    """
    used = counts[2]
    kind, reason = kind_of(text, notes, line, slots, words, extra, used)
    if reason != ACCEPTED:
        return (notes[KIND_KEY, 1] if reason != MISSING_KIND else first), reason
    if notes[TIME_KEY, NOTE_COLUMNS - 1] != line or notes[TIME_KEY, 0] == NULL_VALUE:
        return first, MISSING_TIME
    time, reason = time_of(text, notes, TIME_KEY, extra, used)
    if reason == NUMBER_OUT_OF_RANGE or reason == ACCEPTED and not OLDEST_MS <= time <= time_max:
        return notes[TIME_KEY, 1], TIME_OUT_OF_RANGE
    if reason != ACCEPTED:
        return notes[TIME_KEY, 1], reason
    row = np.uint64(row)
    lanes[TIME_LANE, row] = time
    lanes[KIND_LANE, row] = kind
    for i in range(n):
        key = np.uint64(seen[np.uint64(i)])
        field = np.uint64(field_of[np.uint64(kind), key])
        tag = notes[key, 0]
        if field == np.uint64(-1) or tag == NULL_VALUE:
            continue
        start = notes[key, 1]
        end = notes[key, 2]
        type_ = fields[field, TYPE]
        lane = fields[field, LANE]
        fixed = fields[field, FIXED_LANE]
        if key == TIME_KEY:
            if lane >= 0:
                lanes[np.uint64(lane), row] = time
        elif type_ == NUMBER_TYPE:
            if tag < INTEGER:
                return start, WRONG_TYPE
            if lane >= 0:
                bits, certain = double(np.uint64(notes[key, 3]), notes[key, 4], tag, byte(text, start) == 0x2D)
                lanes[np.uint64(lane), row] = bits
                if not certain:
                    entry = counts[4]
                    undecided[entry, 0] = lane
                    undecided[entry, 1] = row
                    undecided[entry, 2] = start
                    undecided[entry, 3] = end
                    counts[4] = entry + 1
        elif type_ == FLAG_TYPE:
            if tag != TRUE and tag != FALSE:
                return start, WRONG_TYPE
            if lane >= 0:
                lanes[np.uint64(lane), row] = tag == TRUE
            if fixed >= 0:
                lanes[np.uint64(fixed), row] = tag == TRUE
        elif type_ == TIME_TYPE:
            value, reason = time_of(text, notes, key, extra, used)
            if reason != ACCEPTED:
                return start, reason
            if lane >= 0:
                lanes[np.uint64(lane), row] = value
        elif type_ == ENUM_TYPE:
            if tag != STRING and tag != ESCAPED:
                return start, WRONG_TYPE
            if lane >= 0:
                if tag == STRING:
                    code = find(text, start, end - start, fields[field, GROUP], slots, words)
                else:
                    length = unescape(text, start, end, extra, used) - used
                    code = find(extra, used, length, fields[field, GROUP], slots, words)
                if code >= 0:
                    lanes[np.uint64(lane), row] = code
                else:
                    counts[3] += 1
        else:
            length = end - start
            if tag == INTEGER or tag == LONG_INTEGER:
                if type_ == TEXT_TYPE:
                    return start, WRONG_TYPE
                _, fits = integer(text, notes, key)
                if not fits:
                    return start, NUMBER_OUT_OF_RANGE
                if length == 2 and byte(text, start) == 0x2D and byte(text, start + 1) == 0x30:
                    start += 1  # -0 is 0
                    length = 1
            elif tag != STRING and tag != ESCAPED:
                return start, WRONG_TYPE
            wanted = lane >= 0 or fixed >= 0 or fields[field, TEXT_LANE] >= 0
            offset = start
            if tag == ESCAPED and (wanted or length > ID_MAX):
                length = unescape(text, start, end, extra, used) - used
                offset = size + used
            if type_ != TEXT_TYPE:
                if length > ID_MAX:
                    return start, ID_TOO_LONG
                if length == 0:
                    continue
            if not wanted:
                continue
            if lane >= 0:
                if tag == ESCAPED:
                    code = token(extra, np.uint64(used), np.uint64(length), city)
                else:
                    code = token(text, np.uint64(start), np.uint64(length), city)
                lanes[np.uint64(lane), row] = code
            if tag == ESCAPED:
                used += length
            piece = offset << SLICE_BITS | length
            if fields[field, TEXT_LANE] >= 0:
                lanes[np.uint64(fields[field, TEXT_LANE]), row] = piece
            if fixed >= 0:
                lanes[np.uint64(fixed), row] = piece
    if lanes[ID_LANE, row] == NULL:
        code = token(text, np.uint64(first), np.uint64(last - first), np.uint64(0))
        write_hex(code, extra, used)
        lanes[ID_LANE, row] = (size + used) << SLICE_BITS | 16
        used += 16
    counts[2] = used
    return 0, ACCEPTED
