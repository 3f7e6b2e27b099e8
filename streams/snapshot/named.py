"""Which log positions snapshots name: every 64-bit word of theirs that may be one.

State holds a log position as a whole word of an int64 array, and nothing says which words are positions: each that
could be one counts, as a conservative garbage collector takes each word for a pointer. So no pattern can forget to
tell one. Words that are something else keep a line only where it begins at just that number, which few do: times are
numbers that a log comes to after 1.7 TB, tokens and fractions are spread over 64 bits.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.log.segment import mapped
from streams.snapshot.container import MAGIC, SnapshotError, unchecked
from streams.snapshot.store import kept

Ints = NDArray[np.int64]
CHUNK = 1 << 20  # words that are looked at together


def named(folder: Path, shards: int, until: int) -> Ints:
    """Return the log positions before one that the snapshots of some shards name, ascending, each once.

    Raises
    ------
    OSError
        a snapshot cannot be read. One that is damaged is looked at as far as it can be.
    """
    while True:
        found = [np.empty(0, np.int64)]
        try:
            for shard, _, path in kept(folder):
                if shard < shards:
                    found += _before(until, mapped(path))
        except FileNotFoundError:  # it was removed meanwhile, after a newer one had come
            continue
        return np.unique(np.concatenate(found))


def _before(until: int, data: bytes | bytearray | memoryview) -> Iterator[Ints]:
    try:
        arrays = unchecked(data)
    except SnapshotError:
        return  # of which no start knows where anything is
    for array in arrays.values():
        words = array.reshape(-1)
        if array.dtype == np.int64:
            for start in range(0, len(words), CHUNK):
                some = words[start : start + CHUNK]
                yield np.unique(some[(some >= 0) & (some < until)])
        elif array.dtype == np.uint8 and words[: len(MAGIC)].tobytes() == MAGIC:  # of the shard that follows
            yield from _before(until, words.data)
