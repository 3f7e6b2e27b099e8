"""The tests that the language is explained with hold for the rules that it is explained with."""

import re
from pathlib import Path

import pytest

from streams.trial.gaps import gaps
from streams.trial.run import Trial
from tests.streams.small_log import CITY
from tests.streams.trial import written
from tests.streams.trial.written import SCHEMAS

LANGUAGE = Path(__file__).parents[2] / "rules" / "language"
SCORED = "falling_object"  # it asks a score, and this version has none
TESTS = """\
rules: rules.yaml
timezone: Asia/Shanghai
sets:
  residents: [{site: S1, person: p-li}]
  elders: [{person: p-wang, site: S1, lives_alone: true, name: 王奶奶, since: 2026-11-20T08:00:00+08:00}]
tests:
- name: two strangers at night raise one alert
  start: 2026-11-23T23:00:00+08:00
  events:
  - {at: 0s, kind: gate, site: S1, device: g1, subject: person, direction: in, person: p-x}
  - {at: 40s, kind: gate, site: S1, device: g1, subject: person, direction: in}
  - {at: 50s, kind: gate, site: S1, device: g1, subject: person, direction: in, person: p-li}   # resident, not counted
  - {at: 60s, kind: gate, site: S1, device: g1, subject: person, direction: in, person: p-y}    # cooldown
  expect:
  - {rule: stranger_entry, at: 40s, key: {site: S1, device: g1}, severity: medium, message: {zh: "*2 名陌生人*"}}
- name: strangers ten minutes apart are not two
  start: 2026-11-23T23:00:00+08:00
  repeat: {times: 3, every: 10m, event: {kind: gate, site: S1, device: g1, subject: person, direction: in}}
  expect: none
- name: by day stays quiet
  start: 2026-11-23T14:00:00+08:00
  repeat: {times: 5, every: 30s, event: {kind: gate, site: S1, device: g1, subject: person, direction: in}}
  expect: none
- name: a smoke alarm without value rings, a test of the sensor does not
  start: 2026-11-23T14:00:00+08:00
  events:
  - {at: 0s, kind: sensor, site: S1, device: s1, metric: smoke, value: 5, status: test}
  - {at: 9s, kind: sensor, site: S1, device: s1, metric: smoke, status: alarm}
  expect: [{rule: smoke_gas, at: 9s, key: {site: S1, device: s1}, severity: critical}]
- name: elder never seen at all still alerts, 48 h after joining the list
  start: 2026-11-20T08:00:00+08:00
  alive: {S1: 100%}
  advance: 49h
  expect: [{rule: elder_inactive_48h, at: 48h, key: {person: p-wang}, severity: critical}]
- {name: elder is not reported while the sensors are dead, start: 2026-11-20T08:00:00+08:00,
   alive: {S1: 20%}, advance: 60h, expect: none}
- {name: nor while all its feeds are down (blind), start: 2026-11-20T08:00:00+08:00,
   alive: {S1: 100%}, down: [gate, camera, sensor], advance: 60h, expect: none}
"""
ELDER = """\
rules: rules.yaml
sets: {{elders: [{{person: p, site: S1, lives_alone: true}}]}}
tests:
- name: elder
  start: 2026-11-20T08:00:00+08:00
  {test}
"""


@pytest.fixture
def rules(tmp_path):
    for name in ("vocabulary.yaml", "routes.yaml"):
        (tmp_path / name).write_text((LANGUAGE / name).read_text(encoding="utf-8"), encoding="utf-8")
    text = (LANGUAGE / "rules.yaml").read_text(encoding="utf-8")
    return re.sub(rf"^- rule: {SCORED}\n(?:(?!- rule:).*\n)*", "", text, flags=re.MULTILINE)


def test_the_tests_of_the_language_hold(tmp_path, rules):
    assert written.findings(tmp_path, TESTS, rules) == [[]] * 7


def elder(tmp_path, rules, test):
    """When the elder is missed, in hours from the start; None if never."""
    [trial] = written.trials(tmp_path, ELDER.format(test=f"{test}\n  expect: none"), rules)
    times = [(alert.time - trial.test.start) / 3_600_000 for alert in trial.alerts if alert.transition == "firing"]
    assert [finding.kind for finding in trial.findings()] == ["unexpected"] * len(times)  # stable in every way
    return times[0] if times else None


@pytest.mark.parametrize(
    ("test", "hours"),
    [
        ("advance: 60h", 48),  # no device is known, so nothing is said of coverage
        ("alive: {S1: 50%}\n  advance: 60h", 48),
        ("alive: {S1: 40%}\n  advance: 60h", None),
        ("alive: {S2: 10%}\n  advance: 60h", 48),
        ("alive: {S1: 100%}\n  down: [gate, camera]\n  advance: 60h", 48),
        ("alive: {S1: 100%}\n  down: [gate, camera, {feed: sensor, from: 1h}]\n  advance: 60h", None),
        ("alive: {S1: 100%}\n  down: [gate, camera, {feed: sensor, from: 1h, to: 3h}]\n  advance: 60h", 50),
        ("alive: {S1: 100%}\n  down: [gate, camera, {feed: sensor, from: 1h, to: 69m}]\n  advance: 60h", 48),
        ("alive: {S1: 100%}\n  down: [heartbeat]\n  advance: 60h", None),
    ],
)
def test_dead_devices_and_feeds_that_are_down_stop_the_clock_of_an_absence(tmp_path, rules, test, hours):
    found = elder(tmp_path, rules, test)
    assert found == pytest.approx(hours, abs=0.01) if hours else found is None


SEEN = "{at: 2h, kind: gate, site: S1, device: g, person: p}"


@pytest.mark.parametrize(("outage", "hours"), [("[]", 50), ("[gate]", 48), ("[{feed: gate, from: 1h, to: 5h}]", 50)])
def test_what_a_feed_keeps_while_it_is_down_comes_when_it_is_back(tmp_path, rules, outage, hours):
    assert elder(tmp_path, rules, f"events: [{SEEN}]\n  down: {outage}\n  advance: 60h") == hours


def test_what_no_test_looks_at_is_told_rule_by_rule(tmp_path, rules):
    file = written.read(tmp_path, TESTS, rules)
    ruleset = written.load(file, SCHEMAS, CITY)
    trials = [Trial(test, ruleset, CITY) for test in file.tests]
    found = gaps(ruleset, trials, SCHEMAS, CITY)
    told = {(gap.rule, gap.kind, gap.written, gap.other) for gap in found}
    assert ("overspeed", "firing", "", "") in told and ("stranger_entry", "firing", "", "") not in told
    assert ("stranger_entry", "number", "count() >= 2", "count() >= 3") not in told
    assert ("smoke_gas", "limit", "value >= 25", "true") in told  # no test with gas
    assert ("elder_inactive_48h", "limit", "coverage(elders.site) < 0.5", "false") not in told
    assert ("elder_inactive_48h", "duration", "for: 2d", "1d") not in told
