"""Comma-separated text to cells, in one pass over the bytes (RFC 4180, with LF or CRLF line ends)."""

import numpy as np

from kernels.compile import kernel

WRONG_WIDTH = 1  # a row with more or fewer cells than the header
AFTER_QUOTE = 2  # text between a closing quote and the next comma
OPEN_QUOTE = 3  # a quote that never closes

QUOTE = np.uint8(34)
COMMA = np.uint8(44)
NEWLINE = np.uint8(10)
RETURN = np.uint8(13)
SPACE = np.uint8(32)
TAB = np.uint8(9)


@kernel("int64(uint8[::1], int64, int64, int64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1])")
def cells(text, start, size, starts, lengths, lines, faults):  # type: ignore[no-untyped-def]
    """Find the cells of all rows from `text[start]` on.

    Parameters
    ----------
    text
        uint8[size or more]; doubled quotes are undoubled in place
    starts, lengths
        int64[columns, rows], out: where a cell's text is; an empty cell has the length -1
    lines
        int64[rows], out: the line each row begins on, counted from 1 at `text[0]`; `lines[0]` holds the first, in
    faults
        int64[n, 3], out: (code, line, cells in the row); at most n are noted, the first unused has code 0

    Returns
    -------
    how many rows there are; a faulty row is left out, an empty line is no row

    Cost: about 1 ns a byte.
    """
    columns = starts.shape[0]
    line = lines[0]
    row = 0
    noted = 0
    at = start
    while at < size:
        if text[at] == NEWLINE or (text[at] == RETURN and at + 1 < size and text[at + 1] == NEWLINE):
            at += 1 if text[at] == NEWLINE else 2
            line += 1
            continue
        first_line = line
        fault = 0
        column = 0
        while True:
            while at < size and (text[at] == SPACE or text[at] == TAB):
                at += 1
            if at < size and text[at] == QUOTE:
                at += 1
                begin = at
                end = at
                closed = False
                while at < size:
                    if text[at] == QUOTE:
                        if at + 1 < size and text[at + 1] == QUOTE:
                            at += 1
                        else:
                            at += 1
                            closed = True
                            break
                    if text[at] == NEWLINE:
                        line += 1
                    text[end] = text[at]
                    end += 1
                    at += 1
                if not closed:
                    fault = OPEN_QUOTE
                while at < size and text[at] != COMMA and text[at] != NEWLINE:
                    if text[at] != SPACE and text[at] != TAB and text[at] != RETURN:
                        fault = AFTER_QUOTE
                    at += 1
            else:
                begin = at
                while at < size and text[at] != COMMA and text[at] != NEWLINE:
                    at += 1
                end = at
                while end > begin and (text[end - 1] == SPACE or text[end - 1] == TAB or text[end - 1] == RETURN):
                    end -= 1
            if column < columns:
                starts[column, row] = begin
                lengths[column, row] = end - begin if end > begin else -1
            column += 1
            if at >= size or text[at] == NEWLINE:
                break
            at += 1
        at += 1
        line += 1
        if fault == 0 and column != columns:
            fault = WRONG_WIDTH
        if fault == 0:
            lines[row] = first_line
            row += 1
        elif noted < faults.shape[0]:
            faults[noted, 0] = fault
            faults[noted, 1] = first_line
            faults[noted, 2] = column
            noted += 1
    return row
