"""`change`, naively: the event before is looked for among all of the key's events, and so is a value."""

from collections.abc import Hashable, Sequence

from tests.naive.alert import Body, alert, key_of
from tests.naive.at_once import LastFirings, taken
from tests.naive.rule import Change, Rule, Scope, severity
from tests.naive.time import Seen, once


def previous(times: Sequence[int], keys: Sequence[Hashable], at: int, window_ms: int) -> int | None:
    """Return the place of the last event before one, of the same key, if it lies in (t - window, t]."""
    before = [i for i in range(at) if keys[i] == keys[at]]
    return before[-1] if before and times[before[-1]] > times[at] - window_ms else None


def is_new(
    times: Sequence[int],
    keys: Sequence[Hashable],
    values: Sequence[Hashable],
    at: int,
    window_ms: int,
    epoch: int | None = None,
) -> bool | None:
    """Whether no event before one, of the same key and in (t - window, t], had its value; None where nobody can know.

    That is so of no value, and where the window reaches behind the epoch and nothing in it had the value.
    """
    if values[at] is None:
        return None
    for i in range(at):
        if keys[i] == keys[at] and values[i] == values[at] and times[i] > times[at] - window_ms:
            return False
    return True if epoch is None or times[at] - window_ms >= epoch else None


def change(rule: Rule, seen: Seen, naming: bytes, epoch: int | None) -> list[Body]:
    """Fire at each event whose condition is true of it and those before it."""
    assert isinstance(rule.pattern, Change)
    window_ms = rule.pattern.window_ms
    events = [sight.event for sight in once(taken(rule, seen), lambda event: tuple(key_of(rule, event).values()))]
    out = []
    last = LastFirings(rule)
    for i, event in enumerate(events):
        key, now = key_of(rule, event), event["time"]
        before = [other for other in events[:i] if key_of(rule, other) == key and other["time"] > now - window_ms]
        whole = epoch is None or now - window_ms >= epoch
        scope = Scope(event, key, now, before=before, whole=whole)
        if rule.pattern.condition(scope) is True and not event.get("replayed") and last.fires(scope):
            out.append(
                alert(
                    rule,
                    scope,
                    naming=naming,
                    time=now,
                    since=now,
                    cause=event,
                    severity=severity(rule, scope),
                    evidence=[*before[-1:], event],
                    order=now,
                )
            )
    return out
