"""`threshold` with count(), naively: the list of a key's events is kept and counted anew each time."""

from collections import defaultdict
from zoneinfo import ZoneInfo

from tests.naive.alert import Body, alert, key_of
from tests.naive.at_once import LastFirings, taken
from tests.naive.panes import pane_end
from tests.naive.rule import Event, Rule, Scope, Threshold, severity
from tests.naive.time import Seen, once

Key = tuple[str | None, ...]
EVIDENCE_MAX = 20


def threshold(rule: Rule, seen: Seen, naming: bytes, timezone: str) -> list[Body]:
    """Return the alerts of a count over a window."""
    assert isinstance(rule.pattern, Threshold)
    counted = [sight.event for sight in once(taken(rule, seen), lambda event: tuple(key_of(rule, event).values()))]
    if rule.pattern.panes == "sliding":
        return sliding(rule, rule.pattern, counted, naming)
    return tumbling(rule, rule.pattern, counted, seen, naming, ZoneInfo(timezone))


def sliding(rule: Rule, pattern: Threshold, counted: list[Event], naming: bytes) -> list[Body]:
    """Judge each event by those of its key in (t - window, t]."""
    out = []
    last = LastFirings(rule)
    for i, event in enumerate(counted):
        key = key_of(rule, event)
        window = [
            other
            for other in counted[: i + 1]
            if key_of(rule, other) == key and other["time"] > event["time"] - pattern.window_ms
        ]
        scope = Scope(event, key, event["time"], count=min(len(window), pattern.ring))
        if event.get("replayed") or pattern.condition(scope) is not True or not last.fires(scope):
            continue
        out.append(
            alert(
                rule,
                scope,
                naming=naming,
                time=event["time"],
                since=event["time"],
                cause=event,
                severity=severity(rule, scope),
                evidence=window[-min(EVIDENCE_MAX, pattern.ring) :],
                order=event["time"],
            )
        )
    return out


def tumbling(
    rule: Rule, pattern: Threshold, counted: list[Event], seen: Seen, naming: bytes, zone: ZoneInfo
) -> list[Body]:
    """Judge each pane (end - window, end] that holds an event, once everything up to its end has been seen."""
    panes: dict[tuple[int, Key], list[Event]] = defaultdict(list)
    for event in counted:
        panes[pane_end(event["time"], pattern.window_ms, zone), tuple(key_of(rule, event).values())].append(event)
    out = []
    last = LastFirings(rule)
    for (end, texts), events in sorted(panes.items(), key=lambda pane: pane[0][0]):
        scope = Scope({}, dict(zip(rule.key, texts, strict=True)), end, count=min(len(events), pattern.ring))
        passed = end <= seen.watermark if seen.inclusive else end < seen.watermark
        if passed and pattern.condition(scope) is True and last.fires(scope):
            out.append(
                alert(
                    rule,
                    scope,
                    naming=naming,
                    time=end,
                    since=end,
                    cause=None,
                    severity=severity(rule, scope),
                    evidence=events[-EVIDENCE_MAX:],
                    order=end,
                )
            )
    return out
