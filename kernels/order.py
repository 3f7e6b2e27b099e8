"""Order: sorting what arrives almost in order, merging runs, dropping duplicates, telling what is late.

Rows stay where they are; what is sorted are their numbers. The order of a row is one int64,
2 x time + 1 for an event, 2 x watermark for a late one, so that a late event comes before the events of that
instant. Rows of one order go by id bytes, kind, device bytes and feed; late ones by arrival.

A reorder buffer is `lanes` (as a batch's) and beside them `order` and `feed`, int64 each row.
"""

import numpy as np

from kernels.compile import kernel
from kernels.keys.token import load64, store64
from kernels.nulls import NULL

KIND, ID, DEVICE = 1, 3, 4  # lanes, as in events.batch
SLICE_BITS = 24
LENGTH = np.int64((1 << SLICE_BITS) - 1)
RADIX_BITS = 11


@kernel(inline=True)
def byteswap(word):
    """Return a little-endian word with its first byte most significant, so that words compare as bytes do."""
    bytes_mask = np.uint64(0x00FF00FF00FF00FF)
    pairs_mask = np.uint64(0x0000FFFF0000FFFF)
    word = ((word & bytes_mask) << np.uint64(8)) | ((word >> np.uint64(8)) & bytes_mask)
    word = ((word & pairs_mask) << np.uint64(16)) | ((word >> np.uint64(16)) & pairs_mask)
    return (word << np.uint64(32)) | (word >> np.uint64(32))


@kernel()
def compare_text(text, a, b):
    """Compare two slices byte by byte: < 0, 0 or > 0; NULL comes first. Reads up to 7 bytes past a slice."""
    if a == NULL or b == NULL:
        return np.int64(a != NULL) - np.int64(b != NULL)
    length_a = a & LENGTH
    length_b = b & LENGTH
    at_a = np.uint64(a >> SLICE_BITS)
    at_b = np.uint64(b >> SLICE_BITS)
    shared = min(length_a, length_b)
    done = 0
    while done < shared:
        word_a = load64(text, at_a + np.uint64(done))
        word_b = load64(text, at_b + np.uint64(done))
        if word_a != word_b:
            differ = byteswap(word_a) ^ byteswap(word_b)
            left = shared - done
            if left >= 8 or (differ >> np.uint64(8 * (8 - left))) != 0:
                return np.int64(-1) if byteswap(word_a) < byteswap(word_b) else np.int64(1)
        done += 8
    return length_a - length_b


@kernel()
def compare(lanes, order, feeds, text, a, b):
    """Compare two rows in the order of DESIGN: < 0, 0 (same identity and time, or both late) or > 0."""
    difference = order[a] - order[b]
    if difference != 0 or (order[a] & 1) == 0:
        return difference
    difference = compare_text(text, lanes[ID, a], lanes[ID, b])
    if difference == 0:
        difference = lanes[KIND, a] - lanes[KIND, b]
    if difference == 0:
        difference = compare_text(text, lanes[DEVICE, a], lanes[DEVICE, b])
    return difference if difference != 0 else feeds[a] - feeds[b]


@kernel("int64(int64[::1], int64, int64, int64, int64, int64[::1], boolean[::1])")
def lateness(times, received, greatest, tick, allowed, watermarks, late):
    """Judge each row of one feed against the feed's own watermark at its place in the log.

    Parameters
    ----------
    times
        int64[n], epoch ms, in log order
    received
        epoch ms; an event counts with the lesser of its time and this
    greatest, tick
        greatest counted time before the block, and the last tick; the least int64 where there is none
    allowed
        the feed's lateness, ms
    watermarks, late
        int64[n] and boolean[n], receive the feed's watermark before each row and whether it is late

    Returns
    -------
    the greatest counted time after the block
    """
    for i in range(len(times)):
        watermark = tick
        if greatest != NULL and greatest - allowed > tick:
            watermark = greatest - allowed
        watermarks[i] = watermark
        late[i] = times[i] < watermark
        greatest = max(greatest, min(times[i], received))
    return greatest


@kernel()
def _merge(lanes, order, feeds, text, a, b, out):
    i = 0
    j = 0
    for k in range(len(out)):
        if j >= len(b) or (i < len(a) and compare(lanes, order, feeds, text, a[i], b[j]) <= 0):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1


@kernel()
def _sort_ties(lanes, order, feeds, text, rows, start, stop):
    """Sort rows of one order among themselves: by insertion in short pieces, then merging the pieces."""
    piece = 24
    for low in range(start, stop, piece):
        for i in range(low + 1, min(low + piece, stop)):
            row = rows[i]
            j = i - 1
            while j >= low and compare(lanes, order, feeds, text, rows[j], row) > 0:
                rows[j + 1] = rows[j]
                j -= 1
            rows[j + 1] = row
    if stop - start > piece:
        other = np.empty(stop - start, np.int64)
        while piece < stop - start:
            for low in range(start, stop, 2 * piece):
                middle = min(low + piece, stop)
                high = min(low + 2 * piece, stop)
                _merge(
                    lanes, order, feeds, text, rows[low:middle], rows[middle:high], other[low - start : high - start]
                )
            rows[start:stop] = other
            piece *= 2


@kernel("void(int64[:, ::1], int64[::1], int64[::1], uint8[::1], int64, int64, int64[::1])")
def sort_run(lanes, order, feeds, text, start, stop, rows):
    """Sort rows start..stop-1 of a buffer, stable.

    Parameters
    ----------
    rows
        int64[stop - start], receives the row numbers in order

    Cost: 1 ns a row that is in order already, else about 4 ns for each 11 bits of the span of times.
    """
    n = stop - start
    least = order[start]
    greatest = least
    ordered = True
    previous = least
    for i in range(n):
        value = order[start + i]
        ordered &= previous <= value
        previous = value
        least = min(least, value)
        greatest = max(greatest, value)
        rows[i] = start + i
    if not ordered:
        other = np.empty(n, np.int64)
        counts = np.empty(1 << RADIX_BITS, np.int64)
        shift = 0
        source = rows
        target = other
        while shift < 63 and ((greatest - least) >> shift) != 0:
            counts[:] = 0
            for i in range(n):
                counts[((order[source[i]] - least) >> shift) & ((1 << RADIX_BITS) - 1)] += 1
            total = 0
            for digit in range(1 << RADIX_BITS):
                count = counts[digit]
                counts[digit] = total
                total += count
            for i in range(n):
                digit = ((order[source[i]] - least) >> shift) & ((1 << RADIX_BITS) - 1)
                target[counts[digit]] = source[i]
                counts[digit] += 1
            source, target = target, source
            shift += RADIX_BITS
        if shift // RADIX_BITS % 2 == 1:
            for i in range(n):
                rows[i] = other[i]
    i = 0
    while i < n:
        stop_tie = i + 1
        value = order[rows[i]]
        while stop_tie < n and order[rows[stop_tie]] == value:
            stop_tie += 1
        if stop_tie - i > 1 and (value & 1) == 1:
            _sort_ties(lanes, order, feeds, text, rows, i, stop_tie)
        i = stop_tie


@kernel("void(int64[:, ::1], int64[::1], int64[::1], uint8[::1], int64[::1], int64[::1], int64[::1])")
def merge(lanes, order, feeds, text, a, b, out):
    """Merge two sorted runs of row numbers into `out`; of equal rows those of `a` come first. About 3 ns a row."""
    _merge(lanes, order, feeds, text, a, b, out)


@kernel("int64(int64[::1], int64[::1], int64)")
def released(order, rows, bound):
    """Return how many of the first rows of a sorted run have an order below `bound`."""
    low = 0
    high = len(rows)
    while low < high:
        middle = (low + high) >> 1
        if order[rows[middle]] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("int64(int64[:, ::1], int64[::1], int64[::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def drop_duplicates(lanes, order, feeds, text, rows, keys, kept, dropped):
    """Keep the first of the rows of one key that have one identity and time.

    Parameters
    ----------
    rows, keys
        int64[n] each, rows in order and the tokens of their keys; a row may stand several times, under other keys
    kept, dropped
        int64[n] each, receive the places of those that are kept and of the others

    Returns
    -------
    how many are kept

    Cost: 1 ns a row whose order no neighbour has.
    """
    count = 0
    first = 0  # where in the kept ones those with the identity of the last one begin
    for i in range(len(rows)):
        row = rows[i]
        last = rows[kept[count - 1]] if count > 0 else np.int64(-1)
        same = row == last
        repeated = False
        if count > 0 and not same and (order[row] & 1) == 1 and order[row] == order[last]:
            same = compare(lanes, order, feeds, text, last, row) == 0
        if same:
            for j in range(first, count):
                repeated |= rows[kept[j]] != row and keys[kept[j]] == keys[i]
        else:
            first = count
        if repeated:
            dropped[i - count] = i
        else:
            kept[count] = i
            count += 1
    return count


@kernel(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int64[::1], int64, int64[::1], int64[::1], int64[:, ::1], "
    "int64[::1], int64[::1], uint8[::1], int64, int64)"
)
def append(source, text, rows, orders, feed, copied, slices, lanes, order, feeds, buffer, start, used):
    """Copy rows of a batch behind the rows of a reorder buffer, with the texts that their slices point at.

    Parameters
    ----------
    source, text
        the batch's lanes and text
    rows, orders
        int64[n] each: which rows, and their order
    copied, slices
        lanes that are copied as they are, and lanes of slices, whose texts are copied too
    lanes, order, feeds, buffer
        the reorder buffer; `buffer` is its text
    start, used
        rows and bytes of text in use; the caller has made room for more

    Returns
    -------
    bytes of text used afterwards
    """
    for lane in copied:
        for i in range(len(rows)):
            lanes[lane, start + i] = source[lane, rows[i]]
    for i in range(len(rows)):
        order[start + i] = orders[i]
        feeds[start + i] = feed
    for lane in slices:
        for i in range(len(rows)):
            piece = source[lane, rows[i]]
            if piece == NULL:
                lanes[lane, start + i] = NULL
                continue
            at = piece >> SLICE_BITS
            length = piece & LENGTH
            lanes[lane, start + i] = (used << SLICE_BITS) | length
            word = 0
            while word < length:  # whole words: both arrays have room past their end
                store64(buffer, np.uint64(used + word), load64(text, np.uint64(at + word)))
                word += 8
            used += length
    return used
