"""Rules without pattern, naively: at once on arrival, or in order with a cooldown."""

from events.alert import SEVERITIES
from tests.naive.alert import Body, alert, key_of
from tests.naive.rule import Rule, Scope, severity
from tests.naive.time import Seen, Sight, once

REMEMBERED_MS = 600_000


def at_once(rule: Rule, seen: Seen, naming: bytes) -> list[Body]:
    """Fire at each match, on arrival, late ones and such without key too; an alert of the last 10 minutes once."""
    out: list[Body] = []
    raised: dict[str, int] = {}
    for arrival in seen.arrivals:
        event = arrival.event
        scope = Scope(event, key_of(rule, event), event["time"])
        if event["kind"] in rule.kinds and not event.get("replayed") and rule.select(scope) is True:
            body = alert(
                rule,
                scope,
                naming=naming,
                time=event["time"],
                since=event["time"],
                cause=event,
                severity=severity(rule, scope),
                evidence=[event],
                order=max(event["time"], arrival.watermark),
            )
            if body["id"] not in raised or body["order"] - raised[body["id"]] > REMEMBERED_MS:
                raised[body["id"]] = body["order"]
                out.append(body)
    return out


def taken(rule: Rule, seen: Seen) -> list[Sight]:
    """Return the sights that an ordered rule takes: of its kinds, with its key, selected."""
    out = []
    for sight in seen.sights:
        scope = Scope(sight.event, key_of(rule, sight.event), sight.event["time"])
        if sight.event["kind"] in rule.kinds and None not in scope.key.values() and rule.select(scope) is True:
            out.append(sight)
    return out


def in_order(rule: Rule, seen: Seen, naming: bytes) -> list[Body]:
    """Fire at each match in the order of time, as the cooldown allows."""
    out = []
    last = LastFirings(rule)
    for sight in once(taken(rule, seen), lambda event: tuple(key_of(rule, event).values())):
        event = sight.event
        scope = Scope(event, key_of(rule, event), event["time"])
        if not event.get("replayed") and last.fires(scope):
            out.append(
                alert(
                    rule,
                    scope,
                    naming=naming,
                    time=event["time"],
                    since=event["time"],
                    cause=event,
                    severity=severity(rule, scope),
                    evidence=[event],
                    order=event["time"],
                )
            )
    return out


class LastFirings:
    """When each key last fired, and how severe that was."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.last: dict[tuple[str | None, ...], tuple[int, int]] = {}

    def fires(self, scope: Scope) -> bool:
        """Judge a match: a cooldown since the last firing is broken by a higher severity. Remembers what fires."""
        key = tuple(scope.key.values())
        rank = SEVERITIES.index(severity(self.rule, scope))  # type: ignore[arg-type]
        if key in self.last:
            time, severest = self.last[key]
            if scope.now - time < self.rule.cooldown_ms and rank >= severest:
                return False
        self.last[key] = scope.now, rank
        return True
