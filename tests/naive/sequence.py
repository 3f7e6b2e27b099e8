"""`sequence`, naively: at every event every chain of its key's events is tried.

A chain takes, in order, an event for `first` and `times` events for each `then`. Between the events that complete two
steps no event lies that a `not` between them takes. Of the chains that one event completes the one counts that began
last; of those the one whose events are latest, compared from its end. It uses up every event so far.

A chain that only a final `not ... within` follows waits: the first one that is complete, until it is answered or its
time has passed. Then it uses up every event so far. Where the final `not` asks for the first event of its chain,
chains wait for each first event on its own, and one that is told uses up no more than its first event.

Where a step asks for the first event, no chain begins with an event that eight later first ones have followed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tests.naive.alert import Body, alert
from tests.naive.at_once import LastFirings
from tests.naive.rule import Event, InSequence, Rule, Scope, SequenceStep, severity
from tests.naive.time import Seen, once

CANDIDATES = 8
EVIDENCE_MAX = 20

Chain = tuple[int, ...]  # places of its events


@dataclass(frozen=True)
class Step:
    """One step; `matches(event, first)` sees the event that the chain began with. `distinct` is null for None."""

    role: str
    matches: Callable[[Any, Any], bool]
    times: int = 1
    distinct: Callable[[Any], Any] | None = None
    within_ms: int | None = None
    refers: bool = False


@dataclass(frozen=True)
class Match:
    """A chain and when it was told: at its last event, or (no `cause`) when its silence had lasted."""

    time: int
    chain: Chain
    cause: int | None


class Key:
    """The events of one key, (time, event) each, in order, and the steps that they are held against."""

    def __init__(self, steps: Sequence[Step], within_ms: int | None, events: Sequence[tuple[int, Any]]) -> None:
        self.within_ms = within_ms
        self.events = events
        self.takes = [step for step in steps if step.role != "not"]
        self.nots: list[list[Step]] = []  # behind each of them
        for step in steps:
            if step.role == "not":
                self.nots[-1].append(step)
            else:
                self.nots.append([])
        self.refers = any(step.refers for step in steps)
        self.finals = self.nots[-1]
        self.one_by_one = any(step.refers for step in self.finals)

    def time(self, place: int) -> int:
        """Return when an event was."""
        return self.events[place][0]

    def fits(self, step: Step, place: int, first: int) -> bool:
        """Whether a step takes an event, in a chain that began with `first`."""
        return step.matches(self.events[place][1], self.events[first][1])

    def recent(self, first: int, place: int) -> bool:
        """Whether a chain of an event at `place` may still begin with `first`."""
        later = [other for other in range(first + 1, place) if self.fits(self.takes[0], other, other)]
        return not self.refers or len(later) < CANDIDATES

    def chains(self, start: int, told: set[int], place: int) -> Iterator[Chain]:
        """Yield all chains that the event at `place` completes, of events from `start` on."""
        for first in range(start, place + 1):
            if first not in told and self.fits(self.takes[0], first, first) and self.recent(first, place):
                for chain in self.onward((first,), 1, place):
                    if chain[-1] == place and self.lasts(chain[0], place, self.within_ms):
                        yield chain

    def lasts(self, first: int, last: int, within_ms: int | None) -> bool:
        """Whether two events are no further apart than allowed."""
        return within_ms is None or self.time(last) - self.time(first) <= within_ms

    def onward(self, chain: Chain, at: int, place: int) -> Iterator[Chain]:
        """Yield every way in which a chain goes on from step `at` to the last one."""
        if at == len(self.takes):
            yield chain
            return
        step = self.takes[at]
        fitting = [i for i in range(chain[-1] + 1, place + 1) if self.fits(step, i, chain[0])]
        for picked in combinations(fitting, step.times):
            values = [step.distinct(self.events[i][1]) if step.distinct else i for i in picked]
            between = range(chain[-1] + 1, picked[-1])
            if (
                None not in values
                and len(set(values)) == step.times
                and self.lasts(chain[-1], picked[-1], step.within_ms)
                and not any(self.fits(step, i, chain[0]) for step in self.nots[at - 1] for i in between)
            ):
                yield from self.onward(chain + picked, at + 1, place)

    def due(self, chain: Chain) -> int:
        """Return when the silence behind a chain has lasted."""
        return self.time(chain[-1]) + max(step.within_ms or 0 for step in self.finals)

    def answers(self, place: int, chain: Chain) -> bool:
        """Whether an event ends the waiting of a chain."""
        return any(self.fits(s, place, chain[0]) and self.lasts(chain[-1], place, s.within_ms) for s in self.finals)


def latest(chain: Chain) -> tuple[int, Chain]:
    """Sort chains by which one counts."""
    return chain[0], chain[::-1]


def matches(
    steps: Sequence[Step],
    within_ms: int | None,
    events: Sequence[tuple[int, Any]],
    passed: Callable[[int], bool],
) -> list[Match]:
    """Return all matches of one key's events, in order; `passed` tells whether time has passed an instant."""
    key = Key(steps, within_ms, events)
    out: list[Match] = []
    waiting: list[Chain] = []
    start = 0
    told: set[int] = set()
    for place in range(len(events) + 1):
        if key.one_by_one:
            waiting = [chain for chain in waiting if key.recent(chain[0], place)]
        while waiting:
            chain = min(waiting, key=lambda chain: (key.time(chain[-1]), -chain[0]))
            due = key.due(chain)
            if not (due < key.time(place) if place < len(events) else passed(due)):
                break
            out.append(Match(due, chain, None))
            waiting.remove(chain)
            if key.one_by_one:
                told.add(chain[0])
            else:
                start = place
        if place == len(events):
            break
        waiting = [chain for chain in waiting if not key.answers(place, chain)]
        complete = sorted(key.chains(start, told, place), key=latest, reverse=True)
        if not key.finals and complete:
            out.append(Match(key.time(place), complete[0], place))
            start = place + 1
        for chain in complete if key.finals else ():
            if not any(other[0] == chain[0] or not key.one_by_one for other in waiting):
                waiting.append(chain)
    return out


def sequence(rule: Rule, seen: Seen, naming: bytes) -> list[Body]:
    """Return the alerts of a sequence."""
    assert isinstance(rule.pattern, InSequence)
    pattern = rule.pattern
    on_time = [sight for sight in seen.sights if not sight.late]
    keys = dict.fromkeys(
        key for sight in on_time for step in pattern.steps if (key := key_under(step, sight.event)) is not None
    )

    def passed(due: int) -> bool:
        return due <= seen.watermark if seen.inclusive else due < seen.watermark

    out = []
    for texts in keys:
        of_key = [sight for sight in on_time if any(takes(step, rule, texts, sight.event) for step in pattern.steps)]
        events = [sight.event for sight in once(of_key, lambda event: None)]
        steps = [taking(step, rule, texts) for step in pattern.steps]
        last = LastFirings(rule)
        for match in matches(steps, pattern.within_ms, [(event["time"], event) for event in events], passed):
            chain = [events[i] for i in match.chain]
            cause = None if match.cause is None else events[match.cause]
            scope = Scope(cause or {}, named(rule, texts), match.time, first=chain[0])
            unseen = cause is None and any(
                since <= match.time and until > chain[-1]["time"] for since, until in seen.dark
            )
            finals = pattern.steps[-1:]
            if not unseen and (cause is None or not cause.get("replayed")) and last.fires(scope):
                out.append(
                    alert(
                        rule,
                        scope,
                        naming=naming,
                        time=match.time,
                        since=chain[0]["time"] if cause is None else match.time,
                        cause=cause,
                        severity=severity(rule, scope),
                        evidence=chain if len(chain) <= EVIDENCE_MAX else [chain[0], *chain[1 - EVIDENCE_MAX :]],
                        order=match.time,
                        first=chain[0] if any(step.role == "not" and step.refers for step in finals) else None,
                    )
                )
    return out


def key_under(step: SequenceStep, event: Event) -> tuple[Any, ...] | None:
    """Return the key of an event that a step may take, None of another."""
    texts = tuple(event.get(field) for field in step.key)
    return None if event["kind"] not in step.kinds or None in texts else texts


def takes(step: SequenceStep, rule: Rule, texts: tuple[str, ...], event: Event) -> bool:
    """Whether a step takes an event into the chains of a key, whatever they began with."""
    return key_under(step, event) == texts and step.takes(Scope(event, named(rule, texts), event["time"])) is True


def named(rule: Rule, texts: tuple[str, ...]) -> dict[str, str | None]:
    """Return a key's text by field."""
    return dict(zip(rule.key, texts, strict=True))


def taking(step: SequenceStep, rule: Rule, texts: tuple[str, ...]) -> Step:
    """Return a step as one key's chains see it."""
    key = named(rule, texts)

    def takes(event: Event, first: Event) -> bool:
        scope = Scope(event, key, event["time"], first=first)
        return key_under(step, event) == texts and step.select(scope) is True

    def distinct(event: Event) -> Any:
        assert step.distinct is not None
        return step.distinct(Scope(event, key, event["time"]))

    return Step(step.role, takes, step.times, distinct if step.distinct else None, step.within_ms, step.refers)
