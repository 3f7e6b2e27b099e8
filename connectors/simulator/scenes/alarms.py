"""Smoke, gas and panic buttons, whose rules fire at once, and garbage: three sightings within 10 minutes."""

from connectors.simulator.rows import Rows, rows
from connectors.simulator.scenes.cases import stage_answer
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

# rule, metric, unit, letter of the device, value in tenths
PANIC = "panic_button"
_ALARMS = (
    ("smoke", "smoke", "level", "s", 12),
    ("gas", "gas", "%LEL", "b", 310),
    (PANIC, "panic", "", "p", 10),
)
_GARBAGE = "littering"


def stage_alarms(script: Script) -> None:
    """Plant alarms, and beside them tests, faults and values below the limit."""
    for rule, metric, unit, letter, value in _ALARMS:
        incidents, near_misses = script.stages()
        for number, community in enumerate(incidents.tolist()):
            time = script.moment(0, 24, 4 * MINUTE_MS)
            script.rows.append(_reading(script, community, letter, metric, unit, time, value, "alarm"))
            site, device = script.city.site_name(community), script.city.device_name(letter, community)
            script.expect(rule, time, site, {"site": site, "device": device}, f"{metric} {value / 10}")
            if rule == PANIC:
                stage_answer(script, community, time, answered=number % 2 == 1)
        for community in near_misses.tolist():
            time = script.moment(9, 17, 10 * MINUTE_MS)
            script.rows += [
                _reading(script, community, letter, metric, unit, time, value, "test"),
                _reading(script, community, letter, metric, unit, time + 4 * MINUTE_MS, value, "fault"),
            ]


def stage_garbage(script: Script) -> None:
    """Plant garbage before first cameras, seen for five minutes, and shadows that only look like it."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        time = script.moment(6, 21, 20 * MINUTE_MS)
        script.rows.append(_sightings(script, community, 0, time, 88))
        site, device = script.city.site_name(community), script.city.device_name("c", community, 0)
        script.expect(
            _GARBAGE,
            time + 2 * MINUTE_MS,
            site,
            {"site": site, "device": device},
            "garbage, seen every minute for five minutes",
        )
    for community in near_misses.tolist():
        script.rows.append(_sightings(script, community, 1, script.moment(6, 21, 20 * MINUTE_MS), 31))


def _reading(
    script: Script, community: int, letter: str, metric: str, unit: str, time: int, value: int, status: str
) -> Rows:
    number = script.city.pool.number
    return rows(
        TEMPLATE["sensor"],
        at(time),
        site=script.city.site_text[community],
        device=script.city.device_text[script.city.device(letter, community)],
        a=number(metric),
        b=value,
        c=number(unit),
        d=number(status),
        history=number(""),
    )


def _sightings(script: Script, community: int, camera: int, time: int, confidence: int) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["camera"],
        at(*range(0, 5 * MINUTE_MS + 1, MINUTE_MS)) + time,
        site=city.site_text[community],
        device=city.device_text[city.device("c", community, camera)],
        a=200_000_000 + 2 * community + camera,
        b=city.pool.number("garbage"),
        c=confidence,
        d=150,
        e=420,
    )
