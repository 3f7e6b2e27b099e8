"""Windows that went over from others, naively: of each aggregate it is said from which event on it knows them."""

from collections.abc import Sequence

from tests.naive.windows import HELD, MINUTE_MS, PANES, Event, Point, Window, pane, points, sessions, told, value


def points_since(
    window: Window, known: Sequence[int], events: Sequence[Event], read: int, taken: int, until: float
) -> list[Point]:
    """Return the looks at the window of one key.

    `events[:taken]` came before it went over, of which `events[read:taken]` were read again for what is new; each of
    its aggregates knows of no event before `events[known[i]]`. A session that what was read began later teaches what
    came since, one that it began earlier nothing.
    """
    filled = events[read:taken]
    begun = events.index(sessions(window, filled)[-1].inside[0]) if window.panes == "session" and filled else None
    out = []
    for point in points(window, events, until):
        first = events.index(point.inside[0]) if point.inside else 0
        least = 0
        if begun is not None and first < taken:
            least = taken if begun < first else begun
        values = [
            point.values[at] if since == 0 else _of(window, point, max(since, least) - first)[at]
            for at, since in enumerate(known)
        ]
        out.append(Point(point.time, tuple(values), point.inside, point.event))
    return out


def _of(window: Window, point: Point, since: int) -> tuple[float | None, ...]:
    """Return the aggregates of the events of a look from one on."""
    length, inside = window.length_ms, point.inside[max(since, 0) :]
    if window.panes != "sliding":
        lasts = max(point.time - point.inside[0]["time"], length) if window.panes == "session" else length
        return told(window, inside, lasts)
    paned = [each for each in inside if pane(each["time"], length) > pane(point.time, length) - PANES]
    return tuple(
        value(each, inside if each.function in ("count", "distinct") else paned, length / MINUTE_MS, HELD)
        for each in window.aggregates
    )
