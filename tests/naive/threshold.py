"""`threshold` that is a point, naively: each look at a key's window may be an alert."""

from collections import defaultdict

from events.alert import SEVERITIES
from tests.naive.alert import Body, alert, key_of
from tests.naive.at_once import LastFirings, taken
from tests.naive.rule import Event, Rule, Scope, Threshold, severity
from tests.naive.time import Seen, once
from tests.naive.windows import EVIDENCE_MAX, Point, points


def threshold(rule: Rule, seen: Seen, naming: bytes) -> list[Body]:
    """Return the alerts of a rule."""
    by_key: dict[tuple[str | None, ...], list[Event]] = defaultdict(list)
    for sight in once(taken(rule, seen), lambda event: tuple(key_of(rule, event).values())):
        by_key[tuple(key_of(rule, sight.event).values())].append(sight.event)
    out = []
    for texts, events in by_key.items():
        out += of_key(rule, dict(zip(rule.key, texts, strict=True)), events, seen.watermark + seen.inclusive, naming)
    return out


def of_key(rule: Rule, key: dict[str, str | None], events: list[Event], before: int, naming: bytes) -> list[Body]:
    """Return the alerts of one key, whose events come in order."""
    pattern = rule.pattern
    assert isinstance(pattern, Threshold)
    out = []
    last = LastFirings(rule)
    session: tuple[int, int] | None = None  # in which it fired last, and how severe that was
    for point in points(pattern.window, events, before):
        scope = Scope(point.event or {}, key, point.time, given=dict(zip(pattern.names, point.values, strict=True)))
        if scope.event.get("replayed") or pattern.condition(scope) is not True:
            continue
        if pattern.once:
            rank = SEVERITIES.index(severity(rule, scope))
            if session and session[0] == began(point) and rank >= session[1]:
                continue
            session = began(point), rank
        elif not last.fires(scope):
            continue
        out.append(
            alert(
                rule,
                scope,
                naming=naming,
                time=point.time,
                since=point.time,
                cause=point.event,
                severity=severity(rule, scope),
                evidence=point.inside[-shown(pattern) :],
                order=point.time,
            )
        )
    return out


def began(point: Point) -> int:
    """Return when a session began."""
    return int(point.inside[0]["time"])


def shown(pattern: Threshold) -> int:
    """Return how many events an alert tells: of count() alone no more than are counted."""
    counts_alone = pattern.window.panes == "sliding" and [each.function for each in pattern.window.aggregates] == [
        "count"
    ]
    return int(min(EVIDENCE_MAX, pattern.window.aggregates[0].parameter)) if counts_alone else EVIDENCE_MAX
