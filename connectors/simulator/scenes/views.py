"""What cameras see: loiterers, crowds, blocked lanes, falls, fire, riders without helmets, lorries beside people."""

from dataclasses import dataclass

from connectors.simulator.city import DOOR_CAMERA, ELDERS, RESIDENTS
from connectors.simulator.people import elder_resident
from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE

_FIRST_TRACK = 300_000_000  # everyday tracks have smaller numbers


@dataclass(frozen=True, slots=True)
class View:
    """One track that a camera sees `times` times, one each `every_ms`; from so many sightings on `rule` fires.

    A near miss is one sighting short of that. `hours` are those of the day in which it happens.
    """

    rule: str
    label: str
    camera: int
    every_ms: int
    fires_at: int
    times: int
    key: tuple[str, ...]
    hours: tuple[float, float]


_VIEWS = (
    View("loitering", "person", 1, 15_000, 21, 24, ("device", "track"), (22.5, 29)),
    View("fire_lane_parking", "vehicle", 2, 30_000, 11, 14, ("device", "track"), (0, 24)),
    View("person_fallen", "fallen", 0, 3_000, 3, 3, ("device", "track"), (0, 24)),
    View("fire_seen", "smoke", 0, 8_000, 3, 3, ("site", "device"), (0, 24)),
)
_CROWD = 12  # people; the limit of all cameras
_RIDERS = 5


def stage_views(script: Script) -> None:
    """Plant what one track is enough for."""
    for place, view in enumerate(_VIEWS):
        incidents, near_misses = script.stages()
        for community in incidents.tolist():
            track = _track(community, 10 * place)
            times = at(*range(view.times)) * view.every_ms + script.moment(*view.hours, 10 * MINUTE_MS)
            script.rows.append(_sightings(script, community, view.camera, times, track, view.label))
            _expect(script, view, community, track, int(times[view.fires_at - 1]))
        for community in near_misses.tolist():
            times = at(*range(view.fires_at - 1)) * view.every_ms + script.moment(*view.hours, 10 * MINUTE_MS)
            track = _track(community, 10 * place + 1)
            script.rows.append(_sightings(script, community, view.camera, times, track, view.label))


def stage_crowds(script: Script) -> None:
    """Plant crowds that stay for more than a minute, and such as disperse."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        time = script.moment(8, 20, 10 * MINUTE_MS)
        script.rows.append(_crowd(script, community, time, 50, 6))
        device = script.city.device_name("c", community, 1)
        script.expect(
            "crowding",
            time + MINUTE_MS,
            script.city.site_name(community),
            {"device": device},
            f"{_CROWD} people for a minute and a half",
            until=time + MINUTE_MS + _CROWD * 1_000,
        )
    for community in near_misses.tolist():
        script.rows.append(_crowd(script, community, script.moment(8, 20, 10 * MINUTE_MS), 70, 1))


def stage_streets(script: Script) -> None:
    """Plant riders without helmets, and people beside lorries that turn."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        site, device = city.site_name(community), city.device_name("c", community, 0)
        times = at(*range(_RIDERS)) * MINUTE_MS + script.moment(7, 20, 10 * MINUTE_MS)
        script.rows.append(_riders(script, community, times, 90))
        key = {"site": site, "device": device}
        script.expect("helmets_missing", int(times[-1]), site, key, f"{_RIDERS} riders, one a minute")
        time = script.moment(7, 20, MINUTE_MS)
        script.rows += [
            _sightings(script, community, 0, at(time), _track(community, 95), "truck"),
            _sightings(script, community, 0, at(time + 2_000), _track(community, 96), "person"),
        ]
        script.expect("truck_blind_zone", time, site, {"device": device}, "beside a lorry", until=time + 2_000)
    for community in near_misses.tolist():
        times = at(*range(_RIDERS - 1)) * MINUTE_MS + script.moment(7, 20, 10 * MINUTE_MS)
        script.rows.append(_riders(script, community, times, 80))


def stage_doors(script: Script) -> None:
    """Plant two who enter on one pass, and one who enters alone; and elders who go out at night, or come home."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        site = city.site_name(community)
        time = script.moment(1, 5, MINUTE_MS)
        script.rows += [
            _pass(script, community, at(community * RESIDENTS + ELDERS), time, "in"),
            _sightings(script, community, DOOR_CAMERA, at(time + 1_000), _track(community, 97), "person"),
            _sightings(script, community, DOOR_CAMERA, at(time + 2_500), _track(community, 98), "person"),
        ]
        script.expect("tailgating", time + 2_500, site, {"site": site}, "two in the doorway on one pass")
        elder = elder_resident(at(community * ELDERS + 2))
        time = script.moment(22.5, 29, MINUTE_MS)
        script.rows.append(_pass(script, community, elder, time, "out"))
        script.expect("elder_night_out", time, site, {"person": f"p{int(elder[0]):07}"}, "out through the first gate")
    for community in near_misses.tolist():
        time = script.moment(1, 5, MINUTE_MS)
        script.rows += [
            _pass(script, community, at(community * RESIDENTS + ELDERS + 1), time, "in"),
            _sightings(script, community, DOOR_CAMERA, at(time + 1_000), _track(community, 99), "person"),
        ]
        elder = elder_resident(at(community * ELDERS + 3))
        script.rows.append(_pass(script, community, elder, script.moment(23, 29, MINUTE_MS), "in"))


def _expect(script: Script, view: View, community: int, track: int, time: int) -> None:
    site, device = script.city.site_name(community), script.city.device_name("c", community, view.camera)
    texts = {"site": site, "device": device, "track": f"t{track}"}
    script.expect(
        view.rule,
        time,
        site,
        {name: texts[name] for name in view.key},
        f"{view.label}, seen {view.times} times, every {view.every_ms // 1000} s",
    )


def _track(community: int, number: int) -> int:
    return _FIRST_TRACK + 100 * community + number


def _sightings(script: Script, community: int, camera: int, times: Ints, tracks: int | Ints, label: str) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["camera"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("c", community, camera)],
        a=tracks,
        b=city.pool.number(label),
        c=91,
        d=150,
        e=420,
    )


def _crowd(script: Script, community: int, time: int, first: int, rounds: int) -> Rows:
    people = at(*range(_CROWD))
    times = (at(*range(rounds))[:, None] * 15_000 + people * 1_000).ravel() + time
    tracks = at(*[_track(community, first + number) for number in people.tolist()] * rounds)
    return _sightings(script, community, 1, times, tracks, "person")


def _riders(script: Script, community: int, times: Ints, first: int) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["camera_rider"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("c", community, 0)],
        a=_track(community, first) + at(*range(len(times))),
        b=city.pool.number("false"),
        c=91,
        d=150,
        e=420,
    )


def _pass(script: Script, community: int, person: Ints, time: int, direction: str) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["gate_person"],
        at(time),
        site=city.site_text[community],
        device=city.device_text[city.device("g", community)],
        a=person,
        b=city.pool.number(direction),
        c=93,
        history=city.pool.number(""),
    )
