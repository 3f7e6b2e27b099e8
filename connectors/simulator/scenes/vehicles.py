"""Vehicles: wrong ways, horns, lorries, cloned plates, a jam at night, scouts at the gates, accidents on the road."""

from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.roads import EMERGENCY_PLATES, PERMITTED_PLATES, plate_text
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.tables import ONE_WAY
from connectors.simulator.templates import TEMPLATE
from kernels.simulate.lines import PLATES

_ODD = PLATES - 300_000  # plates from here on; above those of who drives too fast, below those on duty
_APART = 3  # communities, more than 2 km
_JAM = 110  # passages, one each 6 s


def stage_odd_passages(script: Script) -> None:
    """Plant single passages that a rule is about, and beside them those of who may."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        road, first = city.road_name(community), _plate(community, 0)
        plates = [plate_text(first + number) for number in range(3)]
        time = script.moment(0, 24, MINUTE_MS)
        script.rows.append(_passage(script, community, time, first, direction="南向北"))
        script.expect("wrong_way", time, road, {"site": road, "plate": plates[0]}, "from south to north")
        time = script.moment(0, 24, MINUTE_MS)
        script.rows.append(_passage(script, community, time, first + 1, horn_db=92))
        script.expect("honking", time, road, {"plate": plates[1]}, "92 dB")
        time = script.moment(8, 21, MINUTE_MS)
        script.rows.append(_passage(script, community, time, first + 2, vehicle_class="truck"))
        script.expect("truck_banned", time, road, {"plate": plates[2]}, "a lorry by day, without a permit")
    for number, community in enumerate(near_misses.tolist()):
        first = _plate(community, 5)
        duty, permitted = (plates[number % len(plates)] for plates in (EMERGENCY_PLATES, PERMITTED_PLATES))
        script.rows += [
            _passage(script, community, script.moment(0, 24, MINUTE_MS), duty, direction="南向北"),
            _passage(script, community, script.moment(0, 24, MINUTE_MS), first, horn_db=71),
            _passage(script, community, script.moment(8, 21, MINUTE_MS), permitted, vehicle_class="truck"),
            _passage(script, community, script.moment(23, 29, MINUTE_MS), first + 1, vehicle_class="truck"),
        ]


def stage_clones(script: Script) -> None:
    """Plant plates that are at two places at once, where the city is large enough to have such places."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        other = community + _APART
        if other < city.communities and _distance_m(script, community, other) > 2_050:
            time, plate = script.moment(0, 24, MINUTE_MS), _plate(community, 10)
            script.rows += [
                _passage(script, place, time + 30_000 * k, plate)
                for k, place in enumerate((community, other, community, other))
            ]
            key = {"plate": plate_text(plate)}
            note = "there and back twice in 90 s, 2 km and more"
            script.expect("cloned_plate", time + 90_000, city.road_name(other), key, note)
    for community in near_misses.tolist():
        other = community + _APART
        if other < city.communities and _distance_m(script, community, other) < 3_000:
            time, plate = script.moment(0, 24, 10 * MINUTE_MS), _plate(community, 11)
            script.rows += [
                _passage(script, community, time, plate),
                _passage(script, other, time + 5 * MINUTE_MS, plate),
            ]


def stage_night_jam(script: Script) -> None:
    """Plant jams of eleven minutes at night, when hardly anybody is about; and accidents between two intervals."""
    city = script.city
    incidents, _ = script.stages()
    for community in incidents.tolist():
        road = city.road_name(community)
        time = script.moment(1, 4.5, 15 * MINUTE_MS)
        times = at(*range(_JAM)) * 6_000 + time
        device = city.device("t", community)
        script.rows.append(
            rows(
                TEMPLATE["traffic"],
                times,
                site=city.device_site_text[device],
                device=city.device_text[device],
                a=_plate(community, 20) + at(*range(_JAM)) % 30,
                b=50,
                c=95,
                d=60,
                e=1,
            )
        )
        end = int(times[-1])
        script.expect("congestion", time + 5 * MINUTE_MS, road, {"site": road}, "5 km/h for 11 minutes", until=end)
        time = script.moment(1, 4.5, MINUTE_MS)
        detector = city.device("f", community)
        script.rows.append(
            rows(
                TEMPLATE["flow"],
                at(time),
                site=city.device_site_text[detector],
                device=city.device_text[detector],
                a=120,
                b=30,
                c=90,
                d=10,
            )
        )
        key = {"site": road, "device": city.device_name("f", community)}
        script.expect("traffic_incident", time, road, key, "3 km/h, the detector covered for 90 % of the time")


def stage_scouts(script: Script) -> None:
    """Plant cars that nobody knows and that enter three times in a night, or only twice."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        times, plate = _night(script), _plate(community, 60)
        script.rows.append(_entries(script, community, times, plate))
        site = script.city.site_name(community)
        key = {"site": site, "plate": plate_text(plate)}
        script.expect("night_vehicle", int(times[2]), site, key, "three times within two hours")
    for community in near_misses.tolist():
        script.rows.append(_entries(script, community, _night(script)[:2], _plate(community, 61)))


def _night(script: Script) -> Ints:
    return at(0, 40, 95) * MINUTE_MS + script.moment(22.5, 28, 100 * MINUTE_MS)


def _plate(community: int, number: int) -> int:
    return _ODD + 100 * community + number


def _distance_m(script: Script, one: int, other: int) -> float:
    (lon, lat), (other_lon, other_lat) = script.city.place(one), script.city.place(other)
    east, north = (lon - other_lon) * 97_600, (lat - other_lat) * 110_900  # metres a degree at this latitude
    return float((east * east + north * north) ** 0.5)


def _passage(
    script: Script,
    community: int,
    time: int,
    plate: int,
    *,
    direction: str = ONE_WAY,
    vehicle_class: str = "car",
    horn_db: int = 0,
) -> Rows:
    city = script.city
    device = city.device("t", community)
    return rows(
        TEMPLATE["traffic_odd"],
        at(time),
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=plate,
        b=480,
        c=city.pool.number(direction),
        d=city.pool.number(vehicle_class),
        e=horn_db,
    )


def _entries(script: Script, community: int, times: Ints, plate: int) -> Rows:
    city = script.city
    return rows(
        TEMPLATE["gate_vehicle"],
        times,
        site=city.site_text[community],
        device=city.device_text[city.device("g", community)],
        a=plate,
        b=city.pool.number("in"),
    )
