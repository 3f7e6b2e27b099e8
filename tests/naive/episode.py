"""Episodes, naively: instant after instant of a key, first its points, then what time alone decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Point:
    """What was found of a key at an instant. `severity` 0 is the most severe; None is unknown.

    `replayed` says that a device told its history, `vacant` that the window held no event.
    """

    time: int
    condition: bool | None
    clear: bool | None
    severity: int = 0
    replayed: bool = False
    vacant: bool = False


@dataclass(frozen=True)
class Transition:
    """One transition of an alert; `point` is the place of the point in hand, None where it fell due by time."""

    name: str
    time: int
    since: int
    severity: int
    n: int
    point: int | None


class Key:
    """One key: what is known of it now, and what happened."""

    def __init__(self, hold: int, cooldown: int, resolve_after: int | None) -> None:
        self.hold, self.cooldown, self.resolve_after = hold, cooldown, resolve_after
        self.out: list[Transition] = []
        self.open = False
        self.true_since: int | None = (
            None  # while no alert is open: when the condition became true, unless it became false
        )
        self.severity = 0  # when it was last true
        self.waits = False  # for time alone: it is true, and no history says so
        self.nothing_known_since: int | None = None  # of the open alert
        self.gap_ends = 0

    def take(self, place: int, point: Point) -> None:
        """Take a point."""
        if self.open:
            self.follow(place, point)
        elif not (point.vacant and self.true_since is None):
            self.begin(place, point)

    def follow(self, place: int, point: Point) -> None:
        """Take a point while an alert is open."""
        if point.clear is True:
            self.end("resolved", point.time, place)
        elif point.clear is False or point.condition is True:
            self.nothing_known_since = None
            told = self.out[-1]
            if point.severity != told.severity and not point.replayed:
                name = "raised" if point.severity < told.severity else "lowered"
                again = replace(told, name=name, severity=point.severity, n=told.n + 1, time=point.time, point=place)
                self.out.append(again)
        elif self.nothing_known_since is None:
            self.nothing_known_since = point.time

    def begin(self, place: int, point: Point) -> None:
        """Take a point while no alert is open."""
        self.waits = False
        if point.clear is True or point.condition is False:
            self.true_since = None
        elif point.condition is True:
            if self.true_since is None:
                self.true_since = point.time
            self.severity = point.severity
            self.waits = not point.replayed
            long_enough = self.hold == 0 or self.true_since + self.hold < point.time
            if self.waits and long_enough and self.may_fire(point.time):
                self.fire(point.time, place)

    def pass_instant(self, now: int, *, dark: bool = False) -> None:
        """Decide what is due at an instant, behind its points."""
        if self.open:
            if past(self.nothing_known_since, self.resolve_after, now):
                self.end("expired", now, None)
        elif self.waits and past(self.true_since, self.hold, now) and self.may_fire(now):
            if dark:
                self.waits = False
            else:
                self.fire(now, None)

    def dues(self) -> list[int]:
        """Return the instants at which something may be due by time alone."""
        lengths = [(self.nothing_known_since, self.resolve_after), (self.true_since, self.hold), (self.gap_ends, 0)]
        return [since + length for since, length in lengths if since is not None and length is not None]

    def may_fire(self, now: int) -> bool:
        """Whether no gap is in the way; what is worse than the last alert breaks it."""
        return now >= self.gap_ends or self.severity < self.out[-1].severity

    def fire(self, now: int, place: int | None) -> None:
        """Open an alert."""
        assert self.true_since is not None
        last = self.out[-1] if self.out else None
        n = last.n + 1 if last and last.since == self.true_since else 0  # else two alerts would have one name
        self.out.append(Transition("firing", now, self.true_since, self.severity, n, place))
        self.open, self.true_since, self.waits, self.nothing_known_since = True, None, False, None

    def end(self, name: str, now: int, place: int | None) -> None:
        """Close the alert."""
        self.out.append(replace(self.out[-1], name=name, time=now, n=self.out[-1].n + 1, point=place))
        self.open = False
        self.gap_ends = now + self.cooldown


def past(since: int | None, length: int | None, now: int) -> bool:
    """Whether so long has passed since an instant; never, where there is none."""
    return since is not None and length is not None and now >= since + length


def episodes(
    points: Sequence[Point],
    *,
    hold: int = 0,
    cooldown: int = 0,
    resolve_after: int | None = None,
    before: int,
    dark: Sequence[tuple[int, int]] = (),
) -> list[Transition]:
    """Return what happens to one key before an instant, which lies behind all its points; times are positive ms.

    `dark` are stretches of time [since, until) in which nothing can be known to hold still.
    """
    key = Key(hold, cooldown, resolve_after)
    times = {point.time for point in points}
    ends = times | {time + (resolve_after or 0) for time in times}
    for now in sorted(ends | {time + hold for time in times} | {end + cooldown for end in ends}):
        if now < before:
            for place, point in enumerate(points):
                if point.time == now:
                    key.take(place, point)
            key.pass_instant(now, dark=any(since <= now < until for since, until in dark))
    return key.out
