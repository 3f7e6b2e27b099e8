"""Stop-watches, naively: an instant after another, and of each whether it counts."""

from collections.abc import Collection

Stop = tuple[int, int]  # since, until


def stopped(instant: int, stops: Collection[Stop]) -> bool:
    """Whether the ms that begins at an instant does not count."""
    return any(since <= instant < until for since, until in stops)


def lapse(base: int, length: int, stops: Collection[Stop]) -> int:
    """Return the first instant by which so many ms have counted since `base`."""
    instant = base
    while length:
        length -= not stopped(instant, stops)
        instant += 1
    return instant


def running(instant: int, stops: Collection[Stop]) -> int:
    """Return the first instant from the given one on that does not lie inside a stop."""
    while stopped(instant, stops) and stopped(instant - 1, stops):
        instant += 1
    return instant
