"""How rows meet the members of a family: through an index over the constants that one lane is compared with.

Of equalities it is a hash table, of limits the constants in their order.
"""

from kernels.compile import kernel
from kernels.nulls import NULL

# how rows meet members: there is one; every row meets all; else by the conjunct `lane sign constant`
ALONE, EVERY, EQUAL, BELOW, BELOW_OR_AT, ABOVE, ABOVE_OR_AT = range(7)


@kernel(inline=True)
def slot_of(value, constants, first, size):
    """Return the slot of a constant in an index of equalities; an empty one has the key NULL."""
    slot = value & (size - 1)
    while constants[first + slot] != value and constants[first + slot] != NULL:
        slot = (slot + 1) & (size - 1)
    return first + slot


@kernel()
def keep_possible(values, filters, first, bits, rows, n, out):
    """Write those of `rows[:n]` whose value may be a constant of an index of equalities to `out`; return how many.

    `filters[first:]` has `bits` (a power of two) bits, of which those of the constants are set: one row in many that
    is none of them passes. No branch depends on what a row holds, which is why this is asked ahead of the index.
    Cost: 1 ns a row.
    """
    left = 0
    for i in range(n):
        row = rows[i]
        value = values[row]
        out[left] = row
        left += (filters[first + ((value & (bits - 1)) >> 6)] >> (value & 63)) & 1
    return left


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
def span(access, first, size, bits, value, constants, floats, lists):
    """Return which part of `members` a row meets whose lane has a value: (from, to), empty where none.

    `bits` and `value` are the same 64 bits, as are `constants` and `floats`.
    """
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
