"""Marks: what tells the members of a family apart in the keys of one table (`kernels.keys.token.marked`)."""

import numpy as np
from numpy.typing import NDArray

from kernels.keys.token import combined

Ints = NDArray[np.int64]
OF_MEMBERS = 0x1D8E_4E27_C47D_124F
OF_PAIRS = 0x5C61_3AF2_9B08_D7E5  # others than of members: a pair's key has both, and equal ones would cancel out


def of_members(count: int) -> Ints:
    """Return the marks of so many members, int64[count]; who is alone has none: 0."""
    return _marks(OF_MEMBERS, count) if count > 1 else np.zeros(count, np.int64)


def of_pairs(count: int) -> Ints:
    """Return the marks of the rules of so many that look at one window, int64[count]."""
    return _marks(OF_PAIRS, count)


def _marks(seed: int, count: int) -> Ints:
    return np.array([combined(seed, number) for number in range(count)], np.int64)
