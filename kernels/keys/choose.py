"""Which rows concern whom: for many rules at once, by kind, conditions, key and shard, and an index over constants.

An *entry* is what chooses events for one family of rules (for a sequence: one step of it). What entries ask is a tree:
the kinds that they read, then conditions, each over the rows that those before it left, so that what several entries
ask is asked once. At its end stands the entry; there a row meets the members of the family, through an index where a
conjunct compares one lane with each member's own constant, and what remains is asked of each pair of row and member.
"""

import numpy as np

from kernels import opcodes as op
from kernels.compile import kernel
from kernels.expression import BLOCK, keep, run
from kernels.keys.members import ALONE, keep_possible, span
from kernels.keys.membership import owner
from kernels.keys.token import combine, marked
from kernels.nulls import NULL
from kernels.surroundings import SURROUNDINGS

KIND = 1  # lane, as in events.batch

# columns of `nodes`, int64[nodes, NODE_COLUMNS]; a node stands behind those that it comes after
LEVEL = 0  #        of the tree: it takes the rows that the last node before it of the level above left
WHAT = 1  #         one of the below
NUMBER = 2  #       of kinds (a row of `reads`), of a program, of a lane, of a count, of an entry
FILTER = 3  #       where bits of constants begin, or the count's first key lane
BITS = 4  #         how many they are, or where the count's key lanes end
SAMPLED = 5  #      1: of a batch as it arrived it is not asked: what is sampled as time passes, as coverage, is known
#                   on release alone, and arrival may keep too much, never too little
NODE_COLUMNS = 6

# WHAT: rows of some kinds; for which a program is TRUE; whose lane may be one of a family's constants; how many of
# them lack a key; and the rows that an entry takes
KINDS, PROGRAM, POSSIBLE, LACKING, ENTRY = range(5)

# columns of `entries`, int64[entries, COLUMNS]
KEY_FROM = 0  #     its key is key_lanes[KEY_FROM:KEY_TO]; without any all rows have one key
KEY_TO = 1
OWN_FROM = 2  #     programs OWN_FROM..OWN_TO are asked of pairs, those from OWN_EARLY on as SAMPLED ones
OWN_EARLY = 3
OWN_TO = 4
KEYLESS = 5  #      1: a row without its key is the first shard's, 0: nobody's
LATE = 6  #         1: late rows (even `order`) too
MEMBERS = 7
MARKS = 8  #        marks[MARKS + member] goes into the key, so that one table serves all
PARAMETERS = 9  #   parameters[PARAMETERS + p * MEMBERS + member]
COUNT = 10  #       how many parameters a member has
BASE = 11  #        EXTRA of the first one
ACCESS = 12  #      how rows meet members, see `kernels.keys.members`
LANE = 13  #        that the index compares
FIRST = 14  #       where the index begins in `constants`, `lists` and `members`
SIZE = 15  #        slots of the index (a power of two) or constants in it
COLUMNS = 16


@kernel(inline=True)
def key_of(lanes, row, key_lanes, first, last):
    """Return the token of a row's key: that of its one lane, or of all combined; NULL where one is missing."""
    key = np.int64(0)
    if last > first:
        key = lanes[key_lanes[first], row]
        for part in range(first + 1, last):
            key = combine(key, lanes[key_lanes[part], row])
    return key


@kernel()
def lacking(lanes, rows, n, key_lanes, first, last):
    """Return how many of `rows[:n]` lack a part of a key. About 1 ns a row and part."""
    count = 0
    if last - first == 1:
        for i in range(n):
            count += lanes[key_lanes[first], rows[i]] == NULL
        return count
    if last == first:
        return count
    for i in range(n):
        is_missing = False
        for part in range(first, last):
            is_missing |= lanes[key_lanes[part], rows[i]] == NULL
        count += is_missing
    return count


@kernel()
def larger(rows, members, keys, needed):
    """Return the three outputs with room for more."""
    size = max(2 * len(rows), needed)
    more_rows = np.empty(size, np.int64)
    more_members = np.empty(size, np.int64)
    more_keys = np.empty(size, np.int64)
    more_rows[: len(rows)] = rows
    more_members[: len(rows)] = members
    more_keys[: len(rows)] = keys
    return more_rows, more_members, more_keys


@kernel(
    "Tuple((int64[::1], int64[::1], int64[::1]))(int64[:, ::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], "
    "boolean[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64, int64[::1], int64[::1], int64[:, ::1], "
    "int64[::1], int64[::1], int64[::1], int64, int64, int64[::1], int64[:, ::1], int64[:, ::1], int64[::1], "
    f"int64[::1], int64[::1], {SURROUNDINGS})"
)
def choose(
    lanes,
    rows,
    order,
    nodes,
    entries,
    reads,
    key_lanes,
    code,
    starts,
    depth,
    filters,
    constants,
    lists,
    members,
    marks,
    parameters,
    shards,
    shard,
    missing,
    spans,
    kept,
    out_rows,
    out_members,
    out_keys,
    around,
    heard,
):
    """Choose the rows of every entry.

    Parameters
    ----------
    lanes, rows
        int64[lane, n] and int64[m], the rows to choose from, in order
    order
        int64[n] of the reorder buffer, by which late rows are known; empty: of a batch as it arrived, all are taken
    nodes, entries
        int64[t, NODE_COLUMNS], the tree, and int64[e, COLUMNS]
    reads, key_lanes, code, starts, depth, filters
        bool[sets of kinds, kinds], and what nodes and entries point into: lanes of keys, programs
        (`code[starts[p]:starts[p + 1]]`) with the stack that the deepest needs, bits of constants
    constants, lists, members
        the indexes: int64[c], int64[c, 2] and int64[l]; of equalities `constants` is a hash table whose slots have
        their part of `members` in `lists`; of limits `constants` are sorted float64 bits beside `members`
    marks, parameters
        of members
    shards, shard
        the slice of the keys that is kept; all of them where `shard` is negative
    missing
        int64[counts], receives the rows without a key of a batch as it arrived
    spans
        int64[e, 2], receives where each entry's part of the result begins and ends
    kept
        int64[levels, m or more], scratch: the rows that nodes left
    out_rows, out_members, out_keys
        int64 each, receive the result: rows, members and keys of the chosen, of each entry in order

    Returns
    -------
    the three of the result, larger ones where it did not fit

    Cost: 1 ns a row and set of kinds, about 1 ns a row and condition behind it, 3 ns a chosen row.
    """
    arrives = len(order) == 0
    stack = np.empty((depth + 1, BLOCK), np.int64)
    limits = constants.view(np.float64)
    numbers = lanes.view(np.float64)
    block = np.empty(BLOCK, np.int64)
    pair_rows = np.empty(BLOCK, np.int64)
    pair_members = np.empty(BLOCK, np.int64)
    widest = np.int64(1)
    for e in range(len(entries)):
        widest = max(widest, entries[e, BASE] + entries[e, COUNT])
    extra = np.zeros((widest, BLOCK), np.int64)
    sizes = np.zeros(len(kept) + 1, np.int64)
    total = 0
    for t in range(len(nodes)):
        level = nodes[t, LEVEL]
        what = nodes[t, WHAT]
        number = nodes[t, NUMBER]
        if what == KINDS:  # kinds come in no order that a branch could be foreseen by, so there is none
            found = 0
            for i in range(len(rows)):
                kept[0, found] = rows[i]
                found += reads[number, lanes[KIND, rows[i]]]
            sizes[0] = found
            continue
        source = kept[level - 1]
        size = sizes[level - 1]
        if what == PROGRAM:
            if arrives and nodes[t, SAMPLED] == 1:
                kept[level, :size] = source[:size]
                sizes[level] = size
                continue
            sizes[level] = keep(
                code, starts[number], starts[number + 1], lanes, source, size, kept[level], stack, around, heard
            )
            continue
        if what == POSSIBLE:
            sizes[level] = keep_possible(
                lanes[number], filters, nodes[t, FILTER], nodes[t, BITS], source, size, kept[level]
            )
            continue
        if what == LACKING:
            if arrives:
                missing[number] = lacking(lanes, source, size, key_lanes, nodes[t, FILTER], nodes[t, BITS])
            continue
        entry = entries[number]
        spans[number, 0] = total
        late = arrives or entry[LATE] == 1
        first_lane = entry[KEY_FROM]
        last_lane = entry[KEY_TO]
        keyless = entry[KEYLESS] == 1
        all_shards = shards == 1 or shard < 0
        if entry[ACCESS] == ALONE:
            if total + size + 1 > len(out_rows):
                out_rows, out_members, out_keys = larger(out_rows, out_members, out_keys, total + size + 1)
            for i in range(size):
                row = source[i]
                key = key_of(lanes, row, key_lanes, first_lane, last_lane)
                out_rows[total] = row
                out_members[total] = 0
                out_keys[total] = key
                in_time = late or (order[row] & 1) == 1
                total += in_time and (keyless or key != NULL) and (all_shards or owner(key, shards) == shard)
            spans[number, 1] = total
            continue
        access = entry[ACCESS]
        lane = entry[LANE]
        for start in range(0, size, BLOCK):
            n = 0
            for i in range(start, min(start + BLOCK, size)):
                row = source[i]
                key = key_of(lanes, row, key_lanes, first_lane, last_lane)
                block[n] = row
                in_time = late or (order[row] & 1) == 1
                n += in_time and (keyless or key != NULL) and (all_shards or owner(key, shards) == shard)
            i = -1
            low = np.int64(0)
            high = np.int64(0)
            while i < n:  # pairs of rows and members, a block at a time
                pairs = 0
                while i < n and pairs < BLOCK:
                    if low == high:
                        i += 1
                        if i < n:
                            row = block[i]
                            low, high = span(
                                access,
                                entry[FIRST],
                                entry[SIZE],
                                lanes[lane, row],
                                numbers[lane, row],
                                constants,
                                limits,
                                lists,
                            )
                        continue
                    pair_rows[pairs] = block[i]
                    pair_members[pairs] = members[low]
                    low += 1
                    pairs += 1
                for p in range(entry[OWN_FROM], entry[OWN_EARLY] if arrives else entry[OWN_TO]):
                    if pairs == 0:
                        break
                    for c in range(entry[COUNT]):
                        at = entry[PARAMETERS] + c * entry[MEMBERS]
                        for j in range(pairs):
                            extra[entry[BASE] + c, j] = parameters[at + pair_members[j]]
                    run(code, starts[p], starts[p + 1], lanes, pair_rows, 0, pairs, extra, stack, around, heard)
                    left = 0
                    for j in range(pairs):
                        pair_rows[left] = pair_rows[j]
                        pair_members[left] = pair_members[j]
                        left += stack[0, j] == op.TRUE
                    pairs = left
                if total + pairs > len(out_rows):
                    out_rows, out_members, out_keys = larger(out_rows, out_members, out_keys, total + pairs)
                for j in range(pairs):
                    row = pair_rows[j]
                    member = pair_members[j]
                    key = key_of(lanes, row, key_lanes, first_lane, last_lane)
                    out_rows[total + j] = row
                    out_members[total + j] = member
                    out_keys[total + j] = marked(key, marks[entry[MARKS] + member])
                total += pairs
        spans[number, 1] = total
    return out_rows, out_members, out_keys


@kernel(
    "void(int64[:, ::1], int64[:, ::1], int64[::1], int64, int64[:, ::1], int64[::1], int64[::1], int64[::1], "
    "int64[:, ::1], int64[::1], int64[::1], int64[::1])"
)
def part(lanes, entries, key_lanes, shards, spans, rows, members, keys, part_ends, part_rows, part_members, part_keys):
    """Lay what was chosen for all shards shard by shard, entry by entry; within each in order.

    Parameters
    ----------
    spans, rows, members, keys
        as `choose` returns them
    part_ends
        int64[shards, e], receives where each entry's part ends
    part_rows, part_members, part_keys
        int64[total], receive the result

    Cost: 3 ns a chosen row.
    """
    owners = np.empty(len(part_rows), np.int64)
    counts = np.zeros((shards, len(entries)), np.int64)
    for e in range(len(entries)):
        for i in range(spans[e, 0], spans[e, 1]):
            # a key's shard does not go by the member of a family that takes it
            key = key_of(lanes, rows[i], key_lanes, entries[e, KEY_FROM], entries[e, KEY_TO])
            owners[i] = owner(key, shards)
            counts[owners[i], e] += 1
    end = np.int64(0)
    for s in range(shards):
        for e in range(len(entries)):
            start = end
            end += counts[s, e]
            part_ends[s, e] = end
            counts[s, e] = start
    for e in range(len(entries)):
        for i in range(spans[e, 0], spans[e, 1]):
            at = counts[owners[i], e]
            counts[owners[i], e] = at + 1
            part_rows[at] = rows[i]
            part_members[at] = members[i]
            part_keys[at] = keys[i]
