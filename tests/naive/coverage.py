"""`coverage(site)`, naively: at each full minute every device is asked for every time at which it was heard."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tests.naive.inactivity import Law
from tests.naive.rule import Row, Rule
from tests.naive.time import Seen

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

Heard = tuple[str, int, int]  # device, event time, place in event time


def sights(seen: Seen) -> list[Heard]:
    """Return when devices were heard, and from where on in event time that was known."""
    return [
        (arrival.event["device"], arrival.event["time"], max(arrival.event["time"], arrival.watermark))
        if arrival.late
        else (arrival.event["device"], arrival.event["time"], arrival.event["time"])
        for arrival in seen.arrivals
        if arrival.event.get("device") is not None
    ]


def coverage(
    site: str | None, instant: int, heard: Iterable[Heard], devices: Sequence[Row], epoch: int
) -> float | None:
    """Return the share of a site's devices that were heard, as of the last full minute; null without a device.

    Before the first full minute from the epoch on nothing is known. A device without `expected_s` does not count, and
    of two rows of one device the last does. A minute comes before the events of its instant; only the epoch, from
    which every device counts as heard, belongs to its own minute.
    """
    minute = instant // MINUTE_MS * MINUTE_MS
    counted = [
        row
        for row in {row["device"]: row for row in devices}.values()
        if row.get("site") == site and site is not None and (row.get("expected_s") or 0) > 0
    ]
    if not counted or minute < epoch:
        return None
    alive = 0
    for row in counted:
        window = 3000 * row["expected_s"]
        recent = [time for device, time, place in heard if device == row["device"] and place < minute < time + window]
        alive += bool(recent) or minute < epoch + window
    return alive / len(counted)


def knowing(rule: Rule, seen: Seen, devices: Sequence[Row], epoch: int) -> Rule:
    """Return a rule all of whose expressions know what its group hears of the devices."""
    heard = sights(seen)

    def seen_from(place: int | None) -> Callable[[str | None, int], float | None]:
        """Return the coverage; of what lies more than an hour behind nothing is known."""
        return lambda site, instant: (
            None if place is not None and instant < place - HOUR_MS else coverage(site, instant, heard, devices, epoch)
        )

    def known(value: Any) -> Any:
        if isinstance(value, Law):  # functions, but no expressions
            return value
        if callable(value):
            return lambda scope: value(replace(scope, coverage=seen_from(scope.place)))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: known(getattr(value, field.name)) for field in fields(value)})
        if isinstance(value, tuple):
            return tuple(map(known, value))
        if isinstance(value, dict):
            return {name: known(each) for name, each in value.items()}
        return value

    made: Rule = known(rule)
    return made
