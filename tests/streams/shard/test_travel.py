"""Impossible travel in a shard: with learned ways and without, whatever the cut, the shards and the restarts."""

import random

import numpy as np
import pytest

from kernels.nulls import NULL
from streams.shard.network import Network
from tests.streams.shard.test_scores import replayed
from tests.streams.small_log import line, planned

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  devices: {key: device, columns: {lon: number deg, lat: number deg, eps_s: number s}}
  travel_times: {key: [from_device, to_device], columns: {passages: number, least_s: number s, least_08_s: number s}}
scores: {travel: {kernel: travel, from: traffic, per: plate}}
rules:
"""
RULE = (
    "r, from: traffic, key: plate, when: travel.contradictions >= {}, "
    "message: '${{travel.contradictions}} ${{travel.implied_kmh}} ${{travel.least_s}}'"
)
# Ten cameras in a row, 1 km and 100 s from each other.
KM = 1 / 97.55
DEVICES = [{"device": f"t{k}", "lon": 115.85 + k * KM, "lat": 28.68, "eps_s": 2} for k in range(10)]
WAYS = [
    {"from_device": f"t{a}", "to_device": f"t{b}", "passages": 50, "least_s": 100.0}
    for a in range(10)
    for b in (a - 1, a + 1)
    if 0 <= b < 10
]


def passages(*seen, plate="p1"):
    """Lines of (seconds, camera)."""
    return [
        line(1000 * s, f"e{i:03d}", "traffic", plate=plate, device=f"t{camera}", plate_confidence=0.95)
        for i, (s, camera) in enumerate(seen)
    ]


BOTH = [(0, 0), (60, 9), (130, 1), (190, 8), (260, 2), (320, 7)]


def counted(times, *seen, ways=WAYS):
    return len(replayed(planned(RULE.format(times), head=HEAD), passages(*seen), devices=DEVICES, travel_times=ways))


def test_two_vehicles_with_one_plate_are_told() -> None:
    plan = planned(RULE.format(2), head=HEAD)
    found = replayed(plan, passages(*BOTH), devices=DEVICES, travel_times=WAYS)
    assert [(alert["key"], alert["values"]["travel.contradictions"]) for alert in found] == [
        ({"plate": "p1"}, 2),
        ({"plate": "p1"}, 3),
    ]
    assert found[0]["values"]["travel.least_s"] == pytest.approx(0.6 * 700)
    assert found[0]["values"]["travel.implied_kmh"] == pytest.approx(7000 / 64 * 3.6, rel=0.01)


@pytest.mark.parametrize(("seconds", "told"), [(535, 1), (537, 0)])
def test_learned_ways_are_slower_than_nobody_drives(seconds, told):
    assert counted(1, (0, 0), (seconds, 9)) == told


@pytest.mark.parametrize(("seconds", "told"), [(175, 1), (177, 0)])
def test_where_nothing_is_learned_only_180_is_too_fast(seconds, told):
    assert counted(1, (0, 0), (seconds, 9), ways=[]) == told


def test_a_camera_that_no_way_leads_to_is_looked_for_by_its_position():
    ways = [way for way in WAYS if "t9" not in (way["from_device"], way["to_device"])]
    assert counted(1, (0, 0), (175, 9), ways=ways) == 1
    assert counted(1, (0, 0), (300, 9), ways=ways) == 0
    assert counted(1, (0, 0), (300, 8), ways=ways) == 1


def test_a_score_whose_set_nobody_declares_knows_no_ways():
    head = "\n".join(row for row in HEAD.splitlines() if "travel_times" not in row) + "\n"
    plan = planned(RULE.format(1), head=head)
    assert len(replayed(plan, passages((0, 0), (175, 9)), devices=DEVICES)) == 1
    assert len(replayed(plan, passages((0, 0), (177, 9)), devices=DEVICES)) == 0


def test_the_order_of_arrival_the_cut_the_shards_and_restarts_change_nothing() -> None:
    plan = planned(RULE.format(1), head=HEAD)
    plates = [passages(*((s + k, c) for s, c in BOTH), plate=f"p{k}") for k in range(5)]
    events = [each for group in zip(*plates, strict=True) for each in group]
    whole = replayed(plan, events, lateness=60_000, devices=DEVICES, travel_times=WAYS)
    assert len(whole) == 15
    rng = random.Random(3)
    for sizes, shards, restarts in (((1,), 1, ()), ((3, 7), 2, (0, 1, 3)), ((5,), 3, (2,))):
        mixed = [events[i : i + 5] for i in range(0, len(events), 5)]
        for part in mixed:
            rng.shuffle(part)
        shuffled = [each for part in mixed for each in part]
        again = replayed(
            plan,
            shuffled,
            sizes=sizes,
            shards=shards,
            restarts=restarts,
            lateness=60_000,
            devices=DEVICES,
            travel_times=WAYS,
        )
        assert again == whole


def columns(rows, **more):
    """Lanes of ways (from, to, s)."""
    ends = {name: np.array([row[k] for row in rows], np.int64) for k, name in enumerate(("from_device", "to_device"))}
    times = {"least_s": [row[2] for row in rows], **more}
    return ends | {name: np.array(values, np.float64).view(np.int64) for name, values in times.items()}


UTC = np.array([NULL]), np.array([0])


def test_devices_have_places_where_ways_lead_there_and_back() -> None:
    known = Network(columns([(70, 50, 10.0), (50, 70, 20.0), (50, 60, 5.0), (60, 40, np.nan)]), UTC)
    places = known.places(np.array([70, 50, 60, 40, NULL]))
    assert np.isnan(places).tolist() == [False, False, True, True, True]
    assert known.arrays[1] == 20


def test_a_time_of_day_without_a_time_has_the_days() -> None:
    rows = [(1, 2, 100.0), (2, 1, 100.0)]
    known = Network(columns(rows, least_08_s=[300.0, np.nan], least_00_s=[np.nan, np.nan]), UTC)
    lines = known.arrays[0].reshape(12, 2, -1).astype(int)
    to, back = ((lines[:, b] - lines[:, a]).max(axis=1).tolist() for a, b in ((0, 1), (1, 0)))
    assert to == [100] * 4 + [300] + [100] * 7
    assert back == [100] * 12


def test_a_network_of_nothing_knows_no_place() -> None:
    assert np.isnan(Network({}, UTC).places(np.array([1, 2]))).all()
    assert Network({}, UTC).arrays[0].shape[0] == 0
