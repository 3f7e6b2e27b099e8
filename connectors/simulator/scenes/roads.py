"""Cars far too fast, and jams.

The rules: three passages over 1.2 x the limit in 10 minutes, one over 1.5 x; three intervals of a detector in 15
minutes below 0.4 x the free-flow speed.
"""

import numpy as np

from connectors.simulator.city import FLOW_MS, LANES, LIMIT_KMH, City
from connectors.simulator.roads import Jam, lane_phase_ms
from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE
from kernels.simulate.lines import PLATES

_LETTERS = "ABCDEFGHJKLMN"
EMERGENCY_PLATES = tuple(range(PLATES - 1_000, PLATES - 980))  # of fire engines and ambulances
PERMITTED_PLATES = tuple(range(PLATES - 980, PLATES - 960))  # of lorries with a permit
_SPEEDERS = PLATES - 500_000  # plates from here on are driven too fast; everyday cars have smaller numbers


def plate_text(plate: int) -> str:
    """Write a number plate."""
    return f"赣{_LETTERS[plate // 100_000]}{plate % 100_000:05}"


def stage_speeding(script: Script) -> None:
    """Plant drivers with three to five passages within ten minutes, and some with fewer, slower or on duty."""
    generator, city = script.generator, script.city
    for number in range(script.count):
        plate = _SPEEDERS + number
        passages = int(generator.integers(3, 6))
        times = script.moment(0, 24, 15 * MINUTE_MS) + np.sort(generator.integers(0, 9 * MINUTE_MS, passages))
        community = int(generator.integers(0, city.communities))
        share = 1.3 if number % 2 else 1.55  # half of them are far over the limit
        script.rows.append(_passages(city, plate, community, times, share))
        script.expect(
            "overspeed_burst",
            int(times[2]),
            city.road_name(community),
            {"plate": plate_text(plate)},
            f"{passages} passages at about {share * LIMIT_KMH:.0f} km/h",
        )
        if share > 1.5:
            script.expect(
                "overspeed",
                int(times[0]),
                city.road_name(community),
                {"plate": plate_text(plate)},
                f"about {share * LIMIT_KMH:.0f} km/h",
            )
    for number in range(script.count):
        time = script.moment(0, 24, 35 * MINUTE_MS)
        community = int(generator.integers(0, city.communities))
        slow = at(0, 2, 4) * MINUTE_MS + time
        seldom = at(0, 11, 22) * MINUTE_MS + time
        near = _SPEEDERS + script.count + 3 * number
        duty = EMERGENCY_PLATES[number % len(EMERGENCY_PLATES)]
        script.rows += [
            _passages(city, near, community, slow[:2], 1.45),
            _passages(city, near + 1, community, slow, 1.1),
            _passages(city, near + 2, community, seldom, 1.4),
            _passages(city, duty, community, slow, 1.5),
        ]


def stage_jams(script: Script) -> None:
    """Plant jams of forty minutes, and of two intervals, which is no jam yet."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        begin = _aligned(script, script.moment(7, 11, 70 * MINUTE_MS))
        script.jams.append(Jam(community, begin, begin + 8 * FLOW_MS, 0.25))
        site = city.road_name(community)
        for lane in range(LANES):
            third = begin + lane_phase_ms(lane) + 2 * FLOW_MS
            script.expect(
                "slow_traffic",
                third,
                site,
                {"site": site, "device": city.device_name("f", community, lane)},
                "all lanes at a quarter of the free-flow speed",
            )
    for community in near_misses.tolist():
        begin = _aligned(script, script.moment(15, 19, 70 * MINUTE_MS))
        script.jams.append(Jam(community, begin, begin + 2 * FLOW_MS, 0.3))


def _aligned(script: Script, time: int) -> int:
    return script.start + (time - script.start) // FLOW_MS * FLOW_MS


def _passages(city: City, plate: int, community: int, times: Ints, share: float) -> Rows:
    device = city.device("t", community)
    speed = np.rint(share * LIMIT_KMH * 10).astype(np.int64)
    return rows(
        TEMPLATE["traffic"],
        times,
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=plate,
        b=speed + at(*range(len(times))),
        c=97,
        d=LIMIT_KMH,
        e=1,
    )
