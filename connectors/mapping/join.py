"""Joining: two lines of a feed that speak of the same moment become one record."""

from collections.abc import Callable, Iterator

from connectors.mapping.fields import getter
from connectors.mapping.model import Join, Record

WAITING_MAX = 100_000  # halves that wait; when more come the oldest goes alone

Origin = tuple[int, int]  # number of the line and its log position
Timed = tuple[int, Origin, Record]  # event time (epoch ms), where the record came from, the record


class Joiner:
    """Pairs records in the order they come; nothing depends on a clock.

    A record completes the one that waits under its key if it brings a field that this one lacks; where both have
    one, the earlier value stays. A half goes alone when a record comes that is more than `within` later, when its
    own kind of half comes again, or at the end.
    """

    def __init__(self, join: Join) -> None:
        gets = [getter(path) for path in join.by]
        self._key: Callable[[Record], tuple[object, ...]] = lambda record: tuple(get(record) for get in gets)
        self.name = ",".join(join.by)
        self._within_ms = join.within_ms
        self._waiting: dict[tuple[object, ...], Timed] = {}
        self._latest = -(2**63)

    def fits(self, record: Record) -> bool:
        """Tell whether a record can be joined: a list or an object is no value that two lines agree in."""
        return not any(isinstance(value, list | dict) for value in self._key(record))

    def add(self, time: int, origin: Origin, record: Record) -> Iterator[Timed]:
        """Take a record; yield those that are complete or have waited too long."""
        key = self._key(record)
        half = self._waiting.pop(key, None)
        if half is None or abs(time - half[0]) > self._within_ms or not _completes(half[2], record):
            if half is not None:
                yield half
            self._waiting[key] = (time, origin, record)
        else:
            yield half[0], half[1], {**record, **half[2]}
        self._latest = max(self._latest, time)
        while self._waiting:
            oldest = next(iter(self._waiting))
            if self._waiting[oldest][0] + self._within_ms >= self._latest and len(self._waiting) <= WAITING_MAX:
                break
            yield self._waiting.pop(oldest)

    def finish(self) -> Iterator[Timed]:
        """Yield what still waits, in the order it came."""
        yield from self._waiting.values()
        self._waiting.clear()


def _completes(half: Record, record: Record) -> bool:
    return any(value is not None and half.get(name) is None for name, value in record.items())
