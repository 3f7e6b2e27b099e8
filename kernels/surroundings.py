"""What programs look at beside the rows: sets, calendars, the city's clock, areas, and coverage.

All of it lies in two arrays of 64-bit words, so that a call names two things and not eighteen (each array costs a call
from Python about 80 ns). The first words of an array say where its sections begin. `streams.shard.surroundings` fills
them.

First array, `around`
    slot_keys[s], slot_rows[s], set_base[k], set_mask[k]: one hash table a set (`kernels.keys.membership`)
    pool[p], pool_base[l]: the columns of all sets
    edges[e], edge_base[c + 1]: the calendars
    offset_edges[o], offsets_ms[o]: the city's UTC offset
    vertices[2 v], rings[r + 1], areas[a + 1], boxes[4 a]: float64 bits and indices (`kernels.geo.polygon`)

Second array, `heard`: coverage, of the rules of one watermark
    site_keys[h], site_columns[h]: the hash table of the sites whose devices are counted
    spans[4 c]: of each coverage where its samples begin, their first minute, how many minutes and sites
    samples[m]: float64 bits, one for each full minute and site
"""

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel

SLOT_KEYS, SLOT_ROWS, SET_BASE, SET_MASK, POOL, POOL_BASE, EDGES, EDGE_BASE = range(8)
OFFSET_EDGES, OFFSETS_MS, VERTICES, RINGS, AREAS, BOXES = range(8, 14)
SITE_KEYS, SITE_COLUMNS, SPANS, SAMPLES = range(4)

SURROUNDINGS = "int64[::1], int64[::1]"  # around, heard

Words = NDArray[np.int64]


@kernel(inline=True)
def section(words, number):
    """Return one section of an array."""
    return words[words[number] : words[number + 1]]


def laid(*sections: Words | NDArray[np.float64]) -> Words:
    """Lay sections one after the other, behind where each begins."""
    ends = np.cumsum([len(sections) + 1, *(each.size for each in sections)])
    words = np.empty(ends[-1], np.int64)
    words[: len(ends)] = ends
    for begin, end, each in zip(ends[:-1], ends[1:], sections, strict=True):
        words[begin:end] = np.ascontiguousarray(each).view(np.int64).ravel()
    return words


def views(words: Words, count: int) -> list[Words]:
    """Return the first so many sections of an array."""
    return [words[words[number] : words[number + 1]] for number in range(count)]
