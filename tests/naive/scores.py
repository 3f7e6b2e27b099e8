"""Scores, naively: of every sight in order the twin of its kernel says something, and the event carries it along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from tests.naive import free_fall
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


class FreeFall:
    """`free_fall` of one track."""

    needs = ("x", "z")

    def __init__(self) -> None:
        self.track = free_fall.Track()

    def take(self, event: Event, sets: Mapping[str, Sequence[Row]]) -> Told:
        """Take a point."""
        facade = next((row for row in sets.get("facades", ()) if row["device"] == event.get("device")), {})
        heights = (facade.get("first_floor_m", nan), facade.get("storey_m", nan))
        told = self.track.take(event["time"], event["x"], event["z"], *heights) or {}
        if "label_kind" in told:
            told = {**told, "label_kind": ("heavy", "light")[int(told["label_kind"])]}  # type: ignore[dict-item]
        return told


KERNELS: Mapping[str, Callable[[], FreeFall]] = {"free_fall": FreeFall}


def scored(seen: Seen, scores: Sequence[Score], sets: Mapping[str, Sequence[Row]]) -> Seen:
    """Return what is seen, with what scores say of it."""
    said: dict[int, dict[str, Told]] = {}
    for score in scores:
        kernel = KERNELS[score.kernel]
        keys: dict[tuple[Any, ...], FreeFall] = {}
        for sight in once(taken(score, seen), lambda event, score=score: key_of(score, event)):  # type: ignore[misc]
            memory = keys.setdefault(key_of(score, sight.event), kernel())
            said.setdefault(id(sight), {})[score.name] = memory.take(sight.event, sets)
    sights = [
        replace(each, event={**each.event, SAYS: said[id(each)]}) if id(each) in said else each for each in seen.sights
    ]
    return replace(seen, sights=sights)


def taken(score: Score, seen: Seen) -> list[Sight]:
    """Return the sights that a score is about: of its kinds, with its key and all that it needs."""
    needed = (*score.per, *KERNELS[score.kernel].needs)  # type: ignore[attr-defined]
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
