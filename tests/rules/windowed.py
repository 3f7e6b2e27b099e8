"""What the checker says of one rule with a window over passages, as tests of its patterns ask it."""

from events.identity import CityKey
from events.place import Problem
from events.schema import Schemas
from rules import check

SCHEMAS, CITY = Schemas.load(), CityKey()


def problems(threshold: str, *more: str, window: str = "10m") -> list[Problem]:
    """Check a rule with a threshold and further lines."""
    lines = [
        "version: 1",
        "timezone: Asia/Shanghai",
        "sets: {roads: {key: site, columns: {free_kmh: number km/h}}}",
        "rules:",
        "- rule: x",
        "  from: traffic",
        "  key: site",
        "  severity: low",
        f"  window: {window}",
        f"  threshold: {threshold}",
        *(f"  {line}" for line in more),
        "calendars: {night: '22:00-06:00'}",
    ]
    return check.loads({"r.yaml": "\n".join(lines) + "\n"}, SCHEMAS, CITY).problems
