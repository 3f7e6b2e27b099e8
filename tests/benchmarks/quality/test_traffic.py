"""What the evaluation of baselines in traffic is built of, on roads without data; the engine itself is asked."""

import numpy as np
import pytest

from benchmarks.quality.road_engine import Detectors, rule
from benchmarks.quality.road_methods import california, cusum, deviate, known, onsets
from benchmarks.quality.road_trial import Method
from benchmarks.quality.road_world import DAY_STEPS, SHAPES, Incidents, Shape, plant, with_incidents

DROP = Shape(0.5, 6)
NAMES = ("a", "b", "c")


def days(count, seed=1):
    """Free flow with a slow hour each morning."""
    speeds = 100 + 3 * np.random.default_rng(seed).standard_normal((count, DAY_STEPS, len(NAMES)))
    speeds[:, 96:108] -= 40
    return speeds


def one(detector=1, start=200):
    return Incidents(np.array([detector]), np.array([start]), np.array([0]))


def test_an_incident_slows_one_detector_at_once_or_by_and_by():
    day = days(1)[0]
    factors = with_incidents(day, one(), (DROP,)) / day
    assert factors[200:206, 1] == pytest.approx(0.5)
    factors[200:206, 1] = 1
    assert (factors == 1).all()
    assert Shape(0.6, 8, slow=True).factors() == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4, 0.4])


def test_incidents_are_the_same_for_a_seed_and_hit_a_detector_once():
    some, again = (plant(np.random.default_rng([3, 1]), 60) for _ in range(2))
    assert all((getattr(some, name) == getattr(again, name)).all() for name in ("detectors", "starts", "shapes"))
    assert len(set(some.detectors.tolist())) == len(some.detectors) == 20
    assert set(some.shapes.tolist()) <= set(range(len(SHAPES)))


def test_an_alarm_is_an_onset_after_so_many_steps():
    alarm = np.array([[0], [1], [1], [1], [0], [1], [1]], np.bool_)
    assert np.flatnonzero(onsets(alarm)).tolist() == [1, 5]
    assert np.flatnonzero(onsets(alarm, 2)).tolist() == [2, 6]
    assert np.flatnonzero(onsets(alarm, 3)).tolist() == [3]


def test_rules_of_the_engine_raise_at_the_end_of_the_interval_and_again_from_what_was_kept():
    texts = [
        rule("once", "zscore(avg(speed_kmh)) < -6", "baseline: {season: day}"),
        rule("twice", "zscore(avg(speed_kmh)) < -6", "baseline: {season: day}\n  for: 5m"),
    ]
    detectors = Detectors(texts, NAMES, 5)
    for day in days(3):
        detectors.feed(day)
    kept = detectors.kept()
    day = with_incidents(days(1, seed=2)[0], one(), (DROP,))
    first = detectors.feed(day, last=True)
    assert [np.argwhere(raised).tolist() for raised in first.values()] == [[[200, 1]], [[201, 1]]]
    detectors.take(kept)
    again = detectors.feed(day, last=True)
    assert all((first[name] == again[name]).all() for name in first)


def test_the_other_methods_find_it_too():
    of = known(days(3))
    day = with_incidents(days(1, seed=2)[0], one(), (DROP,))
    for raised in (
        deviate(day, of, 6.0, 1),
        cusum(day, of, 12.0),
        california(day, np.array([1, 0, 1]), (0.2, 0.4, 3.0)),
    ):
        steps, detectors = np.nonzero(raised)
        assert detectors.tolist() == [1]
        assert 200 <= steps[0] <= 201


def test_methods_are_compared_at_as_many_false_alarms():
    method, day = Method(), np.zeros((DAY_STEPS, 3), np.bool_)
    found = day.copy()
    found[202, 1] = True
    for limit, false, raised in ((1, 10, found), (2, 0, day)):
        method.at(limit).false = false
        method.at(limit).judge(raised, day, one(), (DROP,))
    at = method.matched(weeks=2.0, false=2.0, shapes=1, step_min=5)
    assert at is not None
    assert (at.rate, at.chance, at.of_shapes.tolist()) == (pytest.approx(0.4), 0.0, [pytest.approx(0.4)])
    assert method.matched(2.0, 6.0, 1, 5) is None
    assert method.false_at(2.0, 0.5) == pytest.approx(2.5)
    assert method.at(1).steps == [3]
