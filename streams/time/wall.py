"""The clock that says when something was received: the machine's, unless that has leapt."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from events.batch import REASONS, TIME, EventBatch

LEAP_MS = 10_000  # a smaller step is believed at once, as time servers make them
JURY = 20  # events that must have spoken
_AHEAD = REASONS.index("time_out_of_range")


@dataclass(frozen=True, slots=True)
class Leap:
    """The machine's clock is `by_ms` off from where it should be; `believed` once events have said that it is right."""

    by_ms: int
    believed: bool = False


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _steady() -> int:
    """Return what no time server and no person can set; it goes on while the machine sleeps, where it can (ms)."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1_000_000


class WallClock:
    """The time (epoch ms), as far as it can be believed. Called by any thread.

    The machine's clock is compared with a steady one at each call. If it has leapt by more than `LEAP_MS`, either way,
    time goes on by the steady one, until the machine's clock is back or until events say that it is right: more of
    those that came meanwhile were nearer to it than to the steady one, out of `JURY` or more. A call costs 0.5 us.

    Parameters
    ----------
    on_leap
        told when a leap begins, when it is believed, and (None) when the clock is back
    """

    def __init__(
        self,
        on_leap: Callable[[Leap | None], None] = lambda _: None,
        *,
        wall: Callable[[], int] = _wall,
        steady: Callable[[], int] = _steady,
    ) -> None:
        self.on_leap = on_leap
        self.leap_ms = 0  # of a clock that is not believed, else 0
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._offset = wall() - steady()  # of the wall clock from the steady one, when it was last believed
        self._for_it = self._against_it = 0  # events

    def __call__(self) -> int:
        """Return the time."""
        with self._lock:
            steady = self._steady()
            offset = self._wall() - steady
            by = offset - self._offset
            if abs(by) <= LEAP_MS:
                self._offset = offset
                told, by = self.leap_ms != 0, 0
            else:
                told = abs(by - self.leap_ms) > LEAP_MS
                if told:
                    self._for_it = self._against_it = 0
            self.leap_ms = by
            now = steady + self._offset
        if told:
            self.on_leap(Leap(by) if by else None)
        return now

    def hear(self, batch: EventBatch) -> None:
        """Take events as witnesses of what time it is, while that is asked."""
        if not (by := self.leap_ms):
            return
        now = self()
        times = batch.lanes[TIME]
        near = abs(by) // 2
        for_it = int(np.count_nonzero(np.abs(times - (now + by)) < near))
        against_it = int(np.count_nonzero(np.abs(times - now) < near))
        if by > 0:  # so far ahead of `received` that they were refused
            for_it += int(np.count_nonzero(batch.rejects.reason == _AHEAD))
        with self._lock:
            self._for_it += for_it
            self._against_it += against_it
            if not self.leap_ms or self._for_it <= self._against_it or self._for_it + self._against_it < JURY:
                return
            by, self.leap_ms = self.leap_ms, 0
            self._offset += by
        self.on_leap(Leap(by, believed=True))
