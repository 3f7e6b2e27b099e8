"""`absence`, naively: each awaited key by itself, its sights one after another."""

from collections import defaultdict
from collections.abc import Sequence

from tests.naive.alert import Body, alert, key_of
from tests.naive.rule import Absence, Event, Expression, Row, Rule, Scope, severity
from tests.naive.time import Seen, Sight

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
    out = []
    for texts, row in awaited.items():
        since = row.get(rule.pattern.since) if row and rule.pattern.since else None
        armed = None if epoch is None or row is None else max(epoch, since or epoch)
        key = dict(zip(rule.key, texts, strict=True))
        out += silences(rule, key, row, sights[texts], armed, seen.watermark, naming)
    return out


def silences(
    rule: Rule,
    key: dict[str, str | None],
    row: Row | None,
    sights: list[Sight],
    armed: int | None,
    watermark: int,
    naming: bytes,
) -> list[Body]:
    """Follow one key. `base` is the last sight, or when it was armed; `fired` is the open alert."""
    assert isinstance(rule.pattern, Absence)
    pattern = rule.pattern
    out: list[Body] = []
    base = armed
    seen: Event | None = None  # the last sight
    fired: Body | None = None
    shut_until: int | None = None  # the gap that a cooldown leaves after an episode

    def fire_due(place: int) -> None:
        """Fire if a deadline up to `place` has passed: deadlines come before the events of their instant."""
        nonlocal fired
        if fired is not None or base is None:
            return
        due = opening(pattern.active, max(base + pattern.silence_ms, shut_until or 0), place)
        if due is None:
            return
        scope = Scope({}, key, due, last_seen=base if seen else None)
        fired = alert(
            rule,
            scope,
            naming=naming,
            time=due,
            since=base,
            severity=severity(rule, scope),
            cause=None,
            evidence=[seen] if seen else [],
            order=max(due, reached),
            row=row,
            episode=True,
        )
        out.append(fired)

    reached = -(2**62)  # where we stand in event time
    for sight in sights:
        fire_due(sight.place)
        reached = max(reached, sight.place)
        time = sight.event["time"]
        if base is not None and (time < base or (time == base and sight.late and seen is not None)):
            continue
        if fired is not None and base is not None and time > base:
            transition = "corrected" if time < fired["time"] else "resolved"
            scope = Scope({}, key, time, last_seen=base if seen else None)
            out.append(
                alert(
                    rule,
                    scope,
                    naming=naming,
                    time=time,
                    since=fired["since"],
                    severity=fired["severity"],
                    cause=sight.event,
                    evidence=[sight.event],
                    order=max(time, sight.place),
                    transition=transition,
                    n=1,
                    row=row,
                    episode=True,
                )
            )
            shut_until = time + rule.cooldown_ms
            fired = None
        base, seen = time, sight.event
    fire_due(watermark)
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
