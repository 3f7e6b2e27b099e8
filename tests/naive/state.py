"""State rules, naively: the looks at a key's window, judged one after the other, and the alerts that come of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from events.alert import SEVERITIES
from tests.naive.alert import Body, alert, key_of
from tests.naive.at_once import taken
from tests.naive.baseline import Pane, follow
from tests.naive.episode import Key, Point, Transition, episodes
from tests.naive.panes import pane_end
from tests.naive.rule import Event, Rule, Scope, State, severity
from tests.naive.time import Seen, once
from tests.naive.windows import EVIDENCE_MAX, points, told

Values = Sequence[float | None]


@dataclass(frozen=True)
class Look:
    """What was found of a key at an instant: what expressions see, and the events in the window, oldest first."""

    time: int
    scope: Scope
    inside: Sequence[Event]
    vacant: bool
    unseen: bool  # all feeds were blind


def state(rule: Rule, seen: Seen, naming: bytes, timezone: str) -> list[Body]:
    """Return the alerts of a state rule."""
    by_key = defaultdict(list)
    for sight in once(taken(rule, seen), lambda event: tuple(key_of(rule, event).values())):
        by_key[tuple(key_of(rule, sight.event).values())].append(sight.event)
    out = []
    for texts, events in by_key.items():
        key = dict(zip(rule.key, texts, strict=True))
        out += of_key(rule, key, events, seen, naming, ZoneInfo(timezone))
    return out


def of_key(
    rule: Rule, key: dict[str, str | None], events: list[Event], seen: Seen, naming: bytes, zone: ZoneInfo
) -> list[Body]:
    """Return the alerts of one key, whose events come in order."""
    assert isinstance(rule.pattern, State)
    before = seen.watermark + seen.inclusive
    if rule.pattern.usual:
        looks, transitions = usual_looks(rule, key, events, before, seen.dark, zone)
    else:
        looks = window_looks(rule.pattern, key, events, before, seen.dark)
        transitions = episodes(
            [judged(rule, look) for look in looks],
            hold=rule.pattern.hold_ms,
            cooldown=rule.cooldown_ms,
            resolve_after=rule.pattern.resolve_after_ms,
            before=before,
            dark=seen.dark,
        )
    return [written(rule, transition, looks, events, naming) for transition in transitions]


def window_looks(
    pattern: State, key: dict[str, str | None], events: list[Event], before: int, dark: Sequence[tuple[int, int]]
) -> list[Look]:
    """Return the looks at a window before an instant."""
    return [
        Look(
            point.time,
            Scope(point.event or {}, key, point.time, given=dict(zip(pattern.names, point.values, strict=True))),
            point.inside,
            not point.inside,
            point.event is None and any(since <= point.time < until for since, until in dark),
        )
        for point in points(pattern.window, events, before)
    ]


def usual_looks(
    rule: Rule,
    key: dict[str, str | None],
    events: list[Event],
    before: int,
    dark: Sequence[tuple[int, int]],
    zone: ZoneInfo,
) -> tuple[list[Look], list[Transition]]:
    """Return the looks at panes that are compared with what is usual, and what happens at them."""
    pattern = rule.pattern
    assert isinstance(pattern, State)
    assert pattern.usual is not None
    window, usual, of = pattern.window, pattern.usual, [pattern.names.index(name) for name in pattern.usual_of]
    inside: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        inside[pane_end(event["time"], window.length_ms, zone)].append(event)
    found = {end: told(window, own, window.length_ms) for end, own in inside.items()}
    nothing = told(window, (), window.length_ms)

    def look(pane: Pane) -> Look:
        given = dict(zip(pattern.names, found.get(pane.end, nothing), strict=True))
        for name, (score, expected) in zip(pattern.usual_of, pane.compared, strict=True):
            given |= {f"zscore({name})": score, f"expected({name})": expected}
        return Look(pane.end, Scope({}, key, pane.end, given=given), inside.get(pane.end, []), False, pane.unseen)

    episode = Key(pattern.hold_ms, rule.cooldown_ms, pattern.resolve_after_ms)
    looked = follow(
        usual,
        {end: [values[i] for i in of] for end, values in found.items() if end < before},
        [nothing[i] for i in of],
        lambda pane: judged(rule, look(pane)),
        episode,
        before=before,
        dark=dark,
    )
    return [look(pane) for pane in looked], episode.out


def judged(rule: Rule, look: Look) -> Point:
    """Judge what was found."""
    pattern = rule.pattern
    assert isinstance(pattern, State)
    condition = None if look.unseen else pattern.condition(look.scope)
    if pattern.clear is None:
        clear = None if condition is None else not condition
    else:
        clear = None if look.unseen else pattern.clear(look.scope)
    rank = SEVERITIES.index(severity(rule, look.scope))
    return Point(look.time, condition, clear, rank, bool(look.scope.event.get("replayed")), look.vacant)


def written(rule: Rule, transition: Transition, looks: Sequence[Look], events: Sequence[Event], naming: bytes) -> Body:
    """Put a transition into words: of the point in hand, else of the last one before it."""
    cause: Event | None = None
    if transition.point is None:
        look = [each for each in looks if each.time <= transition.time][-1]
        scope = Scope({}, look.scope.key, transition.time, given=look.scope.given)
    else:
        look = looks[transition.point]
        scope, cause = look.scope, look.scope.event or None
    evidence = list(look.inside[-EVIDENCE_MAX:])
    if transition.name == "expired" or (transition.name == "resolved" and cause):
        evidence = [cause] if cause else []
    if not evidence:
        evidence = [event for event in events if event["time"] <= look.time][-1:]
    return alert(
        rule,
        scope,
        naming=naming,
        time=transition.time,
        since=transition.since,
        severity=SEVERITIES[transition.severity],
        cause=cause,
        evidence=evidence,
        order=transition.time,
        transition=transition.name,
        n=transition.n,
        episode=True,
    )
