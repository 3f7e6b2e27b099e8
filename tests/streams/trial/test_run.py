import pytest

from events.place import Problems
from streams.trial import run
from streams.trial.log import Cut
from tests.streams.trial import written

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
BURST = "{rule: burst, at: 6s, severity: low, key: {device: d}, title: {en: '2 at*'}, values: {count(): 2}}"
QUIET = "{rule: quiet, at: 3605s, key: {person: p}, since: 5s}"


def findings(tmp_path, more):
    [found] = written.findings(tmp_path, BODY.format(more=more), RULES)
    return found


@pytest.mark.parametrize(
    "more",
    [
        f"  expect: [{BURST}]",
        f"  advance: 3604s\n  expect: [{BURST}]",
        f"  advance: 3605s\n  expect: [{QUIET}, {BURST}]",
        f"  sets: {{elders: [{{person: q, since: 2026-11-24T13:00:00+08:00}}]}}\n  advance: 3599s\n  expect: [{BURST}]",
        "  expect: [{rule: burst}]",
        "  expect: [{rule: burst, title: '2 at d', mode: live}]",
    ],
)
def test_what_was_expected_passes(tmp_path, more):
    assert findings(tmp_path, more) == []


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ("none", [("unexpected", [])]),
        (f"[{BURST}, {BURST}]", [("missing", [])]),
        (f"[{BURST}, {QUIET}]", [("missing", [])]),
        ("[{rule: burst, at: 7s}]", [("different", ["at"])]),
        ("[{rule: burst, at: 7s, severity: high, key: {device: d}}]", [("different", ["at", "severity"])]),
        ("[{rule: burst, key: {device: e}}]", [("different", ["key"])]),
        ("[{rule: burst, title: {en: '3 at*'}}]", [("different", ["title"])]),
        ("[{rule: burst, values: {count(): 3}}]", [("different", ["values"])]),
        ("[{rule: burst, transition: resolved}]", [("missing", []), ("unexpected", [])]),
    ],
)
def test_whatever_differs_is_told_field_by_field(tmp_path, expect, told):
    found = findings(tmp_path, f"  expect: {expect}")
    assert [(each.kind, [field.name for field in each.differences]) for each in found] == told


def test_other_transitions_count_only_where_they_are_listed(tmp_path):
    again = "  - {at: 2h, kind: gate, device: d, person: p}\n"
    assert findings(tmp_path, again + f"  expect: [{BURST}, {QUIET}]") == []
    back = "{rule: quiet, at: 2h, transition: resolved}"
    assert findings(tmp_path, again + f"  expect: [{BURST}, {QUIET}, {back}]") == []
    assert findings(tmp_path, again + f"  expect: [{BURST}, {QUIET}, {back.replace('2h', '3h')}]")


def test_a_repeated_event_comes_as_often_as_it_says(tmp_path):
    more = "  repeat: {every: 20s, times: 3, event: {kind: gate, device: e}}\n  expect: [" + BURST + "]"
    assert findings(tmp_path, more) == []
    more = "  repeat: {every: 4s, times: 3, event: {at: 1m, kind: gate, device: e}}\n"
    assert findings(tmp_path, more + f"  expect: [{BURST}, {{rule: burst, at: 64s, key: {{device: e}}}}]") == []


def test_events_in_any_order_are_told_in_the_order_of_time(tmp_path):
    more = "  - {at: 1s, kind: gate, device: e}\n  - {at: 0s, kind: gate, device: e}\n"
    assert findings(tmp_path, more + f"  expect: [{BURST}, {{rule: burst, at: 1s}}]") == []


def test_events_of_kinds_that_no_rule_reads_are_fine(tmp_path):
    assert findings(tmp_path, f"  - {{at: 1s, kind: patrol, device: e}}\n  expect: [{BURST}]") == []


@pytest.mark.parametrize("way", ["batches", "turned", "restored"])
def test_a_core_that_is_no_function_of_the_log_is_found_out(tmp_path, monkeypatch, way):
    whole = run.Trial.run

    def forgetful(trial, cut, *, restored):
        alerts = whole(trial, cut, restored=restored)
        other = {"batches": cut == Cut(7), "turned": cut.turned, "restored": restored}[way]
        return alerts[1:] if other else alerts

    monkeypatch.setattr(run.Trial, "run", forgetful)
    [found] = findings(tmp_path, f"  expect: [{BURST}]")
    assert (found.kind, found.way, [alert.rule for alert in found.without]) == ("unstable", way, ["burst"])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("  expect: [{rule: bursts, at: 6s}]", (9, 19, "E008", "did you mean `burst`?")),
        ("  sets: {elder: []}\n  expect: none", (9, 10, "E008", "did you mean `elders`?")),
        ("  sets: {elders: [{persn: p}]}\n  expect: none", (9, 19, "E002", "")),
        ("  alive: {S1: 100%}\n  expect: none", (9, 10, "E073", "")),
        ("  sets: {elders: [{person: p}, {person: q, since: soon}]}\n  expect: none", (9, 32, "D", "")),
    ],
)
def test_what_the_rules_do_not_know_is_told_at_its_place(tmp_path, more, told):
    with pytest.raises(Problems) as raised:
        findings(tmp_path, more)
    found = raised.value.problems[0]
    assert (found.place.line, found.place.column) == told[:2]
    assert found.code.startswith(told[2]) and (not told[3] or found.advice_en == told[3])


def test_the_timezone_of_a_test_is_that_of_its_rules(tmp_path):
    rules = RULES.replace("timezone: Asia/Shanghai\n", "").replace("key: device", "when: hour() == 15, key: device")
    tests = BODY.format(more=f"  expect: [{BURST}]")
    assert written.findings(tmp_path, f"timezone: Asia/Tokyo\n{tests}", rules) == [[]]
    [[found]] = written.findings(tmp_path, f"timezone: Asia/Shanghai\n{tests}", rules)
    assert found.kind == "missing"
    with pytest.raises(Problems) as raised:
        written.trials(tmp_path, f"{tests}timezone: Asia/Tokyo\n", RULES)
    assert [problem.code for problem in raised.value.problems] == ["E017"]


def test_an_event_that_is_refused_fails_its_test_at_its_place(tmp_path):
    tests = BODY.format(more="  expect: none").replace("2026-11-24", "1999-11-24")
    with pytest.raises(Problems) as raised:
        written.findings(tmp_path, tests, RULES)
    assert [(each.place.line, each.code) for each in raised.value.problems] == [(7, "E074"), (8, "E074")]
    assert "time_out_of_range" in raised.value.problems[0].en


@pytest.mark.parametrize(("until", "expect"), [("5m", f"[{BURST}]"), ("11m", "none")])
def test_rules_wait_ten_minutes_for_a_feed_that_is_down_and_what_comes_later_is_late(tmp_path, until, expect):
    more = f"  down: [{{feed: gate, from: 1s, to: {until}}}]\n  advance: 12m\n  expect: {expect}"
    assert findings(tmp_path, more) == []


def test_a_feed_that_never_comes_back_sends_nothing(tmp_path):
    assert findings(tmp_path, "  down: [gate]\n  expect: none") == []
