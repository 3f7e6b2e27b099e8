"""Baselines, naively: of every slot the list of what was learned, averaged anew each time it is asked for."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from tests.naive import episode
from tests.naive.panes import pane_end

DAY_MS = 86_400_000
end_of_pane = cache(pane_end)  # it tries instants one by one
SEASONS_MS = {"none": 0, "day": DAY_MS, "week": 7 * DAY_MS}


@dataclass(frozen=True)
class Usual:
    """How a rule learns. `units` has for each aggregate what one event adds to it, None if it counts no events."""

    season: str
    learn_ms: int
    min_samples: int
    pane_ms: int
    units: tuple[float | None, ...]
    timezone: str

    @property
    def slot_ms(self) -> int:
        """A quarter of an hour, or a pane that is longer."""
        return max(15 * 60_000, self.pane_ms)

    @property
    def slots(self) -> int:
        """How many slots a season has."""
        return max(1, math.ceil(SEASONS_MS[self.season] / self.slot_ms))

    @property
    def near(self) -> int:
        """How many slots on either side vary alike: those of half an hour, one at least, and none twice."""
        return min(max(1_800_000 // self.slot_ms, 1), (self.slots - 1) // 2)

    @property
    def samples_a_slot(self) -> float:
        """How many panes fall into one slot during `learn`."""
        panes, season_ms = self.learn_ms / self.pane_ms, SEASONS_MS[self.season]
        return panes * min(self.slot_ms, season_ms) / season_ms if season_ms else panes

    @property
    def persist(self) -> float:
        """How many panes make a shifted level: those of a quarter of `learn`, at least 8."""
        return max(8, self.learn_ms / 4 / self.pane_ms)

    def slot(self, end: int) -> int:
        """The slot of the pane that ends then: the civil time of its last ms."""
        if self.season == "none":
            return 0
        last = datetime.fromtimestamp((end - 1) / 1000, ZoneInfo(self.timezone))
        days = last.date().toordinal() - datetime(1970, 1, 1).toordinal()
        within = ((last.hour * 60 + last.minute) * 60 + last.second) * 1000 + last.microsecond // 1000
        return (days * DAY_MS + within) % SEASONS_MS[self.season] // self.slot_ms


def weighted(values: Sequence[float], newest: float) -> float:
    """Average values: all alike, until the newest would weigh less than it shall."""
    mean = values[0]
    for count, value in enumerate(values[1:], 2):
        mean += max(newest, 1 / count) * (value - mean)
    return mean


class Aggregate:
    """What is usual of one aggregate of one key."""

    def __init__(self, usual: Usual, unit: float | None) -> None:
        self.usual, self.unit = usual, unit
        self.slot_weight = min(1.0, 2 / (usual.samples_a_slot + 1))  # the mean age of an average over `learn`
        self.counted_max = max(math.ceil(usual.samples_a_slot), usual.min_samples)  # what `learn` holds of a slot
        self.whole_weight = min(1.0, 2 / (usual.learn_ms / usual.pane_ms + 1))
        self.begin()

    def begin(self) -> None:
        """Know nothing."""
        self.learned: dict[int, list[float]] = defaultdict(list)
        self.residuals: dict[int, list[float]] = defaultdict(list)  # of each value but the first of its slot
        self.all_residuals: list[float] = []
        self.above = self.below = 0.0

    def expected(self, slot: int) -> float | None:
        """What is usual in a slot, None while it is not known."""
        values = self.learned[slot]
        return weighted(values, self.slot_weight) if len(values) >= self.usual.min_samples else None

    def scale(self, slot: int) -> float:
        """What one z-score is worth."""
        expected = self.expected(slot)
        assert expected is not None
        of_key = weighted(self.all_residuals, self.whole_weight) if self.all_residuals else 0.0
        samples, total = 4.0, 4.0 * of_key
        for away in range(-self.usual.near, self.usual.near + 1):
            other = (slot + away) % self.usual.slots
            if own := self.residuals[other]:
                count = min(len(own), self.counted_max - 1)
                samples += count
                total += count * weighted(own, self.slot_weight)
        spread = math.sqrt(math.pi / 2) * total / samples
        uncertain = math.sqrt(1 + 1 / min(len(self.learned[slot]), self.counted_max))
        if self.unit is None:
            return max(spread, abs(expected) / 1000, 0.001) * uncertain
        # of k events, which vary by the root of k: unit * sqrt(k)
        return max(spread, math.sqrt(max(expected, 0) * self.unit), self.unit) * uncertain

    def score(self, slot: int, value: float | None) -> float | None:
        """How many scales a value is off."""
        expected = self.expected(slot)
        return None if expected is None or value is None else (value - expected) / self.scale(slot)

    def learn(self, slot: int, value: float | None, alarm: bool) -> None:
        """Learn from a pane that has been judged."""
        if value is None:
            return
        score = self.score(slot, value)
        if score is not None:
            drawn_in = min(max(score, -3), 3)
            self.above = max(0, self.above + drawn_in - 0.5)
            self.below = max(0, self.below - drawn_in - 0.5)
            if max(self.above, self.below) >= 2.5 * self.usual.persist:
                self.begin()
            elif alarm:
                return
            else:
                expected = self.expected(slot)
                assert expected is not None
                value = expected + drawn_in * self.scale(slot)
        values = self.learned[slot]
        if values:
            counted = min(len(values), self.counted_max)
            residual = abs(value - weighted(values, self.slot_weight)) * math.sqrt(counted / (counted + 1))
            self.residuals[slot].append(residual)
            self.all_residuals.append(residual)
        values.append(value)


class Key:
    """What is usual of one key."""

    def __init__(self, usual: Usual) -> None:
        self.usual = usual
        self.aggregates = [Aggregate(usual, unit) for unit in usual.units]
        self.last_event: int | None = None  # the end of the last pane that held one

    def compare(self, end: int, values: Sequence[float | None]) -> list[tuple[float | None, float | None]]:
        """Return (z-score, expected) of each aggregate of a pane."""
        self._forget(end)
        slot = self.usual.slot(end)
        return [
            (aggregate.score(slot, value), aggregate.expected(slot))
            for aggregate, value in zip(self.aggregates, values, strict=True)
        ]

    def learn(self, end: int, values: Sequence[float | None], *, alarm: bool, vacant: bool) -> None:
        """Learn from a pane that has been judged; `vacant`: it held no event."""
        self._forget(end)
        if not vacant:
            self.last_event = end
        for aggregate, value in zip(self.aggregates, values, strict=True):
            aggregate.learn(self.usual.slot(end), value, alarm)

    def known(self, end: int) -> bool:
        """Whether anything is usual in the slot of a pane."""
        self._forget(end)
        return any(aggregate.expected(self.usual.slot(end)) is not None for aggregate in self.aggregates)

    def _forget(self, now: int) -> None:
        if self.last_event is not None and now - self.last_event > self.usual.learn_ms:
            for aggregate in self.aggregates:
                aggregate.begin()


Values = Sequence[float | None]
Compared = Sequence[tuple[float | None, float | None]]  # z-score and what was expected, of each


@dataclass(frozen=True)
class Pane:
    """A pane that is looked at. `unseen`: all feeds were blind at some time of it."""

    end: int
    values: Values
    compared: Compared
    unseen: bool


def follow(
    usual: Usual,
    panes: Mapping[int, Values],
    nothing: Values,
    verdict: Callable[[Pane], episode.Point],
    alert: episode.Key,
    *,
    before: int,
    dark: Sequence[tuple[int, int]] = (),
) -> list[Pane]:
    """Let one key pass its panes, and return those that were looked at; `alert` then has what happened.

    Parameters
    ----------
    panes
        the aggregates of those that hold events, by their ends
    nothing
        the aggregates of one without an event
    verdict
        judges a pane; of an unseen one it knows nothing
    alert
        the key's episodes; the places of its points are those of the panes that are returned
    dark
        stretches of time [since, until) in which all feeds were blind
    """
    known = Key(usual)
    looked: list[Pane] = []
    end = min(panes, default=before)
    previous = end
    while end < before:
        alarm = alert.open or alert.true_since is not None
        remembered = known.last_event is not None and previous - known.last_event <= usual.learn_ms
        if end in panes or (remembered and (alarm or known.known(end))):
            values = panes.get(end, nothing)
            unseen = any(since <= end and end - usual.pane_ms + 1 < until for since, until in dark)
            taught: Values = [None for _ in values] if unseen else values
            compared = known.compare(end, taught)
            looked.append(Pane(end, values, compared, unseen))
            vacant = end not in panes
            nowhere = all(expected is None for _, expected in compared)
            alert.take(len(looked) - 1, replace(verdict(looked[-1]), vacant=vacant and nowhere))
            known.learn(end, taught, alarm=alert.open or alert.true_since is not None, vacant=vacant)
        previous, end = end, end_of_pane(end + 1, usual.pane_ms, ZoneInfo(usual.timezone))
        for now in sorted({previous, *alert.dues()}):
            if previous <= now < min(end, before):
                alert.pass_instant(now, dark=any(since <= now < until for since, until in dark))
    return looked
