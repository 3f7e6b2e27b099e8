"""The reorder buffer of a time group: rows wait here until the watermark has passed them.

Rows are appended as they arrive and never moved; each block makes a sorted run of row numbers. A release takes
the head of every run and merges the heads, so that a row is sorted once and merged a few times, however many
rows wait.
"""

import numpy as np
from numpy.typing import NDArray

from events.batch import DEVICE, ID, KIND, POSITION, REPLAYED, TIME, EventBatch, Lanes
from events.block import PADDING
from kernels.nulls import NULL
from kernels.order import append, drop_duplicates, merge, released, sort_run

SLICE_BITS = 24
ROWS = 1 << 12
RUNS_MAX = 16  # more are merged into one, so that a release stays cheap while a slow feed holds the group
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
        self.text = np.empty(ROWS * 16 + PADDING, np.uint8)
        self._rows = 0
        self._text = 0
        self._runs: list[Rows] = []

    def __len__(self) -> int:
        """Return how many rows wait."""
        return sum(map(len, self._runs))

    def add(self, batch: EventBatch, rows: Rows, order: NDArray[np.int64], feed: int) -> None:
        """Append some rows of a batch, whose `order` is given, aligned with them."""
        if not len(rows):
            return
        pieces = batch.lanes[SLICES][:, rows]
        self._make_room(len(rows), int((pieces[pieces != NULL] & ((1 << SLICE_BITS) - 1)).sum()))
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
            self._runs = [self._merged(self._runs)]

    def release(self, bound: int) -> tuple[Rows, Rows]:
        """Take out the rows whose order is below `bound`.

        Returns
        -------
        the rows in order, valid until the next `add`, and the log positions of dropped duplicates
        """
        heads, tails = [], []
        for run in self._runs:
            cut = released(self.order, run, bound)
            if cut:
                heads.append(run[:cut])
            if cut < len(run):
                tails.append(run[cut:])
        self._runs = tails
        rows = self._merged(heads)
        before = rows.copy() if len(rows) else rows
        kept = drop_duplicates(self.lanes, self.order, self.feeds, self.text, rows)
        dropped = np.setdiff1d(before, rows[:kept], assume_unique=True) if kept < len(before) else rows[:0]
        return rows[:kept], self.lanes[POSITION, dropped]

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
        self._take(self.lanes[:, live], self.order[live], self.feeds[live], rows, text)

    def _live(self) -> Rows:
        return np.sort(np.concatenate(self._runs)) if self._runs else np.empty(0, np.int64)

    def _take(self, lanes: Lanes, order: Rows, feeds: Rows, more_rows: int, more_text: int) -> None:
        """Hold just these rows, in a buffer with room for more; their slices point into `self.text`."""
        count = lanes.shape[1]
        capacity = len(self.order)
        while capacity < 2 * count + more_rows:
            capacity *= 2
        old_text = self.text
        pieces = lanes[SLICES]
        used = int((pieces[pieces != NULL] & ((1 << SLICE_BITS) - 1)).sum())
        size = len(old_text)
        while size < 2 * used + more_text + 2 * PADDING:
            size *= 2
        renumber = np.empty(self._rows, np.int64)
        live = self._live()
        renumber[live] = np.arange(len(live))
        self._runs = [renumber[run] for run in self._runs]
        self.lanes = np.empty((len(lanes), capacity), np.int64)
        self.order, self.feeds = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        self.text = np.empty(size, np.uint8)
        self._text = append(
            np.ascontiguousarray(lanes),
            old_text,
            np.arange(count),
            order,
            0,
            self._copied,
            SLICES,
            self.lanes,
            self.order,
            self.feeds,
            self.text,
            0,
            0,
        )
        self.feeds[:count] = feeds
        self._rows = count

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the waiting rows for a snapshot, in the order of their arrival."""
        live = self._live()
        return {
            "lanes": np.ascontiguousarray(self.lanes[:, live][self._copied]),
            "slices": self.lanes[:, live][SLICES],
            "order": self.order[live],
            "feeds": self.feeds[live],
            "text": self.text[: self._text],
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Hold the rows of a snapshot."""
        order = np.array(tables["order"], np.int64)
        lanes = np.empty((len(self.lanes), len(order)), np.int64)
        lanes[self._copied] = tables["lanes"]
        lanes[SLICES] = tables["slices"]
        self.text = np.concatenate([tables["text"].astype(np.uint8), np.zeros(PADDING, np.uint8)])
        if len(self.text) < ROWS * 16:
            self.text = np.concatenate([self.text, np.zeros(ROWS * 16, np.uint8)])
        self._rows, self._runs = 0, []
        self._take(lanes, order, np.array(tables["feeds"], np.int64), ROWS, ROWS * 16)
        if len(order):
            run = np.empty(len(order), np.int64)
            sort_run(self.lanes, self.order, self.feeds, self.text, 0, len(order), run)
            self._runs = [run]
