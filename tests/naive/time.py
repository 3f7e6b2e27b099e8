"""Time, naively: what is late, what a group has seen, and the order in which its rules see events."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from events.block import OLDEST_MS, Block, End, Epoch, Events, FeedEnd, Tick
from events.schema import Field, Schemas
from tests.naive.rule import Event, Row

BEGINNING = -(2**61)  # a feed that has delivered nothing holds its groups here


@dataclass(frozen=True)
class Feed:
    """Where events come from; `kinds` None: any."""

    name: str
    kinds: frozenset[str] | None = None
    lateness_ms: int = 2000


@dataclass(frozen=True)
class Arrival:
    """An accepted event at its place in the log. `watermark` is the group's, before it."""

    event: Event
    feed: int
    late: bool
    watermark: int


@dataclass(frozen=True)
class Sight:
    """An event as an ordered rule sees it: at `place` in event time, which is its time unless it is late."""

    place: int
    late: bool
    event: Event
    feed: int


@dataclass(frozen=True)
class Seen:
    """All that a group's rules get to see of a log, up to `watermark` (`inclusive` at the end of all input).

    `dark` are the stretches of event time (since, until) that passed while all feeds were blind that its rules take
    events from, as they may be at the end (`blind`: nobody could see at its last instant). Two that touch are two
    where somebody could see in between.
    """

    arrivals: list[Arrival]
    sights: list[Sight]
    watermark: int
    inclusive: bool
    dark: tuple[tuple[int, int], ...] = ()
    blind: bool = False


def group(
    log: Sequence[Block],
    feeds: Sequence[Feed],
    kinds: frozenset[str],
    schemas: Schemas,
    devices: dict[str, Row] | None = None,
    heard: frozenset[str] = frozenset(),
) -> Seen:
    """Return what the rules over some kinds see.

    Parameters
    ----------
    feeds
        all feeds, in the order of their numbers
    kinds
        what the group's rules read; they choose the feeds
    devices
        rows of the set `devices` by device, which fill an event's missing fields
    heard
        kinds that only say which devices are heard: no rule is judged because they still come
    """
    members = [i for i, feed in enumerate(feeds) if feed.kinds is None or feed.kinds & (kinds | heard)]
    seeing = [i for i in members if feeds[i].kinds is None or feeds[i].kinds & kinds]
    greatest: dict[int, int] = {}
    tick: dict[int, int] = {}
    ended: set[int] = set()
    blind: set[int] = set()
    dark: list[tuple[int, int]] = []
    reached = BEGINNING
    lit = True  # since the last of them, that is
    end: int | None = None

    def own(feed: int) -> int:
        counted = greatest[feed] - feeds[feed].lateness_ms if feed in greatest else BEGINNING
        return max(counted, tick.get(feed, BEGINNING), BEGINNING)

    def all_blind() -> bool:
        holding = [i for i in seeing if i not in ended]
        return bool(holding) and all(i in blind for i in holding)

    def move(to: int) -> None:
        nonlocal reached, lit
        if not all_blind():
            lit = True
        elif to > reached:
            dark.append((reached if lit else dark.pop()[0], to))
            lit = False
        reached = max(reached, to)

    arrivals = []
    for block in log:
        if isinstance(block, FeedEnd):
            ended.add(number(feeds, block.feed))
        elif isinstance(block, End):
            end = block.time
        elif isinstance(block, Epoch):
            continue
        elif isinstance(block, Tick):
            feed = number(feeds, block.feed)
            tick[feed] = max(tick.get(feed, block.time), block.time)
            blind = blind | {feed} if block.blind else blind - {feed}
        elif number(feeds, block.feed) in members:
            feed = number(feeds, block.feed)
            for event in accepted(block, schemas):
                blind = blind - {feed}
                move(max([reached, *least(own(i) for i in members if i not in ended)]))
                late = event["time"] < own(feed)
                if event["kind"] in kinds | heard:
                    arrivals.append(Arrival(filled(event, devices), feed, late, reached))
                counted = event["time"] if block.received is None else min(event["time"], block.received)
                greatest[feed] = max(greatest.get(feed, counted), counted)
        move(max([reached, *least(own(i) for i in members if i not in ended)]))
    inclusive = end is not None and end >= reached  # a watermark never goes back
    if end is not None:
        move(end)
    return Seen(
        arrivals, in_order(arrivals, reached, inclusive), reached, inclusive, tuple(dark), all_blind() and not lit
    )


def least(values: Iterable[int]) -> list[int]:
    """Return the least of some values, nothing of none."""
    return sorted(values)[:1]


def in_order(arrivals: list[Arrival], watermark: int, inclusive: bool) -> list[Sight]:
    """Sort what the watermark has passed; a late event stands at the watermark it arrived at, or at its own time."""
    passed = [
        a
        for a in arrivals
        if not a.late and (a.event["time"] < watermark or (inclusive and a.event["time"] == watermark))
    ]
    on_time = [(a.event["time"], 1, (*identity(a.event, a.feed), i), a) for i, a in enumerate(passed)]
    places = [max(a.watermark, a.event["time"]) for a in arrivals]
    late = [(places[i], 0, (i,), a) for i, a in enumerate(arrivals) if a.late and places[i] <= watermark]
    merged: list[Any] = sorted([*on_time, *late], key=lambda entry: entry[:3])
    return [Sight(place, a.late, a.event, a.feed) for place, _, _, a in merged]


def once(sights: Iterable[Sight], key_of: Callable[[Event], Hashable]) -> list[Sight]:
    """Of the sights on time that one rule takes, keep the first of those of one key that have one identity and time."""
    seen = set()
    out = []
    for sight in sights:
        mark = (identity(sight.event, sight.feed), key_of(sight.event))
        if not sight.late and mark not in seen:
            seen.add(mark)
            out.append(sight)
    return out


def identity(event: Event, feed: int) -> tuple[int, bytes, str, bytes, int]:
    """Return what makes two events the same, in the order that they are sorted by."""
    return (event["time"], event["id"].encode(), event["kind"], (event.get("device") or "").encode(), feed)


def epoch(log: Sequence[Block]) -> int | None:
    """Return the epoch that the log itself names."""
    times = [block.time for block in log if isinstance(block, Epoch)]
    return times[0] if times else None


def first_released(log: Sequence[Block], feeds: Sequence[Feed], schemas: Schemas) -> int | None:
    """Return what the epoch of a log must be: the time of the first event released, of any kind."""
    seen = group(log, feeds, frozenset(schemas.kinds), schemas)
    return min((sight.event["time"] for sight in seen.sights if not sight.late), default=None)


def number(feeds: Sequence[Feed], name: str) -> int:
    """Return a feed's number."""
    return [feed.name for feed in feeds].index(name)


def filled(event: Event, devices: dict[str, Row] | None) -> Event:
    """Fill an event's missing `site`, `lon`, `lat` and `person` from its device's row."""
    row = (devices or {}).get(event.get("device") or "", {})
    extra = {
        name: row[name]
        for name in ("site", "lon", "lat", "person")
        if event.get(name) is None and row.get(name) is not None
    }
    return {**event, **extra}


def accepted(block: Events, schemas: Schemas) -> list[Event]:
    """Return the events of a block's good lines."""
    lines = block.data[: block.size].tobytes().split(b"\n")
    events = [read(line, schemas, block.time_max) for line in lines]
    return [event for event in events if event is not None]


def read(line: bytes, schemas: Schemas, time_max: int) -> Event | None:
    """Return the event of a line with the fields that its schema knows, None if the line is no event."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict) or document.get("kind") not in schemas:
        return None
    event = {"kind": document["kind"]}
    for name, schema in schemas[document["kind"]].fields.items():
        try:
            event[name] = converted(document.get(name), schema)
        except (TypeError, ValueError):
            return None
    if event["time"] is None or not OLDEST_MS <= event["time"] <= time_max:
        return None
    assert event["id"] is not None, "the naive engine names no events"
    return event


def converted(value: Any, schema: Field) -> Any:
    """Return a field's value; TypeError where it has the wrong JSON type."""
    if value is None:
        return None
    if schema.type == "time":
        if isinstance(value, str):
            return int(datetime.fromisoformat(value).timestamp() * 1000)
        return checked(value, int)
    if schema.type == "number":
        return float(checked(value, int, float))
    if schema.type == "flag":
        return checked(value, bool)
    if schema.type == "enum":
        return value if checked(value, str) in schema.values else None
    if schema.type == "text":
        return checked(value, str)
    return str(checked(value, str, int)) or None


def checked(value: Any, *types: type) -> Any:
    """Return a value of one of some types; a truth is no number."""
    if type(value) not in types:
        raise TypeError(f"{value!r} is not {types}")
    return value
