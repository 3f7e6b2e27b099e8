import numpy as np
import pytest

from benchmarks.quality.city_plates import DAY_S, live
from benchmarks.quality.city_roads import CONGESTION, build, drive
from benchmarks.quality.clones import Result, faster_than_180, methods, world

SEED = 41  # neither one that was tuned on nor the one that is printed


def test_vehicles_arrive_no_faster_than_roads_allow_and_later_in_the_rush():
    rng = np.random.default_rng(SEED)
    roads = build(rng)
    begin, goal = np.full(400, 0), np.full(400, roads.junctions - 1)
    took = {hour: drive(rng, roads, begin, goal, np.full(400, 3600.0 * hour), np.ones(400))[1] for hour in (3, 8)}
    straight = np.hypot(*(axis[-1] - axis[0] for axis in (roads.x, roads.y)))
    night = took[3] - 3 * 3600
    assert 3.6 * straight / 90 < np.min(night)
    assert np.median(took[8] - 8 * 3600) > 1.05 * np.median(night)
    assert len(CONGESTION) == 24


def test_nobody_is_at_two_places_but_for_clones_misreadings_and_clocks():
    rng = np.random.default_rng(SEED)
    city = live(rng, build(rng), 300, 1, 2, 1)
    seen = city.sightings
    assert seen.times.max() < 2.2 * 1000 * DAY_S
    for vehicle in range(300):
        own = np.flatnonzero(seen.vehicles == vehicle)
        x, y = city.roads.x[seen.junctions[own]], city.roads.y[seen.junctions[own]]
        apart = np.hypot(np.diff(x), np.diff(y)) > 0
        fast = faster_than_180(np.diff(seen.times[own]) / 1000 + 6, np.hypot(np.diff(x), np.diff(y)))
        assert fast[apart].mean() < 0.2 if apart.any() else True


@pytest.mark.slow
def test_clones_are_found_with_few_false_alarms():
    city = world(SEED)
    seen, told, (passed, enough, near) = methods(city)
    assert passed > enough > near > 0
    results = {name: Result(name) for name in told}
    for name, readings in told.items():
        results[name].judge(city, seen, readings)
    mine, rule = results["travel, 2 or more"], results["5 min and 10 km"]
    assert mine.precision > 0.85 and mine.false_a_million < 15
    assert mine.found() > 0.4 and mine.found() >= rule.found() - 0.05
    assert results["v > 180 km/h"].precision < mine.precision
