import json

import pytest

from rules.check import LIBRARY
from tests.citynerve.cli.explained_city import alarms, written


@pytest.fixture
def files(tmp_path):
    """Arguments that name a small ruleset, its sets and events."""
    return written(tmp_path)


def alerts_of(citynerve, files):
    told = citynerve("replay", files[-1], *files[: files.index("--events")])
    return [json.loads(line) for line in told.out.splitlines()]


def test_a_rule_is_told_with_when_it_is_judged_what_it_keeps_and_what_it_costs(citynerve):
    told = citynerve("rules", "explain", "stranger_entry")
    assert told.code == 0
    assert "events: gate" in told.out and "point: each firing is an alert" in told.out
    assert "bytes a key" in told.out and "(an estimate)" in told.out


def test_a_rule_is_told_with_what_it_fires_on_as_it_is_written(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files[:2]).out
    for line in ("window: 10m", "threshold: count() >= 2", "severity: {high: count() >= 5, medium: default}"):
        assert f"  {line}\n" in told
    told = citynerve("rules", "explain", "elder_inactive_48h").out
    assert "  absence: {for: 48h, expect: elders, unless: " in told and "bytes for each row of elders" in told


def test_steps_of_a_sequence_are_told_with_role_kind_and_time(citynerve, tmp_path):
    told = citynerve("rules", "explain", "unanswered", *alarms(tmp_path)[:2]).out
    assert "step 1, first gate: direction == 'in'" in told
    assert "step 2, not gate, within 5 min: direction == 'out'" in told


def test_a_score_is_told_with_what_it_reads_what_is_read_of_it_and_its_parameters(citynerve, tmp_path):
    (tmp_path / "r.yaml").write_text(
        "version: 1\nscores: {fall: {kernel: free_fall, from: camera, per: [device, track], step_ms_max: 1s}}\n"
        "rules: [{rule: falls, from: camera, when: fall.drop_m > 6, severity: low}]\n",
        encoding="utf-8",
    )
    told = citynerve("rules", "explain", "falls", "--rules", tmp_path).out
    assert "it reads x, z, facades.first_floor_m, facades.storey_m; this rule reads drop_m of it" in told
    assert "declared: step_ms_max = 1s" in told and "by default: gravity_ms2 = 9.8" in told
    told = citynerve("rules", "explain", "falls", "--rules", tmp_path, "--lang", "zh").out
    assert "本规则使用 drop_m" in told and "声明: step_ms_max = 1s" in told


def test_what_a_rule_without_conditions_costs_is_told_in_words(citynerve, tmp_path):
    rules = (
        "- {rule: all, from: gate, severity: low}\n- {rule: each, from: gate, key: device, cooldown: 1m, severity: low}"
    )
    (tmp_path / "r.yaml").write_text(f"version: 1\nrules:\n{rules}\n")
    said = [citynerve("rules", "explain", name, "--rules", tmp_path / "r.yaml").out for name in ("all", "each")]
    assert "cost: next to nothing" in said[0] and "state: none" in said[0]
    assert "ns an event of its kinds, each of which it takes" in said[1] and "about 0" not in "".join(said)


def test_a_rule_is_told_in_chinese(citynerve):
    told = citynerve("rules", "explain", "smoke", "--rules", LIBRARY, "--lang", "zh")
    assert "事件到达即判定" in told.out and "估算" in told.out and "运行方式: live" in told.out


def test_every_rule_of_the_library_is_told_as_json(citynerve):
    listed = json.loads(citynerve("rules", "list", LIBRARY, "--format", "json").out)["rules"]
    for row in listed[::9]:
        told = json.loads(citynerve("rules", "explain", row["rule"], "--format", "json").out)
        assert told["rule"] == row["rule"] and told["kinds"] == row["from"]
        assert (told["memory_bytes"] > 0) == (told["ordered"] and told["capacity"] > 0)


def test_an_unknown_rule_is_an_error_that_names_the_nearest(citynerve):
    told = citynerve("rules", "explain", "stranger_entri")
    assert told.code == 1 and "did you mean `stranger_entry`" in told.err and told.out == ""


def test_an_event_that_was_not_selected_is_told_with_a_caret_under_the_first_false_node(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files, "--event", "c")
    head, *lines = told.out.splitlines()
    assert told.code == 0 and head == "strangers did not take it: direction == 'in' is false (direction = 'out')"
    at = next(i for i, line in enumerate(lines) if "^" in line)
    caret = lines[at].index("^")
    assert lines[at - 1][caret:].startswith("direction == 'in' and stranger")
    assert lines[at - 2].endswith("r.yaml:12:33")


def test_a_macro_is_pointed_at_where_it_is_written(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files, "--event", "e")
    assert "person = 'p-li'" in told.out and "r.yaml:8:13" in told.out


def test_an_event_that_was_too_few_or_in_the_cooldown_is_told_in_one_sentence(citynerve, files):
    said = [citynerve("rules", "explain", "strangers", *files, "--event", id).out.splitlines()[0] for id in "abd"]
    assert said[0] == "strangers took it and did not fire: count() = 1, needed count() >= 2"
    assert said[1].startswith("it did fire: strangers raised ")
    assert said[2].endswith("its cooldown of 10 min runs since 2026-03-02 23:00:40")


def test_an_event_is_told_in_chinese(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files, "--event", "c", "--lang", "zh")
    assert told.out.startswith("strangers 没有选中它:direction == 'in' 为假")


def test_an_event_is_told_as_json(citynerve, files):
    told = json.loads(citynerve("rules", "explain", "strangers", *files, "--event", "c", "--format", "json").out)
    (entrance,) = told["entrances"]
    assert told["reason"] == "condition" and not entrance["taken"]
    assert [each["truth"] for each in entrance["conditions"]] == [True, False, True, True, True]


def test_an_exception_is_told_and_no_text_of_an_event_reaches_the_terminal_as_a_command(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files, "--event", "f\x1b[31m")
    assert told.out.startswith("strangers did not take it: exception (repairs)") and "\x1b" not in told.out


def test_an_event_that_is_not_there_is_an_error(citynerve, files):
    told = citynerve("rules", "explain", "strangers", *files, "--event", "nobody")
    assert told.code == 1 and "stands in these files" in told.out


def test_an_alert_is_told_with_what_was_compared_its_evidence_and_its_severity(citynerve, files):
    (alert,) = alerts_of(citynerve, files)
    told = citynerve("rules", "explain", alert["id"], *files)
    assert told.code == 0 and "because count() = 2, needed count() >= 2" in told.out
    assert "[false] count() >= 5" in told.out and "-> medium: otherwise" in told.out
    assert "2026-03-02 23:00:00  a  gate  g1" in told.out and alert["envelope"]["ruleset"] in told.out


def test_an_alert_is_told_as_json_with_the_body_that_it_had(citynerve, files):
    (alert,) = alerts_of(citynerve, files)
    told = json.loads(citynerve("rules", "explain", alert["alert"], *files, "--format", "json").out)
    shared = ("id", "rule", "severity", "key", "time", "values", "evidence")
    assert {name: told[name] for name in shared} == {name: alert[name] for name in shared}
    assert told["judgement"]["values"] == {"count()": 2} and told["judgement"]["at_least"] == []


def test_an_alert_of_other_rules_or_events_is_an_error_that_says_what_may_differ(citynerve, files):
    told = citynerve("rules", "explain", "0" * 32 + ".0", *files)
    assert told.code == 1 and "raise no alert" in told.err


def test_an_event_without_files_and_an_alert_with_an_event_are_wrong_usage(citynerve, files):
    assert citynerve("rules", "explain", "strangers", *files[:2], "--event", "a").code == 2
    assert citynerve("rules", "explain", "0" * 32, *files, "--event", "a").code == 2


def test_an_alarm_that_was_answered_is_told_with_its_answer_and_one_that_waits_with_what_to_do(citynerve, tmp_path):
    asked = ["rules", "explain", "unanswered", *alarms(tmp_path), "--event"]
    answered, answer, _, waiting = (citynerve(*asked, id).out.splitlines()[0] for id in ("a1", "a2", "a3", "a4"))
    assert "a2 ended it at 2026-03-02 23:01:00 by step 2 (not)" in answered
    assert "by step 2 (not) it ended the chain that a1 began at 2026-03-02 23:00:00" in answer
    assert "due at 2026-03-02 23:25:00" in waiting and "--until" in waiting


def test_an_alert_of_a_sequence_is_told_with_what_began_it_and_what_completed_it_or_did_not_come(citynerve, tmp_path):
    files = alarms(tmp_path)
    alerts = {alert["rule"]: alert["id"] for alert in alerts_of(citynerve, files)}
    through, unanswered = (citynerve("rules", "explain", alerts[name], *files) for name in ("through", "unanswered"))
    assert (
        "because a1 (2026-03-02 23:00:00) began the chain (step 1) and a2 (2026-03-02 23:01:00) completed it (step 2)"
        in through.out
    )
    assert (
        "because a3 (2026-03-02 23:10:00) began the chain (step 1) and no event of step 2 (not) came within 5 min, "
        "up to 2026-03-02 23:15:00" in unanswered.out
    )


CHAIN = """\
version: 1
timezone: Asia/Shanghai
rules:
- rule: chain
  key: device
  severity: low
  sequence:
  - {first: gate, when: direction == 'in'}
  - {then: camera, within: 2m}
  - {not: case, within: 5m}
"""


def test_what_a_chain_waits_for_is_told_with_its_time_in_both_languages(citynerve, tmp_path):
    (tmp_path / "r.yaml").write_text(CHAIN, encoding="utf-8")
    start = 1_763_964_000_000  # 2025-11-24T14:00:00+08:00
    events = [("a", "gate", 0), ("b", "camera", 60_000), ("c", "gate", 180_000), ("d", "gate", 400_000)]
    lines = [
        json.dumps({"id": id, "kind": kind, "time": start + at, "device": "d", "direction": "in"})
        for id, kind, at in events
    ]
    (tmp_path / "e.ndjson").write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    asked = ["rules", "explain", "chain", "--rules", tmp_path / "r.yaml", "--events", tmp_path / "e.ndjson", "--event"]
    completed = citynerve("--lang", "en", *asked, "b").out.splitlines()[0]
    assert "b is of step 2 of a chain, due at 2025-11-24 14:06:00 if no event of step 3 (not case) comes" in completed
    begun = citynerve("--lang", "zh", *asked, "a").out.splitlines()[0]
    assert "a 开始了一条链条,若至 2025-11-24 14:06:00 没有第 3 步(not case)的事件即到期" in begun
    assert "the chain of a (2025-11-24 14:00:00) waited already" in citynerve("--lang", "en", *asked, "c").out
    (tmp_path / "e.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    late = citynerve("--lang", "en", *asked, "d").out.splitlines()[0]
    assert "step 2 (then camera) was awaited until 2025-11-24 14:08:40" in late
