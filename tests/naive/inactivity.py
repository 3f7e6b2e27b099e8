"""Inactivity, naively: minute after minute of every silence, and which cell it belongs to."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MINUTE_MS, HOUR_MS, FADE_MS = 60_000, 3_600_000, 8 * 7 * 86_400_000
AGES = 5
Cell = tuple[int, int, int]  # mode, block, age


@dataclass(frozen=True)
class Law:
    """What is asked for; `block` tells the block of a civil hour of the week, `offset` the city's UTC offset in ms."""

    least_ms: int
    alpha: float
    block: Callable[[int], int]
    offset: Callable[[int], int]
    hazards: Mapping[Cell, float]  # of the cohort, ends a minute


def block_at(law: Law, instant: int, offset: int) -> int:
    """Return the block of the ms that begins at an instant; 1970 began on a Thursday."""
    return law.block(((instant + offset) // HOUR_MS + 3 * 24) % (7 * 24))


def age_at(law: Law, length: int) -> int:
    """Return the age of a silence that has lasted longer than `length`."""
    return sum(length >= law.least_ms * 2**age for age in range(1, AGES))


def first_stop(since: int, until: int, stops: Sequence[tuple[int, int]]) -> int | None:
    """Return the first instant of [since, until) at which the clock stands still."""
    stopped = [max(begin, since) for begin, end in stops if begin < until and end > since]
    return min(stopped, default=None)


@dataclass
class Person:
    """What is known of one person; ends are counted in sixteenths."""

    law: Law
    ceiling_ms: int
    last: int | None = None
    mode: int = 0
    minutes: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    ends: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    silence_ms: int | None = None
    left: float = math.nan  # of ln(1 / alpha), at the end of the silence; 0 where it is the person's own end

    def sight(self, time: int, mode: int, stops: Sequence[tuple[int, int]]) -> None:
        """Take a sign of life."""
        if self.last is not None and time <= self.last:
            return
        if self.last is not None:
            self.learn(time, stops)
            for _ in range(self.last // FADE_MS, time // FADE_MS):
                for cell in self.law.hazards:
                    self.halve(cell)
        self.last, self.mode = time, mode
        self.silence_ms, self.left = self.longest()

    def learn(self, time: int, stops: Sequence[tuple[int, int]]) -> None:
        """Learn the silence that ends now."""
        assert self.last is not None
        began, law = self.last, self.law
        stop = first_stop(began, time, stops)
        end = min(time, began + self.ceiling_ms, time if stop is None else stop)
        if end <= began + law.least_ms:
            return
        offset = law.offset(began)
        visits: list[list[Any]] = []  # cell, minutes
        first = (began + law.least_ms) // MINUTE_MS + 1
        for before in [*(minute * MINUTE_MS - 1 for minute in range(first, end // MINUTE_MS + 1)), end - 1]:
            cell = self.mode, block_at(law, before, offset), age_at(law, before - began)
            if not visits or visits[-1][0] != cell:
                visits.append([cell, 0])
            visits[-1][1] += 1
        visits[-1][1] -= 1  # the ms before the end is of no minute of its own
        ended = end == time
        for cell, minutes in visits:
            self.minutes[cell] += minutes
            self.ends[cell] += 16 if ended and cell is visits[-1][0] else 0
            if self.minutes[cell] > 32_767:
                self.halve(cell)

    def halve(self, cell: Cell) -> None:
        """Forget half of what a cell has seen."""
        self.minutes[cell] //= 2
        self.ends[cell] //= 2

    def hazard(self, cell: Cell) -> float:
        """Return ends a minute, drawn towards the cohort's; spelled so that the last bit is the kernel's, too."""
        usual = self.law.hazards[cell]
        return (self.ends[cell] / 16 + 3) * usual / (self.minutes[cell] * usual + 3)

    def longest(self) -> tuple[int, float]:
        """Return how long the silence that begins now may last: step by step, between instants where a cell ends.

        Behind it what is left of ln(1 / alpha) by then.
        """
        law, began = self.law, self.last
        assert began is not None
        offset = law.offset(began)
        left = math.log(1 / law.alpha) * MINUTE_MS
        length = law.least_ms
        turns = {law.least_ms * 2**age for age in range(1, AGES)} | {self.ceiling_ms}
        hours = range((began + offset) // HOUR_MS, (began + offset + self.ceiling_ms) // HOUR_MS + 1)
        turns |= {hour * HOUR_MS - offset - began for hour in hours}
        steps: list[tuple[Cell, int]] = []  # cell, until which age of the silence
        for turn in sorted(turn for turn in turns if law.least_ms < turn <= self.ceiling_ms):
            cell = self.mode, block_at(law, began + length, offset), age_at(law, length)
            if steps and steps[-1][0] == cell:
                steps.pop()
            steps.append((cell, turn))
            length = turn
        length = law.least_ms
        for cell, turn in steps:
            hazard = self.hazard(cell)
            if (turn - length) * hazard >= left:
                return length + int(left / hazard), 0.0
            left -= (turn - length) * hazard
            length = turn
        return self.ceiling_ms, left / MINUTE_MS
