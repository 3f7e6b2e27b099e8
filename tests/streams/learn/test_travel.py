import itertools
import json

import numpy as np
import pytest

from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.nulls import NULL
from kernels.scores.landmarks import SLOTS
from streams.learn import travel
from streams.learn.limits import PASSAGES_MIN
from streams.learn.travel import LAYOUT, TravelTimes
from tests.naive.travel import shortest

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
    (way,) = learned(trips(PASSAGES_MIN, 100)).ways().neighbours
    assert (way.start, way.end, way.passages) == ("a", "b", PASSAGES_MIN)
    assert 100 / 1.1 < way.least_s <= 100
    assert way.by_time == (way.least_s, *[None] * 11)
    assert learned(trips(PASSAGES_MIN - 1, 100)).ways().neighbours == []


def test_a_time_of_day_with_too_few_passages_has_the_days_time():
    night = trips(10, 50, begin=12 * HOUR)
    (way,) = learned([*trips(40, 100), *night]).ways().neighbours
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
    by_b, direct = learned(row, far).ways(), learned(row, fast).ways()
    assert [(way.start, way.end) for way in by_b.neighbours] == [("a", "b"), ("b", "c")] and by_b.through_others == 1
    assert [(way.start, way.end) for way in direct.neighbours] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert direct.through_others == 0


def test_what_is_left_out_changes_no_shortest_way():
    """A line of six, every pair of which is driven, at night some faster."""
    names = "uvwxyz"
    events = [
        event
        for a, b in itertools.permutations(range(6), 2)
        for begin in (0, 9 * HOUR)
        for event in trips(
            40, (70 if begin else 100) * abs(a - b) + 9 * (a % 2), devices=(names[a], names[b]), begin=begin
        )
    ]
    times = learned(sorted(events, key=lambda event: event["time"]))
    kept = times.ways()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(travel, "neighbours", lambda places, starts, ends, seconds: np.ones(len(starts), np.bool_))
        every = times.ways()
    assert len(every.neighbours) == 30 == len(kept.neighbours) + kept.through_others
    assert kept.through_others > 0
    for slot in range(SLOTS):
        assert lengths(kept, slot) == pytest.approx(lengths(every, slot))


def lengths(ways, slot):
    """How long all ways take, by a textbook."""
    steps = {
        (way.start, way.end): way.least_s if way.by_time[slot] is None else way.by_time[slot] for way in ways.neighbours
    }
    return {(start, end): s for start in "uvwxyz" for end, s in shortest(steps, start).items()}


def test_pairs_that_were_forgotten_are_counted(monkeypatch):
    assert learned(trips(40, 100)).ways().forgotten == 0
    monkeypatch.setattr(travel, "PAIRS_MAX", 2)
    pairs = [event for k in range(5) for event in trips(40, 100, devices=(f"a{k}", f"b{k}"), begin=k * HOUR)]
    assert learned(pairs).ways().forgotten >= 3


@pytest.mark.parametrize("seconds", [20, 400])
def test_one_racer_or_wrong_reading_moves_nothing(seconds):
    events = [*trips(49, 100), *trip(60, seconds)]
    assert learned(events).ways().neighbours[0].least_s == learned(trips(50, 100)).ways().neighbours[0].least_s
