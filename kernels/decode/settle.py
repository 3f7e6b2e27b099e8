"""What becomes of a line's fields when its kind is known: types are checked, values go to their lanes.

Fields are visited in the order of their schema, whatever the order in the line: the branches of a kind are then
the same in every line, and the processor foresees them.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import (
    ENUM_TYPE,
    EXTRA,
    FIELD,
    FIXED_LANE,
    FLAG_TYPE,
    GROUP,
    ID_LANE,
    ID_MAX,
    KEY,
    KIND_KEY,
    KIND_LANE,
    KINDS,
    LANE,
    NUMBER_TYPE,
    OLDEST_MS,
    SLICE_BITS,
    TEXT_TYPE,
    TIME_KEY,
    TIME_LANE,
    TIME_TYPE,
    TYPE,
    UNDECIDED,
    UNKNOWN_ENUMS,
)
from kernels.decode.forms import STRING_MAX, short_token
from kernels.decode.nested import is_space
from kernels.decode.notes import (
    END,
    ESCAPED,
    EXPONENT,
    FALSE,
    MANTISSA,
    NOTE,
    NULL_VALUE,
    READY,
    STAMP,
    STAMP_BITS,
    START,
    STRING,
    TRUE,
)
from kernels.decode.numbers import INTEGER, INTEGER_MAX, LONG_INTEGER, double
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
from kernels.decode.vocabulary import BYTES_MASKS, find
from kernels.decode.wide import byte, cold
from kernels.keys.token import token
from kernels.nulls import NULL

HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@kernel(inline=True)
def tag_of(notes, key, line):
    """Return the tag of a key's value in this line, NULL_VALUE where it has none."""
    stamp = notes[key * NOTE + STAMP]
    return stamp & ((1 << STAMP_BITS) - 1) if stamp >> STAMP_BITS == line else NULL_VALUE


@kernel(inline=True)
def integer(text, notes, key, tag):
    """Return the noted integer and whether an int64 holds it."""
    negative = byte(text, notes[key * NOTE + START]) == 0x2D
    mantissa = np.uint64(notes[key * NOTE + MANTISSA])
    value = np.int64(mantissa)
    if notes[key * NOTE + EXPONENT] == READY:
        return np.int64(value.view(np.float64)), tag == INTEGER
    fits = tag == INTEGER and notes[key * NOTE + EXPONENT] == 0 and mantissa <= INTEGER_MAX + np.uint64(negative)
    return (-value if negative else value), fits


@kernel(inline=True)
def time_of(text, notes, key, tag, extra, used):
    """Return (epoch ms, reason) of a noted time."""
    if tag == INTEGER or tag == LONG_INTEGER:
        value, fits = integer(text, notes, key, tag)
        return value, ACCEPTED if fits and value != NULL else NUMBER_OUT_OF_RANGE
    if tag == STRING:
        value = instant(text, notes[key * NOTE + START], notes[key * NOTE + END])
    elif tag == ESCAPED:
        end = unescape(text, notes[key * NOTE + START], notes[key * NOTE + END], extra, used)
        value = instant(extra, used, end)
    else:
        value = NULL
    return value, ACCEPTED if value != NULL else WRONG_TYPE


@kernel(inline=True)
def word_of(text, start, end, tag, group, slots, mask, words, extra, used):
    """Return the number of a noted string in a group of the vocabulary, -1 where it is not there."""
    if tag == ESCAPED:
        return escaped_word(text, start, end, group, slots, mask, words, extra, used)
    return find(text, start, end - start, group, slots, mask, words)


@kernel()
def escaped_word(text, start, end, group, slots, mask, words, extra, used):
    """See `word_of`."""
    cold()
    return find(extra, used, unescape(text, start, end, extra, used) - used, group, slots, mask, words)


@kernel()
def note_undecided(lane, row, start, end, undecided, counts):
    """Leave a number between two doubles to the caller."""
    cold()
    place = counts[UNDECIDED] * 4
    undecided[place] = lane
    undecided[place + 1] = row
    undecided[place + 2] = start
    undecided[place + 3] = end
    counts[UNDECIDED] += 1


@kernel()
def write_hex(code, out, to):
    """Write 64 bits as 16 lower-case hexadecimal digits to `out[to:]`."""
    cold()
    for i in range(16):
        out[np.uint64(to + i)] = HEX[(np.uint64(code) >> np.uint64(60 - 4 * i)) & np.uint64(15)]


@kernel(inline=True)
def settle(
    text,
    size,
    first,
    end_of_line,
    time_max,
    city,
    slots,
    mask,
    words,
    ranges,
    fields,
    lanes,
    lines,
    row,
    extra,
    notes,
    line,
    undecided,
    counts,
):
    """Make the walked line `text[first:end_of_line]` the event of a row.

    Returns
    -------
    at, reason
        (0, ACCEPTED); else the position of the value that is wrong (of the line where one is missing) and why.
        The row's lanes may then be written in part.
    """
    used = counts[EXTRA]
    tag = tag_of(notes, KIND_KEY, line)
    if tag == NULL_VALUE:
        return first, MISSING_KIND
    start = notes[KIND_KEY * NOTE + START]
    if tag != STRING and tag != ESCAPED:
        return start, WRONG_TYPE
    kind = word_of(text, start, notes[KIND_KEY * NOTE + END], tag, KINDS, slots, mask, words, extra, used)
    if kind < 0:
        return start, UNKNOWN_KIND
    tag = tag_of(notes, TIME_KEY, line)
    if tag == NULL_VALUE:
        return first, MISSING_TIME
    time, reason = time_of(text, notes, TIME_KEY, tag, extra, used)
    if reason == NUMBER_OUT_OF_RANGE or (reason == ACCEPTED and not OLDEST_MS <= time <= time_max):
        return notes[TIME_KEY * NOTE + START], TIME_OUT_OF_RANGE
    if reason != ACCEPTED:
        return notes[TIME_KEY * NOTE + START], reason
    lanes[TIME_LANE * lines + row] = time
    lanes[KIND_LANE * lines + row] = kind
    stamp = line << STAMP_BITS
    for field in range(ranges[kind] * FIELD, ranges[kind + 1] * FIELD, FIELD):
        key = fields[field + KEY]
        tag = notes[key * NOTE + STAMP] - stamp
        if np.uint64(tag - 1) >= np.uint64((1 << STAMP_BITS) - 1):
            continue  # noted in an earlier line, or null
        start = notes[key * NOTE + START]
        type_ = fields[field + TYPE]
        lane = fields[field + LANE]
        if type_ == NUMBER_TYPE:
            if tag < INTEGER:
                return start, WRONG_TYPE
            if lane >= 0:
                bits = notes[key * NOTE + MANTISSA]
                exponent = notes[key * NOTE + EXPONENT]
                if exponent != READY:
                    bits, certain = double(np.uint64(bits), exponent, tag, byte(text, start) == 0x2D)
                    if not certain:
                        note_undecided(lane, row, start, notes[key * NOTE + END], undecided, counts)
                lanes[lane * lines + row] = bits
        elif type_ == ENUM_TYPE:
            if tag != STRING and tag != ESCAPED:
                return start, WRONG_TYPE
            if lane >= 0:
                end = notes[key * NOTE + END]
                code = word_of(text, start, end, tag, fields[field + GROUP], slots, mask, words, extra, used)
                if code >= 0:
                    lanes[lane * lines + row] = code
                else:
                    counts[UNKNOWN_ENUMS] += 1
        elif type_ == TIME_TYPE:
            value = time
            if key != TIME_KEY:
                value, reason = time_of(text, notes, key, tag, extra, used)
                if reason != ACCEPTED:
                    return start, reason
            if lane >= 0:
                lanes[lane * lines + row] = value
        elif type_ == FLAG_TYPE:
            if tag != TRUE and tag != FALSE:
                return start, WRONG_TYPE
            if lane >= 0:
                lanes[lane * lines + row] = tag == TRUE
            if fields[field + FIXED_LANE] >= 0:
                lanes[fields[field + FIXED_LANE] * lines + row] = tag == TRUE
        else:
            length = notes[key * NOTE + END] - start
            fixed = fields[field + FIXED_LANE]
            piece = start << SLICE_BITS | length
            if tag == STRING and 0 < length <= STRING_MAX:
                if lane >= 0:
                    head = BYTES_MASKS[np.uint64(min(length, 8))]
                    tail = BYTES_MASKS[np.uint64(max(length - 8, 0))]
                    lanes[lane * lines + row] = short_token(text, start, length, head, tail, city)
            else:
                if tag != STRING:
                    if tag == INTEGER or tag == LONG_INTEGER:
                        if type_ == TEXT_TYPE:
                            return start, WRONG_TYPE
                        _, fits = integer(text, notes, key, tag)
                        if not fits:
                            return start, NUMBER_OUT_OF_RANGE
                        if length == 2 and byte(text, start) == 0x2D and byte(text, start + 1) == 0x30:
                            start += 1  # -0 is 0
                            length = 1
                            piece = start << SLICE_BITS | length
                    elif tag != ESCAPED:
                        return start, WRONG_TYPE
                if tag == ESCAPED:
                    length = unescape(text, start, notes[key * NOTE + END], extra, used) - used
                    piece = (size + used) << SLICE_BITS | length
                if type_ != TEXT_TYPE:
                    if length > ID_MAX:
                        return start, ID_TOO_LONG
                    if length == 0:
                        continue
                if lane >= 0:
                    if tag == ESCAPED:
                        code = token(extra, np.uint64(used), np.uint64(length), city)
                    else:
                        code = token(text, np.uint64(start), np.uint64(length), city)
                    lanes[lane * lines + row] = code
                if tag == ESCAPED and fixed >= 0:
                    used += length
            if fixed >= 0:
                lanes[fixed * lines + row] = piece
    if lanes[ID_LANE * lines + row] == NULL:
        last = end_of_line
        while is_space(byte(text, last - 1)):
            last -= 1
        code = token(text, np.uint64(first), np.uint64(last - first), np.uint64(0))
        write_hex(code, extra, used)
        lanes[ID_LANE * lines + row] = (size + used) << SLICE_BITS | 16
        used += 16
    counts[EXTRA] = used
    return 0, ACCEPTED
