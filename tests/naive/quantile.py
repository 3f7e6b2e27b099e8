"""Counts of buckets, naively: the list of all numbers' buckets, sorted."""

from bisect import bisect_left, insort


class Counts:
    """How many numbers are in each bucket."""

    def __init__(self) -> None:
        self._buckets: list[int] = []

    def put(self, bucket: int, by: int) -> None:
        """Put a number in (1) or take one out (-1)."""
        if by > 0:
            insort(self._buckets, bucket)
        else:
            del self._buckets[bisect_left(self._buckets, bucket)]

    def at_rank(self, rank: int) -> int:
        """Return the bucket of the number that has `rank` others before it."""
        return self._buckets[rank]

    def __len__(self) -> int:
        return len(self._buckets)
