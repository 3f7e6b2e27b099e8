"""Different values in a window, exact up to a declared bound."""

from kernels.compile import kernel


@kernel(inline=True, allocates=False)
def expire(value_times, sizes, row, d, after):
    """Forget the values that were last seen at or before `after`; they are at the end of the list."""
    size = sizes[row, d]
    while size > 0 and value_times[row, d, size - 1] <= after:
        size -= 1
    sizes[row, d] = size


@kernel(inline=True, allocates=False)
def see(values, value_times, sizes, row, d, bound, value, time):
    """Move a value to the front of its key's list, which holds the `bound` most recent ones.

    Exact for "at least k within the window" up to the bound: the list always holds the k values that were seen last.

    Parameters
    ----------
    values, value_times, sizes
        state: int64[rows, d, bound] twice and int64[rows, d]: the values, the last one first, when each was last
        seen, and how many there are

    Cost: 1 ns a value that was seen since, 2 ns else; memory 16 bytes x bound a key.
    """
    size = sizes[row, d]
    at = 0
    while at < size and values[row, d, at] != value:
        at += 1
    if at == size:
        if size < bound:
            sizes[row, d] = size + 1
        else:
            at = bound - 1
    while at > 0:
        values[row, d, at] = values[row, d, at - 1]
        value_times[row, d, at] = value_times[row, d, at - 1]
        at -= 1
    values[row, d, 0] = value
    value_times[row, d, 0] = time


@kernel(inline=True, allocates=False)
def enter(values, sizes, row, d, bound, value):
    """Enter a value into its key's sorted list of all values, unless it is there or the list is full.

    For windows whose events leave all at once (panes, sessions), so that nothing needs to be known of when a value
    was seen. Cost: log2 of the values, and 0.3 ns a greater one for a new value; memory 8 bytes x bound a key.
    """
    size = sizes[row, d]
    low = 0
    high = size
    while low < high:
        middle = (low + high) >> 1
        if values[row, d, middle] < value:
            low = middle + 1
        else:
            high = middle
    if (low < size and values[row, d, low] == value) or size == bound:
        return
    for at in range(size, low, -1):
        values[row, d, at] = values[row, d, at - 1]
    values[row, d, low] = value
    sizes[row, d] = size + 1
