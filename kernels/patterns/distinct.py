"""Different values in a window, exact up to a declared bound."""

import numpy as np

from kernels.compile import kernel
from kernels.keys.token import combine
from kernels.prefetch import LINE, prefetch

ASKED = 8  # lines of a list that are asked for ahead; the processor asks for what lies behind them by itself
USED, LAST_GROUP = range(2)  # places in `counts`


@kernel(inline=True, allocates=False)
def expire(value_times, sizes, row, d, after):
    """Forget the values that were last seen at or before `after`; they are at the end of the list."""
    size = sizes[row, d]
    while size > 0 and value_times[row, d, size - 1] <= after:
        size -= 1
    sizes[row, d] = size


@kernel(inline=True, allocates=False)
def ask_for(values, value_times, sizes, row, d):
    """Ask for the list of a key that comes soon."""
    prefetch(sizes, row, d)
    for at in range(0, min(values.shape[2], ASKED * LINE), LINE):
        prefetch(values[:, d], row, at)
        prefetch(value_times[:, d], row, at)


@kernel(inline=True, allocates=False)
def see(values, value_times, sizes, row, d, bound, value, time):
    """Move a value to the front of its key's list, which holds the `bound` most recent ones.

    Exact for "at least k within the window" up to the bound: the list always holds the k values that were seen last.

    Parameters
    ----------
    values, value_times, sizes
        state: int64[rows, d, bound] twice and int64[rows, d]: the values, the last one first, when each was last
        seen, and how many there are

    Cost: 1 ns a value that was seen since, and at most 1 ns a value; memory 16 bytes x bound a key.
    """
    size = sizes[row, d]
    pushed, pushed_time = value, time
    for at in range(size):
        other, other_time = values[row, d, at], value_times[row, d, at]
        values[row, d, at] = pushed
        value_times[row, d, at] = pushed_time
        if other == value:
            return
        pushed, pushed_time = other, other_time
    if size < bound:
        values[row, d, size] = pushed
        value_times[row, d, size] = pushed_time
        sizes[row, d] = size + 1


@kernel(inline=True, allocates=False)
def enter(groups, members, counts, group, value):
    """Enter a value into its group, and return whether it is new there.

    For windows whose events leave all at once (panes, sessions): each is a group of its own, all groups share one hash
    table, and a group that is over is forgotten when the table is made anew, by its owner.

    Parameters
    ----------
    groups, members, counts
        state: int64[slots] twice, a power of two and at most half of them used, the group (0: empty) and the value of
        each; and int64[2], how many are used, and the last group that was given

    Cost: 5 ns in cache; memory 32 bytes a value at least.
    """
    mask = np.int64(len(groups) - 1)
    slot = combine(group, value) & mask
    while groups[slot] != 0:
        if groups[slot] == group and members[slot] == value:
            return False
        slot = (slot + 1) & mask
    groups[slot] = group
    members[slot] = value
    counts[USED] += 1
    return True


@kernel(inline=True, allocates=False)
def ask_for_value(groups, members, group, value):
    """Ask for where a value of a group is that comes soon."""
    slot = combine(group, value) & np.int64(len(groups) - 1)
    prefetch(groups, slot, 0)
    prefetch(members, slot, 0)


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def refill(old_groups, old_members, groups, members, counts):
    """Enter groups with their values into an empty table."""
    counts[USED] = 0
    for i in range(len(old_groups)):
        enter(groups, members, counts, old_groups[i], old_members[i])
