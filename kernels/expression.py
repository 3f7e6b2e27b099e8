"""The interpreter of compiled expressions: postfix programs over lanes, block by block.

One kernel runs every rule, so that an edited rule never compiles anything. An instruction is one loop over a
block of rows that fits into the first-level cache; what the instructions do is in `kernels.opcodes`.
"""

import numpy as np

from kernels import opcodes as op
from kernels.comparison import choose_among, compare, is_choice, is_comparison, keep_compared
from kernels.compile import kernel
from kernels.geo.polygon import contains, within
from kernels.geo.sphere import haversine
from kernels.instants import HOUR_MS, MINUTE_MS, NEVER
from kernels.keys.membership import contains_from, find_from, first_probe
from kernels.keys.token import combine
from kernels.nulls import NULL
from kernels.surroundings import (
    AREAS,
    BOXES,
    EDGE_BASE,
    EDGES,
    OFFSET_EDGES,
    OFFSETS_MS,
    POOL,
    POOL_BASE,
    RINGS,
    SAMPLES,
    SET_BASE,
    SET_MASK,
    SITE_COLUMNS,
    SITE_KEYS,
    SLOT_KEYS,
    SLOT_ROWS,
    SPANS,
    SURROUNDINGS,
    VERTICES,
    section,
)

COMPARISON = 3  # instructions of a lane compared with a constant
GROWTH = np.array([op.GROWTH.get(opcode, 0) for opcode in range(op.SURE + 1)])  # of the stack
BLOCK = 1024  # rows: 8 KiB a stack entry


@kernel(inline=True)
def index_after(edges, low, high, instant):
    """Return how many of the sorted `edges[low:high]` are <= instant."""
    first = low
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] <= instant:
            low = middle + 1
        else:
            high = middle
    return low - first


@kernel(inline=True)
def column_of(around, lane):
    """Return a column of a set: its cells by row."""
    return around[around[POOL] + around[around[POOL_BASE] + lane] :]


@kernel()
def run(code, start, stop, lanes, rows, first, n, extra, stack, around, heard):
    """Run `code[start:stop]` over `rows[first:first + n]`, n <= BLOCK; the result is left in `stack[0, :n]`.

    `extra` is int64[e, *], aligned with `rows`; `stack` int64[depth + 1, BLOCK], one entry more than programs need,
    which look-ups in sets use; `around` and `heard` are as `kernels.surroundings` says.
    """
    floats = stack.view(np.float64)
    top = -1
    for pc in range(start, stop):
        opcode = code[pc, 0]
        arg = code[pc, 1]
        if opcode == op.LANE or opcode == op.SCORE:
            top += 1
            for i in range(n):
                stack[top, i] = lanes[arg, rows[first + i]]
        elif opcode == op.TIME_LANE:
            top += 1
            for i in range(n):
                value = lanes[arg, rows[first + i]]
                floats[top, i] = np.nan if value == NULL else np.float64(value)
        elif opcode == op.NUMBER or opcode == op.INTEGER or opcode == op.TRUTH:
            top += 1
            for i in range(n):
                stack[top, i] = arg
        elif opcode == op.EXTRA:
            top += 1
            for i in range(n):
                stack[top, i] = extra[arg, first + i]
        elif opcode == op.HOUR:
            top += 1
            offset_edges = section(around, OFFSET_EDGES)
            offsets_ms = section(around, OFFSETS_MS)
            since = NEVER  # the offset found last holds from `since` until `until`
            until = NEVER
            offset = np.int64(0)
            for i in range(n):
                instant = lanes[0, rows[first + i]]
                if not since <= instant < until:
                    turned = index_after(offset_edges, 0, len(offset_edges), instant)
                    since = offset_edges[turned - 1]
                    until = offset_edges[turned] if turned < len(offset_edges) else NEVER
                    offset = offsets_ms[turned - 1]
                floats[top, i] = np.float64(((instant + offset) // HOUR_MS) % 24)
        elif opcode == op.CALENDAR:
            top += 1
            edges = section(around, EDGES)
            edge_base = section(around, EDGE_BASE)
            since = NEVER  # neighbours in time mostly lie between the same two edges
            until = NEVER
            inside = np.int64(0)
            for i in range(n):
                instant = lanes[0, rows[first + i]]
                if not since <= instant < until:
                    low = edge_base[arg]
                    high = edge_base[arg + 1]
                    at = low + index_after(edges, low, high, instant)
                    since = edges[at - 1] if at > low else NULL
                    until = edges[at] if at < high else NEVER
                    inside = (at - low) & 1
                stack[top, i] = inside
        elif opcode == op.ROW:
            keys = section(around, SLOT_KEYS)
            slots = section(around, SLOT_ROWS)
            base = around[around[SET_BASE] + arg]
            mask = around[around[SET_MASK] + arg]
            first_probe(keys, base, mask, stack[top], 0, n, stack[top + 1])
            for i in range(n):
                stack[top, i] = find_from(keys, slots, base, mask, stack[top, i], stack[top + 1, i])
        elif opcode == op.MEMBER:
            keys = section(around, SLOT_KEYS)
            base = around[around[SET_BASE] + arg]
            mask = around[around[SET_MASK] + arg]
            first_probe(keys, base, mask, stack[top], 0, n, stack[top + 1])
            for i in range(n):
                key = stack[top, i]
                if key == NULL:
                    stack[top, i] = op.UNKNOWN
                else:
                    stack[top, i] = np.int64(contains_from(keys, base, mask, key, stack[top + 1, i]))
        elif opcode == op.SET_LANE:
            column = column_of(around, arg)
            for i in range(n):
                row = stack[top, i]
                stack[top, i] = NULL if row == NULL else column[row]
        elif opcode == op.SET_NUMBER:
            column = column_of(around, arg)
            for i in range(n):
                row = stack[top, i]
                if row == NULL:
                    floats[top, i] = np.nan
                else:
                    stack[top, i] = column[row]
        elif opcode == op.SET_TIME:
            column = column_of(around, arg)
            for i in range(n):
                row = stack[top, i]
                value = NULL if row == NULL else column[row]
                floats[top, i] = np.nan if value == NULL else np.float64(value)
        elif opcode == op.COMBINE:
            top -= 1
            for i in range(n):
                stack[top, i] = combine(stack[top, i], stack[top + 1, i])
        elif opcode == op.INSIDE:
            top -= 1
            vertices = section(around, VERTICES).view(np.float64)
            rings = section(around, RINGS)
            areas = section(around, AREAS)
            boxes = section(around, BOXES).view(np.float64)
            for i in range(n):
                x = floats[top, i]
                y = floats[top + 1, i]
                stack[top, i] = op.UNKNOWN if x != x or y != y else contains(x, y, arg, vertices, rings, areas, boxes)
        elif opcode == op.NEAR or opcode == op.NEAR_ON_EARTH:
            top -= 2
            vertices = section(around, VERTICES).view(np.float64)
            rings = section(around, RINGS)
            areas = section(around, AREAS)
            boxes = section(around, BOXES).view(np.float64)
            on_earth = opcode == op.NEAR_ON_EARTH
            for i in range(n):
                x = floats[top, i]
                y = floats[top + 1, i]
                distance = floats[top + 2, i]
                if x != x or y != y or distance != distance:
                    stack[top, i] = op.UNKNOWN
                else:
                    stack[top, i] = within(x, y, distance, arg, on_earth, vertices, rings, areas, boxes)
        elif opcode == op.DISTANCE:
            top -= 3
            for i in range(n):
                floats[top, i] = haversine(floats[top, i], floats[top + 1, i], floats[top + 2, i], floats[top + 3, i])
        elif opcode == op.COVERAGE:
            keys = section(heard, SITE_KEYS)
            columns = section(heard, SITE_COLUMNS)
            samples = section(heard, SAMPLES)
            spans = section(heard, SPANS)
            for i in range(n):
                site = stack[top, i]
                site_column = find_from(keys, columns, 0, len(keys) - 1, site, keys[site & (len(keys) - 1)])
                minute = lanes[0, rows[first + i]] // MINUTE_MS - spans[4 * arg + 1]
                if site_column == NULL or minute < 0 or minute >= spans[4 * arg + 2]:
                    floats[top, i] = np.nan
                else:
                    stack[top, i] = samples[spans[4 * arg] + minute * spans[4 * arg + 3] + site_column]
        elif opcode == op.ADD:
            top -= 1
            for i in range(n):
                floats[top, i] += floats[top + 1, i]
        elif opcode == op.SUBTRACT:
            top -= 1
            for i in range(n):
                floats[top, i] -= floats[top + 1, i]
        elif opcode == op.MULTIPLY:
            top -= 1
            for i in range(n):
                floats[top, i] *= floats[top + 1, i]
        elif opcode == op.DIVIDE:
            top -= 1
            for i in range(n):
                divisor = floats[top + 1, i]
                floats[top, i] = np.nan if divisor == 0.0 else floats[top, i] / divisor
        elif opcode == op.NEGATE:
            for i in range(n):
                floats[top, i] = -floats[top, i]
        elif opcode == op.ABSOLUTE:
            for i in range(n):
                floats[top, i] = abs(floats[top, i])
        elif opcode == op.OTHERWISE:
            top -= 1
            for i in range(n):
                if floats[top, i] != floats[top, i]:
                    floats[top, i] = floats[top + 1, i]
        elif opcode == op.LEAST:
            top -= 1
            for i in range(n):
                a = floats[top, i]
                b = floats[top + 1, i]
                floats[top, i] = np.nan if (a != a or b != b) else (a if a < b else b)
        elif opcode == op.GREATEST:
            top -= 1
            for i in range(n):
                a = floats[top, i]
                b = floats[top + 1, i]
                floats[top, i] = np.nan if (a != a or b != b) else (a if a > b else b)
        elif op.EQUAL <= opcode <= op.GREATER_EQUAL:
            top -= 1
            compare(opcode, stack, floats, top, n)
        elif opcode == op.SAME or opcode == op.NOT_SAME:
            top -= 1
            equal = opcode == op.SAME
            for i in range(n):
                p = stack[top, i]
                q = stack[top + 1, i]
                stack[top, i] = op.UNKNOWN if (p == NULL or q == NULL) else np.int64((p == q) == equal)
        elif opcode == op.KNOWN_NUMBER:
            for i in range(n):
                stack[top, i] = np.int64(floats[top, i] == floats[top, i])
        elif opcode == op.KNOWN_INTEGER:
            for i in range(n):
                stack[top, i] = np.int64(stack[top, i] != NULL)
        elif opcode == op.FLAG:
            for i in range(n):
                if stack[top, i] == NULL:
                    stack[top, i] = op.UNKNOWN
        elif opcode == op.AND:
            top -= 1
            for i in range(n):
                p = stack[top, i]
                q = stack[top + 1, i]
                stack[top, i] = op.FALSE if (p == op.FALSE or q == op.FALSE) else max(p, q)
        elif opcode == op.OR:
            top -= 1
            for i in range(n):
                p = stack[top, i]
                q = stack[top + 1, i]
                stack[top, i] = op.TRUE if (p == op.TRUE or q == op.TRUE) else max(p, q)
        elif opcode == op.NOT:
            for i in range(n):
                if stack[top, i] != op.UNKNOWN:
                    stack[top, i] = 1 - stack[top, i]
        else:  # SURE
            for i in range(n):
                stack[top, i] = np.int64(stack[top, i] == op.TRUE)


@kernel(f"void(int64[:, ::1], int64, int64[:, ::1], int64[::1], float64[:, ::1], int64[::1], {SURROUNDINGS})")
def evaluate(code, depth, lanes, rows, extra, out, around, heard):
    """Evaluate one program for some rows.

    Parameters
    ----------
    code
        int64[n, 2], the program
    depth
        entries of the stack that it needs
    lanes, rows
        int64[lane, row] and int64[m], the rows to evaluate
    extra
        float64[e, m], 64 bits each: what is known beside the lanes (aggregates, ids), aligned with `rows`
    out
        int64[m], receives the result's 64 bits
    around, heard
        see `kernels.surroundings`

    Cost: about 1 ns an instruction and row.
    """
    stack = np.empty((depth + 1, BLOCK), np.int64)
    bits = extra.view(np.int64)  # an id may be among what is known beside the lanes
    for first in range(0, len(rows), BLOCK):
        n = min(BLOCK, len(rows) - first)
        run(code, 0, len(code), lanes, rows, first, n, bits, stack, around, heard)
        for i in range(n):
            out[first + i] = stack[0, i]


@kernel()
def begins_with_enough(code, start, stop):
    """Return whether a program is TRUE wherever the comparison of a lane is, with which it begins: `A or ...`."""
    if stop - start <= COMPARISON or not is_comparison(code, start, start + COMPARISON):
        return False
    height = 1
    for pc in range(start + COMPARISON, stop):
        height += GROWTH[code[pc, 0]]
        if height <= 1 and code[pc, 0] != op.OR:  # it takes what the comparison came to
            return False
    return True


@kernel()
def keep_either(code, start, stop, lanes, rows, n, out, nothing, stack, around, heard):
    """`keep` of a program that `begins_with_enough`, all of it asked of the rows of which its beginning is not TRUE."""
    enough = np.empty(BLOCK, np.bool_)
    others = np.empty(BLOCK, np.int64)
    left = 0
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        run(code, start, start + COMPARISON, lanes, rows, first, size, nothing, stack, around, heard)
        asked = 0
        for i in range(size):
            enough[i] = stack[0, i] == op.TRUE
            others[asked] = rows[first + i]
            asked += not enough[i]
        if asked > 0:
            run(code, start, stop, lanes, others, 0, asked, nothing, stack, around, heard)
        at = 0
        for i in range(size):
            out[left] = rows[first + i]
            left += enough[i] | (stack[0, at] == op.TRUE)
            at = min(at + (not enough[i]), BLOCK - 1)
    return left


@kernel(
    f"int64(int64[:, ::1], int64, int64, int64[:, ::1], int64[::1], int64, int64[::1], int64[:, ::1], {SURROUNDINGS})"
)
def keep(code, start, stop, lanes, rows, n, out, stack, around, heard):
    """Keep the rows for which a program is TRUE.

    Parameters
    ----------
    code, start, stop
        the program is `code[start:stop]`; it reads no EXTRA
    rows, n
        int64[*], the first n are asked
    out
        int64[n or more], receives those that are kept, in order; may be `rows`
    stack
        int64[depth + 1, BLOCK] (at least two entries), scratch

    Returns
    -------
    how many rows are kept

    Cost: 0.8 ns a row for a comparison of a lane with constants, else about 1 ns an instruction and row.
    """
    if is_comparison(code, start, stop):
        limit = code.view(np.float64)[start + 1, 1]
        return keep_compared(code[start + 2, 0], lanes, code[start, 1], code[start + 1, 1], limit, rows, n, out)
    nothing = np.empty((0, 0), np.int64)
    choice = is_choice(code, start, stop)
    if not choice and begins_with_enough(code, start, stop):
        return keep_either(code, start, stop, lanes, rows, n, out, nothing, stack, around, heard)
    left = 0
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        if choice:
            choose_among(lanes, code[start, 1], code, start, stop, rows, first, size, stack[1], stack[0])
        else:
            run(code, start, stop, lanes, rows, first, size, nothing, stack, around, heard)
        for i in range(size):
            out[left] = rows[first + i]
            left += stack[0, i] == op.TRUE
    return left
