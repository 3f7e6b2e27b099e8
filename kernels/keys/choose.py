"""Which rows concern whom: for many rules at once, by kind, key, shard, conditions, and an index over constants.

An *entry* is what chooses events for one family of rules (for a sequence: one step of it). What its members have in
common is asked once a row; then the row meets the members, through an index where a conjunct compares one lane with
each member's own constant; what remains is asked of each pair of row and member.
"""

import numpy as np

from kernels import opcodes as op
from kernels.compile import kernel
from kernels.expression import BLOCK, keep, run
from kernels.keys.membership import owner
from kernels.keys.token import combine
from kernels.nulls import NULL
from kernels.surroundings import SURROUNDINGS

KIND = 1  # lane, as in events.batch

# columns of `entries`, int64[entries, COLUMNS]
KINDS = 0  #        row of `reads`
KEY_FROM = 1  #     its key is key_lanes[KEY_FROM:KEY_TO]; without any all rows have one key
KEY_TO = 2
SHARED_FROM = 3  #  programs SHARED_FROM..SHARED_TO are asked of rows, SHARED_TO..OWN_TO of pairs
SHARED_TO = 4
OWN_TO = 5
KEYLESS = 6  #      1: a row without its key is the first shard's, 0: nobody's
LATE = 7  #         1: late rows (even `order`) too
MEMBERS = 8
TOKENS = 9  #      tokens[TOKENS + member] goes into the key, so that one table serves all
PARAMETERS = 10  #  parameters[PARAMETERS + p * MEMBERS + member]
COUNT = 11  #       how many parameters a member has
BASE = 12  #        EXTRA of the first one
ACCESS = 13  #      how rows meet members
LANE = 14  #        that the index compares
FIRST = 15  #       where the index begins in `constants`, `lists` and `members`
SIZE = 16  #        slots of the index (a power of two) or constants in it
SHARED_EARLY = 17  # of a batch as it arrived only programs up to here are asked: what is sampled as time passes, as
OWN_EARLY = 18  #    coverage, is known on release alone, and arrival may keep too much, never too little
COLUMNS = 19

# ACCESS: ALONE there is one member; EVERY row meets all; else of the conjunct `lane sign constant`
ALONE, EVERY, EQUAL, BELOW, BELOW_OR_AT, ABOVE, ABOVE_OR_AT = range(7)


@kernel(inline=True)
def key_of(lanes, row, key_lanes, first, last):
    """Return the token of a row's key: that of its one lane, or of all combined; NULL where one is missing."""
    key = np.int64(0)
    if last > first:
        key = lanes[key_lanes[first], row]
        for part in range(first + 1, last):
            key = combine(key, lanes[key_lanes[part], row])
    return key


@kernel(inline=True)
def slot_of(value, constants, first, size):
    """Return the slot of a constant in an index of equalities; an empty one has the key NULL."""
    slot = value & (size - 1)
    while constants[first + slot] != value and constants[first + slot] != NULL:
        slot = (slot + 1) & (size - 1)
    return first + slot


@kernel()
def below(value, constants, first, size, inclusive):
    """Return how many of sorted constants (float64 bits) lie below a value; `inclusive`: or at it. NaN: none."""
    low = first
    high = first + size
    while low < high:
        middle = (low + high) >> 1
        constant = constants[middle]
        if constant < value or (inclusive and constant == value):
            low = middle + 1
        else:
            high = middle
    return low - first


@kernel()
def span(entry, bits, value, constants, floats, lists):
    """Return which part of `members` a row meets: (from, to), empty where none."""
    first = entry[FIRST]
    size = entry[SIZE]
    access = entry[ACCESS]
    if access == EVERY:
        return first, first + size
    if access == EQUAL:
        if bits == NULL:
            return first, first
        slot = slot_of(bits, constants, first, size)
        if constants[slot] == NULL:
            return first, first
        return lists[slot, 0], lists[slot, 1]
    if value != value:
        return first, first
    if access == ABOVE or access == ABOVE_OR_AT:  # lane > constant: the constants below the value
        return first, first + below(value, floats, first, size, access == ABOVE_OR_AT)
    return first + below(value, floats, first, size, access == BELOW), first + size


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
    "Tuple((int64[::1], int64[::1], int64[::1]))(int64[:, ::1], int64[::1], int64[::1], int64[:, ::1], "
    "boolean[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64, int64[::1], int64[:, ::1], int64[::1], "
    "int64[::1], int64[::1], int64, int64, int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], "
    f"int64[::1], {SURROUNDINGS})"
)
def choose(
    lanes,
    rows,
    order,
    entries,
    reads,
    key_lanes,
    code,
    starts,
    depth,
    constants,
    lists,
    members,
    tokens,
    parameters,
    shards,
    shard,
    missing,
    ends,
    of_kinds,
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
    entries, reads, key_lanes, code, starts, depth
        int64[e, COLUMNS], bool[sets of kinds, kinds], and what the entries' columns point into: lanes of keys, and
        programs (`code[starts[p]:starts[p + 1]]`) with the stack that the deepest needs
    constants, lists, members
        the indexes: int64[c], int64[c, 2] and int64[l]; of equalities `constants` is a hash table whose slots have
        their part of `members` in `lists`; of limits `constants` are sorted float64 bits beside `members`
    tokens, parameters
        of members
    shards, shard
        the slice of the keys that is kept; all of them where `shard` is negative
    missing
        int64[e], grows by the rows without their key
    ends
        int64[e], receives where each entry's part of the result ends
    of_kinds
        int64[sets of kinds, m or more], scratch
    out_rows, out_members, out_keys
        int64 each, receive the result: rows, members and keys of the chosen, entry by entry, in order

    Returns
    -------
    the three of the result, larger ones where it did not fit

    Cost: 1 ns a row and set of kinds, then 2 ns a row of its kinds and entry, and the conditions.
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
    sizes = np.zeros(len(reads), np.int64)
    for k in range(len(reads)):  # kinds come in no order that a branch could be foreseen by, so there is none
        found = 0
        for i in range(len(rows)):
            of_kinds[k, found] = rows[i]
            found += reads[k, lanes[KIND, rows[i]]]
        sizes[k] = found
    total = 0
    for e in range(len(entries)):
        entry = entries[e]
        kinds = entry[KINDS]
        alone = entry[ACCESS] == ALONE
        late = arrives or entry[LATE] == 1
        one = entry[KEY_TO] - entry[KEY_FROM] == 1
        key_lane = key_lanes[entry[KEY_FROM]] if one else np.int64(0)
        keyless = entry[KEYLESS] == 1
        all_shards = shards == 1 or shard < 0
        lacking = 0
        for first in range(0, sizes[kinds], BLOCK):
            n = 0
            last = min(first + BLOCK, sizes[kinds])
            if late:
                for i in range(first, last):
                    row = of_kinds[kinds, i]
                    key = lanes[key_lane, row] if one else key_of(lanes, row, key_lanes, entry[KEY_FROM], entry[KEY_TO])
                    is_missing = key == NULL
                    lacking += is_missing
                    block[n] = row
                    n += (keyless or not is_missing) and (all_shards or owner(key, shards) == shard)
            else:
                for i in range(first, last):
                    row = of_kinds[kinds, i]
                    key = lanes[key_lane, row] if one else key_of(lanes, row, key_lanes, entry[KEY_FROM], entry[KEY_TO])
                    block[n] = row
                    n += (order[row] & 1) == 1 and key != NULL and (all_shards or owner(key, shards) == shard)
            if entry[ACCESS] == EQUAL:
                left = 0
                for i in range(n):
                    row = block[i]
                    bits = lanes[entry[LANE], row]
                    block[left] = row
                    left += bits != NULL and constants[slot_of(bits, constants, entry[FIRST], entry[SIZE])] == bits
                n = left
            asked_to = entry[SHARED_EARLY] if arrives else entry[SHARED_TO]
            n = keep(code, starts, entry[SHARED_FROM], asked_to, lanes, block, n, stack, around, heard)
            if total + n + BLOCK > len(out_rows):
                out_rows, out_members, out_keys = larger(out_rows, out_members, out_keys, total + n + BLOCK)
            if alone:
                for i in range(n):
                    row = block[i]
                    out_rows[total + i] = row
                    out_members[total + i] = 0
                    out_keys[total + i] = (
                        lanes[key_lane, row] if one else key_of(lanes, row, key_lanes, entry[KEY_FROM], entry[KEY_TO])
                    )
                total += n
                continue
            i = 0
            low = np.int64(0)
            high = np.int64(0)
            if n > 0:
                low, high = span(
                    entry, lanes[entry[LANE], block[0]], numbers[entry[LANE], block[0]], constants, limits, lists
                )
            while i < n:  # pairs of rows and members, a block at a time
                pairs = 0
                while i < n and pairs < BLOCK:
                    if low == high:
                        i += 1
                        if i < n:
                            low, high = span(
                                entry,
                                lanes[entry[LANE], block[i]],
                                numbers[entry[LANE], block[i]],
                                constants,
                                limits,
                                lists,
                            )
                        continue
                    pair_rows[pairs] = block[i]
                    pair_members[pairs] = members[low]
                    low += 1
                    pairs += 1
                for p in range(entry[SHARED_TO], entry[OWN_EARLY] if arrives else entry[OWN_TO]):
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
                if total + pairs + BLOCK > len(out_rows):
                    out_rows, out_members, out_keys = larger(out_rows, out_members, out_keys, total + pairs + BLOCK)
                for j in range(pairs):
                    row = pair_rows[j]
                    member = pair_members[j]
                    key = key_of(lanes, row, key_lanes, entry[KEY_FROM], entry[KEY_TO])
                    out_rows[total + j] = row
                    out_members[total + j] = member
                    out_keys[total + j] = combine(key, tokens[entry[TOKENS] + member])
                total += pairs
        missing[e] += lacking
        ends[e] = total
    return out_rows, out_members, out_keys


@kernel(
    "void(int64[:, ::1], int64[:, ::1], int64[::1], int64, int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[:, ::1], int64[::1], int64[::1], int64[::1])"
)
def part(lanes, entries, key_lanes, shards, ends, rows, members, keys, part_ends, part_rows, part_members, part_keys):
    """Lay what was chosen for all shards shard by shard, entry by entry; within each in order.

    Parameters
    ----------
    ends, rows, members, keys
        as `choose` returns them
    part_ends
        int64[shards, e], receives where each entry's part ends
    part_rows, part_members, part_keys
        int64[total], receive the result

    Cost: 3 ns a chosen row.
    """
    total = ends[len(entries) - 1] if len(entries) > 0 else np.int64(0)
    owners = np.empty(total, np.int64)
    counts = np.zeros((shards, len(entries)), np.int64)
    start = np.int64(0)
    for e in range(len(entries)):
        for i in range(start, ends[e]):
            # a key's shard does not go by the member of a family that takes it
            key = key_of(lanes, rows[i], key_lanes, entries[e, KEY_FROM], entries[e, KEY_TO])
            owners[i] = owner(key, shards)
            counts[owners[i], e] += 1
        start = ends[e]
    end = np.int64(0)
    for s in range(shards):
        for e in range(len(entries)):
            start = end
            end += counts[s, e]
            part_ends[s, e] = end
            counts[s, e] = start
    start = np.int64(0)
    for e in range(len(entries)):
        for i in range(start, ends[e]):
            at = counts[owners[i], e]
            counts[owners[i], e] = at + 1
            part_rows[at] = rows[i]
            part_members[at] = members[i]
            part_keys[at] = keys[i]
        start = ends[e]


@kernel("void(int64[::1], boolean[::1])")
def mark(rows, wanted):
    """Set `wanted[row]` for each of some rows."""
    for row in rows:
        wanted[row] = True
