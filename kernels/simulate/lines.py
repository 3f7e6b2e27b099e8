"""Events to text: a line is a template of pieces, literal or made from a lane of the row."""

from typing import Final

import numpy as np

from kernels.compile import kernel

LITERAL: Final = 0  # argument: text of the pool
TEXT: Final = 1  # argument: lane that holds a text of the pool
INTEGER: Final = 2  # argument: lane
DECIMAL: Final = 3  # argument: lane that holds the number times 10^width; width: decimals
PADDED: Final = 4  # argument: lane; width: digits
PLATE: Final = 5  # argument: lane; a number plate of Jiangxi: letter and five digits

LINE_MAX = 512  # bytes; templates keep below
_PLATE_LETTERS = np.frombuffer(b"ABCDEFGHJKLMN", np.uint8)  # no I: it reads as 1
PLATES = 100_000 * len(_PLATE_LETTERS)


@kernel(inline=True)
def _digits(out, at, value, width):  # type: ignore[no-untyped-def]
    """Write a number >= 0 with at least `width` digits; return the place behind it."""
    count = 1
    rest = value // 10
    while rest > 0:
        count += 1
        rest //= 10
    count = max(count, width)
    for place in range(at + count - 1, at - 1, -1):
        out[place] = np.uint8(48 + value % 10)
        value //= 10
    return at + count


@kernel("int64(int64[::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], uint8[::1], int64[::1], uint8[::1])")
def write_lines(templates, lanes, order, pieces, piece_starts, pool, pool_starts, out):  # type: ignore[no-untyped-def]
    """Write rows as lines, each by its template.

    Parameters
    ----------
    templates
        int64[rows], number of each row's template
    lanes
        int64[lane, rows]; numbers are whole and, but for times, small
    order
        int64[n], rows in the order of the lines
    pieces, piece_starts
        int64[piece, 3] of (op, argument, width), and the first piece of each template, one more at the end
    pool, pool_starts
        texts, and where each begins, one more at the end
    out
        uint8[n * LINE_MAX or more]

    Returns
    -------
    how many bytes were written

    Cost: about 150 ns a line.
    """
    at = 0
    for i in range(len(order)):
        row = order[i]
        for piece in range(piece_starts[templates[row]], piece_starts[templates[row] + 1]):
            op = pieces[piece, 0]
            argument = pieces[piece, 1]
            width = pieces[piece, 2]
            if op == LITERAL or op == TEXT:
                text = argument if op == LITERAL else lanes[argument, row]
                for j in range(pool_starts[text], pool_starts[text + 1]):
                    out[at] = pool[j]
                    at += 1
                continue
            value = lanes[argument, row]
            if value < 0:
                out[at] = np.uint8(45)
                at += 1
                value = -value
            if op == INTEGER:
                at = _digits(out, at, value, 1)
            elif op == PADDED:
                at = _digits(out, at, value, width)
            elif op == DECIMAL:
                scale = np.int64(1)
                for _ in range(width):
                    scale *= 10
                at = _digits(out, at, value // scale, 1)
                out[at] = np.uint8(46)
                at = _digits(out, at + 1, value % scale, width)
            else:
                out[at] = np.uint8(0xE8)
                out[at + 1] = np.uint8(0xB5)
                out[at + 2] = np.uint8(0xA3)
                out[at + 3] = _PLATE_LETTERS[value // 100_000]
                at = _digits(out, at + 4, value % 100_000, 5)
        out[at] = np.uint8(10)
        at += 1
    return at
