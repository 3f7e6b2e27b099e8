"""The last events of keys, or the values that were seen last: what takes over from others may have more of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Latest:
    """What came last of each of n keys, newest first; a key with as many as there is room for may have had more.

    Attributes
    ----------
    times, what
        int64[n, room] each: when it came (epoch ms), and its log position or the value; rubbish behind the size
    sizes
        int64[n]
    """

    times: Ints
    what: Ints
    sizes: Ints

    @classmethod
    def of_rings(cls, heads: Ints, sizes: Ints, times: Ints, what: Ints) -> "Latest":
        """Return what lies in rings, int64[n, room] each; `heads` int64[n] are the places behind the newest."""
        room = times.shape[1]
        at = (heads[:, None] - 1 - np.arange(room)) % max(room, 1)
        return cls(np.take_along_axis(times, at, axis=1), np.take_along_axis(what, at, axis=1), sizes)

    @property
    def room(self) -> int:
        """How many there may be of a key."""
        return int(self.times.shape[1])

    @property
    def held(self) -> NDArray[np.bool_]:
        """Return bool[n, room]: which are there."""
        return np.arange(self.room) < self.sizes[:, None]

    def only(self, some: NDArray[np.bool_]) -> "Latest":
        """Keep those of which bool[n, room] says so."""
        some = some & self.held
        order = np.argsort(~some, axis=1, kind="stable")
        times, what = (np.take_along_axis(each, order, axis=1) for each in (self.times, self.what))
        return Latest(times, what, np.count_nonzero(some, axis=1).astype(np.int64))

    def with_older_events(self, others: "Latest", room: int) -> "Latest":
        """Return events, as many as there is room for: behind these older ones, which others know.

        Those that follow are known by their times: of events of one instant as many as are here are these.
        """
        oldest = self._oldest[:, None]
        instant = np.count_nonzero(self.held & (self.times == oldest), axis=1)
        theirs = np.count_nonzero(others.held & (others.times == oldest), axis=1)
        first = np.count_nonzero(others.held & (others.times > oldest), axis=1) + np.minimum(instant, theirs)
        return self._then(others.only(np.arange(others.room) >= first[:, None]), room)

    def with_older_values(self, others: "Latest", room: int) -> "Latest":
        """Return values, each once, as many as there is room for: behind these older ones, which others know."""
        older = others.times <= self._oldest[:, None]
        if room > self.room:
            for at in range(self.room):
                older &= (others.what != self.what[:, at, None]) | (at >= self.sizes)[:, None]
        return self._then(others.only(older), room)

    @property
    def _oldest(self) -> Ints:
        return self.times[np.arange(len(self.sizes)), np.maximum(self.sizes - 1, 0)]

    def _then(self, older: "Latest", room: int) -> "Latest":
        """Return these, and behind them older ones of keys that may have had more."""
        more = np.where(self.sizes == self.room, older.sizes, 0)
        sizes = np.minimum(self.sizes + more, room)
        places = np.arange(room) + np.zeros((len(sizes), 1), np.int64)
        here = places < self.sizes[:, None]
        times, what = (
            np.where(here, _at(own, places), _at(others, places - self.sizes[:, None]))
            for own, others in ((self.times, older.times), (self.what, older.what))
        )
        return Latest(times, what, sizes)

    def in_rings(self) -> tuple[Ints, Ints, Ints]:
        """Return rings in which they lie from the first place on: places behind the newest, times, and what it is."""
        at = (self.sizes[:, None] - 1 - np.arange(self.room)) % max(self.room, 1)
        times, what = (np.take_along_axis(each, at, axis=1) for each in (self.times, self.what))
        return self.sizes % max(self.room, 1), times, what


def _at(array: Ints, places: Ints) -> Ints:
    """Return of each row of an array what is at some places, rubbish where there is none."""
    if not array.shape[1]:
        return np.zeros(places.shape, np.int64)
    return np.take_along_axis(array, np.clip(places, 0, array.shape[1] - 1), axis=1)
