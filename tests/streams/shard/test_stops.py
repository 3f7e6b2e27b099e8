import numpy as np
import pytest

from kernels.nulls import NULL
from streams.shard.stops import Stops, inputs
from tests.streams.small_log import CITY, MINUTE, References, T, planned

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  elders: {key: person, columns: {site: id, lives_alone: flag, floor: number, away_until: time}}
  residents: {key: [site, person]}
  devices: {key: device, columns: {site: id, expected_s: number s}}
routes: [desk]
calendars: {night: "22:00-06:00"}
rules:
"""


def unless(condition, key="person"):
    plan = planned(
        f'quiet, from: gate, key: {key}, absence: {{for: 1h, unless: "{condition}"}}, purpose: elder_care', head=HEAD
    )
    return plan, plan.rules[0].pattern.unless, plan.rules[0].key


def read(condition, elders, key="person"):
    """Return how many inputs a condition has, and which of some people it cannot tell apart."""
    plan, program, lanes = unless(condition, key)
    around = References.of(plan, {"elders": elders}, CITY).surroundings
    stops = Stops(program, lanes, around)
    parts = np.array([[CITY.token(elder["person"]) for elder in elders]])
    return len(inputs(program)), stops.groups(parts).tolist()


ELDERS = [
    {"person": "a", "site": "S1", "away_until": T, "floor": 1, "lives_alone": True},
    {"person": "b", "site": "S1", "away_until": T, "floor": 7},
    {"person": "c", "site": "S2", "away_until": T, "floor": 8, "lives_alone": False},
    {"person": "d", "site": "S2", "floor": None},
]


@pytest.mark.parametrize(
    ("condition", "count", "groups"),
    [
        ("elders.away_until > now()", 1, [0, 0, 0, 1]),
        ("coverage(elders.site) < 0.5", 1, [0, 0, 1, 1]),
        ("elders.away_until > now() or coverage(elders.site) < 0.5", 2, [0, 0, 1, 2]),
        ("elders.away_until > now() and elders.away_until < now() + 30d", 1, [0, 0, 0, 1]),
        ("elders.floor > 6 and night", 1, [0, 1, 1, 2]),
        ("elders.floor + 2 > hour()", 1, [0, 1, 2, 3]),
        ("missing(elders.floor)", 1, [0, 0, 0, 1]),
        ("person in elders or hour() == 3", 1, [0, 0, 0, 0]),
        ("night or hour() == 3", 0, [0, 0, 0, 0]),
    ],
)
def test_keys_of_which_a_condition_is_always_the_same_are_a_group(condition, count, groups):
    found, numbers = read(condition, ELDERS)
    assert found == count
    assert [numbers.index(number) for number in numbers] == [groups.index(number) for number in groups]


def test_without_a_condition_all_keys_are_one_group():
    plan, _, key = unless("night")
    stops = Stops(None, key, References.of(plan, {}, CITY).surroundings)
    assert (len(stops), stops.distinguishes) == (1, False)
    assert stops.groups(np.array([[1, 2, 3]])).tolist() == [0, 0, 0]


def test_many_groups_and_minutes_are_judged_piece_by_piece():
    plan, program, key = unless("elders.away_until > now()")
    elders = [{"person": f"p{i}", "away_until": T + i * MINUTE} for i in range(5000)]
    around = References.of(plan, {"elders": elders}, CITY).surroundings
    stops = Stops(program, key, around)
    stops.arm(T)
    stops.groups(np.array([around.sets[0].keys]))
    stops.judge(T + 2 * MINUTE, ())
    stops.judge(T + 7 * MINUTE, ())
    assert stops.runs[1].tolist() == [min(i, 8) * MINUTE for i in range(5000)]


def test_nothing_is_judged_before_the_epoch():
    plan, program, key = unless("hour() < 24")
    stops = Stops(program, key, References.of(plan, {}, CITY).surroundings)
    stops.arm(T + 1)
    stops.judge(T + 3 * MINUTE, ())
    assert stops.runs[1].tolist() == [3 * MINUTE]
    assert stops.runs[2][0].tolist()[:2] == [T + MINUTE, T + 4 * MINUTE]


def test_blind_time_and_minutes_that_overlap_stop_a_clock_once():
    plan, program, key = unless("hour() < 24")
    stops = Stops(program, key, References.of(plan, {}, CITY).surroundings)
    stops.arm(T + 5 * MINUTE)
    dark = [(T + 1, T + MINUTE + 7), (T + 5 * MINUTE - 9, T + 5 * MINUTE + 100)]
    stops.judge(T + MINUTE, dark[:1])
    stops.judge(T + 5 * MINUTE + 100, dark)
    assert stops.runs[1].tolist() == [MINUTE + 6 + MINUTE + 9]


def test_groups_without_keys_go_when_they_are_many():
    plan, program, key = unless("person in elders and coverage(person) < 1", "person")
    stops = Stops(program, key, References.of(plan, {}, CITY).surroundings)
    stops.arm(T)
    groups = stops.groups(np.arange(1, 101)[None, :])
    assert len(stops) == 100
    bases = np.full(100, NULL)
    bases[[3, 50]] = T
    groups = stops.tidy(bases, groups)
    assert len(stops) == 2
    assert groups[[3, 50]].tolist() == [0, 1]
    assert stops.groups(np.array([[51, 4, 9]])).tolist() == [1, 0, 2]
