"""The shipped rules: each has tests beside it, and the tests hold on the production core."""

import fnmatch
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.protocol import Source
from events.alert import Alert
from events.block import Block, Events
from events.identity import CityKey
from events.schema import Schemas
from rules import check, yaml
from rules.message import render
from rules.plan import Plan
from rules.yaml import Items, Mapping, Node, Scalar
from streams.control.references import References
from streams.replay import Replay

SCHEMAS, CITY = Schemas.load(), CityKey()
FILES = sorted(check.LIBRARY.glob("*.test.yaml"))
RULE_FILES = sorted(
    path for path in check.LIBRARY.glob("*.yaml") if path not in FILES and "\nrules:" in path.read_text()
)
SHIPPED = {
    "stranger_entry",
    "elder_inactive_48h",
    "overspeed_burst",
    "smoke",
    "gas",
    "panic_button",
    "littering",
    "device_offline",
    "slow_traffic",
}
UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def value(node: Node) -> Any:
    """Read a node as YAML 1.2's core schema does."""
    if isinstance(node, Items):
        return [value(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: value(item) for key, item in node.entries}
    if node.style:
        return node.text
    if node.text in ("true", "false"):
        return node.text == "true"
    if node.text in ("", "null", "~"):
        return None
    if re.fullmatch(r"[-+]?\d+", node.text):
        return int(node.text)
    return float(node.text) if re.fullmatch(r"[-+]?\d+\.\d*(e[-+]?\d+)?", node.text) else node.text


def document(path: Path) -> dict[str, Any]:
    node, problems = yaml.read(str(path), path.read_bytes())
    assert not problems and isinstance(node, Mapping)
    return value(node)


def ms(text: str) -> int:
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m|h|d)", text).groups()
    return int(float(number) * UNITS_MS[unit])


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class Lines(Source):
    """A feed of lines in memory, cut into blocks of so many lines."""

    def __init__(self, lines: list[bytes], lines_per_block: int) -> None:
        self.feed = "test"
        self._lines = lines
        self._offsets = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
        self._at = 0
        self._step = lines_per_block

    def next_block(self) -> Block | None:
        if self._at >= len(self._lines):
            return None
        lines, position = self._lines[self._at : self._at + self._step], self._offsets[self._at]
        self._at += self._step
        return Events.of(b"\n".join(lines) + b"\n", feed=self.feed, position=position)

    def line(self, position: int) -> bytes:
        return self._lines[self._offsets.index(position)]

    def close(self) -> None:
        pass


def events_of(test: dict[str, Any]) -> list[dict[str, Any]]:
    start = instant(test["start"])
    events = [dict(event) for event in test.get("events", [])]
    if repeat := test.get("repeat"):
        events += [{**repeat["event"], "at": f"{i * ms(repeat['every'])}ms"} for i in range(repeat["times"])]
    return [{"id": f"e{i}", "time": start + ms(event.pop("at")), **event} for i, event in enumerate(events)]


def run(file: dict[str, Any], test: dict[str, Any], plan: Plan, lines_per_block: int) -> list[Alert]:
    lines = [orjson.dumps(event) for event in events_of(test)]
    until = instant(test["start"]) + ms(test["advance"]) if "advance" in test else None
    references = References.of(plan, file.get("sets", {}), CITY)
    replay = Replay(plan, references, [Lines(lines, lines_per_block)], CITY, until=until)
    alerts = [alert for some in replay.run() for alert in some]
    assert not replay.summary.rejected, "a test's events must be valid"
    return alerts


def described(alert: Alert, expected: dict[str, Any], start: int, plan: Plan) -> dict[str, Any]:
    """Return of an alert what is expected of one, in the same words; patterns that match are given back."""
    rule = next(rule for rule in plan.rules if rule.rule == alert.rule)
    found: dict[str, Any] = {"rule": alert.rule, "at": alert.time - start, "transition": alert.transition}
    for name in expected:
        if name == "message":
            texts = {
                language: render(rule.message[language], alert.values, plan, rule, language)
                for language in expected["message"]
            }
            found["message"] = {
                language: expected["message"][language]
                if fnmatch.fnmatchcase(text, expected["message"][language])
                else text
                for language, text in texts.items()
            }
        elif name not in found:
            found[name] = getattr(alert, name)
    return found


CASES = [
    pytest.param(path, number, id=f"{path.name.removesuffix('.test.yaml')}: {test['name']}")
    for path in FILES
    for number, test in enumerate(document(path)["tests"])
]


@pytest.fixture(scope="module")
def plans() -> dict[Path, Plan]:
    return {path: check.load([path.parent / document(path)["rules"]], SCHEMAS, CITY).plan for path in FILES}


@pytest.mark.parametrize("lines_per_block", [1, 100])
@pytest.mark.parametrize(("path", "number"), CASES)
def test_the_tests_beside_the_rules_hold(
    path: Path, number: int, lines_per_block: int, plans: dict[Path, Plan]
) -> None:
    file = document(path)
    test, plan = file["tests"][number], plans[path]
    start = instant(test["start"])
    wanted = [] if test["expect"] == "none" else test["expect"]
    wanted = [{"transition": "firing", **each, "at": ms(each["at"])} for each in wanted]
    alerts = run(file, test, plan, lines_per_block)
    listed = {(each["rule"], each["transition"]) for each in wanted}
    alerts = [alert for alert in alerts if alert.transition == "firing" or (alert.rule, alert.transition) in listed]
    patterns = wanted + [{}] * len(alerts)
    assert [described(alert, pattern, start, plan) for alert, pattern in zip(alerts, patterns, strict=False)] == wanted


def test_the_library_has_no_problem_and_every_shipped_rule() -> None:
    ruleset = check.load([check.LIBRARY], SCHEMAS, CITY)
    assert ruleset.problems == []
    assert SHIPPED <= {rule.rule for rule in ruleset.plan.rules}


def test_every_rule_says_title_and_message_in_both_languages_route_runbook_and_purpose() -> None:
    for path in RULE_FILES:
        for rule in document(path)["rules"]:
            for key in ("title", "message"):
                assert set(rule[key]) == {"zh", "en"}, rule["rule"]
            assert rule["route"] and rule["purpose"] and rule["annotations"]["runbook"], rule["rule"]


def test_every_rule_has_a_test_in_which_it_fires_and_one_in_which_it_is_quiet() -> None:
    for path in RULE_FILES:
        tests = document(path.with_name(f"{path.stem}.test.yaml"))["tests"]
        fires = [{each["rule"] for each in test["expect"]} if test["expect"] != "none" else set() for test in tests]
        for rule in document(path)["rules"]:
            kinds = [rule["from"]] if isinstance(rule["from"], str) else rule["from"]
            reads = [any(event["kind"] in kinds for event in events_of(test)) for test in tests]
            assert any(rule["rule"] in names for names in fires), rule["rule"]
            assert any(read and rule["rule"] not in names for read, names in zip(reads, fires, strict=True)), rule[
                "rule"
            ]


def test_critical_rules_of_fire_and_panic_fire_on_arrival() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert {"smoke", "gas", "panic_button"} <= {rule.rule for rule in plan.rules if not rule.ordered}


def test_nothing_personal_but_ids_enters_the_values_of_shipped_rules() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert not [value.name for rule in plan.rules for value in rule.values if value.personal]


def test_scalars_of_test_files_are_read_as_yaml_reads_them() -> None:
    node, _ = yaml.read("x", b"a: [1, 1.5, true, 'true', null, S1]")
    assert isinstance(node, Mapping)
    assert value(node) == {"a": [1, 1.5, True, "true", None, "S1"]}
    assert isinstance(node.entries[0][0], Scalar)
