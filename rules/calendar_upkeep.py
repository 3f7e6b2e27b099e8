"""Calendars of dates grow old: who keeps them is told before a year begins of which nothing is known."""

from datetime import date, timedelta

from events.place import Problem
from rules.calendar import days
from rules.errors import problem
from rules.vocabulary import CalendarDeclaration

SOON = timedelta(days=30)


def warnings(declared: CalendarDeclaration, today: date | None) -> list[Problem]:
    """Return what is to be said of a calendar of dates, or of the holidays of working days.

    Without `today` only a year between others that it lacks: a check knows no clock by itself.
    """
    parts = (*declared.holidays, *declared.makeup) or declared.parts
    known = [days(part.text) for part in parts]
    spans = [span for span in known if span is not None]
    if not spans or len(spans) < len(known):
        return []
    found = []
    last = max(end for _, end in spans)
    place = parts[-1].place
    if today is not None and last < today:
        found.append(problem("W350", place, name=declared.name, day=last))
    elif today is not None and last < today + SOON:
        found.append(problem("W351", place, name=declared.name, day=last))
    years = {year for start, end in spans for year in range(start.year, end.year + 1)}
    lacking = sorted(set(range(min(years), max(years))) - years)
    if lacking:
        found.append(problem("W352", place, name=declared.name, years=", ".join(map(str, lacking))))
    return found
