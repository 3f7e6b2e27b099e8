"""Alerts, naively: the body of the contract as a dict, with `order` and `mode` beside it."""

from typing import Any

from events.alert import alert_name
from tests.naive.rule import Event, Row, Rule, Scope

Body = dict[str, Any]  # with `order` and `mode`, which travel beside it


def alert(
    rule: Rule,
    scope: Scope,
    *,
    naming: bytes,
    time: int,
    since: int,
    severity: str,
    cause: Event | None,
    evidence: list[Event],
    order: int,
    transition: str = "firing",
    n: int = 0,
    row: Row | None = None,
    episode: bool = False,
    first: Event | None = None,
) -> Body:
    """Make the body of one transition.

    Parameters
    ----------
    scope
        what its values are computed from
    cause
        the event in hand: of a point alert, or the one that ends an episode
    evidence
        the causing events, oldest first
    row
        of the set that an absence expects
    episode
        an event is no part of its name
    first
        the event that is part of its name without being in hand
    """
    event = first or (cause if not episode else None)
    named_by = (event["kind"], event.get("device") or "", event["id"]) if event else None
    name = alert_name(naming, rule.rule, tuple(scope.key.values()), since, named_by)
    places = [row or {}, scope.key, cause or {}, *evidence[-1:]]
    return {
        "id": f"{name}.{n}",
        "alert": name,
        "n": n,
        "rule": rule.rule,
        "severity": severity,
        "transition": transition,
        "key": scope.key,
        "site": next((p["site"] for p in places if p.get("site")), None),
        "time": time,
        "since": since,
        "values": {text: value(scope) for text, value in rule.values.items()},
        "evidence": [event["id"] for event in evidence],
        "purpose": rule.purpose,
        "order": order,
        "mode": mode(rule, scope),
    }


def mode(rule: Rule, scope: Scope) -> str:
    """Return whether an alert of a key is live, or a shadow that goes nowhere: to a canary the key is all."""
    here = rule.canary is None or rule.canary(Scope({}, scope.key, scope.now)) is True
    return rule.mode if here else "shadow"


def in_writing_order(bodies: list[Body]) -> list[Body]:
    """Sort as `replay` writes: place in event time, rule, key text, n; the id makes it total."""
    return sorted(
        bodies, key=lambda b: (b["order"], b["rule"], "\0".join(t or "" for t in b["key"].values()), b["n"], b["id"])
    )


def key_of(rule: Rule, event: dict[str, Any]) -> dict[str, str | None]:
    """Return the key's text of an event."""
    return {name: event.get(name) for name in rule.key}
