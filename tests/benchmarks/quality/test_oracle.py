"""The oracle is a bound: it is sooner than the score at as many false alarms, and knows no more than habits."""

import numpy as np
import pytest

from benchmarks.quality import oracle as known
from benchmarks.quality.household import HOUSEHOLDS, Person, live, live_again
from benchmarks.quality.lives import judge, people, priced
from benchmarks.quality.silence import inactivity
from kernels.scores.cohort import COHORT

SEED, COUNT = 7, 5
KINDS = tuple(HOUSEHOLDS[name] for name in ("alone", "couple", "night_owl"))


def test_another_life_of_a_person_has_other_days_and_the_same_habits():
    rng = np.random.default_rng(SEED)
    own = Person(HOUSEHOLDS["sensed"], 60, rng)
    lives = [live_again(own, np.random.default_rng(i)) for i in range(2)]
    assert lives[0].times.tobytes() != lives[1].times.tobytes()
    assert len(lives[0].times) == pytest.approx(len(lives[1].times), rel=0.1)
    other = live(HOUSEHOLDS["sensed"], 60, np.random.default_rng(SEED + 1))
    assert len(other.times) != pytest.approx(len(lives[0].times), rel=0.1)


def test_survival_of_silences_that_all_last_four_hours_tells_so():
    survival = np.ones((int(np.prod(known.SHAPE)), len(known.AGES)))
    survival[:, known.AGES >= 4] = 1e-4
    home = np.arange(len(survival)).reshape(known.SHAPE)[0, 0, 0, 0]
    for choose in (known.usual, known.soon, known.within(3)):
        assert known.AGES[choose(survival, 100.0)[home]] == pytest.approx(4)


@pytest.mark.slow
def test_who_knows_the_habits_is_sooner_and_raises_no_more(monkeypatch):
    monkeypatch.setattr(known, "LIVES", 30)
    lives = people(SEED, COUNT, KINDS)
    score = judge(lives, inactivity(lives, COHORT, 0.01), SEED)
    habits = known.oracle(SEED, COUNT, KINDS, lives)
    for choose in (known.usual, known.soon):
        told = priced(habits, choose, score.a_day, SEED)
        assert told.a_day <= score.a_day
        assert np.mean(told.hours) < np.mean(score.hours) - 0.2
