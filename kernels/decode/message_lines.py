"""Messages as lines: values that lie scattered, one copy each, as the text that decode takes."""

import numpy as np

from kernels.compile import kernel
from kernels.decode.crc32c import READ_ONLY
from kernels.decode.record_batches import OFFSET, TIMESTAMP, VALUE, VALUE_SIZE
from kernels.decode.wide import WIDTH, byte, copy, newlines, pointer, trailing_zeros

NEWLINE = ord("\n")
LINE_BITS = 12  # of a log position are the line in its message
LINES_MAX = 1 << LINE_BITS  # of a message; those beyond would have no position of their own
OFFSET_BITS = 36  # are the offset, of which the upper bits are known from what is kept


@kernel(
    f"Tuple((int64, int64, int64))({READ_ONLY}, int64[:, ::1], int64, uint8[::1], int64[:, ::1], int64[:, ::1])",
    allocates=False,
)
def lines(data, records, base, out, pieces, refused):
    """Write the values of messages as whole lines; one that holds several lines stays several, one without is none.

    Lines beyond the LINES_MAX-th of a message are left out.

    Parameters
    ----------
    data, records
        uint8[size] and int64[RECORD, n], of `record_batches.records`
    base
        log position of the partition
    out
        uint8[bytes of all values + n + WIDTH], out
    pieces
        int64[3, k], out, a column a line: where it begins in `out`, its log position, and when its message was
        received (epoch ms)
    refused
        int64[2, bytes of all values // LINES_MAX], out, a column a message with lines that are left out: its offset,
        and how many they are

    Returns
    -------
    how many bytes of `out` are lines, how many lines there are, and how many columns of `refused`; where lines are
    more than `k`, the columns beyond are missing

    Cost: 15 ns a message of 200 bytes that lie in the cache.
    """
    text, to = pointer(data), pointer(out)
    wide = len(data) - WIDTH  # up to here a whole vector may be read
    end = found = long = 0
    room = pieces.shape[1]
    for row in range(records.shape[1]):
        start = end
        at = records[VALUE, row]
        stop = end + records[VALUE_SIZE, row]
        while end < stop and at <= wide:
            copy(to, end, text, at)
            end += WIDTH
            at += WIDTH
        while end < stop:
            out[end] = byte(text, at)
            end += 1
            at += 1
        end = max(stop, start)
        if end == start:
            continue
        if out[end - 1] != NEWLINE:
            out[end] = NEWLINE
            end += 1
        position = base | (records[OFFSET, row] & ((1 << OFFSET_BITS) - 1)) << LINE_BITS
        line = 0
        place = start
        scanned = start
        bits = newlines(to, start)
        while place < end:
            if line < LINES_MAX:
                if found < room:
                    pieces[0, found] = place
                    pieces[1, found] = position | line
                    pieces[2, found] = records[TIMESTAMP, row]
                found += 1
            elif line == LINES_MAX:
                stop = place
            line += 1
            while bits == 0:  # the last newline is never missing
                scanned += WIDTH
                bits = newlines(to, scanned)
            place = scanned + trailing_zeros(bits) + 1
            bits &= bits - np.uint64(1)
        if line > LINES_MAX:
            refused[0, long] = records[OFFSET, row]
            refused[1, long] = line - LINES_MAX
            long += 1
            end = stop
    return end, found, long
