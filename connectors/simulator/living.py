"""A simulated city that goes on living: its events come when its clock says so, until it is closed.

What has happened before the clock begins comes at once, so that a city that is looked at in the evening has had its
day. Three days are laid out at a time; those that follow have incidents of their own, and the same people.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from connectors.simulator.rhythm import CITY_OFFSET_MS, DAY_MS
from connectors.simulator.rows import Ints
from connectors.simulator.simulate import Span
from connectors.simulator.tables import write_tables
from events.block import FUTURE_MS, PADDING, Events

BLOCK_BYTES = 4 << 20
PAUSE_S = 0.2  # at least, between two blocks of a city that is as far as its clock
CURRENT_MS = 1_000  # that what is told may be old
_NEWLINE = ord("\n")


def midnight(instant: int) -> int:
    """Return the beginning of the city's day of an instant (epoch ms)."""
    return (instant + CITY_OFFSET_MS) // DAY_MS * DAY_MS - CITY_OFFSET_MS


class LivingCity:
    """A source without an end.

    Parameters
    ----------
    events
        in three days; they say how large the city is
    truth, reference
        files and folder for the truth about the three days that are told, and for the reference sets
    clock
        the city's time (epoch ms); it begins with its first day

    Raises
    ------
    SimulationError
        the numbers do not go together
    """

    def __init__(
        self, feed: str, events: int, seed: int, truth: Path, reference: Path, clock: Callable[[], int]
    ) -> None:
        self.feed = feed
        self._events, self._seed, self._truth, self._clock = events, seed, truth, clock
        self._closed = threading.Event()
        self._caught_up = False
        self._span = self._laid_out(midnight(clock()))
        write_tables(self._span.city, reference, self._span.script.start, self._span.script.enrolled_late)
        self._pieces = self._span.told()
        self._text = np.empty(0, np.uint8)
        self._ends: Ints = np.empty(0, np.int64)  # of the lines of a piece
        self._arrivals: Ints = np.empty(0, np.int64)
        self._next = 0  # line that comes next
        self._position = 0

    def is_current(self) -> bool:
        """Whether all has been told that its clock has reached: then its silence says that nothing happens."""
        return self._caught_up

    def next_block(self) -> Events | None:
        """Return what has happened by now, in blocks; wait until something has. None once it is closed."""
        while not self._closed.is_set():
            if self._next == len(self._ends):
                self._turn_page()
                continue
            now = self._clock()
            until = int(np.searchsorted(self._arrivals, now, "right"))
            if until > self._next:
                self._caught_up = now - int(self._arrivals[self._next]) < CURRENT_MS
                return self._block(until)
            self._caught_up = True
            self._closed.wait(PAUSE_S)
        return None

    def line(self, position: int) -> bytes:
        """A living city keeps nothing of what it has told: its log does."""
        raise LookupError(f"position {position} is in the log alone")

    def close(self) -> None:
        """Have it end, from any thread."""
        self._closed.set()

    def _laid_out(self, start: int) -> Span:
        span = Span(self._events, self._seed, start=start)
        span.script.write_truth(self._truth)
        return span

    def _turn_page(self) -> None:
        """Go on to the next piece, of the next three days behind the last one; that may take a while."""
        self._caught_up = False
        piece = next(self._pieces, None)
        if piece is None:
            self._seed += 1
            self._span = self._laid_out(self._span.script.end)
            self._pieces = self._span.told()
            return
        rows, lines = piece
        text = np.frombuffer(lines(rows), np.uint8)
        self._text = np.concatenate([text, np.zeros(PADDING, np.uint8)])
        self._ends = np.flatnonzero(text == _NEWLINE) + 1
        self._arrivals = np.sort(rows.arrivals, kind="stable")
        self._next = 0

    def _block(self, until: int) -> Events:
        """Return lines up to one that has arrived, so many as make a block."""
        begin = int(self._ends[self._next - 1]) if self._next else 0
        until = min(until, max(self._next + 1, int(np.searchsorted(self._ends, begin + BLOCK_BYTES, "right"))))
        end = int(self._ends[until - 1])
        block = Events(
            self.feed,
            self._position,
            None,
            int(self._arrivals[until - 1]) + FUTURE_MS,
            self._text[begin : end + PADDING].copy(),
            end - begin,
        )
        self._next = until
        self._position += block.size
        return block
