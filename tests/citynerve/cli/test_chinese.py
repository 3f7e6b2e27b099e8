"""Who asks for Chinese reads Chinese: what is Latin in it are names, code, units and words of the language's files."""

import json
import re

import pytest

from citynerve.cli.config import COMMANDS as OF_CONFIG
from citynerve.cli.inspect import COMMANDS as OF_INSPECT
from citynerve.cli.main import COMMANDS
from citynerve.cli.rules import COMMANDS as OF_RULES

# words of English sentences and tables, none of which names anything that people write into a file
PROSE = re.compile(
    r"\b(a|an|the|is|are|was|were|be|of|to|it|its|that|this|which|with|by|has|have|had|did|does|no|nor|all|more|what|"
    r"OPTIONS|COMMAND|arguments|usage|required|range|old|new|missing|unexpected|failed|error|warning|mode|because|"
    r"critical|medium|firing|raised|lowered|resolved|corrected|expired|yes|false|unknown|never|evidence|seconds)\b"
)
NAMED = re.compile(r"`[^`]*`|'[^']*'|\S*[/\\]\S*|--[\w-]+|\w+\.\w+|\b\w+:(?= )|\w+\(")  # code, texts, paths, keys
RULES = """version: 1
rules:
- rule: burst
  title: {zh: 突发, en: Burst}
  from: gate
  key: device
  window: 1m
  threshold: count() >= COUNT
  severity: {critical: count() >= 9, low: default}
  purpose: operations
  message: {zh: "${device} 突发", en: "${device}"}
"""
TESTS = """rules: rules.yaml
tests:
- name: 突发
  start: 2026-11-24T14:00:00+08:00
  repeat: {times: 3, every: 1s, event: {kind: gate, site: S1, device: d}}
  expect: [{rule: burst, at: 9s, severity: critical}, {rule: burst, transition: raised}]
"""


def english(text: str) -> list[str]:
    """Return the lines with words of an English sentence."""
    told = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return [line for line in told.splitlines() if PROSE.search(NAMED.sub(" ", line))]


def test_the_scan_sees_what_it_looks_for():
    assert english("用法: citynerve run [OPTIONS]") and english("x  firing  2026") and not english("`the x` threshold")


@pytest.mark.parametrize(
    "command",
    [
        (),
        *((name,) for name in COMMANDS),
        ("learn", "travel"),
        *(("rules", name) for name in OF_RULES),
        *(("inspect", name) for name in OF_INSPECT),
        *(("config", name) for name in OF_CONFIG),
    ],
    ids=" ".join,
)
def test_the_help_of_every_command_is_chinese(citynerve, command):
    told = citynerve(*command, "--help", "--lang", "zh")
    assert told.code == 0 and english(told.out) == []


def test_what_commands_tell_of_a_city_is_chinese(citynerve, city, tmp_path):
    data = ("--reference", city / "reference", "--events", city / "events.ndjson")
    alerts, language = tmp_path / "alerts.ndjson", ("--lang", "zh")
    replayed = citynerve("replay", city / "events.ndjson", *data[:2], "--alerts", alerts, *language)
    assert replayed.code == 0 and english(replayed.err) == []
    told = [json.loads(line) for line in alerts.read_text(encoding="utf-8").splitlines()]
    first = {(alert["rule"], alert["transition"]): alert for alert in told}
    for rule in ("congestion", "tailgating", "elder_inactive_48h", "slow_traffic"):
        of_rule = [alert for (name, _), alert in first.items() if name == rule]
        assert english(citynerve("rules", "explain", rule, *language).out) == []
        for alert in of_rule:
            assert english(citynerve("rules", "explain", alert["id"], *data, *language).out) == []
        event = of_rule[0]["evidence"][0]
        assert english(citynerve("rules", "explain", rule, "--event", event, *data, *language).out) == []


def test_what_commands_tell_of_rules_is_chinese(citynerve, city, tmp_path):
    for name, count in (("old", "3"), ("new", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(RULES.replace("COUNT", count), encoding="utf-8")
    old, new, language = tmp_path / "old", tmp_path / "new", ("--lang", "zh")
    assert english(citynerve("rules", "list", old, *language).out) == []
    assert english(citynerve("rules", "diff", old, new, *language).out) == []
    compared = citynerve("rules", "backtest", old, new, "--events", city / "events.ndjson", *language)
    assert compared.code == 0 and "新增" in compared.out and english(compared.out + compared.err) == []
    (old / "rules.test.yaml").write_text(TESTS, encoding="utf-8")
    tested = citynerve("rules", "test", old, "--coverage", *language)
    of_tests = r"\{rule: [^}]*(\}[^}]*)?\}|severity +- critical"  # entries and values as files of tests have them
    assert tested.code == 1 and english(re.sub(of_tests, "", tested.out)) == []
