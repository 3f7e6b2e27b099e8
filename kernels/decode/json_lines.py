"""JSON lines to columns: line by line, by known shapes, else scanned and settled, else walked.

A line that is no event leaves no trace but a row of `rejects`, and its neighbours do not feel it.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.direct import GIVEN_UP, direct
from kernels.decode.fields import (
    EXTRA,
    KIND_KEY,
    KIND_LANE,
    LINE_MAX,
    NO_FIELD,
    POSITION_LANE,
    REJECTS,
    ROWS,
    UNDECIDED,
    UNKNOWN_ENUMS,
)
from kernels.decode.forms import forgive
from kernels.decode.nested import ALONE, after_space, is_space, value_end
from kernels.decode.reasons import ACCEPTED, LINE_TOO_LONG, NOT_AN_OBJECT, SYNTAX
from kernels.decode.scan import is_one_value, scan
from kernels.decode.settle import settle
from kernels.decode.shapes import NODE, NODES, ROOT, TRUST, USED, forget, place_lanes, trusted
from kernels.decode.structure import STRETCH, structure
from kernels.decode.vocabulary import FIRST, SLOT
from kernels.decode.walk import NEWLINE, OPEN, walk
from kernels.decode.wide import WIDTH, byte, cold, copy, newlines, pointer, trailing_zeros

TILE = 128  # rows whose lanes are set to null at once: while they are in the nearest cache


@kernel()
def line_end(text, at):
    """Return the position of the first newline from `at` on; there is one."""
    cold()
    while newlines(text, at) == 0:
        at += WIDTH
    return at + trailing_zeros(newlines(text, at))


@kernel()
def not_an_object(text, marks, at):
    """Return (position, reason) of a line whose first byte, at `at`, opens no object."""
    cold()
    end, reason = value_end(text, marks, at, ALONE)
    if reason != ACCEPTED:
        return end, reason
    end = after_space(text, end)
    if byte(text, end) != NEWLINE:
        return end, SYNTAX
    return at, NOT_AN_OBJECT


@kernel()
def walked(
    text,
    marks,
    start,
    first,
    slots,
    mask,
    words,
    extra,
    used,
    notes,
    keys,
    field_of,
    fields,
    lines,
    shapes,
    trust,
):
    """Walk the line from `start` on, which has its first byte at `first`.

    Returns
    -------
    end
        position of the line's newline
    at, reason
        (`end`, ACCEPTED), its fields are noted; else where it is wrong and why
    trust
        see `shapes.trusted`
    """
    cold()
    if byte(text, first) == OPEN:
        before = shapes[USED]
        root = ROOT if trust >= 0 else -1
        at, reason, node = walk(
            text, marks, first, slots, mask, words, extra, used, notes, keys, field_of, fields, lines, shapes, root
        )
        if trust >= 0:
            trust = trusted(trust, node < 0 or shapes[USED] > before, shapes)
        if shapes[USED] == NODES:
            forget(shapes)
    else:
        at, reason = not_an_object(text, marks, first)
    end = at if reason == ACCEPTED else line_end(text, at)
    if end - start > LINE_MAX:
        return end, start + LINE_MAX, LINE_TOO_LONG, trust
    return end, at, reason, trust


@kernel()
def others(text, marks, first, notes, keys, kind, field_of):
    """Return how many of a scanned line's noted fields are no fields of its kind, and valid."""
    cold()
    count = 0
    for key in range(keys):
        if notes[key] > first and key != KIND_KEY and field_of[(kind + 1) * keys + key] == NO_FIELD:
            count += is_one_value(text, marks, notes[key])
    return count


@kernel(
    "void(uint8[::1], uint8[::1], int64, int64, int64, uint64, int64[::1], uint8[::1], int64[::1], "
    "int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[:, ::1], uint8[::1], int64[::1], uint16[::1], "
    "int64[::1], int64[::1], int64[::1])"
)
def decode(
    block,
    marks,
    size,
    position,
    time_max,
    city,
    slots,
    words,
    ranges,
    field_of,
    fields,
    nulls,
    lanes,
    lines,
    rejects,
    extra,
    notes,
    tokens,
    shapes,
    undecided,
    counts,
):
    """Decode the lines of `block[:size]`, which ends in a newline and has 64 readable bytes more.

    Parameters
    ----------
    block, size, position, time_max
        of `events.block.Events`
    marks
        of the block, see `marks.mark`
    city
        the key of tokens
    slots, words
        vocabulary of names, kinds and enum values
    ranges, field_of, fields
        what a kind's fields are and where they go, see `fields`
    nulls
        int64[lanes]: what a lane says for "missing"
    lanes, lines
        int64[lanes * lines], out, lane by lane, with one row a line
    rejects
        int64[5, lines], out: offset, length, line, at, reason
    extra
        uint8[size + 16 * lines + 128], out: text that is not in the block, continuing its offsets
    notes
        int64[keys], scratch: where the values of a line are, by key; those before the line are of earlier ones
    tokens
        uint16[structure.ROOM], scratch
    shapes
        int64[NODES * NODE], what was learned of the feed's spelling, see `shapes`
    undecided
        int64[(size // 20 + 1) * 4], out: lane, row, start and end of numbers that the caller converts
    counts
        int64[COUNTS], out

    Cost: about 0.5 ns a byte of a feed whose shapes are known, 1.2 ns of one that spells each line anew.
    """
    keys = len(notes)
    notes[:] = -1
    counts[:] = 0
    mask = (np.uint64(len(slots)) - FIRST) // SLOT - np.uint64(1)
    text, slots_, words_, ranges_, fields_ = (
        pointer(block),
        pointer(slots),
        pointer(words),
        pointer(ranges),
        pointer(fields),
    )
    field_of_ = pointer(field_of)
    marks_, shapes_, lanes_, extra_, notes_, tokens_, undecided_, counts_ = (
        pointer(marks),
        pointer(shapes),
        pointer(lanes),
        pointer(extra),
        pointer(notes),
        pointer(tokens),
        pointer(undecided),
        pointer(counts),
    )
    at = line = row = clean = np.int64(0)
    base = token = stretch_end = np.int64(0)  # of the stretch whose tokens are known
    trust = shapes[TRUST]
    for node in range(1, shapes[USED]):
        place_lanes(node * NODE, lines, shapes_)
        forgive(node * NODE, shapes_)
    while at < size:
        start = at
        if is_space(byte(text, at)):
            at = after_space(text, at)
        first = at
        c = byte(text, at)
        if c == NEWLINE and at - start <= LINE_MAX:
            at += 1
            line += 1
            continue
        if row == clean:
            clean = min(row + TILE, lines)
            for lane in range(len(nulls)):
                null = nulls[lane]
                for i in range(row, clean):
                    lanes[np.uint64(lane * lines + i)] = null
        if c == OPEN and trust >= 0:
            end, unknown_enums = direct(
                text, marks_, at, time_max, city, slots_, mask, words_, shapes_, lanes_, lines, row
            )
            if end != GIVEN_UP and end - start <= LINE_MAX:
                lanes_[POSITION_LANE * lines + row] = position + start
                counts[UNKNOWN_ENUMS] += unknown_enums
                trust = trusted(trust, False, shapes_)
                row += 1
                line += 1
                at = end + 1
                continue
            for lane in range(len(nulls)):
                lanes[np.uint64(lane * lines + row)] = nulls[lane]
        scanned = -1
        end = at
        used = counts[EXTRA]
        is_asleep = trust < 0
        if is_asleep:
            if start >= stretch_end:
                base = start
                token = np.int64(0)
                tokens_end = structure(text, base, min(base + STRETCH, size), tokens_)
                stretch_end = base + np.int64(tokens_[tokens_end - 1]) + 1 if tokens_end > 0 else start
            if start < stretch_end:
                while base + np.int64(tokens_[token]) < at:  # of lines that were blank, walked or known
                    token += 1
                if c == OPEN:
                    over, scanned = scan(text, marks_, base, tokens_, token, slots_, mask, words_, extra_, used, notes_)
                    if scanned >= 0:
                        end = base + np.int64(tokens_[over])
                        token = over + 1
        while True:
            is_walked = scanned < 0
            reason = ACCEPTED
            if is_walked:
                end, at, reason, trust = walked(
                    text,
                    marks_,
                    start,
                    first,
                    slots_,
                    mask,
                    words_,
                    extra_,
                    used,
                    notes_,
                    keys,
                    field_of_,
                    fields_,
                    lines,
                    shapes_,
                    trust,
                )
            if reason == ACCEPTED:
                unknown_enums = counts[UNKNOWN_ENUMS]
                certain = counts[UNDECIDED]
                lanes[np.uint64(POSITION_LANE * lines + row)] = position + start
                at, reason = settle(
                    text,
                    marks_,
                    size,
                    first,
                    end,
                    time_max,
                    city,
                    slots_,
                    mask,
                    words_,
                    ranges_,
                    fields_,
                    lanes_,
                    lines,
                    row,
                    extra_,
                    notes_,
                    undecided_,
                    counts_,
                )
                if reason == ACCEPTED and not is_walked and at != scanned:
                    kind = lanes_[KIND_LANE * lines + row]
                    if at + others(text, marks_, first, notes_, keys, kind, field_of_) != scanned:
                        reason = SYNTAX
                if reason != ACCEPTED:
                    for lane in range(len(nulls)):
                        lanes[np.uint64(lane * lines + row)] = nulls[lane]
                    counts[UNKNOWN_ENUMS] = unknown_enums
                    counts[UNDECIDED] = certain
                    counts[EXTRA] = used
            if is_walked or reason == ACCEPTED:
                break
            scanned = -1
        if is_asleep:
            trust = trusted(trust, False, shapes_)
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
    shapes[TRUST] = trust


@kernel("void(int64[::1], int64, int64, int64)")
def close_gaps(flat, lanes, lines, rows):
    """Turn `int64[lanes, lines]`, of which `rows` rows are in use, into `int64[lanes, rows]` in place."""
    words = pointer(flat)
    for lane in range(1, lanes):
        row = 0
        while row + 8 <= rows:
            copy(words, lane * rows + row, words, lane * lines + row)
            row += 8
        while row < rows:
            words[lane * rows + row] = words[lane * lines + row]
            row += 1
