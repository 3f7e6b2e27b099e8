import pytest

from events.place import Problems
from events.schema import Schemas
from rules import check
from streams.trial.ruletest import read_tests, run_test
from tests.streams.small_log import CITY

RULES = """\
version: 1
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {since: time}}}
routes: [desk]
rules:
- {rule: quiet, from: gate, key: person, absence: {for: 1h, expect: elders}, purpose: elder_care, severity: high}
- {rule: burst, from: gate, key: device, window: 10s, threshold: count() >= 2, severity: low,
   title: "${count} at ${device}"}
"""
BODY = """\
rules: rules.yaml
sets: {{elders: [{{person: p}}]}}
tests:
- name: story
  start: 2026-11-24T14:00:00+08:00
  events:
  - {{at: 5s, kind: gate, device: d, person: p}}
  - {{at: 6s, kind: gate, device: d}}
{more}
"""


def findings(tmp_path, more):
    (tmp_path / "rules.yaml").write_text(RULES)
    path = tmp_path / "rules.test.yaml"
    path.write_text(BODY.format(more=more))
    [test] = read_tests(path)
    return run_test(test, check.load([test.rules], Schemas.load(), CITY).plan, CITY)


BURST = "{rule: burst, at: 6s, severity: low, key: {device: d}, title: {en: '2 at*'}}"
QUIET = "{rule: quiet, at: 3605s, key: {person: p}}"


@pytest.mark.parametrize(
    "more",
    [
        f"  expect: [{BURST}]",
        f"  advance: 3604s\n  expect: [{BURST}]",
        f"  advance: 3605s\n  expect: [{QUIET}, {BURST}]",
        f"  sets: {{elders: [{{person: q, since: 2026-11-24T13:00:00+08:00}}]}}\n  advance: 3599s\n  expect: [{BURST}]",
    ],
)
def test_what_was_expected_passes(tmp_path, more):
    assert findings(tmp_path, more) == []


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ("none", ["not expected: burst at 6s"]),
        (f"[{BURST}, {BURST}]", ["missing"]),
        (f"[{BURST}, {QUIET}]", ["missing"]),
        ("[{rule: burst, at: 7s}]", ["missing", "not expected: burst"]),
        ("[{rule: burst, severity: high}]", ["missing", "not expected: burst"]),
        ("[{rule: burst, key: {device: e}}]", ["missing", "not expected: burst"]),
        ("[{rule: burst, title: {en: '3 at*'}}]", ["missing", "not expected: burst"]),
        ("[{rule: burst, transition: resolved}]", ["missing", "not expected: burst"]),
    ],
)
def test_whatever_differs_is_told(tmp_path, expect, told):
    found = findings(tmp_path, f"  expect: {expect}")
    assert len(found) == len(told)
    assert all(finding.startswith(begin) for finding, begin in zip(found, told, strict=True))


def test_a_repeated_event_comes_as_often_as_it_says(tmp_path):
    more = "  repeat: {every: 20s, times: 3, event: {kind: gate, device: e}}\n  expect: [" + BURST + "]"
    assert findings(tmp_path, more) == []
    more = "  repeat: {every: 4s, times: 3, event: {kind: gate, device: e}}\n"
    assert findings(tmp_path, more + f"  expect: [{BURST}, {{rule: burst, at: 4s, key: {{device: e}}}}]") == []


def test_events_in_any_order_are_told_in_the_order_of_time(tmp_path):
    more = "  - {at: 1s, kind: gate, device: e}\n  - {at: 0s, kind: gate, device: e}\n"
    assert findings(tmp_path, more + f"  expect: [{BURST}, {{rule: burst, at: 1s}}]") == []


def test_a_span_of_time_that_is_none_is_a_problem(tmp_path):
    with pytest.raises(Problems):
        findings(tmp_path, "  advance: soon\n  expect: none")
