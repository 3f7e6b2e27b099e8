"""Planted incidents against raised alerts: which of those that a simulated city holds were found."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from events.alert import Alert


@dataclass(frozen=True, slots=True)
class Planted:
    """One incident that must raise an alert of `rule` between two instants (epoch ms, inclusive).

    `key` holds what the alert's key must say, field by field; a field that is not named may be anything.
    """

    rule: str
    start: int
    end: int
    site: str
    key: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one rule: incidents planted, how many were found, and alerts that no incident explains."""

    planted: int = 0
    found: int = 0
    beyond: int = 0


def read_truth(path: Path) -> list[Planted]:
    """Read a truth file: `rule,start,end,site,key,...`; times are RFC 3339, `key` is `field=text` joined by `;`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Planted(row["rule"], _epoch_ms(row["start"]), _epoch_ms(row["end"]), row["site"], _key(row["key"]))
            for row in csv.DictReader(file)
        ]


def tallies(planted: Iterable[Planted], alerts: Iterable[Alert]) -> dict[str, Tally]:
    """Return the tally of each rule that is named on either side; of an alert only its firing counts."""
    firings: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.n == 0:
            firings[alert.rule].append(alert)
    incidents: defaultdict[str, list[Planted]] = defaultdict(list)
    for incident in planted:
        incidents[incident.rule].append(incident)
    result = {}
    for rule in sorted(firings.keys() | incidents.keys()):
        found = sum(any(_explains(incident, alert) for alert in firings[rule]) for incident in incidents[rule])
        beyond = sum(not any(_explains(incident, alert) for incident in incidents[rule]) for alert in firings[rule])
        result[rule] = Tally(len(incidents[rule]), found, beyond)
    return result


def _explains(incident: Planted, alert: Alert) -> bool:
    return incident.start <= alert.time <= incident.end and all(
        alert.key.get(field, text) == text for field, text in incident.key.items()
    )


def _key(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def _epoch_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
