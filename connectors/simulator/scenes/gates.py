"""Strangers at the gates. The rule: two within 10 minutes at one gate by night; half an hour of rest after an alert."""

from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

_RULE = "stranger_entry"
_FIRST_VISITOR = 9_000_000  # persons nobody knows; everyday visitors have smaller numbers


def stage(script: Script) -> None:
    """Plant entries of strangers at first gates by night, and at second gates what looks like them."""
    incidents, near_misses = script.stages()
    for number, community in enumerate(incidents.tolist()):
        time = script.moment(22.5, 29.5, 20 * MINUTE_MS)
        second = time + int(script.generator.integers(20_000, 8 * MINUTE_MS))
        times = at(time, second, second + 40_000)
        script.rows.append(
            _unknown(script, community, 0, times) if number % 2 else _strangers(script, community, 0, times, number)
        )
        site, device = script.city.site_name(community), script.city.device_name("g", community, 0)
        script.expect(_RULE, second, site, {"site": site, "device": device}, "three strangers within nine minutes")
    for number, community in enumerate(near_misses.tolist()):
        night = script.moment(23, 28, 40 * MINUTE_MS)
        noon = script.moment(10, 17, 20 * MINUTE_MS)
        script.rows += [
            _unknown(script, community, 1, at(night, night + 11 * MINUTE_MS)),  # two, but too far apart
            _strangers(script, community, 1, at(noon, noon + 60_000, noon + 90_000), number),  # by day
            _history(script, community, night),
        ]


def _strangers(script: Script, community: int, gate: int, times: Ints, number: int) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["gate_visitor"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("g", community, gate)],
        a=at(0, 1, 2) + _FIRST_VISITOR + 3 * number,
        b=city.pool.number("in"),
        c=41,
        history=city.pool.number(""),
    )


def _unknown(script: Script, community: int, gate: int, times: Ints) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["gate_unknown"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("g", community, gate)],
        b=city.pool.number("in"),
        c=22,
        history=city.pool.number(""),
    )


def _history(script: Script, community: int, time: int) -> Rows:
    """Three strangers of an hour ago that the gate sends now, having been cut off: history fires nothing."""
    times = at(0, 30_000, 60_000) + max(time - 60 * MINUTE_MS, script.start)
    city = script.city
    sent = rows(
        TEMPLATE["gate_unknown"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("g", community, 1)],
        b=city.pool.number("in"),
        c=22,
        history=city.pool.number(',"replayed":true'),
    )
    return Rows(sent.templates, times * 0 + time + 30 * MINUTE_MS, sent.lanes)
