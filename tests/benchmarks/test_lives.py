"""A small run of the evaluation: the score must stay better than the rule it stands beside and the published method."""

import numpy as np
import pytest

from benchmarks.quality.household import HOUSEHOLDS, START_MS
from benchmarks.quality.lives import judge, people
from benchmarks.quality.silence import CEILING_MS, alert_line, alerts, fixed, inactivity, lines
from kernels.scores.cohort import COHORT
from tests.streams.small_log import HEAD, Log, T, alerts_of, line, planned

SEED, DAY_MS = 7, 86_400_000


@pytest.fixture(scope="module")
def lives():
    return people(SEED, 2)


def test_lives_are_the_same_for_a_seed_and_differ_between_people(lives):
    again = people(SEED, 2)
    assert all((a.times == b.times).all() and (a.away == b.away).all() for a, b in zip(lives, again, strict=True))
    assert len({life.times.tobytes() for life in lives}) == len(lives) == 2 * len(HOUSEHOLDS)
    for life in lives:
        assert (np.diff(life.times) > 0).all()
        assert START_MS <= life.times[0] < life.times[-1] < START_MS + life.days * DAY_MS
        assert not any(((life.times >= since) & (life.times < until)).any() for since, until in life.dark.tolist())


def test_the_score_is_sooner_than_48_hours_and_rarer_than_the_alert_line(lives):
    ours = judge(lives, inactivity(lives, COHORT, 0.01), SEED)
    line = judge(lives, alert_line(lives, [lines(life) for life in lives], 1.0), SEED)
    hours = judge(lives, fixed(lives), SEED)
    assert ours.a_day < 0.06
    assert ours.a_day < line.a_day
    assert np.median(ours.hours) < 6
    assert np.median(hours.hours) > 40
    assert np.quantile(ours.hours, 0.9) < np.quantile(line.hours, 0.9)


def test_no_method_is_later_than_the_ceiling_but_for_outages(lives):
    for life in lives:
        dark = int(np.diff(life.dark, axis=1).sum())
        for allowed in (fixed([life])[0], inactivity([life], COHORT, 1e-9)[0]):
            assert (alerts(life, allowed) <= life.times + CEILING_MS + dark).all()


def test_a_rule_raises_what_the_score_alone_would(lives):
    plan = planned(
        "r, from: gate, key: person, absence: {for: unusual, expect: elders}",
        head=HEAD.replace("since: time", "consent_until: time").replace(
            "routes:", "scores: {life: {kernel: inactivity, out: direction == 'out'}}\nroutes:"
        ),
    )
    for life, silences in zip(lives, inactivity(lives, COHORT, 0.01), strict=True):
        if len(life.dark):
            continue  # its outages would have to be told by devices
        end = START_MS + 60 * DAY_MS
        signs = np.flatnonzero(life.times < end)
        due, until = life.times[signs] + silences[signs], np.append(life.times[signs][1:], end)
        log = Log().control("epoch", int(life.times[0]) - T)
        events = [
            line(int(time) - T, f"{i:06}", person="p", direction="out" if away else "in")
            for i, (time, away) in enumerate(zip(life.times[signs].tolist(), life.away[signs].tolist(), strict=True))
        ]
        log.events(*events).tick(end - T)
        found = alerts_of(plan, log, elders=[{"person": "p", "consent_until": 2 * end}])
        raised = [alert.time for alert in found if alert.transition == "firing"]
        assert raised == due[due <= until].tolist() and raised
