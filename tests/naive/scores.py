"""Scores, naively: of every sight in order the twin of its kernel says something, and the event carries it along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import nan
from typing import Any
from zoneinfo import ZoneInfo

from tests.naive import free_fall, travel, visits
from tests.naive.rule import Event, Expression, Row, Scope
from tests.naive.time import Seen, Sight, once

Told = dict[str, Any]  # output names to what is said; none where there is nothing to say
SAYS = "scores"  # under which an event carries what is said of it


@dataclass(frozen=True)
class Score:
    """A declared score: the twin of its kernel over events of `kinds`, with memory for each value of `per`.

    `when` must be true of them.
    """

    name: str
    kernel: str
    kinds: frozenset[str]
    per: tuple[str, ...]
    when: Expression
    parameters: Mapping[str, float]
    timezone: str


class FreeFall:
    """`free_fall` of one track."""

    needs = ("x", "z")

    def __init__(self, _: "City") -> None:
        self.track = free_fall.Track()

    def take(self, event: Event, city: "City") -> Told:
        """Take a point."""
        facade = city.row("facades", device=event.get("device"))
        heights = (facade.get("first_floor_m", nan), facade.get("storey_m", nan))
        told = self.track.take(event["time"], event["x"], event["z"], *heights) or {}
        if "label_kind" in told:
            told = {**told, "label_kind": ("heavy", "light")[int(told["label_kind"])]}  # type: ignore[dict-item]
        return told


class Visits:
    """`visits` of one pseudonym."""

    needs = ()

    def __init__(self, city: "City") -> None:
        self.somebody = visits.Somebody(**city.parameters)

    def take(self, event: Event, city: "City") -> Told:
        """Take a sight."""
        building = city.row("devices", device=event.get("device")).get("building")
        return self.somebody.take(event["time"], nan if building is None else building, city.hour(event["time"]))


class Travel:
    """`travel` of one plate."""

    needs = ()

    def __init__(self, city: "City") -> None:
        self.places, bound = city.network
        self.sure = city.parameters.get("plate_confidence_min", 0.9)
        own = {name: value for name, value in city.parameters.items() if name != "plate_confidence_min"}
        self.plate = travel.Plate(bound, hour=city.hour, **own)

    def take(self, event: Event, city: "City") -> Told:
        """Take a reading; one that is in doubt never was."""
        sure = event.get("plate_confidence")
        if sure is not None and sure < self.sure:
            return {}
        lon, lat = event.get("lon"), event.get("lat")
        where = (nan, nan) if lon is None or lat is None else (lon, lat)
        device = event.get("device")
        place = self.places.index(device) if device in self.places else None
        doubt = city.row("devices", device=device).get("eps_s") or 0.0
        return self.plate.take(travel.Sighting(event["time"], *where, doubt, place)) or {}


Memory = FreeFall | Visits | Travel
KERNELS: Mapping[str, type[Memory]] = {"free_fall": FreeFall, "visits": Visits, "travel": Travel}


class City:
    """What a declared score may look at beside its events: its parameters, sets, the civil hour, ways."""

    def __init__(self, score: Score, sets: Mapping[str, Sequence[Row]]) -> None:
        self.parameters = score.parameters
        self._sets, self._zone = sets, ZoneInfo(score.timezone)

    @cached_property
    def network(self) -> tuple[list[str], travel.Bound]:
        """The devices whose ways are known, "" for those that cannot all be reached from each other; and the ways."""
        return network(self._sets.get("travel_times", ()))

    def row(self, name: str, **key: Any) -> Row:
        """Return the row of a set with that key, an empty one where there is none."""
        found = [row for row in self._sets.get(name, ()) if all(row[part] == value for part, value in key.items())]
        return found[-1] if found else {}

    def hour(self, time: int) -> int:
        """Return the civil hour of an instant."""
        return datetime.fromtimestamp(time / 1000, self._zone).hour


def network(ways: Sequence[Row]) -> tuple[list[str], travel.Bound]:
    """Return devices by their numbers, and what is known of the ways between them (`City.network`)."""
    devices = sorted({way[end] for way in ways for end in ("from_device", "to_device")})
    steps = [
        {
            (devices.index(way["from_device"]), devices.index(way["to_device"])): way["least_s"]
            if way.get(f"least_{slot * 2:02}_s") is None
            else way[f"least_{slot * 2:02}_s"]
            for way in ways
        }
        for slot in range(12)
    ]
    reached = [set(travel.shortest(steps[0], start)) for start in range(len(devices))]
    meet = [{end for end in reached[start] if start in reached[end]} for start in range(len(devices))]
    known = max(meet, key=len, default=set())
    inner = [{way: s for way, s in each.items() if known.issuperset(way)} for each in steps]
    return [name if i in known else "" for i, name in enumerate(devices)], travel.Bound(inner, sorted(known))


def scored(seen: Seen, scores: Sequence[Score], sets: Mapping[str, Sequence[Row]]) -> Seen:
    """Return what is seen, with what scores say of it."""
    said: dict[int, dict[str, Told]] = {}
    for score in scores:
        kernel, city = KERNELS[score.kernel], City(score, sets)
        keys: dict[tuple[Any, ...], Memory] = {}
        for sight in once(taken(score, seen), lambda event, score=score: key_of(score, event)):  # type: ignore[misc]
            memory = keys.setdefault(key_of(score, sight.event), kernel(city))
            said.setdefault(id(sight), {})[score.name] = memory.take(sight.event, city)
    sights = [
        replace(each, event={**each.event, SAYS: said[id(each)]}) if id(each) in said else each for each in seen.sights
    ]
    return replace(seen, sights=sights)


def taken(score: Score, seen: Seen) -> list[Sight]:
    """Return the sights that a score is about: of its kinds, with its key and all that it needs."""
    needed = (*score.per, *KERNELS[score.kernel].needs)
    return [
        sight
        for sight in seen.sights
        if sight.event["kind"] in score.kinds
        and all(sight.event.get(name) is not None for name in needed)
        and score.when(Scope(sight.event, {}, sight.event["time"])) is True
    ]


def key_of(score: Score, event: Event) -> tuple[Any, ...]:
    """Return the value of a score's key."""
    return tuple(event[name] for name in score.per)
