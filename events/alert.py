"""Alerts: the body that is a function of the log, its name, and its canonical bytes."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Severity = Literal["critical", "high", "medium", "low"]
Mode = Literal["live", "shadow"]
Transition = Literal["firing", "raised", "lowered", "resolved", "expired", "not_expected", "rule_removed", "corrected"]

ENDS: tuple[Transition, ...] = ("resolved", "expired", "not_expected", "rule_removed", "corrected")
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")  # most severe first


@dataclass(frozen=True, slots=True)
class Alert:
    """One transition of an alert: the promise (`body`) and what goes beside it (`order`, `ruleset`).

    `key` maps key fields to their text, None where missing (an at-once rule may fire without its key).
    `values` maps expressions, as the rule writes them, to what they were; nothing personal is among them.
    `evidence` holds the ids of at most 20 (`kernels.limits`) causing events, oldest first. Times are epoch ms.
    `order` is the place in event time: the greater of `time` and the watermark at the log position. An alert of mode
    `shadow` is judged like any other, and goes nowhere.
    """

    alert: str
    n: int
    rule: str
    severity: Severity
    transition: Transition
    key: dict[str, str | None]
    site: str | None
    time: int
    since: int
    values: dict[str, Any]
    evidence: tuple[str, ...]
    purpose: str
    order: int
    ruleset: str
    mode: Mode = "live"

    @property
    def id(self) -> str:
        """The name of this transition, the same in every run: what sinks drop duplicates by."""
        return f"{self.alert}.{self.n}"

    def body(self) -> dict[str, Any]:
        """Return the deterministic part, in the contract's order."""
        return {
            "id": self.id,
            "alert": self.alert,
            "n": self.n,
            "rule": self.rule,
            "severity": self.severity,
            "transition": self.transition,
            "key": self.key,
            "site": self.site,
            "time": self.time,
            "since": self.since,
            "values": self.values,
            "evidence": list(self.evidence),
            "purpose": self.purpose,
        }

    def canonical(self) -> bytes:
        """Return the body as one line of JSON, byte for byte the same in every run."""
        return orjson.dumps(self.body())

    def sort_key(self) -> tuple[int, str, str, int]:
        """The order in which `replay` writes: place in event time, rule, key text, n."""
        return self.order, self.rule, "\0".join(text or "" for text in self.key.values()), self.n


def alert_name(
    key: bytes, rule: str, parts: tuple[str | None, ...], since: int, cause: tuple[str, ...] | int | None
) -> str:
    """Name an episode: BLAKE2b-128 keyed with the city key, 32 hex digits.

    Parameters
    ----------
    key
        secret of the city, at most 64 bytes
    parts
        texts of the key fields in the rule's order
    since
        epoch ms
    cause
        kind, device and id of the causing event for a point alert: devices that number their own events may use one
        id in one instant. For an episode None; where its rule came by a change, the instant of that (epoch ms): a rule
        that was away and is back may tell of what it told before, and that alert has ended

    Source: RFC 7693. The fields are JSON-encoded, so that no two lists of fields give the same bytes.
    """
    return hashlib.blake2b(orjson.dumps([rule, parts, since, cause]), digest_size=16, key=key).hexdigest()
