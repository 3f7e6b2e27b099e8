"""`absence`, naively: each awaited key by itself, its sights one after another."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.naive.alert import Body, alert, key_of
from tests.naive.inactivity import HOUR_MS, Person
from tests.naive.rule import Absence, Event, Expression, Row, Rule, Scope, severity
from tests.naive.time import Seen, Sight

MINUTE_MS = 60_000
OPENS_WITHIN_MS = 400 * 86_400_000  # a calendar that stays shut so long never opens


def absence(rule: Rule, seen: Seen, naming: bytes, rows: Sequence[Row] | None, epoch: int | None) -> list[Body]:
    """Return the alerts of every key: those that a set expects, else (`rows` None) those that were ever seen."""
    assert isinstance(rule.pattern, Absence)
    sights = defaultdict(list)
    for sight in seen.sights:
        key = key_of(rule, sight.event)
        scope = Scope(sight.event, key, sight.event["time"])
        if sight.event["kind"] in rule.kinds and None not in key.values() and rule.select(scope) is True:
            sights[tuple(key.values())].append(sight)
    awaited: dict[tuple[str | None, ...], Row | None] = dict.fromkeys(sights)
    if rows is not None:
        awaited = {tuple(row[name] for name in rule.key): row for row in rows}  # of two rows of one key the last
        if epoch is None:
            return []  # a log of which nothing has been released awaits nobody
    watch = Watch(rule.pattern, seen.dark, seen.blind, epoch, seen.watermark)
    out = []
    for texts, row in awaited.items():
        since = row.get(rule.pattern.since) if row and rule.pattern.since else None
        armed = None if epoch is None or row is None else max(epoch, since or epoch)
        key = dict(zip(rule.key, texts, strict=True))
        out += silences(rule, key, row, sights[texts], armed, watch, naming)
    return out


@dataclass(frozen=True)
class Watch:
    """A stop-watch: it stands still in minutes that begin with `unless` true, and while all feeds are blind."""

    pattern: Absence
    dark: Sequence[tuple[int, int]]
    blind: bool  # whether they still are at the end
    epoch: int | None
    end: int  # further than this nothing is asked

    def stopped(self, key: dict[str, str | None], instant: int) -> bool:
        """Whether it stands still behind an instant."""
        if any(since <= instant < until for since, until in self.dark):
            return True
        return self.excused(key, instant)

    def excused(self, key: dict[str, str | None], instant: int) -> bool:
        """Whether the minute of an instant began with `unless` true."""
        minute = instant // MINUTE_MS * MINUTE_MS
        if self.pattern.unless is None or self.epoch is None or minute < self.epoch:
            return False
        return self.pattern.unless(Scope({}, key, minute)) is True

    def amidst(self, key: dict[str, str | None], instant: int, known: int) -> bool:
        """Whether it stands still before an instant and goes on to.

        Where one dark stretch ends and another begins one can see, and decide what is known of by then; to a silence
        that becomes known of later (`known`) the two are one.
        """
        if any(since < instant < until for since, until in self.dark):
            return True
        goes_on = self.stopped(key, instant) if instant < known else self.excused(key, instant)
        return goes_on and self.stopped(key, instant - 1)

    def stops(self, key: dict[str, str | None], since: int, until: int) -> list[tuple[int, int]]:
        """Return the first time between two instants in which it stands still."""
        instant = since
        while instant < until:
            if self.stopped(key, instant):
                return [(instant, self.next(instant))]
            instant = self.next(instant)
        return []

    def next(self, instant: int) -> int:
        """Return the next instant at which that can change."""
        changes = [(instant // MINUTE_MS + 1) * MINUTE_MS, *(edge for span in self.dark for edge in span)]
        return min(change for change in changes if change > instant)

    def lapse(self, key: dict[str, str | None], base: int, length: int) -> int | None:
        """Return when it has gone on for so long since `base`."""
        instant = base
        while instant <= self.end:
            ahead = self.next(instant) - instant
            if not self.stopped(key, instant):
                if length <= ahead:
                    return instant + length
                length -= ahead
            instant += ahead
        return None

    def running(self, key: dict[str, str | None], instant: int, known: int) -> int | None:
        """Return the first instant from a given one on that is not amidst a time in which it stands still."""
        while instant <= self.end:
            if not self.amidst(key, instant, known):
                return instant
            instant = self.next(instant)
        return None


class Own:
    """What is known of one key beside its last sight: how long its silence may last, and why."""

    def __init__(self, pattern: Absence, row: Row) -> None:
        self.pattern = pattern
        self.ceiling_ms = self.silence_ms = pattern.silence_ms
        self.person: Person | None = None
        self.consent_until = -(2**63)
        if pattern.unusual is not None:
            hours = row.get(pattern.unusual.ceiling_h) if pattern.unusual.ceiling_h else None
            if hours is not None and 0 < hours * HOUR_MS < self.ceiling_ms:
                self.ceiling_ms = self.silence_ms = int(hours * HOUR_MS)
            until = row.get(pattern.unusual.consent_until) if pattern.unusual.consent_until else None
            self.consent_until = self.consent_until if until is None else until

    @property
    def known(self) -> bool:
        """Whether there is a profile."""
        return self.person is not None

    def sight(self, sight: Sight, key: dict[str, str | None], watch: Watch) -> None:
        """Learn of a silence that ends, and tell how long the next one may last."""
        unusual = self.pattern.unusual
        if unusual is None:
            return
        if sight.place >= self.consent_until:
            self.silence_ms = self.ceiling_ms
            return
        if self.person is None:
            self.person = Person(unusual.law, self.ceiling_ms)
        time, last = sight.event["time"], self.person.last
        stops = [] if last is None else watch.stops(key, last, time)
        is_out = unusual.out is not None and unusual.out(Scope(sight.event, key, time)) is True
        self.person.sight(time, int(is_out), stops)
        assert self.person.silence_ms is not None
        self.silence_ms = self.person.silence_ms

    def forget(self, *, still: bool) -> None:
        """Forget the person; of an alert that is open it is still known how long the silence was."""
        self.person = None
        if still:
            self.silence_ms = self.ceiling_ms

    def given(self) -> dict[str, float | None]:
        """What a rule may read: how long the silence was that is too long, and the chance of one that long."""
        unusual = self.pattern.unusual
        if unusual is None:
            return {}
        alpha = unusual.law.alpha
        chance = None if self.person is None else float(f"{alpha * math.exp(self.person.left):.3g}")
        names = {"silence": self.silence_ms, "survival": chance, "alpha": alpha}
        return {f"{unusual.name}.{name}": value for name, value in names.items()}


def silences(
    rule: Rule,
    key: dict[str, str | None],
    row: Row | None,
    sights: list[Sight],
    armed: int | None,
    watch: Watch,
    naming: bytes,
) -> list[Body]:
    """Follow one key. `base` is the last sight, or when it was armed; `fired` is the open alert."""
    assert isinstance(rule.pattern, Absence)
    pattern = rule.pattern
    own = Own(pattern, row or {})
    out: list[Body] = []
    base = armed
    seen: Event | None = None  # the last sight
    fired: Body | None = None
    shut_until: int | None = None  # the gap that a cooldown leaves after an episode

    def told(time: int, since: int, severity: str, order: int, **more: Any) -> Body:
        scope = Scope({}, key, time, last_seen=base if seen else None, place=order, given=own.given())
        made = {"rule": rule, "scope": scope, "naming": naming, "row": row, "episode": True}
        out.append(alert(**made, time=time, since=since, severity=severity, order=order, **more))
        return out[-1]

    def settle(place: int) -> None:
        """Let fall due what does up to a place: that comes before the events of its instant."""
        if own.known and own.consent_until <= place:
            decide(own.consent_until)
            own.forget(still=fired is None)
        decide(place)

    def decide(place: int) -> None:
        nonlocal base, seen, fired, shut_until
        if base is None:
            return
        gone = None if pattern.forget_ms is None else watch.lapse(key, base, pattern.forget_ms)
        if gone is not None and gone > place:
            gone = None
        due = fires(base) if fired is None else None
        if due is not None and due <= place and (gone is None or due <= gone):
            place = max(due, reached)
            scope = Scope({}, key, due, last_seen=base if seen else None, place=place, given=own.given())
            level = severity(rule, scope)
            evidence = [seen] if seen else []
            fired = told(due, base, level, place, cause=None, evidence=evidence)
        if gone is not None:
            if fired is not None:
                more = {"cause": None, "evidence": [seen], "transition": "expired", "n": 1}
                told(gone, fired["since"], fired["severity"], max(gone, reached), **more)
            base, seen, fired, shut_until = None, None, None, None

    def fires(since: int) -> int | None:
        """Return when it fires: the silence is over, no gap, its calendar is open, and the watch goes."""
        instant = watch.lapse(key, since, own.silence_ms)
        while instant is not None:
            start = max(instant, shut_until or 0)
            opened = opening(pattern.active, start, watch.end)
            instant = None if opened is None else watch.running(key, opened, reached)
            if instant == opened:
                return instant
        return None

    reached = -(2**62)  # where we stand in event time
    for sight in sights:
        settle(sight.place)
        reached = max(reached, sight.place)
        time = sight.event["time"]
        if base is None and sight.late:
            continue  # what is late makes nobody known
        if base is not None and (time < base or (time == base and sight.late and seen is not None)):
            continue
        if fired is not None and base is not None and time > base:
            transition = "corrected" if time < fired["time"] else "resolved"
            more = {"cause": sight.event, "evidence": [sight.event], "transition": transition, "n": 1}
            told(time, fired["since"], fired["severity"], max(time, sight.place), **more)
            shut_until = time + rule.cooldown_ms
            fired = None
        base, seen = time, sight.event
        own.sight(sight, key, watch)
    amidst = watch.blind and bool(watch.dark) and watch.dark[-1][1] == watch.end
    settle(watch.end - amidst)  # nothing is known yet of the last instant, either
    return out


def opening(active: Expression | None, due: int, place: int) -> int | None:
    """Return the first instant from `due` on, up to `place`, at which the calendar lets it fire."""
    if due > place:
        return None
    if active is None or active(Scope({}, {}, due)) is True:
        return due
    minute = -(-due // 60_000) * 60_000  # calendars turn on whole minutes
    for time in range(minute, min(place, due + OPENS_WITHIN_MS) + 1, 60_000):
        if active(Scope({}, {}, time)) is True:
            return time
    return None
