"""Memory that outlives a block: large arrays are lent, and come back when nobody refers to them any more."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Memory:
    """Lends arrays of int64; any thread may borrow, and need not say when it is done.

    Fresh pages for every block may cost more than all that is computed in them: the system clears them one by one.
    """

    def __init__(self) -> None:
        self._free: list[Ints] = []

    def lend(self, size: int) -> Ints:
        """Return int64[size] of any content."""
        while self._free:
            try:
                kept = self._free.pop()
            except IndexError:  # another thread was faster
                break
            if len(kept) >= size:
                return np.asarray(_Loan(kept, self._free))[:size]
        return np.asarray(_Loan(np.empty(size * 5 // 4, np.int64), self._free))[:size]


class _Loan:
    """What arrays that are lent are views of: when the last of them is gone, so is this, and the memory is free."""

    def __init__(self, memory: Ints, free: list[Ints]) -> None:
        self.__array_interface__ = memory.__array_interface__
        self._memory = memory
        self._free = free

    def __del__(self) -> None:
        self._free.append(self._memory)
