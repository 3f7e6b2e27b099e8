"""Order: sorting what arrives almost in order, telling repeated events, telling what is late.

Rows stay where they are; what is sorted are columns that say where they lie. The order of a row is one int64,
2 x time + 1 for an event, 2 x watermark for a late one, so that a late event comes before the events of that
instant. Rows of one order go by id bytes, kind, device bytes and feed; late ones by arrival.

What waits is told by `waiting`, int64[WAITING, n]: of each row its order, the first 16 bytes of its id as two numbers
that compare as the bytes do, where its record begins, its feed, and by how many pairs it is taken; records and pairs
are told in `kernels.buffer`. A record begins with the names of its row (`kernels.names`).
"""

import numpy as np

from kernels.compile import kernel
from kernels.names import TEXT_BITS, TEXT_MASK, compare_words, words_of
from kernels.nulls import NULL

RADIX_BITS = 11
ORDER, WORD, NEXT_WORD, RECORD, FEED, PAIRS = range(6)  # of `waiting`
WAITING = 6
PIECE = 24  # so many rows are sorted by insertion


@kernel()
def compare(names, starts, order, feeds, a, b):
    """Compare two rows in the order of DESIGN: < 0, 0 (same identity and time, or both late) or > 0.

    `names` begin at starts[a] and starts[b].
    """
    difference = order[a] - order[b]
    if difference != 0 or (order[a] & 1) == 0:
        return difference
    at_a = starts[a]
    at_b = starts[b]
    head_a = names[at_a]
    head_b = names[at_b]
    id_a = (head_a >> TEXT_BITS) & TEXT_MASK
    id_b = (head_b >> TEXT_BITS) & TEXT_MASK
    difference = compare_words(names, at_a + 1, id_a, at_b + 1, id_b)
    if difference == 0:
        difference = (head_a >> (2 * TEXT_BITS)) - (head_b >> (2 * TEXT_BITS))
    if difference == 0:
        device_a = at_a + 1 + words_of(id_a)
        device_b = at_b + 1 + words_of(id_b)
        difference = compare_words(names, device_a, head_a & TEXT_MASK, device_b, head_b & TEXT_MASK)
    return difference if difference != 0 else feeds[a] - feeds[b]


@kernel("int64(int64[::1], int64[::1], int64, int64, int64, int64[::1], boolean[::1])")
def lateness(times, received, greatest, tick, allowed, watermarks, late):
    """Judge each row of one feed against the feed's own watermark at its place in the log.

    Parameters
    ----------
    times
        int64[n], epoch ms, in log order
    received
        int64[n], or int64[1] for all (epoch ms); an event counts with the lesser of its time and this
    greatest, tick
        greatest counted time before the block, and the last tick; the least int64 where there is none
    allowed
        allowed lateness in ms
    watermarks, late
        int64[n] and boolean[n], receive the feed's watermark before each row and whether it is late

    Returns
    -------
    the greatest counted time after the block
    """
    step = int(len(received) > 1)
    for i in range(len(times)):
        watermark = tick
        if greatest != NULL and greatest - allowed > tick:
            watermark = greatest - allowed
        watermarks[i] = watermark
        late[i] = times[i] < watermark
        greatest = max(greatest, min(times[i], received[i * step]))
    return greatest


@kernel()
def sort_orders(orders, places):
    """Write the places of some orders, sorted and stable, into `places`.

    Cost: 1 ns each where they are in order already, else about 4 ns for each 11 bits of their span.
    """
    n = len(orders)
    if n == 0:
        return
    least = orders[0]
    greatest = least
    ordered = True
    previous = least
    for i in range(n):
        value = orders[i]
        ordered &= previous <= value
        previous = value
        least = min(least, value)
        greatest = max(greatest, value)
        places[i] = i
    if ordered:
        return
    other = np.empty(n, np.int64)
    counts = np.empty(1 << RADIX_BITS, np.int64)
    shift = 0
    source = places
    target = other
    while shift < 63 and ((greatest - least) >> shift) != 0:
        counts[:] = 0
        for i in range(n):
            counts[((orders[source[i]] - least) >> shift) & ((1 << RADIX_BITS) - 1)] += 1
        total = 0
        for digit in range(1 << RADIX_BITS):
            count = counts[digit]
            counts[digit] = total
            total += count
        for i in range(n):
            digit = ((orders[source[i]] - least) >> shift) & ((1 << RADIX_BITS) - 1)
            target[counts[digit]] = source[i]
            counts[digit] += 1
        source, target = target, source
        shift += RADIX_BITS
    if shift // RADIX_BITS % 2 == 1:
        for i in range(n):
            places[i] = other[i]


@kernel()
def _merge(words, next_words, a, b, out):
    i = 0
    j = 0
    for k in range(len(out)):
        first = j >= len(b)
        if not first and i < len(a):
            first = words[a[i]] < words[b[j]] or (words[a[i]] == words[b[j]] and next_words[a[i]] <= next_words[b[j]])
        if first:
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1


@kernel()
def _sort_words(words, next_words, rows, start, stop, piece_words, piece_next, piece_rows):
    """Sort rows[start:stop] by their words, stable: by insertion in short pieces, then merging the pieces."""
    piece = PIECE
    for low in range(start, stop, piece):
        count = min(piece, stop - low)
        for i in range(count):  # in small arrays of their own, so that a comparison waits for no memory
            row = rows[low + i]
            word = words[row]
            next_word = next_words[row]
            j = i - 1
            while j >= 0 and (piece_words[j] > word or (piece_words[j] == word and piece_next[j] > next_word)):
                piece_words[j + 1] = piece_words[j]
                piece_next[j + 1] = piece_next[j]
                piece_rows[j + 1] = piece_rows[j]
                j -= 1
            piece_words[j + 1] = word
            piece_next[j + 1] = next_word
            piece_rows[j + 1] = row
        for i in range(count):
            rows[low + i] = piece_rows[i]
    if stop - start > piece:
        other = np.empty(stop - start, np.int64)
        while piece < stop - start:
            for low in range(start, stop, 2 * piece):
                middle = min(low + piece, stop)
                high = min(low + 2 * piece, stop)
                _merge(words, next_words, rows[low:middle], rows[middle:high], other[low - start : high - start])
            rows[start:stop] = other
            piece *= 2


@kernel("int64(int64[:, ::1], int64[::1], int64[::1])")
def arrange(waiting, rows, alike):
    """Sort waiting rows as far as their order and the first 16 bytes of their ids tell them apart, stable.

    Parameters
    ----------
    waiting
        int64[WAITING, n]
    rows
        int64[n], receives the columns of `waiting`, in order
    alike
        int64[n], receives the places in `rows` of those that this does not tell apart: `settle` does

    Returns
    -------
    how many these are

    Cost: 4 ns a row for each 11 bits of the span of orders, and where k rows have one order, 2 log k ns more.
    """
    orders, words, next_words = waiting[ORDER], waiting[WORD], waiting[NEXT_WORD]
    piece_words, piece_next, piece_rows = (
        np.empty(PIECE, np.int64),
        np.empty(PIECE, np.int64),
        np.empty(PIECE, np.int64),
    )
    n = len(rows)
    sort_orders(orders, rows)
    count = 0
    i = 0
    while i < n:
        stop = i + 1
        value = orders[rows[i]]
        while stop < n and orders[rows[stop]] == value:
            stop += 1
        if stop - i > 1 and (value & 1) == 1:
            _sort_words(words, next_words, rows, i, stop, piece_words, piece_next, piece_rows)
            for j in range(i + 1, stop):
                a = rows[j - 1]
                b = rows[j]
                if words[a] == words[b] and next_words[a] == next_words[b]:
                    if count == 0 or alike[count - 1] != j - 1:
                        alike[count] = j - 1
                        count += 1
                    alike[count] = j
                    count += 1
        i = stop
    return count


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def settle(names, starts, order, feeds, alike, rows, identities):
    """Sort the rows that `arrange` left alike, and tell which of them are the same event again.

    Parameters
    ----------
    names, starts, order, feeds
        int64[...] and int64[a] each, of the rows left alike; the names of each begin at its start
    alike, rows
        as `arrange` left them, int64[a] and int64[n]; `rows` is sorted further
    identities
        int64[n], 0 .. n - 1; receives of each row that comes again the place of the first one

    Cost: about 20 log k ns a row, where k are alike.
    """
    n = len(alike)
    items = np.arange(n)
    other = np.empty(n, np.int64)
    piece = 1
    while piece < n:  # by merging, stable; neighbours that are in order already cost one comparison
        for low in range(0, n, 2 * piece):
            middle = min(low + piece, n)
            high = min(low + 2 * piece, n)
            i = low
            j = middle
            if middle < high and compare(names, starts, order, feeds, items[middle - 1], items[middle]) <= 0:
                j = high
                for k in range(low, high):
                    other[k] = items[k]
                continue
            for k in range(low, high):
                if j >= high or (i < middle and compare(names, starts, order, feeds, items[i], items[j]) <= 0):
                    other[k] = items[i]
                    i += 1
                else:
                    other[k] = items[j]
                    j += 1
        items, other = other, items
        piece *= 2
    before = np.empty(n, np.int64)
    for i in range(n):
        before[i] = rows[alike[i]]
    for i in range(n):
        rows[alike[i]] = before[items[i]]
        if i > 0 and compare(names, starts, order, feeds, items[i - 1], items[i]) == 0:
            identities[alike[i]] = identities[alike[i - 1]]


@kernel("int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def drop_duplicates(identities, rows, keys, kept, dropped):
    """Keep the first of the rows of one key that have one identity and time.

    Parameters
    ----------
    identities
        as `settle` leaves them
    rows, keys
        int64[n] each, rows in order and the tokens of their keys; a row may stand several times, under other keys
    kept, dropped
        int64[n] each, receive the places of those that are kept and of the others

    Returns
    -------
    how many are kept

    Cost: 1 ns a row whose identity no neighbour has.
    """
    count = 0
    first = 0  # where in the kept ones those with the identity of the last one begin
    for i in range(len(rows)):
        row = rows[i]
        repeated = False
        if count > 0 and identities[row] == identities[rows[kept[count - 1]]]:
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
