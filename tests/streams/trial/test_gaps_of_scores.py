"""Which events a score takes is asked of tests as what a rule asks itself."""

import pytest

from streams.trial.gaps import gaps
from streams.trial.run import Trial
from tests.streams.small_log import CITY
from tests.streams.trial import written

RULES = """\
version: 1
timezone: Asia/Shanghai
scores:
  seen: {kernel: visits, from: camera, per: track, when: label == 'person' and confidence > 0.5}
  unread: {kernel: visits, from: camera, per: track, when: confidence > 0.5}
rules:
- {rule: seen, from: camera, when: seen.visits >= 1, severity: low, purpose: public_safety}
- {rule: other, from: gate, severity: low}
"""
TEST = """\
- name: n{number}
  start: 2026-11-24T14:00:00+08:00
  events:
  - {{at: 1s, kind: camera, device: c, track: t, label: person, confidence: {confidence}}}
  - {{at: 2s, kind: gate, device: g}}
  expect: [{expect}{{rule: other}}]
"""


@pytest.mark.parametrize(
    ("confidences", "told"),
    [
        ([0.9, 0.2], []),
        ([0.9], [("limit", "confidence > 0.5", "true")]),
        ([0.2], [("limit", "confidence > 0.5", "false")]),
    ],
)
def test_both_sides_of_a_constant_in_the_when_of_a_score_are_asked_for(tmp_path, confidences, told):
    tests = "rules: rules.yaml\ntests:\n" + "".join(
        TEST.format(number=number, confidence=confidence, expect="{rule: seen}, " if confidence > 0.5 else "")
        for number, confidence in enumerate(confidences)
    )
    file = written.read(tmp_path, tests, RULES)
    ruleset = written.load(file, written.SCHEMAS, CITY)
    trials = [Trial(test, ruleset, CITY) for test in file.tests]
    assert not any(trial.findings() for trial in trials)
    found = [gap for gap in gaps(ruleset, trials, written.SCHEMAS, CITY) if gap.rule.startswith("scores.")]
    assert [(gap.kind, gap.written, gap.other) for gap in found] == told
    assert all((gap.rule, gap.place.line) == ("scores.seen", 4) for gap in found)


def asked(tmp_path, rules, tests):
    """Return what no test looks at of constants; the tests pass."""
    file = written.read(tmp_path, f"rules: rules.yaml\ntests:\n{tests}", rules)
    ruleset = written.load(file, written.SCHEMAS, CITY)
    trials = [Trial(test, ruleset, CITY) for test in file.tests]
    assert not any(trial.findings() for trial in trials)
    found = [gap for gap in gaps(ruleset, trials, written.SCHEMAS, CITY) if gap.written]
    return [(gap.kind, gap.rule, gap.written, gap.other) for gap in found]


OF_VISITS = """\
version: 1
timezone: Asia/Shanghai
scores: {seen: {kernel: visits, from: camera, per: track, visit_gap_ms: 600000, stay_gap_ms: 300000}}
rules:
- {rule: again, from: camera, when: seen.visits == 2, severity: low, purpose: public_safety}
"""
SIGHTS = """\
- name: two sights
  start: 2026-11-24T14:00:00+08:00
  events:
  - {{at: 0m, kind: camera, device: c, track: t}}
  - {{at: {at}, kind: camera, device: c, track: t}}
  expect: [{expect}]
"""
GAP = ("number", "scores.seen", "visit_gap_ms: 600000")


@pytest.mark.parametrize(
    ("at", "expect", "others"), [("4m", "", ["1.2e+06"]), ("7m", "", ["1.2e+06"]), ("15m", "{rule: again}", ["300000"])]
)
def test_parameters_that_are_not_the_kernels_own_are_doubled_and_halved(tmp_path, at, expect, others):
    found = asked(tmp_path, OF_VISITS, SIGHTS.format(at=at, expect=expect))
    halved = [] if at == "7m" else ["300000"]
    assert [each for each in found if each[1] == "scores.seen"] == [
        (*GAP, other) for other in dict.fromkeys([*others, *halved])
    ]


OF_SILENCE = """\
version: 1
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {site: id, since: time, consent_until: time}}}
scores: {life: {kernel: inactivity, alpha: 0.01, ceiling: 48h, out: kind == 'gate' and direction == 'out'}}
rules:
- {rule: silent, from: gate, key: person, absence: {for: unusual, expect: elders}, severity: low, purpose: elder_care}
"""
AWAY = """\
- name: {direction}
  start: 2026-11-23T08:00:00+08:00
  sets:
    elders: [{{person: p, site: S, since: 2026-11-20T08:00:00+08:00, consent_until: 2027-11-20T08:00:00+08:00}}]
  events: [{{at: 10h, kind: gate, site: S, device: g, person: p, direction: {direction}}}]
  advance: 59h
  expect: [{{rule: silent{at}}}]
"""
OUT = "kind == 'gate' and direction == 'out'"


@pytest.mark.parametrize(("directions", "others"), [(["in"], ["false"]), (["out"], ["true"]), (["in", "out"], [])])
def test_the_out_of_a_silence_must_decide_in_some_test(tmp_path, directions, others):
    tests = "".join(AWAY.format(direction=each, at=", at: 58h" if each == "out" else "") for each in directions)
    found = asked(tmp_path, OF_SILENCE, tests)
    assert [each[3] for each in found if each[:3] == ("limit", "silent", OUT)] == others
