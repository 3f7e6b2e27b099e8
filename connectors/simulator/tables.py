"""The city's reference sets, as the CSV files that its departments would keep."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from connectors.simulator.city import (
    CAMERAS,
    CARS,
    CONSENTING,
    DOOR_CAMERA,
    ELDERS,
    FACADES,
    FIRST_FLOOR_M,
    HEARTBEAT_MS,
    MOUNTED,
    RESIDENTS,
    STOREY_M,
    City,
)
from connectors.simulator.people import elder_resident
from connectors.simulator.rhythm import DAY_MS
from connectors.simulator.scenes.roads import EMERGENCY_PLATES, PERMITTED_PLATES, plate_text
from connectors.simulator.scenes.script import at, clock

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = ("秀英", "桂兰", "玉珍", "建国", "国强", "淑华", "凤英", "志明", "德胜", "春梅", "福生", "长根", "水莲")
_CLOCK_DOUBT_S = 2
_ROAD_CLASSES = ("arterial", "collector", "local")
CROWD_LIMIT = 12
WARN_M, DANGER_M = 0.5, 0.8  # of the gauge in a community's underpass
WATCHES = ("truck_turn", "entrance", "fire_lane", "")  # what a community's cameras look at, the last one at a door
ONE_WAY = "北向南"
_DEVICES = ("device", "site", "lon", "lat", "person", "building", "expected_s", "eps_s")


def write_tables(city: City, folder: Path, start: int, enrolled_late: dict[int, int]) -> None:
    """Write all sets. An elder of `enrolled_late` is awaited from that instant, the others from before `start`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "residents.csv").open("w", encoding="utf-8", newline="\n") as file:
        file.write("site,person\n")
        for community in range(city.communities):
            site = city.site_name(community)
            first = community * RESIDENTS
            file.write("".join(f"{site},p{person:07}\n" for person in range(first, first + RESIDENTS)))
    _write(
        folder / "elders.csv",
        ("person", "site", "name", "lives_alone", "wanders", "away_until", "since", "consent_until", "ceiling_h"),
        _elders(city, start, enrolled_late),
    )
    _write(folder / "devices.csv", _DEVICES, _devices(city))
    _write(
        folder / "roads.csv",
        ("site", "free_kmh", "class", "no_trucks"),
        ((city.road_name(c), int(city.free_kmh(c)), _ROAD_CLASSES[c % 3], "true") for c in range(city.communities)),
    )
    _write(
        folder / "cameras.csv",
        ("device", "crowd_limit", "watches", "one_way", "no_horn"),
        (row for community in range(city.communities) for row in _cameras(city, community)),
    )
    _write(
        folder / "doors.csv",
        ("device", "gate"),
        (row for community in range(city.communities) for row in _doors(city, community)),
    )
    _write(
        folder / "resident_vehicles.csv",
        ("site", "plate"),
        ((city.site_name(c), plate_text(c * CARS + car)) for c in range(city.communities) for car in range(CARS)),
    )
    _write(
        folder / "helpers.csv",
        ("site", "person"),
        ((city.site_name(community), f"h{community:07}") for community in range(city.communities)),
    )
    _write(
        folder / "water_gauges.csv",
        ("device", "warn_m", "danger_m"),
        ((city.device_name("w", community), WARN_M, DANGER_M) for community in range(city.communities)),
    )
    by_time = (f"least_{hour:02}_s" for hour in range(0, 24, 2))
    nothing_learned: tuple[Sequence[object], ...] = ()
    _write(folder / "travel_times.csv", ("from_device", "to_device", "passages", "least_s", *by_time), nothing_learned)
    _write(
        folder / "facades.csv",
        ("device", "first_floor_m", "storey_m"),
        (
            (city.device_name("c", c, n), FIRST_FLOOR_M, STOREY_M)
            for c in range(city.communities)
            for n in range(FACADES)
        ),
    )
    _write(folder / "emergency_vehicles.csv", ("plate",), ((plate_text(plate),) for plate in EMERGENCY_PLATES))
    _write(folder / "truck_permits.csv", ("plate",), ((plate_text(plate),) for plate in PERMITTED_PLATES))


def _cameras(city: City, community: int) -> Iterable[Sequence[object]]:
    for place in range(CAMERAS):
        yield city.device_name("c", community, place), CROWD_LIMIT, WATCHES[place], "", ""
    yield city.device_name("t", community), "", "", ONE_WAY, "true"


def _doors(city: City, community: int) -> Iterable[Sequence[object]]:
    gate = city.device_name("g", community)
    yield gate, gate
    yield city.device_name("c", community, DOOR_CAMERA), gate


def _elders(city: City, start: int, enrolled_late: dict[int, int]) -> Iterable[Sequence[object]]:
    consent = clock(start + 400 * DAY_MS)
    for elder in range(city.communities * ELDERS):
        name = _SURNAMES[elder * 7 % len(_SURNAMES)] + _GIVEN[elder * 5 % len(_GIVEN)]
        back = clock(start - (elder % 40 + 1) * DAY_MS) if elder % 11 == 0 else ""
        since = clock(enrolled_late.get(elder, start - (30 + elder % 300) * DAY_MS))
        yield (
            _person(elder),
            city.site_name(elder // ELDERS),
            name,
            "true" if elder % 3 else "false",
            "true" if elder % 4 == 2 else "false",
            back,
            since,
            consent if elder % ELDERS >= CONSENTING else "",
            "",
        )


def _devices(city: City) -> Iterable[Sequence[object]]:
    names = iter(zip(city.device_names(), city.device_sites(), strict=True))
    for community in range(city.communities):
        lon, lat = city.place(community)
        for letter, count in MOUNTED:
            for place in range(count):
                name, site = next(names)
                person = _person(community * ELDERS + place) if letter == "h" else ""
                building = place + 1 if letter == "c" and place < FACADES else ""
                yield name, site, lon, lat, person, building, HEARTBEAT_MS // 1_000, _CLOCK_DOUBT_S


def _person(elder: int) -> str:
    return f"p{int(elder_resident(at(elder))[0]):07}"


def _write(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
