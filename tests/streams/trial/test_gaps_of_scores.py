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
