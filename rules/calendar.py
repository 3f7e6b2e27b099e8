"""Calendars: functions of a city's civil time, compiled to the instants at which they turn.

An interval is half-open. On a change of the clocks a skipped local time starts at the next valid instant, and a
repeated one counts once, with both hours inside. Nothing here looks at a clock.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from events.place import Place, Problem, Problems
from kernels.instants import DAY_MS
from rules.expression.canonical import canonical
from rules.expression.typed import Apply, Constant, InCalendar, Typed, leaves
from rules.keys import WEEKDAYS
from rules.plan import Calendar
from rules.said_elsewhere import WEEKDAYS_ELSEWHERE
from rules.vocabulary import CalendarDeclaration

_EPOCH = date(1970, 1, 1)
FIRST_DAY = (date(2000, 1, 1) - _EPOCH).days  # days since 1970; calendars are known from this civil day
LAST_DAY = (date(2100, 1, 1) - _EPOCH).days  # until the start of this one
ALWAYS = np.iinfo(np.int64).min  # an edge at which a calendar that was always true turned true

_CLOCK = r"([01]?[0-9]|2[0-4]):([0-5][0-9])"
_HOURS = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")
_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_DATES = re.compile(rf"{_DATE}(?:\s*/\s*{_DATE})?")

Instants = NDArray[np.int64]


@lru_cache(maxsize=16)
def offsets(timezone: str) -> tuple[Instants, Instants]:
    """Return the instants at which a timezone's UTC offset changes, and the offset from each of them on.

    Returns
    -------
    edges
        int64[n], epoch ms, sorted; the first is the least int64
    offsets_ms
        int64[n]

    Known for 1999 to 2101. Offsets are sampled every third day and each change is then found to the second: the
    shortest summer since 1999 was a week long (America/Boa_Vista, 2000).

    Raises
    ------
    KeyError, ValueError
        there is no such timezone (`zoneinfo.ZoneInfoNotFoundError` is a KeyError)
    """
    zone = ZoneInfo(timezone)

    def offset_s(second: int) -> int:
        return int(datetime.fromtimestamp(second, zone).utcoffset().total_seconds())  # type: ignore[union-attr]

    first = int(datetime(1999, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp())
    edges, found = [int(ALWAYS)], [offset_s(first)]
    for low in range(first, last, 3 * 86_400):
        high = low + 3 * 86_400
        end = offset_s(high)
        while found[-1] != end:
            edge = _change(offset_s, low, high)
            edges.append(edge * 1000)
            found.append(offset_s(edge))
            low = edge  # noqa: PLW2901 - two changes within three days are two edges
    return _frozen(np.array(edges, np.int64)), _frozen(np.array(found, np.int64) * 1000)


def _change(offset_s: Callable[[int], int], low: int, high: int) -> int:
    """Return the first second after `low` at which the offset is another than at `low`."""
    before = offset_s(low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_s(middle) == before:
            low = middle
        else:
            high = middle
    return high


def _frozen(array: Instants) -> Instants:
    array.flags.writeable = False
    return array


def starts(local_ms: Instants, timezone: str) -> Instants:
    """Return the instants at which civil times begin: the first of a repeated one, the next valid of a skipped one.

    Parameters
    ----------
    local_ms
        int64[n], civil times as ms since 1970 on the local clock
    """
    edges, offset = offsets(timezone)
    until = np.append(edges[1:] + offset[:-1], np.iinfo(np.int64).max)  # on the local clock of each offset
    at = np.searchsorted(until, local_ms, side="right")
    begun: Instants = np.maximum(local_ms - offset[at], edges[at])
    return begun


def ends(local_ms: Instants, timezone: str) -> Instants:
    """Return the instants at which civil times end: the last of a repeated one, the next valid of a skipped one."""
    edges, offset = offsets(timezone)
    since = np.append(ALWAYS, edges[1:] + offset[1:])
    at = np.searchsorted(since, local_ms, side="left") - 1
    until = np.append(edges[1:], np.iinfo(np.int64).max)
    ended: Instants = np.minimum(local_ms - offset[at], until[at])
    return ended


def day_end(day: date, timezone: str) -> int:
    """Return the instant at which a civil day is over (epoch ms)."""
    return int(starts(np.array([((day - _EPOCH).days + 1) * DAY_MS], np.int64), timezone)[0])


Parts = Sequence[tuple[str, Place]]


def calendar(name: str, parts: Parts, timezone: str, holidays: Parts = (), makeup: Parts = ()) -> Calendar:
    """Build a calendar from what its declaration says.

    Parameters
    ----------
    parts
        texts with their places: `22:00-06:00` (each day; may pass midnight), `2026-02-16/2026-02-23` (civil days,
        both inside), `2026-02-16`, or weekdays `mon` .. `sun`; together they are the union
    holidays
        days that are taken away from it
    makeup
        days that belong to it whatever day of the week or holiday they are

    Raises
    ------
    Problems
        a text is none of these
    """
    problems: list[Problem] = []
    edges = [
        _edges(texts, timezone, problems, dates) for texts, dates in ((parts, False), (holidays, True), (makeup, True))
    ]
    if problems:
        raise Problems(problems)
    if not holidays and not makeup:
        return Calendar(name, edges[0])
    instants = np.unique(np.concatenate(edges))
    usual, off, on = (is_inside(each, instants) for each in edges)
    return Calendar(name, _turns(instants, (usual & ~off) | on))


def declared(declaration: CalendarDeclaration, timezone: str) -> Calendar:
    """Build a calendar of the vocabulary. Raises as `calendar`."""
    usual, holidays, makeup = (
        [(part.text, part.place) for part in parts]
        for parts in (declaration.parts, declaration.holidays, declaration.makeup)
    )
    return calendar(declaration.name, usual, timezone, holidays, makeup)


def _edges(parts: Parts, timezone: str, problems: list[Problem], only_dates: bool) -> Instants:
    """Return the edges of the union of what texts say."""
    began, ended = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for text, place in parts:
        local = _local(text.strip(), place) if not only_dates or is_date(text) else _no_date(text, place)
        if isinstance(local, Problem):
            problems.append(local)
        else:
            began.append(local[0])
            ended.append(local[1])
    return _union(starts(np.concatenate(began), timezone), ends(np.concatenate(ended), timezone))


def is_date(text: str) -> bool:
    """Tell whether a text is a day, or a first and a last one, valid or not."""
    return _DATES.fullmatch(text.strip()) is not None


def days(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that a text says, None where it says none."""
    match = _DATES.fullmatch(text.strip())
    try:
        return (date.fromisoformat(match[1]), date.fromisoformat(match[2] or match[1])) if match else None
    except ValueError:
        return None


def _no_date(text: str, place: Place) -> Problem:
    return Problem(
        "E130", place, f"`{text}` is no date", f"`{text}` 不是有效日期", "write `2026-02-16`", "请写 2026-02-16"
    )


def _local(text: str, place: Place) -> tuple[Instants, Instants] | Problem:
    """Return begin and end of each civil interval that a text says, in ms on the local clock."""
    every = np.arange(FIRST_DAY, LAST_DAY, dtype=np.int64)
    if match := _HOURS.fullmatch(text):
        begin, end = (60 * int(match[i]) + int(match[i + 1]) for i in (1, 3))
        if begin == end or begin >= 24 * 60 or end > 24 * 60:
            return Problem(
                "E130",
                place,
                f"`{text}` is no interval of a day",
                f"`{text}` 不是一天内的时段",
                "write `22:00-06:00`; the whole day is `00:00-24:00`",
                "请写 22:00-06:00;全天为 00:00-24:00",
            )
        local = every * DAY_MS
        return local + begin * 60_000, local + end * 60_000 + (DAY_MS if end < begin else 0)
    if text.lower() in WEEKDAYS:
        local = every[(every + 3) % 7 == WEEKDAYS.index(text.lower())] * DAY_MS  # 1970-01-01 was a Thursday
        return local, local + DAY_MS
    if is_date(text):
        said = days(text)
        if said is None:
            return _no_date(text, place)
        first, last = ((day - _EPOCH).days for day in said)
        if not FIRST_DAY <= first <= last < LAST_DAY:
            return Problem(
                "E130",
                place,
                f"`{text}` ends before it begins, or is not within 2000 to 2099",
                f"`{text}` 结束早于开始,或不在 2000 至 2099 年内",
                "write the earlier day first: `2026-02-16/2026-02-23`",
                "请先写较早的日期:2026-02-16/2026-02-23",
            )
        return np.array([first * DAY_MS]), np.array([(last + 1) * DAY_MS])
    if meant := _weekdays(text):
        return Problem(
            "E130",
            place,
            f"`{text}` is no weekday",
            f"`{text}` 不是星期几的写法",
            f"write `{meant}`",
            f"请写 {meant}",
        )
    return Problem(
        "E130",
        place,
        f"`{text}` is no calendar",
        f"`{text}` 不是日历的写法",
        "write `22:00-06:00`, `2026-02-16`, `2026-02-16/2026-02-23`, or `mon` .. `sun`",
        "请写 22:00-06:00、2026-02-16、2026-02-16/2026-02-23 或 mon .. sun",
    )


def _weekdays(text: str) -> str:
    """Return the weekdays that a text means by other words, or from one to another, empty where it means none."""
    days = [part.strip() for part in re.split(r"\s*(?:-|–|~|\.\.|至|到)\s*", text.strip().lower())]
    named = [day if day in WEEKDAYS else WEEKDAYS_ELSEWHERE.get(day, "") for day in days]
    if len(named) != 2:
        return named[0] if len(named) == 1 else ""
    if not {*named} <= {*WEEKDAYS}:
        return ""
    first, last = map(WEEKDAYS.index, named)
    week = WEEKDAYS * 2
    return f"[{', '.join(week[first : last + 1 + len(WEEKDAYS) * (last < first)])}]"


def _union(began: Instants, ended: Instants) -> Instants:
    """Return the edges of the union of half-open intervals."""
    real = began < ended
    instants = np.concatenate((began[real], ended[real]))
    steps = np.concatenate((np.ones(int(real.sum()), np.int64), -np.ones(int(real.sum()), np.int64)))
    edges, place = np.unique(instants, return_inverse=True)
    inside = np.cumsum(np.bincount(place, steps, len(edges))) > 0
    return _turns(edges, inside)


def _turns(edges: Instants, inside: NDArray[np.bool_]) -> Instants:
    """Keep the instants at which `inside`, false at first, becomes another."""
    return np.ascontiguousarray(edges[np.diff(inside, prepend=False)])


def is_inside(edges: Instants, instants: Instants) -> NDArray[np.bool_]:
    """Tell for each instant (epoch ms) whether a calendar with these edges holds."""
    return (np.searchsorted(edges, instants, side="right") & 1).astype(np.bool_)


def combined(active: Typed, calendars: Mapping[str, Calendar]) -> Calendar:
    """Make one calendar of a checked expression over calendars; its name is the canonical spelling.

    Raises
    ------
    TypeError
        the expression reads something that is no calendar
    """
    names = dict.fromkeys(leaf.name for leaf in leaves(active) if isinstance(leaf, InCalendar))
    edges = np.unique(np.concatenate([np.array([ALWAYS], np.int64), *(calendars[name].edges for name in names)]))
    return Calendar(canonical(active.node), _turns(edges, _holds(active, edges, calendars)))


def _holds(active: Typed, instants: Instants, calendars: Mapping[str, Calendar]) -> NDArray[np.bool_]:
    match active:
        case InCalendar():
            return is_inside(calendars[active.name].edges, instants)
        case Constant(value=bool()):
            return np.full(len(instants), active.value, np.bool_)
        case Apply(operation="and" | "or" | "not"):
            held = [_holds(arg, instants, calendars) for arg in active.args]
            if active.operation == "not":
                return ~held[0]
            join = np.logical_and if active.operation == "and" else np.logical_or
            joined: NDArray[np.bool_] = join.reduce(held)
            return joined
        case _:
            raise TypeError(f"`{canonical(active.node)}` is no calendar")


def is_of_calendars(active: Typed) -> bool:
    """Tell whether an expression reads nothing but calendars, so that `combined` takes it."""
    return all(isinstance(leaf, InCalendar | Constant) for leaf in leaves(active))
