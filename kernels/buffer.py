"""The reorder buffer's rows: who takes them, what is kept of them, what becomes of both when they are released.

A *pair* says that an entry of a rule takes a row for one member of its family: `pairs` is int64[PAIR, m] of entry,
member, token of the key, where in the records the lanes lie that the entry's rule reads, and the column of the row in
`waiting` (`kernels.order`). The pairs of a row lie next to each other, in the order of the columns.

What is kept of a row is its *record*: its names (`kernels.names`), its time, position and mark of history, then for
each entry that takes it the lanes that the entry's rule reads. The words of a row lie side by side, in one or two
cache lines, while the lanes of a batch would be a miss each by the time the row is released.
"""

import numpy as np

from kernels.compile import kernel
from kernels.names import SLICE_BITS, TEXT_BITS, length_of, names_size, words_of, write_text
from kernels.nulls import NULL
from kernels.order import FEED, NEXT_WORD, ORDER, PAIRS, RECORD, WAITING, WORD, sort_orders
from kernels.prefetch import AHEAD, prefetch

TIME, KIND, POSITION, ID, DEVICE, REPLAYED = range(6)  # lanes, as in events.batch
ENTRY, MEMBER, KEY, FIELDS, COLUMN = range(5)  # of `pairs`
PAIR = 5
PIECE = 256  # rows whose records are written or read lane by lane while they lie in the first cache
NO_WORD = np.int64(NULL)  # of a text that has ended: the least, so that it comes first


@kernel(allocates=False)
def write_names(lanes, text, feed, own, orders, column_of, sizes, waiting, records):
    """Begin the records of the rows `own` of a batch, and write all of `waiting` but PAIRS.

    `sizes`, how many words of fields each row of the batch has, becomes where these begin.
    """
    at = np.int64(0)
    for i in range(len(column_of)):  # as they lie in the batch, so that memory is read in order
        if i + AHEAD < len(column_of):
            prefetch(text, max(lanes[ID, own[i + AHEAD]] >> SLICE_BITS, 0), 0)
        row = own[i]
        column = column_of[i]
        waiting[ORDER, column] = orders[i]
        waiting[RECORD, column] = at
        waiting[FEED, column] = feed
        id_length = length_of(lanes[ID, row])
        records[at] = (lanes[KIND, row] << (2 * TEXT_BITS)) | (id_length << TEXT_BITS) | length_of(lanes[DEVICE, row])
        begin = at + 1
        at = write_text(text, lanes[ID, row], records, begin)
        waiting[WORD, column] = records[begin] if id_length > 1 else NO_WORD
        waiting[NEXT_WORD, column] = records[begin + 1] if id_length > 9 else NO_WORD
        at = write_text(text, lanes[DEVICE, row], records, at)
        records[at] = lanes[TIME, row]
        records[at + 1] = lanes[POSITION, row]
        records[at + 2] = lanes[REPLAYED, row]
        size = sizes[row]
        sizes[row] = at + 3
        at += 3 + size


@kernel(allocates=False)
def write_pairs(
    lanes,
    late,
    takes_late,
    lane_ends,
    entry_lanes,
    entries,
    ends,
    rows,
    members,
    keys,
    columns,
    taken,
    fields,
    scratch,
    pairs,
    records,
):
    """Write `pairs`, and into the records what those read who take them, entry by entry and lane by lane.

    `columns`, `taken` and `fields` are int64[batch]: the column of each row, where its pairs begin, and where its
    fields do. `scratch` has room for the rows of an entry, twice.
    """
    start = np.int64(0)
    for e in range(len(entries)):
        entry = entries[e]
        width = lane_ends[entry + 1] - lane_ends[entry]
        count = np.int64(0)
        before = np.int64(-1)
        begin = np.int64(0)
        for i in range(start, ends[e]):
            row = rows[i]
            if late[row] and not takes_late[entry]:
                continue
            if row != before:  # else of a further member of the family
                begin = fields[row]
                fields[row] = begin + width
                scratch[0, count] = row
                scratch[1, count] = begin
                count += 1
                before = row
            at = taken[row]
            taken[row] = at + 1
            pairs[ENTRY, at] = entry
            pairs[MEMBER, at] = members[i]
            pairs[KEY, at] = keys[i]
            pairs[FIELDS, at] = begin
            pairs[COLUMN, at] = columns[row]
        for k in range(width):
            lane = entry_lanes[lane_ends[entry] + k]
            for j in range(count):
                records[scratch[1, j] + k] = lanes[lane, scratch[0, j]]
        start = ends[e]


@kernel(
    "Tuple((int64[:, ::1], int64[:, ::1], int64[::1]))(int64[:, ::1], uint8[::1], int64[::1], boolean[::1], int64, "
    "boolean[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])"
)
def enqueue(lanes, text, places, late, feed, takes_late, lane_ends, entry_lanes, entries, ends, rows, members, keys):
    """Let the rows of a batch wait that any entry takes, late ones for those that take late ones.

    Parameters
    ----------
    lanes, text
        the batch's
    places, late
        int64[batch] and boolean[batch]: where each row stands in event time (epoch ms), and whether it is late
    feed
        the number of the batch's feed
    takes_late, lane_ends, entry_lanes
        boolean[entries], int64[entries + 1] and int64[...]: entry e reads entry_lanes[lane_ends[e]:lane_ends[e + 1]]
    entries, ends, rows, members, keys
        entries by number, where each one's part of the others ends, and what it takes: rows of the batch as they lie
        there, members of the family, tokens of keys

    Returns
    -------
    `waiting` and `pairs`, sorted by order alone, stable, and the records, as the rows lie in the batch

    Cost: 25 ns a row, 5 ns a pair, 1 ns a lane.
    """
    count = lanes.shape[1]
    taken = np.zeros(count, np.int64)  # how many pairs take each row, then where these begin
    sizes = np.zeros(count, np.int64)  # how many words of fields its record has
    start = np.int64(0)
    total = np.int64(0)
    for e in range(len(entries)):
        all_rows = takes_late[entries[e]]
        width = lane_ends[entries[e] + 1] - lane_ends[entries[e]]
        before = np.int64(-1)
        for i in range(start, ends[e]):
            row = rows[i]
            wanted = np.int64(all_rows or not late[row])
            taken[row] += wanted
            sizes[row] += width * wanted * np.int64(row != before)
            total += wanted
            before = row
        start = ends[e]
    own = np.empty(count, np.int64)
    orders = np.empty(count, np.int64)
    n = 0
    size = np.int64(0)
    for row in range(count):
        own[n] = row
        orders[n] = 2 * places[row] + np.int64(not late[row])
        wanted = np.int64(taken[row] > 0)
        n += wanted
        names = 1 + words_of(length_of(lanes[ID, row])) + words_of(length_of(lanes[DEVICE, row]))
        size += wanted * (names + 3 + sizes[row])
    rank = np.empty(n, np.int64)
    sort_orders(orders[:n], rank)
    waiting = np.empty((WAITING, n), np.int64)
    column_of = np.empty(n, np.int64)
    columns = np.empty(count, np.int64)
    first = np.int64(0)
    for column in range(n):
        row = own[rank[column]]
        column_of[rank[column]] = column
        columns[row] = column
        waiting[PAIRS, column] = taken[row]
        taken[row] = first
        first += waiting[PAIRS, column]
    pairs = np.empty((PAIR, total), np.int64)
    records = np.empty(size, np.int64)
    write_names(lanes, text, feed, own, orders, column_of, sizes, waiting, records)
    scratch = np.empty((2, n), np.int64)
    write_pairs(
        lanes,
        late,
        takes_late,
        lane_ends,
        entry_lanes,
        entries,
        ends,
        rows,
        members,
        keys,
        columns,
        taken,
        sizes,
        scratch,
        pairs,
        records,
    )
    return waiting, pairs, records


@kernel("void(int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1])")
def deal(waiting, pairs, rows, places, spans, out):
    """Give each entry what it takes, in the order of the rows.

    Parameters
    ----------
    waiting, pairs
        what is released
    rows
        int64[n], the columns of `waiting` in their order
    places
        int64[n], receives the place of each column in that order
    spans
        int64[entries, 2], receives where each entry's part of `out` begins and ends
    out
        int64[3, m], receives entry by entry the places of the rows, members and keys

    Cost: 3 ns a row and 4 ns a pair.
    """
    counts = waiting[PAIRS]
    n = len(rows)
    first = np.empty(n, np.int64)
    start = np.int64(0)
    for column in range(n):
        first[column] = start
        start += counts[column]
    cursors = np.zeros(len(spans), np.int64)
    for pair in range(pairs.shape[1]):
        cursors[pairs[ENTRY, pair]] += 1
    total = np.int64(0)
    for entry in range(len(spans)):
        spans[entry, 0] = total
        total += cursors[entry]
        cursors[entry] = spans[entry, 0]
        spans[entry, 1] = total
    for place in range(n):
        column = rows[place]
        places[column] = place
        for pair in range(first[column], first[column] + counts[column]):
            entry = pairs[ENTRY, pair]
            at = cursors[entry]
            cursors[entry] = at + 1
            out[0, at] = place
            out[1, at] = pairs[MEMBER, pair]
            out[2, at] = pairs[KEY, pair]


@kernel("void(int64[::1], int64[::1], int64[:, ::1], int64, int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def spread(records, starts, pairs, first, places, lane_ends, entry_lanes, lanes):
    """Write what is kept of some rows into lanes: those that who takes them reads, TIME, POSITION and REPLAYED.

    Parameters
    ----------
    records, starts
        int64[...], and int64[n] where the record of each row begins
    pairs, first
        the pairs of these rows, and the column of the first row
    places
        int64[n], where in `lanes` each row goes
    lane_ends, entry_lanes
        of `enqueue`
    lanes
        int64[lane, ...], receives them

    Cost: 10 ns a row, 5 ns a pair, 1 ns a lane.
    """
    n = len(starts)
    for i in range(n):
        if i + AHEAD < n:
            prefetch(records, starts[i + AHEAD], 0)
            prefetch(records, starts[i + AHEAD] + 8, 0)
        at = starts[i] + names_size(records[starts[i]])
        lanes[TIME, places[i]] = records[at]
        lanes[POSITION, places[i]] = records[at + 1]
        lanes[REPLAYED, places[i]] = records[at + 2]
    count = pairs.shape[1]
    ends = np.zeros(len(lane_ends), np.int64)
    for pair in range(count):
        ends[pairs[ENTRY, pair] + 1] += 1
    for entry in range(1, len(ends)):
        ends[entry] += ends[entry - 1]
    begins = ends.copy()
    fields = np.empty(count, np.int64)
    own_places = np.empty(count, np.int64)
    for pair in range(count):
        entry = pairs[ENTRY, pair]
        at = ends[entry]
        fields[at] = pairs[FIELDS, pair]
        own_places[at] = places[pairs[COLUMN, pair] - first]
        ends[entry] = at + np.int64(
            at == begins[entry] or fields[at] != fields[at - 1]
        )  # of a family's members the first
    for entry in range(len(lane_ends) - 1):
        for piece in range(begins[entry], ends[entry], PIECE):
            stop = min(piece + PIECE, ends[entry])
            for k in range(lane_ends[entry + 1] - lane_ends[entry]):
                lane = entry_lanes[lane_ends[entry] + k]
                for j in range(piece, stop):
                    lanes[lane, own_places[j]] = records[fields[j] + k]


@kernel(
    "int64(int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[::1])"
)
def rearrange(waiting, pairs, records, rows, lane_ends, new_waiting, new_pairs, new_records):
    """Lay waiting rows, their pairs and their records down in another order.

    Parameters
    ----------
    waiting, pairs, records
        as they are; COLUMN of pairs is not looked at
    rows
        int64[n], columns of `waiting` in their new order
    lane_ends
        of `enqueue`
    new_waiting, new_pairs, new_records
        receive them; records have room in as many words as there are

    Returns
    -------
    how many words of records there are now
    """
    n = len(rows)
    first = np.empty(n, np.int64)
    start = np.int64(0)
    for column in range(n):
        first[column] = start
        start += waiting[PAIRS, column]
    new_pair = np.int64(0)
    used = np.int64(0)
    for place in range(n):
        column = rows[place]
        begin = waiting[RECORD, column]
        moved = used - begin
        end = begin + names_size(records[begin]) + 3
        for pair in range(first[column], first[column] + waiting[PAIRS, column]):
            for k in range(PAIR):
                new_pairs[k, new_pair] = pairs[k, pair]
            new_pairs[FIELDS, new_pair] += moved
            new_pairs[COLUMN, new_pair] = place
            entry = pairs[ENTRY, pair]
            end = max(end, pairs[FIELDS, pair] + lane_ends[entry + 1] - lane_ends[entry])
            new_pair += 1
        for k in range(WAITING):
            new_waiting[k, place] = waiting[k, column]
        new_waiting[RECORD, place] = used
        for word in range(begin, end):
            new_records[word + moved] = records[word]
        used += end - begin
    return used
