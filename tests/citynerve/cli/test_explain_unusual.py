"""Why an unusual silence was told: how long it was, how usual that is, and where only the ceiling counted."""

import json

import pytest

RULES = """\
version: 1
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {consent_until: time, ceiling_h: number h}}}
scores: {life: {kernel: inactivity, out: direction == 'out'}}
routes: [desk]
rules:
- rule: quiet
  from: gate
  key: person
  purpose: elder_care
  absence: {for: unusual, expect: elders}
  severity: {high: life.survival <= 0.01, low: default}
  title: {zh: 静默, en: Silence}
  message: {zh: "${life.silence}", en: "${life.silence}"}
"""
SIGNS = {"p": "in", "q": "in", "r": "out"}
ROWS = "person,consent_until,ceiling_h\np,2030-01-01T00:00:00+08:00,\nq,,6\nr,2030-01-01T00:00:00+08:00,3\n"


@pytest.fixture
def files(tmp_path):
    """Arguments that name the rule, its elders, and a sign of each of them at eight in the morning."""
    (tmp_path / "r.yaml").write_text(RULES)
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "elders.csv").write_text(ROWS)
    told = [
        {"kind": "gate", "id": f"of-{person}", "time": "2026-03-02T08:00:00+08:00", "person": person, "direction": way}
        for person, way in SIGNS.items()
    ]
    told.append({"kind": "gate", "id": "last", "time": "2026-03-03T08:00:00+08:00"})
    (tmp_path / "e.ndjson").write_text("".join(f"{json.dumps(event)}\n" for event in told))
    return ["--rules", tmp_path / "r.yaml", "--reference", tmp_path / "sets", "--events", tmp_path / "e.ndjson"]


def test_an_alert_says_in_words_and_numbers_why_a_silence_was_too_long(citynerve, files):
    told = citynerve("replay", files[-1], *files[: files.index("--events")])
    alerts = {alert["key"]["person"]: alert for alert in map(json.loads, told.out.splitlines())}
    assert {person: alert["severity"] for person, alert in alerts.items()} == {"p": "high", "q": "low", "r": "low"}
    said = {name: citynerve("rules", "explain", alert["id"], *files).out for name, alert in alerts.items()}
    assert "by its habits 1 % of its silences last so long, limit 1 %" in said["p"]
    assert "because nothing was seen for 6 h, from 2026-03-02 08:00:00 on: the ceiling; no profile is kept" in said["q"]
    assert "for 3 h" in said["r"] and "the ceiling; by its habits" in said["r"]
    assert "-> high: [true] life.survival <= 0.01    life.survival = 0.01" in said["p"]
    chinese = citynerve("rules", "explain", alerts["p"]["id"], *files, "--lang", "zh").out
    assert "只有 1 % 的静默会这么久,界限 1 %" in chinese


def test_a_sign_says_until_when_the_silence_behind_it_may_last(citynerve, files):
    told = citynerve("rules", "explain", "quiet", "--event", "of-p", *files).out
    assert (
        "may last 4 h 20 min, until 2026-03-02 12:20:35" in told
        and "by what was learned of this key up to here" in told
    ), told
    told = citynerve("rules", "explain", "quiet", "--event", "of-q", *files).out
    assert "may last 6 h, until 2026-03-02 14:00:00 (the ceiling, as nothing is learned of this key)" in told
    chinese = citynerve("rules", "explain", "quiet", "--event", "of-q", *files, "--lang", "zh").out
    assert "可持续 6 小时,至 2026-03-02 14:00:00(上限(该主键没有画像))" in chinese
    document = json.loads(citynerve("rules", "explain", "quiet", "--event", "of-q", "--format", "json", *files).out)
    assert document["allowed"] == {"silence_ms": 21_600_000, "learned": False}


def test_a_rule_is_told_with_its_state_for_each_row(citynerve, files):
    told = citynerve("rules", "explain", "quiet", *files[:4]).out
    assert "absence: {for: unusual, expect: elders}" in told and "bytes for each row of elders" in told
    assert "below 1 % (alpha), at the latest after 48 h (ceiling), or earlier after elders.ceiling_h" in told
    assert "tells of going out: direction == 'out'" in told and "while elders.consent_until lies ahead" in told
