"""Windows, naively: all events of one key are kept, and at each instant the aggregates are worked out of the list anew.

What production gives up is said here by name: a sliding window's sums, means, extremes, rates, spans and quantiles
are those of its last 60 panes; count() and distinct() tell apart no more than their bound; a sliding quantile is of the
last 4,096 numbers, and any quantile is told to 1 %.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.naive.panes import pane_end

PANES = 60
HELD = 4096
MINUTE_MS = 60_000
EVIDENCE_MAX = 20

UTC = ZoneInfo("UTC")

Event = dict[str, Any]  # `time` (epoch ms) and whatever arguments read


@dataclass(frozen=True)
class Aggregate:
    """One aggregate. `of` gives an event's argument, None is null; `parameter` a quantile's share or a bound."""

    function: str
    of: Callable[[Event], Any] = lambda _: None
    parameter: float = math.inf


@dataclass(frozen=True)
class Window:
    """`panes` is sliding, tumbling, day or session.

    With `state` windows and panes are looked at where events have left them, too; with `every` a sliding one at all
    edges of its panes as long as it holds an event.
    """

    length_ms: int
    panes: str
    aggregates: Sequence[Aggregate]
    longest_ms: float = math.inf
    zone: ZoneInfo = UTC
    state: bool = False
    every: bool = False


@dataclass(frozen=True)
class Point:
    """One look at a window: when, the aggregates (None is null), the events in it, and the one in hand, if any."""

    time: int
    values: tuple[float | None, ...]
    inside: tuple[Event, ...]
    event: Event | None

    @property
    def evidence(self) -> tuple[Event, ...]:
        return self.inside[-EVIDENCE_MAX:]


def points(window: Window, events: Sequence[Event], until: float) -> list[Point]:
    """Return the looks at the window of one key, whose events come in order, at instants before `until`."""
    if window.panes == "sliding":
        return sliding(window, events, until)
    if window.panes == "session":
        return sessions(window, events)
    return tumbling(window, events, until)


def sliding(window: Window, events: Sequence[Event], until: float) -> list[Point]:
    """Look at (t - length, t] at each event, and at edges at which the key has none."""
    length = window.length_ms
    own = {event["time"] for event in events}
    looks: list[tuple[int, int, Event | None]] = [(event["time"], i + 1, event) for i, event in enumerate(events)]
    if window.state:
        for edge in sorted(edges(window, events)):
            time = edge * length // PANES
            if time not in own and time < until:
                looks.append((time, sum(event["time"] < time for event in events), None))
    out = []
    for time, known, event in sorted(looks, key=lambda look: look[:2]):
        inside = tuple(each for each in events[:known] if each["time"] > time - length)
        paned = [each for each in inside if pane(each["time"], length) > pane(time, length) - PANES]
        values = tuple(
            value(each, inside if each.function in ("count", "distinct") else paned, length / MINUTE_MS, HELD)
            for each in window.aggregates
        )
        out.append(Point(time, values, inside, event))
    return out


def pane(time: int, length_ms: int) -> int:
    """Return the number of the pane that an instant is in: pane p ends at p / 60 of the length."""
    return math.ceil(Fraction(PANES * time, length_ms))


def edges(window: Window, events: Sequence[Event]) -> set[int]:
    """Return the panes at whose edge a state is looked at: where events have left the window, or while it has some."""
    if not window.every:
        return {pane(event["time"], window.length_ms) + PANES for event in events}
    return {pane(event["time"], window.length_ms) + ago for event in events for ago in range(PANES + 1)}


def tumbling(window: Window, events: Sequence[Event], until: float) -> list[Point]:
    """Look at each pane with events once, at its end; a state's also at the one behind it, if that has none."""
    width = window.length_ms
    ends = {pane_end(event["time"], width, window.zone) for event in events}
    if window.state:
        ends |= {pane_end(end + 1, width, window.zone) for end in ends}
    out = []
    for end in sorted(ends):
        inside = tuple(event for event in events if pane_end(event["time"], width, window.zone) == end)
        if end < until:
            out.append(Point(end, told(window, inside, width), inside, None))
    return out


def sessions(window: Window, events: Sequence[Event]) -> list[Point]:
    """Look at a session at each of its events."""
    out: list[Point] = []
    session: list[Event] = []
    for event in events:
        time = event["time"]
        if session and not (
            time < session[-1]["time"] + window.length_ms and time < session[0]["time"] + window.longest_ms
        ):
            session = []
        session.append(event)
        lasts = max(time - session[0]["time"], window.length_ms)
        out.append(Point(time, told(window, tuple(session), lasts), tuple(session), event))
    return out


def told(window: Window, inside: Sequence[Event], lasts_ms: float) -> tuple[float | None, ...]:
    return tuple(
        value(
            Aggregate(each.function, each.of) if each.function == "count" else each,
            inside,
            lasts_ms / MINUTE_MS,
            math.inf,
        )
        for each in window.aggregates
    )


def value(aggregate: Aggregate, events: Sequence[Event], minutes: float, held: float) -> float | None:
    """Return an aggregate over some events; `held` is how many numbers a quantile remembers."""
    arguments = [aggregate.of(event) for event in events]
    known = [argument for argument in arguments if argument is not None]
    match aggregate.function:
        case "count":
            return min(len(events), aggregate.parameter)
        case "rate":
            return len(events) / minutes
        case "distinct":
            return min(len(set(known)), aggregate.parameter)
        case "sum":
            return float(sum(map(Fraction, known)))
        case "duration":
            return events[-1]["time"] - events[0]["time"] if events else None
    if not known:
        return None
    match aggregate.function:
        case "avg":
            return float(sum(map(Fraction, known))) / len(known)
        case "ratio":
            return sum(known) / len(known)
        case "min":
            return min(known)
        case "max":
            return max(known)
        case "quantile":
            last = sorted(known[-int(min(held, len(known))) :])
            return middle(last[math.floor(aggregate.parameter * (len(last) - 1))])
        case unknown:
            raise AssertionError(unknown)


def middle(x: float) -> float:
    """Return the number that stands for all within 0.98 % of it: between two powers of 1.0198, counted from 0.001."""
    if abs(x) <= 0.001:
        return 0.0
    power = math.ceil(math.log(min(abs(x), 1e9) / 0.001) / math.log(1.0198))
    return math.copysign(0.001 * math.exp(power * math.log(1.0198)) * (2 / 2.0198), x)
