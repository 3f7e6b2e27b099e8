"""What falls before facades, heavy and light; birds, rain and balls that do not.

The rules: what was let go of at the second floor or higher falls as bodies do.
"""

from connectors.simulator.bodies import Floats, ball, bird, dropped, fluttering, raindrop, seen
from connectors.simulator.city import FACADES, FIRST_FLOOR_M, STOREY_M
from connectors.simulator.rows import rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

_FIRST_TRACK = 400_000_000  # tracks of other scenes have smaller numbers
_SILL_M = 1.1  # above the floor, from where things are let go of
_FLOORS = (4, 12)
_KINDS = (("falling_object", dropped), ("light_object_falling", fluttering))


def stage(script: Script) -> None:
    """Plant one heavy and one light fall, and one of each that looks alike."""
    generator = script.generator
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        for number, (rule, move) in enumerate(_KINDS):
            floor = int(generator.integers(_FLOORS[0], _FLOORS[1] + 1))
            path = move(generator, FIRST_FLOOR_M + (floor - 1) * STOREY_M + _SILL_M)
            device, track, begin, end = _watched(script, community, number, path)
            key = {"device": device, "track": track}
            site = script.city.site_name(community)
            script.expect(rule, begin, site, key, f"let go of on floor {floor}", until=end)
    for community in near_misses.tolist():
        height_m = float(generator.uniform(15, 30))
        for number, path in enumerate((bird(generator, height_m), raindrop(generator, height_m), ball(generator))):
            _watched(script, community, len(_KINDS) + number, path)


def _watched(script: Script, community: int, number: int, path: Floats) -> tuple[str, str, int, int]:
    """Let a camera see a path by day; return the camera and the track, and the first and the last time."""
    city = script.city
    times, places = seen(script.generator, path)
    times = times + script.moment(7, 22, MINUTE_MS)
    place = int(script.generator.integers(FACADES))
    track = _FIRST_TRACK + 10 * community + number
    script.rows.append(
        rows(
            TEMPLATE["camera_object"],
            times,
            site=city.site_text[community],
            device=city.device_text[city.device("c", community, place)],
            a=at(track).repeat(len(times)),
            c=88,
            d=places[0],
            e=places[1],
        )
    )
    return city.device_name("c", community, place), f"t{track}", int(times[0]), int(times[-1])
