"""Who keeps calendars of dates hears in time that they end."""

from datetime import UTC, datetime

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check

SCHEMAS, CITY = Schemas.load(), CityKey()


def warned(calendar: str, now: str | None) -> list[tuple[str, str]]:
    text = (
        f"version: 1\ntimezone: Asia/Shanghai\ncalendars:\n  c: {calendar}\n"
        "rules:\n- {rule: x, from: gate, severity: low, active: c}\n"
    )
    moment = None if now is None else datetime.fromisoformat(now).replace(tzinfo=UTC)
    problems = check.loads({"r.yaml": text}, SCHEMAS, CITY, now=moment).problems
    return [(each.code, each.en.split(": ")[-1]) for each in problems]


@pytest.mark.parametrize(
    ("calendar", "now", "codes"),
    [
        ("[2026-02-16/2026-02-23]", "2026-01-20T00:00", []),
        ("[2026-02-16/2026-02-23]", "2026-01-26T00:00", ["W351"]),
        ("[2026-02-16/2026-02-23]", "2026-02-23T15:59", ["W351"]),  # the last day, in the city
        ("[2026-02-16/2026-02-23]", "2026-02-23T16:00", ["W350"]),
        ("[2026-02-23, 2026-02-16]", "2026-03-01T00:00", ["W350"]),
        ("[2025-05-01, 2027-05-01]", None, ["W352"]),
        ("[2025-12-31/2026-01-01, 2027-05-01]", None, []),
        ("[2026-02-16/2026-02-23]", None, []),
        ("22:00-06:00", "2099-01-01T00:00", []),
        ("[sat, sun]", "2099-01-01T00:00", []),
        ("[sat, 2026-02-16]", "2099-01-01T00:00", []),
        ("{holidays: [2026-10-01/2026-10-07]}", "2026-11-01T00:00", ["W350"]),
        ("{holidays: [2026-10-01/2026-10-07], makeup: [2026-12-05]}", "2026-11-10T00:00", ["W351"]),
        ("{weekdays: [mon, tue]}", "2026-11-10T00:00", []),
    ],
)
def test_a_calendar_of_dates_that_ends_is_warned_of(calendar: str, now: str | None, codes: list[str]) -> None:
    assert [code for code, _ in warned(calendar, now)] == codes


def test_the_warning_names_the_last_day_and_the_years_that_lack() -> None:
    assert warned("[2026-02-16/2026-02-23]", "2026-03-01T00:00") == [("W350", "its last day was 2026-02-23")]
    assert warned("[2024-05-01, 2027-05-01]", None) == [("W352", "2025, 2026")]
