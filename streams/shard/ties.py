"""Ties: further sights of the instant at which a key was last seen.

The evidence of an absence is the last of them in the order of events, and texts are compared to find it: that is done
when it fires, by reading the log again. Until then their log positions are kept, as long as the key is not seen at
another instant.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Stand = Callable[[Ints, Ints], NDArray[np.bool_]]
KEY, TIME, POSITION, FEED = range(4)
ENTRIES = 1 << 12  # so many are held before it is asked which still stand


class Ties:
    """Sights by key and instant: token of the key, epoch ms, log position, feed number."""

    def __init__(self, entries: Ints | None = None) -> None:
        self._hold(np.empty((4, 0), np.int64) if entries is None else entries)

    def _hold(self, entries: Ints) -> None:
        """Hold just these, with room for more before it is asked again which still stand."""
        self._count = int(entries.shape[1])
        self._limit = max(ENTRIES, 2 * self._count)
        self._entries = np.empty((4, 2 * self._limit), np.int64)
        self._entries[:, : self._count] = entries

    def __len__(self) -> int:
        """Return how many are held."""
        return self._count

    def add(self, keys: Ints, times: Ints, positions: Ints, feeds: Ints) -> None:
        """Hold some more; int64[n] each."""
        start, self._count = self._count, self._count + len(keys)
        if self._count > self._entries.shape[1]:
            larger = np.empty((4, 2 * self._count), np.int64)
            larger[:, :start] = self._entries[:, :start]
            self._entries = larger
        for lane, values in enumerate((keys, times, positions, feeds)):
            self._entries[lane, start : self._count] = values

    def forget(self, stand: Stand) -> None:
        """Now and then let go of those whose instant no longer stands, so that a tie costs little on average."""
        if self._count > self._limit:
            self._hold(self.standing(stand))

    def standing(self, stand: Stand) -> Ints:
        """Return those whose instant still stands by `stand(keys, times)`, int64[4, n], in the order they came."""
        entries = self._entries[:, : self._count]
        return np.ascontiguousarray(entries[:, stand(np.ascontiguousarray(entries[KEY]), entries[TIME])])

    def of(self, keys: Ints, times: Ints) -> dict[int, list[tuple[int, int]]]:
        """Return the (log position, feed) of all that are held of some keys and instants, by place in `keys`."""
        entries = self._entries[:, : self._count]
        entries = entries[:, np.isin(entries[KEY], keys)]
        places: dict[tuple[int, int], list[int]] = {}  # a firing and the end of its episode ask for the same
        for place, asked in enumerate(zip(keys.tolist(), times.tolist(), strict=True)):
            places.setdefault(asked, []).append(place)
        out: dict[int, list[tuple[int, int]]] = {}
        for key, time, position, feed in entries.T.tolist():
            for place in places.get((key, time), ()):
                out.setdefault(place, []).append((position, feed))
        return out
