"""JSON lines to columns: line by line, by known shapes, else scanned and settled, else walked.

A line that is no event leaves no trace but a row of `rejects`, and its neighbours do not feel it.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.direct import GIVEN_UP, direct
from kernels.decode.fields import LINE_MAX, POSITION_LANE, ROWS, UNKNOWN_ENUMS
from kernels.decode.forms import forgive
from kernels.decode.nested import after_space
from kernels.decode.shapes import NODE, TRUST, USED, place_lanes, trusted
from kernels.decode.unforeseen import clear, clear_row, unforeseen
from kernels.decode.vocabulary import FIRST, SLOT
from kernels.decode.walk import NEWLINE, OPEN
from kernels.decode.wide import byte, copy, pointer


@kernel(
    "void(uint8[::1], uint8[::1], int64, int64, int64, uint64, int64[::1], uint8[::1], int64[::1], "
    "int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[::1], uint8[::1], int64[::1], uint16[::1], "
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
    pages,
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
        int64[lines * REJECT], out, a row a line that is no event: offset, length, line, at, reason
    extra
        uint8[size + 16 * lines + 128], out: text that is not in the block, continuing its offsets
    pages
        int64[LINES * (PAGE + keys)], scratch: where the values of some lines are, by key, see `unforeseen`
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
    keys = len(field_of) // len(ranges)
    pages[:] = -1
    counts[:] = 0
    mask = np.uint64(len(slots)) - FIRST - SLOT
    text, slots_, words_, ranges_, fields_ = (
        pointer(block),
        pointer(slots),
        pointer(words),
        pointer(ranges),
        pointer(fields),
    )
    field_of_ = pointer(field_of)
    marks_, shapes_, lanes_, extra_, pages_, tokens_, undecided_, counts_ = (
        pointer(marks),
        pointer(shapes),
        pointer(lanes),
        pointer(extra),
        pointer(pages),
        pointer(tokens),
        pointer(undecided),
        pointer(counts),
    )
    columns = len(nulls)
    nulls_, rejects_ = pointer(nulls), pointer(rejects)
    at = line = row = clean = np.int64(0)
    trust = shapes[TRUST]
    for node in range(1, shapes[USED]):
        place_lanes(node * NODE, lines, shapes_)
        forgive(node * NODE, shapes_)
    while at < size:
        if trust >= 0:
            first = after_space(text, at)
            c = byte(text, first)
            if c == NEWLINE and first - at <= LINE_MAX:
                at = first + 1
                line += 1
                continue
            if row == clean:
                clean = clear(nulls_, columns, lanes_, lines, row)
            if c == OPEN:
                end, unknown_enums = direct(
                    text, marks_, first, time_max, city, slots_, mask, words_, shapes_, lanes_, lines, row
                )
                if end != GIVEN_UP and end - at <= LINE_MAX:
                    lanes_[POSITION_LANE * lines + row] = position + at
                    counts[UNKNOWN_ENUMS] += unknown_enums
                    trust = trusted(trust, False, shapes_)
                    row += 1
                    line += 1
                    at = end + 1
                    continue
                clear_row(nulls_, columns, lanes_, lines, row)
        at, line, row, clean, trust = unforeseen(
            text,
            marks_,
            size,
            at,
            line,
            row,
            clean,
            trust,
            position,
            time_max,
            city,
            slots_,
            mask,
            words_,
            ranges_,
            field_of_,
            fields_,
            nulls_,
            columns,
            lanes_,
            lines,
            rejects_,
            extra_,
            pages_,
            keys,
            tokens_,
            shapes_,
            undecided_,
            counts_,
        )
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
