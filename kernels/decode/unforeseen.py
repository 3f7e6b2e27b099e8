"""Lines that nothing foresees: scanned and settled, else walked.

All of a line's common way is in one function: to hand two dozen pointers on, twice a line, takes as long as to settle
a field or two.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import (
    EXTRA,
    KIND_KEY,
    KIND_LANE,
    KINDS,
    LINE_MAX,
    NO_FIELD,
    POSITION_LANE,
    REJECT,
    REJECTS,
    UNDECIDED,
    UNKNOWN_ENUMS,
)
from kernels.decode.nested import ALONE, after_space, value_end
from kernels.decode.reasons import ACCEPTED, LINE_TOO_LONG, NOT_AN_OBJECT, SYNTAX
from kernels.decode.scan import is_one_value, scan
from kernels.decode.settle import settle
from kernels.decode.shapes import NODES, ROOT, USED, forget, trusted
from kernels.decode.strings import QUOTE, plain_end
from kernels.decode.structure import STRETCH, structure
from kernels.decode.vocabulary import find
from kernels.decode.walk import NEWLINE, OPEN, walk
from kernels.decode.wide import WIDTH, beyond, byte, cold, newlines, trailing_zeros

LINES = 16  # that are scanned before they are settled
PAGE = np.int64(6)  # words of a page before its notes:
START = 0  # of the line
FIRST_BYTE = 1  # that is no space
END = 2  # its newline
SCANNED = 3  # how many fields were noted, -1 where it has to be walked
LINE = 4  # its number
KIND = 5  # code, -1 where it is not known yet
TILE = 128  # rows whose lanes are set to null at once: while they are in the nearest cache


@kernel()
def clear(nulls, count, lanes, lines, row):
    """Set the lanes of up to `TILE` rows from `row` on to null; return the row behind them."""
    cold()
    end = min(row + TILE, lines)
    for lane in range(count):
        null = nulls[lane]
        for i in range(row, end):
            lanes[np.uint64(lane * lines + i)] = null
    return end


@kernel()
def clear_row(nulls, count, lanes, lines, row):
    """Set the lanes of a row to null again."""
    cold()
    for lane in range(count):
        lanes[np.uint64(lane * lines + row)] = nulls[lane]


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


@kernel(inline=True)
def plain_kind(text, marks, first, notes, slots, mask, words):
    """Return the kind that a scanned line notes; -1 where that is rare or wrong, see `settle.kind_of`."""
    start = notes[KIND_KEY]
    if start <= first or byte(text, start) != QUOTE:
        return np.int64(-1)
    end = plain_end(text, marks, start + 1)
    if end < 0:
        return np.int64(-1)
    return find(text, start + 1, end - start - 1, KINDS, slots, mask, words)


@kernel()
def gather(text, marks, size, at, base, tokens, token, slots, mask, words, extra, used, pages, page_words, line, most):
    """Scan the lines from `at` on whose tokens are known, up to `most` and to the end of the stretch.

    Only the last one may be one that has to be walked.

    Returns
    -------
    gathered
        how many were scanned
    at, token, line
        past the last of them
    """
    cold()
    gathered = np.int64(0)
    end = at
    while end < size and gathered < most:
        first = base + np.int64(tokens[token])
        c = byte(text, first)
        if c == NEWLINE:
            token += 1
            end = first + 1
            line += 1
            continue
        page = beyond(pages, gathered * page_words)
        notes = beyond(page, PAGE)
        page[START] = end
        page[FIRST_BYTE] = first
        page[LINE] = line
        page[SCANNED] = -1
        line += 1
        gathered += 1
        if c != OPEN:
            break
        over, scanned = scan(text, marks, base, tokens, token, slots, mask, words, extra, used, notes)
        page[SCANNED] = scanned
        if scanned < 0:
            break
        page[END] = base + np.int64(tokens[over])
        end = page[END] + 1
        token = over + 1
    for i in range(gathered):
        page = beyond(pages, i * page_words)
        if page[SCANNED] >= 0:
            page[KIND] = plain_kind(text, marks, page[FIRST_BYTE], beyond(page, PAGE), slots, mask, words)
    return gathered, end, token, line


@kernel()
def unforeseen(
    text,
    marks,
    size,
    at,
    line,
    row,
    clean,
    trust,
    position,
    time_max,
    city,
    slots,
    mask,
    words,
    ranges,
    field_of,
    fields,
    nulls,
    columns,
    lanes,
    lines,
    rejects,
    extra,
    pages,
    keys,
    tokens,
    shapes,
    undecided,
    counts,
):
    """Decode the line that begins at `at`, and the lines after it until the feed is trusted again.

    A dozen lines are scanned, then their kinds looked up, then they are settled: so what a step waits for was begun
    long before. A processor that goes from one step to the next within a line waits 30 ns a line.

    Parameters
    ----------
    line, row, clean, trust
        number of the line and of the row that it may be, the first row whose lanes are not null yet, see
        `shapes.trusted`
    pages
        int64[LINES * (PAGE + keys)], scratch: of each line what is said of it, and its notes

    Returns
    -------
    at, line, row, clean, trust, as they are then
    """
    cold()
    base = token = stretch_end = np.int64(0)  # of the stretch whose tokens are known
    page_words = PAGE + keys
    while True:
        if trust < 0 and at >= stretch_end:
            base = at
            token = np.int64(0)
            tokens_end = structure(text, base, min(base + STRETCH, size), tokens)
            stretch_end = base + np.int64(tokens[tokens_end - 1]) + 1 if tokens_end > 0 else at
        if at < stretch_end:
            most = min(LINES, -trust)
            gathered, end, token, line = gather(
                text,
                marks,
                stretch_end,
                at,
                base,
                tokens,
                token,
                slots,
                mask,
                words,
                extra,
                counts[EXTRA],
                pages,
                page_words,
                line,
                most,
            )
        else:
            first = after_space(text, at)
            is_blank = byte(text, first) == NEWLINE and first - at <= LINE_MAX
            gathered = np.int64(not is_blank)
            end = first + 1
            pages[START] = at
            pages[FIRST_BYTE] = first
            pages[SCANNED] = -1
            pages[LINE] = line
            line += 1
        for i in range(gathered):
            page = beyond(pages, i * page_words)
            notes = beyond(page, PAGE)
            start, first, scanned, kind = page[START], page[FIRST_BYTE], page[SCANNED], page[KIND]
            line_end = page[END]
            if row == clean:
                clean = clear(nulls, columns, lanes, lines, row)
            used = counts[EXTRA]
            is_asleep = trust < 0
            while True:
                is_walked = scanned < 0
                reason = np.int64(ACCEPTED)
                if is_walked:
                    kind = np.int64(-1)
                    line_end, error_at, reason, trust = walked(
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
                    )
                    if i + 1 == gathered:
                        end = line_end + 1
                if reason == ACCEPTED:
                    unknown_enums = counts[UNKNOWN_ENUMS]
                    certain = counts[UNDECIDED]
                    lanes[POSITION_LANE * lines + row] = position + start
                    error_at, reason = settle(
                        text,
                        marks,
                        size,
                        first,
                        line_end,
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
                    )
                    if reason == ACCEPTED and not is_walked and error_at != scanned:
                        kind = lanes[KIND_LANE * lines + row]
                        if error_at + others(text, marks, first, notes, keys, kind, field_of) != scanned:
                            reason = np.int64(SYNTAX)
                    if reason != ACCEPTED:
                        clear_row(nulls, columns, lanes, lines, row)
                        counts[UNKNOWN_ENUMS] = unknown_enums
                        counts[UNDECIDED] = certain
                        counts[EXTRA] = used
                if is_walked or reason == ACCEPTED:
                    break
                scanned = np.int64(-1)
            if is_asleep:
                trust = trusted(trust, False, shapes)
            if reason == ACCEPTED:
                row += 1
            else:
                entry = counts[REJECTS] * REJECT
                rejects[entry] = start
                rejects[entry + 1] = line_end - start
                rejects[entry + 2] = page[LINE]
                rejects[entry + 3] = error_at - start
                rejects[entry + 4] = reason
                counts[REJECTS] += 1
        at = end
        if trust >= 0 or at >= size:
            return at, line, row, clean, trust
        if at < stretch_end:
            while base + np.int64(tokens[token]) < at:  # of a line that was walked
                token += 1
