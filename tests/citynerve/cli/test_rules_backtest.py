import json

import orjson
import pytest

from citynerve.backtest_report import BAR, drawn

START = 1_763_964_000_000  # 2025-11-24T14:00:00+08:00
DAY = 86_400_000
RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [desk]
rules:
- {rule: fast, from: traffic, when: speed_kmh > 80, key: device, severity: {high: speed_kmh > 120, low: default},
   purpose: traffic_flow, route: desk, title: {zh: "快 ${speed_kmh}", en: "fast ${speed_kmh}"}}
- {rule: other, from: gate, key: device, severity: low, purpose: environment, route: desk, title: other}
"""


@pytest.fixture
def backtest(citynerve, tmp_path):
    def run(*arguments, change=("> 80", "> 90"), language="en"):
        for name, text in (("old", RULES), ("new", RULES.replace(*change))):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "r.yaml").write_text(text, encoding="utf-8")
        speeds = [70, 85, 95, 125, None]
        lines = [
            orjson.dumps(
                {"kind": "traffic", "id": f"e{i}", "time": START + i * DAY // 2, "device": "d", "speed_kmh": v}
            )
            for i, v in enumerate(speeds)
        ]
        (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines) + b"\n")
        return citynerve(
            "--lang", language, "rules", "backtest", tmp_path / "old", tmp_path / "new", "--events",
            tmp_path / "events.ndjson", *[tmp_path / a if a == "events.ndjson" else a for a in arguments],
        )  # fmt: skip

    return run


def test_it_tells_alerts_a_rule_and_day_and_examples_of_what_differs(backtest):
    told = backtest()
    assert told.code == 0
    assert ["fast", "3", "2", "1", "0", "0"] in [row.split() for row in told.out.splitlines()]
    assert ["other", "0", "0", "0", "0", "0"] in [row.split() for row in told.out.splitlines()]
    assert f"2025-11-25 OLD {'█' * BAR} 2" in told.out and f"NEW {'█' * (BAR // 2)} 1" in told.out
    assert "- 2025-11-25 02:00:00 {device: d} low fast 85" in told.out
    assert "快 85" in backtest(language="zh").out and "消失" in backtest(language="zh").out


def test_an_alert_that_is_another_one_is_shown_as_it_was_and_as_it_is(backtest):
    told = backtest(change=("> 120", "> 90"))
    assert ["fast", "3", "3", "0", "0", "1"] in [row.split() for row in told.out.splitlines()]
    assert "OLD firing 2025-11-25 14:00:00 low" in told.out and "NEW firing 2025-11-25 14:00:00 high" in told.out


def test_each_example_has_the_id_that_explain_takes_and_the_events_that_made_it(backtest, citynerve, tmp_path):
    told = backtest()
    lines = told.out.splitlines()
    at = next(i for i, line in enumerate(lines) if "- 2025-11-25 02:00:00" in line)
    alert, _, events = lines[at + 1].strip().partition(", events ")
    assert alert.endswith(".0") and events == "e1"
    example = json.loads(backtest("--format", "json").out)["rules"][0]["examples"]["gone"][0]["old"]
    assert example["id"] == alert
    why = citynerve("rules", "explain", alert, "--rules", tmp_path / "old", "--events", tmp_path / "events.ndjson")
    assert why.code == 0 and "fast" in why.out and "e1" in why.out


def test_equal_rules_differ_in_no_alert(backtest):
    told = backtest(change=("fast", "fast"))
    assert "no alert differs" in told.out and told.out.startswith("5 events, 0 dead letters; ruleset ")


def test_as_json_it_is_one_document(backtest):
    document = json.loads(backtest("--format", "json").out)
    fast = next(rule for rule in document["rules"] if rule["rule"] == "fast")
    assert fast["days"] == {"2025-11-25": {"old": 2, "new": 1}, "2025-11-26": {"old": 1, "new": 1}}
    assert (fast["gone"], fast["new"], fast["changed"], document["events"]) == (1, 0, 0, 5)
    [example] = fast["examples"]["gone"]
    assert example["old"]["title"] == {"zh": "快 85", "en": "fast 85"} and example["old"]["evidence"] == ["e1"]
    assert document["problems"] == []


def test_what_only_history_can_tell_is_told_with_history_only(backtest):
    assert "W201" not in backtest().err
    told = backtest("--history", "events.ndjson")
    assert told.code == 0 and "r.yaml:5:37: warning[W201] `speed_kmh` is missing in 20.0%" in told.err
    document = json.loads(backtest("--history", "events.ndjson", "--format", "json").out)
    assert {problem["code"] for problem in document["problems"]} == {"W201"}


def test_progress_is_told_on_standard_error(backtest):
    told = backtest("--progress")
    assert "replaying OLD" in told.err and "replaying NEW" in told.err


def test_standard_input_cannot_be_read_twice(citynerve, tmp_path):
    (tmp_path / "r.yaml").write_text(RULES, encoding="utf-8")
    told = citynerve("rules", "backtest", tmp_path / "r.yaml", tmp_path / "r.yaml", "--events", "-")
    assert told.code == 1 and "name a file" in told.err


def test_rules_with_errors_are_shown_at_their_place(backtest):
    told = backtest(change=("speed_kmh > 80", "speed > 80"))
    assert told.code == 1 and "r.yaml:5:" in told.err and "E104" in told.err


@pytest.mark.parametrize(("count", "bar"), [(0, ""), (1, "▏"), (800, "█" * BAR), (400, "█" * (BAR // 2))])
def test_the_longest_bar_is_for_the_most_and_whatever_counts_is_seen(count, bar):
    assert drawn(count, 800) == bar


def test_columns_stand_under_their_heads_in_both_languages(backtest):
    for language in ("en", "zh"):
        head, fast = backtest(language=language).out.splitlines()[1:3]
        wide = sum(ord(mark) > 0x2E80 for mark in head)  # these take two columns of a terminal
        assert len(head) + wide == len(fast)
