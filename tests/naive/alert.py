"""Alerts, naively: the body of the contract as a dict, with `order` beside it."""

from typing import Any

from events.alert import alert_name
from tests.naive.rule import Rule, Scope

Body = dict[str, Any]


def alert(rule: Rule, scope: Scope, *, naming: bytes, time: int, since: int, severity: str, cause: str | None,
          evidence: list[str], order: int, transition: str = "firing", n: int = 0, site: str | None = None) -> Body:
    """Make the body of one transition."""
    name = alert_name(naming, rule.rule, tuple(scope.key.values()), since, cause)
    return {
        "id": f"{name}.{n}", "alert": name, "n": n, "rule": rule.rule, "severity": severity,
        "transition": transition, "key": scope.key, "site": scope.event.get("site") or scope.key.get("site") or site,
        "time": time, "since": since, "values": {text: value(scope) for text, value in rule.values.items()},
        "evidence": evidence[-20:], "purpose": rule.purpose, "order": order,
    }


def in_writing_order(bodies: list[Body]) -> list[Body]:
    """Sort as `replay` writes: place in event time, rule, key text, n; the id makes it total."""
    return sorted(bodies, key=lambda b: (b["order"], b["rule"], "\0".join(t or "" for t in b["key"].values()), b["n"],
                                         b["id"]))


def key_of(rule: Rule, event: dict[str, Any]) -> dict[str, str | None]:
    """Return the key's text of an event."""
    return {name: event.get(name) for name in rule.key}
