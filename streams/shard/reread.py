"""Reading the log again: texts of events that state knows only by their log positions, at alert rate."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import orjson

from events.identity import CityKey, line_id
from rules.plan import FILLED
from streams.shard.surroundings import Surroundings

ReadLine = Callable[[int], bytes]

KEPT = 4096  # events


class Event:
    """One event's fields as texts, as the rules saw them."""

    __slots__ = ("_fields", "_texts", "id")

    def __init__(self, line: bytes, texts: "SetTexts") -> None:
        self._fields: dict[str, Any] = orjson.loads(line)  # exact: decode lets no id of more than 64 bits pass
        self._texts = texts
        id = self._fields.get("id")
        self.id: str = id if id.__class__ is str and id else _id(line, id)

    def text(self, field: str) -> str | None:
        """Return a field: an integer as its digits, what the devices set fills, None where it is missing."""
        value = self._fields.get(field)
        if value.__class__ is str and value:
            return value
        if value is None or value == "":
            return self._filled(field) if field in FILLED else None
        return str(value)

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from all other events of its instant: kind, device, id."""
        return str(self._fields["kind"]), self.text("device") or "", self.id

    @property
    def identity(self) -> tuple[bytes, str, bytes]:
        """What events of one instant are sorted by: id, kind, device."""
        return self.id.encode(), str(self._fields["kind"]), (self.text("device") or "").encode()

    def _filled(self, field: str) -> str | None:
        device = self._fields.get("device")
        return None if device is None else self._texts.of_device(str(device), field)


def _id(line: bytes, id: Any) -> str:
    """Return the id of an event that has none, or none as a text."""
    return line_id(line) if id is None or id == "" else str(id)


class SetTexts:
    """Texts of reference sets, by key."""

    def __init__(self, surroundings: Surroundings, city: CityKey) -> None:
        self._surroundings = surroundings
        self._city = city

    def of_device(self, device: str, column: str) -> str | None:
        """Return what the devices set says of a device."""
        devices = self._surroundings.devices
        if devices is None or column not in devices.texts:
            return None
        return self.of_key(devices.plan.number, (device,), column)

    def of_key(self, number: int, parts: tuple[str | None, ...], column: str) -> str | None:
        """Return a column of the row with some key texts."""
        token = np.array([self._city.key_token(parts)], np.int64)
        row = int(self._surroundings.rows(number, token)[0])
        return None if row < 0 else self.of_row(number, row, column)

    def of_row(self, number: int, row: int, column: str) -> str | None:
        """Return a column of a row, None where the set lacks the column."""
        texts = self._surroundings.sets[number].texts.get(column)
        return None if texts is None else texts[row]


class Events:
    """Events by log position; those that were read last are kept, since bursts show the same evidence again."""

    def __init__(self, read_line: ReadLine, texts: SetTexts) -> None:
        self._read_line = read_line
        self._texts = texts
        self._read: dict[int, Event] = {}

    def at(self, position: int) -> Event:
        """Return the event at a log position."""
        event = self._read.get(position)
        if event is None:
            if len(self._read) == KEPT:
                self._read.clear()
            event = self._read[position] = Event(self._read_line(position), self._texts)
        return event

    def last(self, places: Iterable[tuple[int, int]]) -> Event:
        """Return the last in the order of some events of one instant, given by log position and feed."""
        return self.at(max(places, key=lambda place: (*self.at(place[0]).identity, place[1], place[0]))[0])
