"""The reorder buffer of a time group: rows wait here until the watermark has passed them.

Rows are appended as they arrive and never moved; each block makes a sorted run of row numbers. A release takes
the head of every run and merges the heads, so that a row is sorted once and merged a few times, however many
rows wait.
"""

import numpy as np
from numpy.typing import NDArray

from events.batch import DEVICE, ID, KIND, POSITION, REPLAYED, SLICE_BITS, TIME, EventBatch, Lanes
from events.block import PADDING, Bytes
from kernels.nulls import NULL
from kernels.order import append, drop_duplicates, merge, released, sort_run

LENGTH = (1 << SLICE_BITS) - 1
ROWS = 1 << 12
TEXT = ROWS * 16  # bytes
SHRINK = 8  # a buffer so many times too large gives memory back
RUNS_MAX = 16  # of more the short ones are merged, so that a release stays cheap while a slow feed holds the group
SLICES = np.array([ID, DEVICE], np.int64)
COPIED = (TIME, KIND, POSITION, REPLAYED)

Rows = NDArray[np.int64]


class ReorderBuffer:
    """Rows of several feeds, in the lanes that a group's rules read.

    Attributes
    ----------
    lanes, order, feeds, text
        `int64[lane, capacity]`, `int64[capacity]` twice and `uint8[...]`; see `kernels.order`
    """

    def __init__(self, lanes: int, read: frozenset[int]) -> None:
        self._copied = np.array(sorted(read | set(COPIED)), np.int64)
        self.lanes: Lanes = np.empty((lanes, ROWS), np.int64)
        self.order = np.empty(ROWS, np.int64)
        self.feeds = np.empty(ROWS, np.int64)
        self.text = np.empty(TEXT + PADDING, np.uint8)
        self._rows = 0
        self._text = 0
        self._runs: list[Rows] = []
        self._released = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Return how many rows wait."""
        return sum(map(len, self._runs))

    def add(self, batch: EventBatch, rows: Rows, order: NDArray[np.int64], feed: int) -> None:
        """Append some rows of a batch, whose `order` is given, aligned with them."""
        if not len(rows):
            return
        pieces = batch.lanes[SLICES][:, rows]
        self._make_room(len(rows), int((pieces[pieces != NULL] & LENGTH).sum()))
        start = self._rows
        self._text = append(
            batch.lanes,
            batch.text,
            rows,
            order,
            feed,
            self._copied,
            SLICES,
            self.lanes,
            self.order,
            self.feeds,
            self.text,
            start,
            self._text,
        )
        self._rows += len(rows)
        run = np.empty(len(rows), np.int64)
        sort_run(self.lanes, self.order, self.feeds, self.text, start, self._rows, run)
        self._runs.append(run)
        if len(self._runs) > RUNS_MAX:
            self._merge_short()

    def release(self, bound: int) -> Rows:
        """Take out the rows whose order is below `bound`, in order; they are valid until the next `add`."""
        heads, tails = [], []
        for run in self._runs:
            cut = released(self.order, run, bound)
            if cut:
                heads.append(run[:cut])
            if cut < len(run):
                tails.append(run[cut:])
        self._runs = tails
        self._released = self._merged(heads)
        return self._released

    def places(self, rows: Rows) -> Rows:
        """Return the places that some of the rows released last have in their order."""
        places = np.empty(len(self.order), np.int64)
        places[self._released] = np.arange(len(self._released))
        found: Rows = places[rows]
        return found

    def distinct(self, rows: Rows, keys: Rows) -> tuple[Rows | slice, Rows]:
        """Of the rows that one rule takes, find those that repeat an event of the same key.

        Returns
        -------
        the places of the others, and the log positions of those that repeat
        """
        kept, dropped = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        count = drop_duplicates(self.lanes, self.order, self.feeds, self.text, rows, keys, kept, dropped)
        if count == len(rows):
            return slice(None), dropped[:0]
        return kept[:count], self.lanes[POSITION, rows[dropped[: len(rows) - count]]]

    def _merge_short(self) -> None:
        """Merge the last runs, as long as one before is not twice as long: a row is merged log n times at most."""
        first, length = len(self._runs) - 1, len(self._runs[-1])
        while first and len(self._runs[first - 1]) <= 2 * length:
            first -= 1
            length += len(self._runs[first])
        self._runs[first:] = [self._merged(self._runs[first:])]

    def _merged(self, runs: list[Rows]) -> Rows:
        """Merge runs in pairs of neighbours: of equal rows the one that arrived first stays first."""
        while len(runs) > 1:
            pairs = []
            for a, b in zip(runs[::2], runs[1::2], strict=False):
                out = np.empty(len(a) + len(b), np.int64)
                merge(self.lanes, self.order, self.feeds, self.text, a, b, out)
                pairs.append(out)
            runs = pairs + runs[len(pairs) * 2 :]
        return runs[0] if runs else np.empty(0, np.int64)

    def _make_room(self, rows: int, text: int) -> None:
        """Make sure that so many rows and bytes of text can be appended: drop what was released, else grow."""
        if self._rows + rows <= len(self.order) and self._text + text + PADDING <= len(self.text):
            return
        live = self._live()
        used = self._text_of(live)
        capacity = _capacity(len(self.order), 2 * len(live) + 4 * rows)
        size = _capacity(len(self.text), 2 * used + 4 * text + 2 * PADDING)
        renumber = np.empty(self._rows, np.int64)
        renumber[live] = np.arange(len(live))
        self._runs = [renumber[run] for run in self._runs]
        self.lanes, self.order, self.feeds, self.text = self._copy(live, capacity, size)
        self._rows, self._text = len(live), used

    def _live(self) -> Rows:
        return np.sort(np.concatenate(self._runs)) if self._runs else np.empty(0, np.int64)

    def _text_of(self, rows: Rows) -> int:
        """Return how many bytes of text some rows have."""
        pieces = self.lanes[SLICES][:, rows]
        return int((pieces[pieces != NULL] & LENGTH).sum())

    def _copy(self, rows: Rows, capacity: int, size: int) -> tuple[Lanes, Rows, Rows, Bytes]:
        """Return new lanes, order, feeds and text that begin with just these rows."""
        lanes = np.empty((len(self.lanes), capacity), np.int64)
        order, feeds = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        text = np.empty(size, np.uint8)
        append(self.lanes, self.text, rows, self.order[rows], 0, self._copied, SLICES, lanes, order, feeds, text, 0, 0)
        feeds[: len(rows)] = self.feeds[rows]
        return lanes, order, feeds, text

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the waiting rows for a snapshot, in the order of their arrival, whatever was released before them."""
        live = self._live()
        used = self._text_of(live)
        lanes, order, feeds, text = self._copy(live, len(live), used + PADDING)
        return {
            "lanes": lanes[self._copied],
            "slices": lanes[SLICES],
            "order": order,
            "feeds": feeds,
            "text": text[:used],
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Hold the rows of a snapshot."""
        count, used = len(tables["order"]), len(tables["text"])
        self.lanes = np.empty((len(self.lanes), count + ROWS), np.int64)
        self.order, self.feeds = np.empty(count + ROWS, np.int64), np.empty(count + ROWS, np.int64)
        self.text = np.empty(used + TEXT + PADDING, np.uint8)
        self.lanes[self._copied, :count] = tables["lanes"]
        self.lanes[SLICES, :count] = tables["slices"]
        self.order[:count], self.feeds[:count], self.text[:used] = tables["order"], tables["feeds"], tables["text"]
        self._rows, self._text, self._runs = count, used, []
        if count:
            run = np.empty(count, np.int64)
            sort_run(self.lanes, self.order, self.feeds, self.text, 0, count, run)
            self._runs = [run]


def _capacity(held: int, needed: int) -> int:
    """Return a capacity that suffices: what is held, twice as often as it takes, or less if it is far too much."""
    while held < needed:
        held *= 2
    return held if held <= SHRINK * needed else needed
