"""What departments and citizens tell: cases that nobody takes up, and many who report one thing."""

from connectors.simulator.city import ELDERS, RESIDENTS
from connectors.simulator.rhythm import HOUR_MS
from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

_UNANSWERED_MS = 3 * MINUTE_MS
_UNATTENDED_MS = 20 * MINUTE_MS
_UNCLAIMED_MS = 24 * HOUR_MS
_MANY = 10  # people who report one thing
_OFTEN = 5  # reports of one person
# numbers of cases, so that no two scenes share one
_PANIC, _ACCIDENT, _COMPLAINT = 1_000_000, 2_000_000, 3_000_000


def stage_answer(script: Script, community: int, time: int, *, answered: bool) -> None:
    """Plant the answer to a panic button, or that there is none."""
    number = _PANIC + community
    if answered:
        script.rows.append(case(script, community, number, time + 2 * MINUTE_MS, "panic", "intake", "accepted"))
        return
    site = script.city.site_name(community)
    script.expect("panic_unanswered", time + _UNANSWERED_MS, site, {"site": site}, "nobody accepted it in 3 minutes")


def stage_cases(script: Script) -> None:
    """Plant accidents that nobody goes to and complaints that nobody accepts, and such as are taken up just in time."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        time = script.moment(0, 24, 30 * MINUTE_MS)
        number = _ACCIDENT + 2 * community
        script.rows += [
            case(script, community, number, time, "accident", "intake", "opened"),
            case(script, community, number, time + MINUTE_MS, "accident", "dispatch", "accepted"),
        ]
        _expect(script, "accident_unattended", number, time + _UNATTENDED_MS, community)
    for community in near_misses.tolist():
        time = script.moment(0, 24, 30 * MINUTE_MS)
        number = _ACCIDENT + 2 * community + 1
        script.rows += [
            case(script, community, number, time, "accident", "intake", "opened"),
            case(script, community, number, time + MINUTE_MS, "accident", "dispatch", "accepted"),
            case(script, community, number, time + _UNATTENDED_MS - 2_000, "accident", "arrived", "accepted"),
        ]
    if script.end - script.start < _UNCLAIMED_MS + 4 * HOUR_MS:
        return
    for community in incidents.tolist():
        time = script.moment(8, 18, _UNCLAIMED_MS + HOUR_MS)
        number = _COMPLAINT + 2 * community
        script.rows.append(case(script, community, number, time, "noise", "intake", "opened"))
        _expect(script, "case_unclaimed", number, time + _UNCLAIMED_MS, community)
    for community in near_misses.tolist():
        time = script.moment(8, 18, _UNCLAIMED_MS + HOUR_MS)
        number = _COMPLAINT + 2 * community + 1
        script.rows += [
            case(script, community, number, time, "noise", "intake", "opened"),
            case(script, community, number, time + _UNCLAIMED_MS - 2_000, "noise", "intake", "accepted"),
        ]


def stage_reports(script: Script) -> None:
    """Plant that the water is cut off, and one who reports the same smell again and again."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        time = script.moment(6, 22, 30 * MINUTE_MS)
        times = at(*range(_MANY + 2)) * MINUTE_MS + time
        script.rows.append(_reports(script, community, times, at(*range(_MANY + 2)), "water"))
        site = script.city.site_name(community)
        key = {"site": site, "category": "water"}
        script.expect("report_surge", int(times[_MANY - 1]), site, key, f"{_MANY + 2} people, one a minute")
        again = at(*range(_OFTEN)) * HOUR_MS + script.moment(6, 18, 6 * HOUR_MS)
        script.rows.append(_reports(script, community, again, at(*[20] * _OFTEN), "smell"))
        key = {"reporter": _reporter(community, 20), "category": "smell"}
        script.expect("reported_again", int(again[-1]), site, key, f"{_OFTEN} times in as many hours")
    for community in near_misses.tolist():
        time = script.moment(6, 22, 30 * MINUTE_MS)
        few = at(*range(_MANY + 2)) % (_MANY - 1)  # the first of them report twice
        script.rows.append(_reports(script, community, at(*range(_MANY + 2)) * MINUTE_MS + time, 30 + few, "power"))
        again = at(*range(_OFTEN - 1)) * HOUR_MS + script.moment(6, 18, 6 * HOUR_MS)
        script.rows.append(_reports(script, community, again, at(*[50] * (_OFTEN - 1)), "smell"))


def case(script: Script, community: int, number: int, time: int, category: str, stage: str, status: str) -> Rows:
    """Return the progress of a case."""
    pool = script.city.pool.number
    return rows(
        TEMPLATE["case"],
        at(time),
        site=script.city.site_text[community],
        device=pool("desk-1"),
        a=number,
        b=pool(category),
        c=pool(stage),
        d=pool(status),
    )


def _expect(script: Script, rule: str, number: int, deadline: int, community: int) -> None:
    script.expect(rule, deadline, script.city.site_name(community), {"case": f"case-{number:07}"}, "nobody took it up")


def _reports(script: Script, community: int, times: Ints, people: Ints, category: str) -> Rows:
    pool = script.city.pool.number
    return rows(
        TEMPLATE["report"],
        times,
        site=script.city.site_text[community],
        device=pool("app-12345"),
        a=community * RESIDENTS + ELDERS + people,
        b=pool(category),
        c=pool("停水" if category == "water" else "停电" if category == "power" else "有异味"),
    )


def _reporter(community: int, person: int) -> str:
    return f"p{community * RESIDENTS + ELDERS + person:07}"
