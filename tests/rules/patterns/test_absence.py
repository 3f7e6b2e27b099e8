"""Absences: what stops their clock, and when a key is forgotten."""

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules import check
from rules.patterns.plan import Absence
from rules.plan import RulePlan

SCHEMAS, CITY = Schemas.load(), CityKey()
HEAD = """\
version: 1
sets:
  elders: {key: person, columns: {site: id, away_until: time}}
  devices: {key: device, columns: {site: id, expected_s: number s}}
rules:
"""


def rule(*lines: str) -> RulePlan:
    text = HEAD + "- rule: x\n  severity: low\n  purpose: elder_care\n" + "".join(f"  {line}\n" for line in lines)
    return check.loads({"r.yaml": text}, SCHEMAS, CITY).plan.rules[0]


def absence(*lines: str) -> Absence:
    pattern = rule(*lines).pattern
    assert isinstance(pattern, Absence)
    return pattern


def test_the_clock_is_stopped_by_what_the_key_and_its_rows_say() -> None:
    unless = "elders.away_until > now() or coverage(elders.site) < 50%"
    made = absence("from: gate", "key: person", f"absence: {{for: 48h, expect: elders, unless: {unless}}}")
    assert made.unless is not None
    assert made.unless.text == "elders.away_until > now() or coverage(elders.site) < 0.5"


def test_without_a_set_the_key_itself_may_stop_it() -> None:
    made = absence("from: sensor", "key: [site, device]", "absence: {for: 1h, unless: coverage(site) < 0.5}")
    assert made.expect is None and made.unless is not None


def test_what_is_known_for_a_short_while_should_be_forgotten() -> None:
    text = HEAD + "- {rule: x, from: camera, severity: low, key: [device, track], absence: {for: 1h}}\n"
    (problem,) = check.loads({"r.yaml": text}, SCHEMAS, CITY).problems
    assert (problem.code, problem.place.line) == ("W325", 6) and "`track`" in problem.en
    assert not check.loads({"r.yaml": text.replace("1h", "1h, forget: 1d")}, SCHEMAS, CITY).problems


def test_a_key_is_forgotten_after_a_longer_silence() -> None:
    assert absence("from: sensor", "key: device", "absence: {for: 1h, forget: 7d}").forget_ms == 604_800_000
    assert absence("from: sensor", "key: device", "absence: {for: 1h}").forget_ms is None


def test_coverage_does_not_choose_sights() -> None:
    with pytest.raises(Problems) as raised:
        rule("from: gate", "when: coverage(site) > 0.5", "key: person", "absence: {for: 1h}")
    (problem,) = raised.value.problems
    assert (problem.code, problem.place.line, problem.place.column) == ("E059", 10, 9)
