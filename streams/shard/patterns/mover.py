"""How windows of each kind take events and let time pass: which kernel does it, and what it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.instants import NEVER
from kernels.patterns import session, sliding, tumbling
from kernels.patterns.aggregate import PANES
from rules.patterns.plan import Accumulation, Window
from streams.shard.family import Family

Ints = NDArray[np.int64]
Kernel = Callable[..., tuple[int, int]]


@dataclass(frozen=True)
class Mover:
    """Kernels of one kind of windows, with what they are told between the events and the state.

    `passer` is None where nothing falls due. `lasts_ms` is how long an event may stay in a window of which nothing is
    due; `unit` makes an instant of what a kernel keeps as the next one that is due: times the first, by the second.
    """

    taker: Kernel
    taking: tuple[Any, ...]
    passer: Kernel | None
    passing: tuple[Any, ...]
    lasts_ms: int
    unit: tuple[int, int] = (1, 1)

    def take(self, times: Ints, rows: Ints, arguments: NDArray[np.float64], start: int, *more: Any) -> tuple[int, int]:
        """Take events from `start` on; return the first that was not taken, and the number of points."""
        return self.taker(times, rows, arguments, arguments.view(np.int64), start, *self.taking, *more)

    def advance(self, start: int, bound: int, *more: Any) -> tuple[int, int]:
        """Let time pass for the rows from `start` on; return the first that was left, and the number of points."""
        assert self.passer is not None
        return self.passer(start, bound, *self.passing, *more)

    def due(self, first: int) -> int:
        """Return the instant of the first of the state's `dues` (epoch ms)."""
        return first if first == NEVER else first * self.unit[0] // self.unit[1]


def mover_of(family: Family, pattern: Accumulation, window: Window) -> Mover:
    """Return what moves windows; those of states are looked at where none is in hand, too."""
    length = window.length_ms
    follows = pattern.looks != "events"
    needed = 0 if follows else pattern.needed
    if window.panes == "sliding":
        every = pattern.looks == "edges"
        unit = (length, PANES)
        return Mover(sliding.slide, (length, needed, follows, every), sliding.slide_on, (length, every), length, unit)
    if window.panes == "session":
        longest = int(NEVER) // 2 if window.max_ms is None else window.max_ms
        return Mover(session.sit, (length, longest, needed), None, (), length)
    panes = (length, *family.surroundings.clock, needed, follows)
    return Mover(tumbling.tumble, panes, tumbling.tumble_on, panes, 0)
