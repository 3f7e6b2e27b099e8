"""A small run of the evaluation: who comes again, and which rules tell whom from whom."""

import numpy as np
import pytest

from benchmarks.quality.compound import ORDINARY, PROWLERS, watch
from benchmarks.quality.reappearance import CHOSEN, RULES, tried

SEED = 41  # neither one that was tuned on nor the one that is printed


def test_sights_are_in_order_and_those_of_planted_and_ordinary_people():
    sights = watch(np.random.default_rng(SEED), 7, prowlers=2, broken=0.2)
    again = watch(np.random.default_rng(SEED), 7, prowlers=2, broken=0.2)
    assert (sights.times == again.times).all() and (sights.keys == again.keys).all()
    assert (np.diff(sights.times) >= 0).all()
    assert {sights.people[who].kind for who in np.unique(sights.who).tolist()} == {*ORDINARY, *PROWLERS}


def test_a_pseudonym_is_mostly_one_person_and_a_person_mostly_more_where_visits_are_not_linked():
    linked, apart = (watch(np.random.default_rng(SEED), 7, prowlers=2, broken=broken) for broken in (0.0, 0.6))
    for sights in (linked, apart):
        owners = [len(set(sights.who[sights.keys == key].tolist())) for key in np.unique(sights.keys)[:500].tolist()]
        assert np.mean(owners) == pytest.approx(1, abs=0.1)
    assert len(np.unique(apart.keys)) > 1.2 * len(np.unique(linked.keys))


@pytest.mark.slow
def test_the_night_and_buildings_tell_prowlers_from_guests():
    scores = tried(SEED, 0.2, 3, RULES)
    simple, chosen = scores["3 visits"], scores[CHOSEN]
    assert chosen.false_a_day < 0.2
    assert simple.false_a_day > 10
    assert chosen.found["by night"] > 0.7 * chosen.planted["by night"]
    assert chosen.precision > 10 * simple.precision


@pytest.mark.slow
def test_without_links_nobody_comes_again():
    scores = tried(SEED, 1.0, 1, {"3 visits": RULES["3 visits"]})["3 visits"]
    assert scores.recall < 0.05
