import json

import numpy as np
import pytest

from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.nulls import NULL
from streams.learn.travel import LAYOUT, PASSAGES_MIN, TravelTimes

START = 1_795_017_600_000  # midnight in Shanghai
HOUR = 3_600_000
SHANGHAI = np.array([NULL]), np.array([8 * HOUR])
DECODE = Decoder(Schemas.load(), LAYOUT, CityKey())


def learned(*batches):
    times = TravelTimes(*SHANGHAI)
    for events in batches:
        lines = "\n".join(json.dumps({"kind": "traffic", **event}) for event in events)
        times.take(DECODE(Events.of(lines.encode(), feed="f")))
    return times


def trip(number, seconds, *, devices=("a", "b"), begin=0, **fields):
    """One plate at two cameras."""
    time = START + begin + number * 60_000
    return [
        {"time": time + 1000 * s, "plate": f"{devices[0]}{devices[1]}{number}", "device": device, **fields}
        for s, device in zip((0, seconds), devices, strict=True)
    ]


def trips(count, seconds, **of):
    return [event for number in range(count) for event in trip(number, seconds, **of)]


def test_a_pair_of_cameras_with_enough_passages_is_a_way():
    (way,) = learned(trips(PASSAGES_MIN, 100)).ways()
    assert (way.start, way.end, way.passages) == ("a", "b", 30)
    assert 100 / 1.1 < way.least_s <= 100
    assert way.by_time == (way.least_s, *[None] * 11)
    assert learned(trips(PASSAGES_MIN - 1, 100)).ways() == []


def test_a_time_of_day_with_too_few_passages_has_the_days_time():
    night = trips(10, 50, begin=12 * HOUR)
    (way,) = learned([*trips(40, 100), *night]).ways()
    assert way.passages == 50
    assert 50 / 1.1 < way.least_s <= 50 < way.by_time[0]
    assert way.by_time[6] is None


def test_doubtful_readings_and_those_without_plate_or_device_teach_nothing():
    assert learned(trips(50, 100, plate_confidence=0.89)).passages == 0
    assert learned(trips(50, 100, plate_confidence=0.9)).passages == 50
    nobody = [{**event, "plate": None} for event in trips(50, 100)]
    nowhere = [{**event, "device": None} for event in trips(50, 100)]
    assert learned(nobody, nowhere).passages == 0


def test_passages_reach_from_batch_to_batch_however_they_are_cut():
    events = trips(40, 100)
    cut = [events[k : k + 7] for k in range(0, len(events), 7)]
    assert learned(*cut).ways() == learned(events).ways()


def test_a_way_through_another_camera_is_no_neighbour():
    row = [event for pair in (("a", "b"), ("b", "c")) for event in trips(40, 100, devices=pair, begin=0)]
    far = trips(40, 300, devices=("a", "c"), begin=HOUR)
    fast = trips(40, 150, devices=("a", "c"), begin=HOUR)
    assert [(way.start, way.end) for way in learned(row, far).ways()] == [("a", "b"), ("b", "c")]
    assert [(way.start, way.end) for way in learned(row, fast).ways()] == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize("seconds", [20, 400])
def test_one_racer_or_wrong_reading_moves_nothing(seconds):
    events = [*trips(49, 100), *trip(60, seconds)]
    assert learned(events).ways()[0].least_s == learned(trips(50, 100)).ways()[0].least_s
