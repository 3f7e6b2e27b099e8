"""Strangers who come again, each on one track. The rule: three buildings within a day, twice by night."""

from connectors.simulator.rhythm import DAY_MS, HOUR_MS
from connectors.simulator.rows import rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

_FIRST_TRACK = 500_000_000  # tracks of other scenes have smaller numbers
_SIGHTS = 3  # of a visit at one building
_SIGHT_MS = 20_000
_AT_NIGHT, _BY_DAY = (0.1, 2.8), (7.0, 20.0)  # between which hours the first of three visits begins
_AGAIN_MS, _THIRD_MS = 50 * MINUTE_MS, 110 * MINUTE_MS  # after it the others, in one night
_ROOM_MS = 2 * HOUR_MS
_NEXT_DAY_MS = (9 * HOUR_MS, 13 * HOUR_MS)


def stage(script: Script) -> None:
    """Plant such as come to three buildings in one night, or to the third one by day; and three who do less."""
    incidents, near_misses = script.stages()
    for number, community in enumerate(incidents.tolist()):
        third, room = _THIRD_MS, _ROOM_MS
        if number % 2 and script.end - script.start >= 2 * DAY_MS:
            third, room = int(script.generator.integers(*_NEXT_DAY_MS)), _NEXT_DAY_MS[1] + HOUR_MS
        begin = script.moment(*_AT_NIGHT, room)
        track = _visits(script, community, 0, begin, (0, _AGAIN_MS, third), (0, 1, 2))
        site = script.city.site_name(community)
        key = {"site": site, "track": track}
        script.expect("stranger_returns", begin + third, site, key, "twice by night, at the third building")
    for community in near_misses.tolist():
        night = script.moment(*_AT_NIGHT, _ROOM_MS)
        _visits(script, community, 1, night, (0, _AGAIN_MS, _THIRD_MS), (0, 1, 0))  # at two buildings
        night = script.moment(*_AT_NIGHT, _ROOM_MS)
        _visits(script, community, 2, night, (0, 4 * MINUTE_MS, 8 * MINUTE_MS), (0, 1, 2))  # once
        _visits(script, community, 3, script.moment(*_BY_DAY, _ROOM_MS), (0, _AGAIN_MS, _THIRD_MS), (0, 1, 2))


def _visits(
    script: Script, community: int, number: int, begin: int, begins: tuple[int, ...], cameras: tuple[int, ...]
) -> str:
    """Let cameras see somebody a few times at each of some instants after `begin`; return the track."""
    city = script.city
    track = _FIRST_TRACK + 10 * community + number
    script.rows.append(
        rows(
            TEMPLATE["camera"],
            (begin + at(*begins)[:, None] + at(*range(_SIGHTS)) * _SIGHT_MS).ravel(),
            site=city.site_text[community],
            device=city.device_text[city.device("c", community, at(*cameras).repeat(_SIGHTS))],
            a=track,
            b=city.pool.number("person"),
            c=91,
            d=150,
            e=420,
        )
    )
    return f"t{track}"
