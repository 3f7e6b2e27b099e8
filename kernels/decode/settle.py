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
from kernels.decode.forms import short_token
from kernels.decode.nested import FALSE_WORD, NULL_WORD, TRUE_WORD, four, is_space
from kernels.decode.numbers import (
    INTEGER,
    INTEGER_MAX,
    LONG_INTEGER,
    double,
    is_over,
    long_integer,
    number,
    short_double,
)
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
from kernels.decode.strings import QUOTE, plain_end, short_length, string_end, unescape
from kernels.decode.times import instant
from kernels.decode.vocabulary import HEADS, TAILS, find, rare_word
from kernels.decode.wide import byte, cold
from kernels.keys.token import token
from kernels.nulls import NULL

HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@kernel()
def is_null(text, start):
    """Say whether the value noted at `start` is null."""
    cold()
    return four(text, start) == NULL_WORD and is_over(byte(text, start + 4))


@kernel(inline=True)
def word_at(text, marks, start, group, slots, mask, words, extra, used):
    """Return (number, reason) of a noted value in a group of the vocabulary, -1 where it is no word of it."""
    if byte(text, start) != QUOTE:
        return -1, WRONG_TYPE
    end = plain_end(text, marks, start + 1)
    if end < 0:
        return rare_word(text, marks, start + 1, group, slots, mask, words, extra, used)
    return find(text, start + 1, end - start - 1, group, slots, mask, words), ACCEPTED


@kernel(inline=True)
def time_at(text, marks, start, extra, used):
    """Return (epoch ms, reason) of a noted time; NULL is WRONG_TYPE."""
    if byte(text, start) != QUOTE:
        end, value = long_integer(text, start)
        if end >= 0 and is_over(byte(text, end)):
            return value, ACCEPTED
        return rare_integer(text, start)
    end = plain_end(text, marks, start + 1)
    value = instant(text, start + 1, end) if end >= 0 else rare_instant(text, marks, start + 1, extra, used)
    return value, ACCEPTED if value != NULL else WRONG_TYPE


@kernel()
def rare_integer(text, start):
    """Return (epoch ms, reason) of a noted time that is no string, see `time_at`."""
    cold()
    end, tag, mantissa, exponent, reason = number(text, start)
    if reason != ACCEPTED or (tag != INTEGER and tag != LONG_INTEGER) or not is_over(byte(text, end)):
        return NULL, WRONG_TYPE
    negative = byte(text, start) == 0x2D
    value = -np.int64(mantissa) if negative else np.int64(mantissa)
    fits = tag == INTEGER and exponent == 0 and mantissa <= INTEGER_MAX
    return value, ACCEPTED if fits else NUMBER_OUT_OF_RANGE


@kernel()
def rare_instant(text, marks, at, extra, used):
    """Return the epoch ms that any string says, the first byte of which is at `at`, NULL where it is no time."""
    cold()
    _, end, reason = unescape(text, marks, at, extra, used)
    return instant(extra, used, end) if reason == ACCEPTED else NULL


@kernel()
def put_name(text, marks, start, size, is_text, city, lane, fixed, lanes, lines, row, extra, used):
    """Put a noted name or text of any spelling, null included, to its lanes.

    Returns
    -------
    used
        bytes of `extra` that are kept
    reason
        ACCEPTED or why it is none
    """
    cold()
    source, begin = text, start
    is_string = byte(text, start) == QUOTE
    if is_string:
        _, end, reason = unescape(text, marks, start + 1, extra, used)
        source, begin = extra, used
    elif is_null(text, start):
        return used, ACCEPTED
    else:
        end, tag, _, _, reason = number(text, start)
        if is_text or (tag != INTEGER and tag != LONG_INTEGER) or not is_over(byte(text, end)):
            reason = WRONG_TYPE
        begin += end - start == 2 and byte(text, start) == 0x2D and byte(text, start + 1) == 0x30  # -0 is 0
    if reason != ACCEPTED:
        return used, reason
    length = end - begin
    if length > ID_MAX and not is_text:
        return used, ID_TOO_LONG
    if length == 0 and not is_text:
        return used, ACCEPTED
    if lane >= 0:
        lanes[lane * lines + row] = token(source, np.uint64(begin), np.uint64(length), city)
    if fixed >= 0:
        if is_string:
            begin += size
            used += length
        lanes[fixed * lines + row] = begin << SLICE_BITS | length
    return used, ACCEPTED


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
def put_number(text, start, lane, lanes, lines, row, undecided, counts):
    """Put a noted number of any spelling, null included, to its lane; return ACCEPTED or WRONG_TYPE."""
    cold()
    end, tag, mantissa, exponent, reason = number(text, start)
    if reason != ACCEPTED or not is_over(byte(text, end)):
        return ACCEPTED if is_null(text, start) else WRONG_TYPE
    if lane >= 0:
        bits, certain = double(mantissa, exponent, tag, byte(text, start) == 0x2D)
        if not certain:
            note_undecided(lane, row, start, end, undecided, counts)
        lanes[lane * lines + row] = bits
    return ACCEPTED


@kernel()
def write_hex(code, out, to):
    """Write 64 bits as 16 lower-case hexadecimal digits to `out[to:]`."""
    cold()
    for i in range(16):
        out[np.uint64(to + i)] = HEX[(np.uint64(code) >> np.uint64(60 - 4 * i)) & np.uint64(15)]


@kernel()
def kind_of(text, marks, first, slots, mask, words, extra, used, notes):
    """Return (kind, position, reason) of a noted line of any spelling: its kind, or where and why it has none."""
    cold()
    start = notes[KIND_KEY]
    if start <= first:
        return np.int64(-1), first, MISSING_KIND
    kind, reason = word_at(text, marks, start, KINDS, slots, mask, words, extra, used)
    if reason != ACCEPTED:
        return kind, start, MISSING_KIND if is_null(text, start) else reason
    return kind, start, ACCEPTED if kind >= 0 else UNKNOWN_KIND


@kernel(inline=True)
def settle(
    text,
    marks,
    size,
    first,
    end_of_line,
    kind,
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
    undecided,
    counts,
):
    """Make the noted line `text[first:end_of_line]` the event of a row.

    The line was walked, or only scanned: then what is said of it holds where it is accepted, and else it may be that
    its values are not even JSON. `kind` is its code, or -1 where that is not known yet.

    Returns
    -------
    at, reason
        (number of noted fields, ACCEPTED); else the position of the value that is wrong (of the line where one is
        missing) and why. The row's lanes may then be written in part.
    """
    used = counts[EXTRA]
    if kind < 0:
        kind, start, reason = kind_of(text, marks, first, slots, mask, words, extra, used, notes)
        if reason != ACCEPTED:
            return start, reason
    start = notes[TIME_KEY]
    if start <= first:
        return first, MISSING_TIME
    time, reason = time_at(text, marks, start, extra, used)
    if reason == NUMBER_OUT_OF_RANGE or (reason == ACCEPTED and not OLDEST_MS <= time <= time_max):
        return start, TIME_OUT_OF_RANGE
    if reason != ACCEPTED:
        return start, MISSING_TIME if is_null(text, start) else reason
    lanes[TIME_LANE * lines + row] = time
    lanes[KIND_LANE * lines + row] = kind
    noted = 1
    for field in range(ranges[kind] * FIELD, ranges[kind + 1] * FIELD, FIELD):
        key = fields[field + KEY]
        start = notes[key]
        if start <= first:
            continue
        noted += 1
        type_ = fields[field + TYPE]
        lane = fields[field + LANE]
        if type_ > ENUM_TYPE:
            fixed = fields[field + FIXED_LANE]
            length = short_length(text, marks, start)
            if length == 0:
                used, reason = put_name(
                    text, marks, start, size, type_ == TEXT_TYPE, city, lane, fixed, lanes, lines, row, extra, used
                )
                if reason != ACCEPTED:
                    return start, reason
                continue
            if lane >= 0:
                head, tail = HEADS[np.uint64(length)], TAILS[np.uint64(length)]
                lanes[lane * lines + row] = short_token(text, start + 1, length, head, tail, city)
            if fixed >= 0:
                lanes[fixed * lines + row] = (start + 1) << SLICE_BITS | length
        elif type_ == NUMBER_TYPE:
            is_done, bits = short_double(text, start, lane >= 0)
            if is_done and lane >= 0:
                lanes[lane * lines + row] = bits
            if not is_done:
                reason = put_number(text, start, lane, lanes, lines, row, undecided, counts)
                if reason != ACCEPTED:
                    return start, reason
        elif type_ == ENUM_TYPE:
            if lane >= 0:
                group = fields[field + GROUP]
                code, reason = word_at(text, marks, start, group, slots, mask, words, extra, used)
            else:
                reason = WRONG_TYPE
                if byte(text, start) == QUOTE:
                    _, _, reason = string_end(text, marks, start + 1)
            if reason != ACCEPTED:
                if is_null(text, start):
                    continue
                return start, reason
            if lane >= 0:
                if code >= 0:
                    lanes[lane * lines + row] = code
                else:
                    counts[UNKNOWN_ENUMS] += 1
        elif type_ == TIME_TYPE:
            value = time
            if key != TIME_KEY:
                value, reason = time_at(text, marks, start, extra, used)
                if reason != ACCEPTED:
                    if is_null(text, start):
                        continue
                    return start, reason
            if lane >= 0:
                lanes[lane * lines + row] = value
        else:
            is_true = four(text, start) == TRUE_WORD and is_over(byte(text, start + 4))
            if not is_true and not (
                byte(text, start) == 0x66 and four(text, start + 1) == FALSE_WORD and is_over(byte(text, start + 5))
            ):
                if is_null(text, start):
                    continue
                return start, WRONG_TYPE
            if lane >= 0:
                lanes[lane * lines + row] = is_true
            if fields[field + FIXED_LANE] >= 0:
                lanes[fields[field + FIXED_LANE] * lines + row] = is_true
    if lanes[ID_LANE * lines + row] == NULL:
        last = end_of_line
        while is_space(byte(text, last - 1)):
            last -= 1
        code = token(text, np.uint64(first), np.uint64(last - first), np.uint64(0))
        write_hex(code, extra, used)
        lanes[ID_LANE * lines + row] = (size + used) << SLICE_BITS | 16
        used += 16
    counts[EXTRA] = used
    return noted, ACCEPTED
