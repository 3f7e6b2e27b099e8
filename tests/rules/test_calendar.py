"""Calendars: what a declaration covers, on ordinary days and when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.place import Place, Problems
from events.schema import Schemas
from rules.calendar import calendar, combined, day_end, ends, is_inside, is_of_calendars, offsets, starts
from rules.expression.parse import parse
from rules.expression.types import Scope, condition
from rules.plan import Calendar

PLACE = Place("calendars.yaml", 3, 12)
SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
EPOCH = datetime(1970, 1, 1)


def made(*parts: str, timezone: str = SHANGHAI, name: str = "c") -> Calendar:
    return calendar(name, [(part, PLACE) for part in parts], timezone)


def at(text: str, timezone: str = SHANGHAI, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold).timestamp() * 1000)


def holds(made_: Calendar, instant: int) -> bool:
    return bool(is_inside(made_.edges, np.array([instant], np.int64))[0])


def test_a_night_begins_at_its_first_minute_and_ends_before_its_last():
    night = made("22:00-06:00")
    assert [holds(night, at(f"2026-11-23T{time}")) for time in ("21:59:59", "22:00", "00:00", "05:59:59", "06:00")] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_dates_are_civil_days_and_both_ends_are_inside():
    festival = made("2026-02-16/2026-02-23", "2026-10-01")
    inside = ("2026-02-16T00:00", "2026-02-23T23:59:59", "2026-10-01T12:00")
    outside = ("2026-02-15T23:59:59", "2026-02-24T00:00", "2026-10-02T00:00")
    assert all(holds(festival, at(text)) for text in inside)
    assert not any(holds(festival, at(text)) for text in outside)


def test_parts_that_touch_or_overlap_are_one_interval():
    assert len(made("2026-02-16/2026-02-20", "2026-02-18/2026-02-21", "2026-02-22").edges) == 2


def test_holidays_are_no_workdays_and_a_makeup_day_is_one_whatever_day_of_the_week():
    weekdays = [(day, PLACE) for day in ("mon", "tue", "wed", "thu", "fri")]
    holidays, makeup = [("2026-10-01/2026-10-07", PLACE)], [("2026-09-27", PLACE), ("2026-10-07", PLACE)]
    workday = calendar("workday", weekdays, SHANGHAI, holidays, makeup)
    worked = ("2026-09-27T00:00", "2026-09-30T23:59:59", "2026-10-07T12:00", "2026-10-08T00:00")
    free = ("2026-09-26T12:00", "2026-10-01T00:00", "2026-10-06T23:59:59", "2026-10-10T12:00")
    assert date(2026, 9, 27).strftime("%a") == "Sun"
    assert all(holds(workday, at(text)) for text in worked)
    assert not any(holds(workday, at(text)) for text in free)


@pytest.mark.parametrize("text", ["22:00-06:00", "sat", "2026-02-30", "spring"])
def test_holidays_and_makeup_days_are_dates(text):
    for holidays, makeup in (([(text, PLACE)], []), ([], [(text, PLACE)])):
        with pytest.raises(Problems) as caught:
            calendar("workday", [("mon", PLACE)], SHANGHAI, holidays, makeup)
        assert [(each.code, each.place) for each in caught.value.problems] == [("E130", PLACE)]


def test_weekdays_are_those_of_the_city():
    weekend = made("sat", "sun")
    assert holds(weekend, at("2026-11-28T00:00")) and holds(weekend, at("2026-11-29T23:59:59"))
    assert not holds(weekend, at("2026-11-27T23:59:59")) and not holds(weekend, at("2026-11-30T00:00"))


def test_the_whole_day_is_always_inside():
    assert len(made("00:00-24:00").edges) == 2


# Europe/Berlin: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00


def test_a_skipped_beginning_is_the_next_valid_instant():
    assert starts(np.array([local("2026-03-29T02:30")]), BERLIN)[0] == at("2026-03-29T03:00", BERLIN)


def test_an_interval_that_is_skipped_whole_is_empty_on_that_day():
    early = made("02:10-02:50", timezone=BERLIN)
    assert not holds(early, at("2026-03-29T03:00", BERLIN))
    assert holds(early, at("2026-03-28T02:30", BERLIN)) and holds(early, at("2026-03-30T02:30", BERLIN))


def test_a_repeated_hour_is_inside_both_times_and_is_one_interval():
    hour = made("02:00-03:00", timezone=BERLIN)
    begin, end = at("2026-10-25T02:00", BERLIN), at("2026-10-25T03:00", BERLIN)
    assert end - begin == 2 * 3_600_000
    assert hour.edges[np.searchsorted(hour.edges, begin) :][:2].tolist() == [begin, end]


def test_a_repeated_beginning_counts_the_first_time_and_a_repeated_end_the_last():
    times = np.array([local("2026-10-25T02:30")])
    assert starts(times, BERLIN)[0] == at("2026-10-25T02:30", BERLIN, fold=0)
    assert ends(times, BERLIN)[0] == at("2026-10-25T02:30", BERLIN, fold=1)


def test_what_touches_a_repeated_hour_from_outside_has_nothing_of_it():
    before, after = np.array([local("2026-10-25T02:00")]), np.array([local("2026-10-25T03:00")])
    assert ends(before, BERLIN)[0] == at("2026-10-25T02:00", BERLIN, fold=0)
    assert starts(after, BERLIN)[0] == at("2026-10-25T03:00", BERLIN)


def test_a_civil_day_ends_when_the_next_begins():
    assert day_end(date(2026, 12, 31), SHANGHAI) == at("2027-01-01T00:00")
    assert day_end(date(2026, 3, 29), BERLIN) - day_end(date(2026, 3, 28), BERLIN) == 23 * 3_600_000


ZONES = st.sampled_from(
    [
        SHANGHAI,
        BERLIN,
        "America/New_York",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "America/Boa_Vista",
    ]
)
SECONDS = st.integers(
    int(datetime(2000, 1, 3, tzinfo=UTC).timestamp()), int(datetime(2099, 12, 30, tzinfo=UTC).timestamp())
)


@settings(max_examples=200, deadline=None)
@given(ZONES, SECONDS)
def test_the_offset_at_any_instant_is_that_of_the_timezone(zone, second):
    edges, offsets_ms = offsets(zone)
    found = offsets_ms[np.searchsorted(edges, second * 1000, side="right") - 1]
    assert timedelta(milliseconds=int(found)) == datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()


@settings(max_examples=200, deadline=None)
@given(ZONES, SECONDS, st.integers(0, 23), st.integers(1, 23))
def test_whole_hours_hold_by_the_local_clock_on_every_ordinary_day(zone, second, begin, length):
    here = datetime.fromtimestamp(second, ZoneInfo(zone))
    days = [datetime.fromtimestamp(second + 86_400 * day, ZoneInfo(zone)).utcoffset() for day in (-2, -1, 0, 1, 2)]
    if len(set(days)) > 1:
        return  # the clocks change: the examples above say what holds then
    hours = made(f"{begin}:00-{(begin + length) % 24}:00", timezone=zone)
    assert holds(hours, second * 1000) == ((here.hour - begin) % 24 < length)


def local(text: str) -> int:
    return int((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1000)


# expressions over calendars


def active(text: str, calendars: dict[str, Calendar]) -> Calendar:
    scope = Scope(Schemas.load(), (), calendars=tuple(calendars))
    return combined(condition(parse(text, PLACE), scope), calendars)


def test_night_but_not_the_festival_is_one_calendar():
    known = {"night": made("22:00-06:00"), "festival": made("2026-02-16/2026-02-23")}
    quiet = active("night and not festival", known)
    assert quiet.name == "night and not festival"
    assert holds(quiet, at("2026-02-15T23:59:59")) and not holds(quiet, at("2026-02-16T00:00"))
    assert not holds(quiet, at("2026-02-14T12:00")) and holds(quiet, at("2026-02-24T00:00"))


def test_what_is_never_a_night_holds_before_all_edges_too():
    day = active("not night", {"night": made("22:00-06:00")})
    assert holds(day, at("1990-01-01T00:00")) and holds(day, at("2026-11-23T12:00"))
    assert not holds(day, at("2026-11-23T23:00"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(SECONDS, min_size=1, max_size=20),
    st.sampled_from(
        [
            "a and b",
            "a or b",
            "not a",
            "not (a or b) or a and b",
            "a and not a",
            "a or not a",
            "not (not a and b)",
            "true",
        ]
    ),
)
def test_a_combined_calendar_holds_where_its_expression_does(seconds, text):
    known = {"a": made("08:00-17:30"), "b": made("mon", "wed", "2026-01-01/2027-06-30")}
    instants = np.array(seconds, np.int64) * 1000
    a, b = (is_inside(known[name].edges, instants) for name in "ab")
    said = [eval(text, {"a": bool(x), "b": bool(y), "true": True}) for x, y in zip(a, b, strict=True)]
    assert is_inside(active(text, known).edges, instants).tolist() == said


def test_an_expression_that_reads_an_event_is_not_one_of_calendars():
    scope = Scope(Schemas.load(), ("gate",), calendars=("night",))
    assert is_of_calendars(condition(parse("not night or true", PLACE), scope))
    assert not is_of_calendars(condition(parse("night or hour() > 3", PLACE), scope))


@pytest.mark.parametrize(
    "text",
    [
        "22:00-22:00",
        "24:00-06:00",
        "22:60-06:00",
        "22-6",
        "2026-02-30",
        "2026-02-23/2026-02-16",
        "1999-01-01",
        "2100-01-01",
        "holiday",
        "",
        "22:00-24:30",
        "2026-02-16/2026-02-30",
        "2026-2-16",
    ],
)
def test_a_part_that_is_no_calendar_is_named_with_its_place(text):
    with pytest.raises(Problems) as raised:
        made("mon", text)
    (problem,) = raised.value.problems
    assert (problem.code, problem.place) == ("E130", PLACE)
    assert problem.zh and problem.advice_en and problem.advice_zh


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("saturday", "sat"),
        ("Saturday", "sat"),
        ("周六", "sat"),
        ("星期天", "sun"),
        ("tues", "tue"),
        ("weekend", "sat, sun"),
        ("工作日", "mon, tue, wed, thu, fri"),
        ("mon-fri", "[mon, tue, wed, thu, fri]"),
        ("周六至周日", "[sat, sun]"),
        ("sat - mon", "[sat, sun, mon]"),
    ],
)
def test_a_day_of_the_week_by_another_name_is_told_as_it_is_written(text, meant):
    with pytest.raises(Problems) as raised:
        made(text)
    (problem,) = raised.value.problems
    assert (problem.code, problem.advice_en, problem.advice_zh) == ("E130", f"write `{meant}`", f"请写 {meant}")
