"""Comparisons, three-valued: of two stack entries; and of a lane with constants, by which rows are kept.

The second kind is what most conditions are (`metric == 'smoke'`, `speed_kmh > 80`, `metric in ('smoke', 'gas')`). As a
condition of its own it needs no stack: one loop instead of four.
"""

import numpy as np

from kernels import opcodes as op
from kernels.compile import kernel
from kernels.nulls import NULL

# The sign is the same for a whole loop. A loop is inlined once for each sign, so that the compiler knows it there.
# UNKNOWN is 2, so that a truth is made of two bits and without a branch.


@kernel(inline=True)
def holds(sign, a, b):
    """Return whether a comparison of numbers is true; of a null it is not."""
    if sign == op.EQUAL:
        return a == b
    if sign == op.NOT_EQUAL:
        return (a < b) | (a > b)
    if sign == op.LESS:
        return a < b
    if sign == op.LESS_EQUAL:
        return a <= b
    if sign == op.GREATER:
        return a > b
    return a >= b


@kernel(inline=True)
def _entries(sign, stack, floats, top, n):
    for i in range(n):
        a = floats[top, i]
        b = floats[top + 1, i]
        stack[top, i] = np.int64(holds(sign, a, b)) | np.int64((a != a) | (b != b)) << 1


@kernel()
def compare(sign, stack, floats, top, n):
    """Compare two stack entries of numbers; the lower receives the truth. UNKNOWN if one is null."""
    if sign == op.EQUAL:
        _entries(op.EQUAL, stack, floats, top, n)
    elif sign == op.NOT_EQUAL:
        _entries(op.NOT_EQUAL, stack, floats, top, n)
    elif sign == op.LESS:
        _entries(op.LESS, stack, floats, top, n)
    elif sign == op.LESS_EQUAL:
        _entries(op.LESS_EQUAL, stack, floats, top, n)
    elif sign == op.GREATER:
        _entries(op.GREATER, stack, floats, top, n)
    else:
        _entries(op.GREATER_EQUAL, stack, floats, top, n)


@kernel(inline=True)
def _kept(sign, values, limit, rows, n, out):
    left = 0
    for i in range(n):
        row = rows[i]
        out[left] = row
        left += holds(sign, values[row], limit)
    return left


@kernel()
def keep_compared(sign, lanes, lane, bits, limit, rows, n, out):
    """Write those of `rows[:n]` of which a lane compares with a constant to `out`, in order; return how many.

    `out` may be `rows`. `bits` is the constant of SAME and NOT_SAME, `limit` that of the others; neither is null.
    Cost: 0.8 ns a row.
    """
    left = 0
    if sign == op.SAME:
        for i in range(n):
            row = rows[i]
            out[left] = row
            left += lanes[lane, row] == bits
        return left
    if sign == op.NOT_SAME:
        for i in range(n):
            row = rows[i]
            out[left] = row
            left += (lanes[lane, row] != bits) & (lanes[lane, row] != NULL)
        return left
    values = lanes.view(np.float64)[lane]
    if sign == op.EQUAL:
        return _kept(op.EQUAL, values, limit, rows, n, out)
    if sign == op.NOT_EQUAL:
        return _kept(op.NOT_EQUAL, values, limit, rows, n, out)
    if sign == op.LESS:
        return _kept(op.LESS, values, limit, rows, n, out)
    if sign == op.LESS_EQUAL:
        return _kept(op.LESS_EQUAL, values, limit, rows, n, out)
    if sign == op.GREATER:
        return _kept(op.GREATER, values, limit, rows, n, out)
    return _kept(op.GREATER_EQUAL, values, limit, rows, n, out)


@kernel()
def choose_among(lanes, lane, code, start, stop, rows, first, n, values, chosen):
    """Say of `rows[first:first + n]` whether a lane is one of the constants of a choice (`is_choice`).

    `chosen` receives 1 or 0 for each of them; `values` is scratch, so that one constant after the other is compared
    with what lies together. Cost: 1 ns a row and 0.1 ns a constant.
    """
    for i in range(n):
        values[i] = lanes[lane, rows[first + i]]
    wanted = code[start + 1, 1]
    for i in range(n):
        chosen[i] = values[i] == wanted
    for pc in range(start + 4, stop, 4):
        wanted = code[pc, 1]
        for i in range(n):
            chosen[i] |= values[i] == wanted


@kernel()
def is_comparison(code, start, stop):
    """Return whether a program compares a lane with a constant and does nothing else."""
    return (
        stop - start == 3
        and code[start, 0] == op.LANE
        and (code[start + 1, 0] == op.NUMBER or (code[start + 1, 0] == op.INTEGER and code[start + 1, 1] != NULL))
        and op.EQUAL <= code[start + 2, 0] <= op.NOT_SAME
    )


@kernel()
def is_choice(code, start, stop):
    """Return whether a program asks of one lane whether it is one of several integers, and nothing else.

    LANE, INTEGER, SAME, and again with an OR behind, for each further constant.
    """
    if stop - start < 7 or (stop - start) % 4 != 3:
        return False
    for pc in range(start, stop):
        place = (pc - start) if pc - start < 3 else (pc - start - 3) % 4
        opcode = code[pc, 0]
        if opcode != (op.LANE, op.INTEGER, op.SAME, op.OR)[place]:
            return False
        if (opcode == op.LANE and code[pc, 1] != code[start, 1]) or (opcode == op.INTEGER and code[pc, 1] == NULL):
            return False
    return True
