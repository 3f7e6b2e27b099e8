"""The shipped rules: each has tests beside it, and the tests hold on the production core."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.plan import Plan
from streams.trial.ruletest import RuleTest, read_tests, run_test

SCHEMAS, CITY = Schemas.load(), CityKey()
TESTS = [test for path in sorted(check.LIBRARY.glob("*.test.yaml")) for test in read_tests(path)]
SHIPPED = {"stranger_entry", "elder_inactive_48h", "overspeed_burst", "smoke", "gas", "panic_button", "littering",
           "device_offline", "slow_traffic"}  # fmt: skip


def shipped_rules() -> list[dict[str, Any]]:
    """Every rule as it stands in its file."""
    documents = [YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
                 for path in sorted({test.rules for test in TESTS})]  # fmt: skip
    return [rule for document in documents for rule in document["rules"]]


@pytest.fixture(scope="module")
def plans() -> dict[Path, Plan]:
    return {path: check.load([path], SCHEMAS, CITY).plan for path in {test.rules for test in TESTS}}


@pytest.mark.parametrize("test", [pytest.param(test, id=f"{test.rules.stem}: {test.name}") for test in TESTS])
def test_the_tests_beside_the_rules_hold(test: RuleTest, plans: dict[Path, Plan]) -> None:
    assert run_test(test, plans[test.rules], CITY) == []


def test_a_test_that_expects_something_else_fails(plans: dict[Path, Plan]) -> None:
    quiet = next(test for test in TESTS if not test.expect)
    loud = next(test for test in TESTS if test.expect)
    wrong = RuleTest(quiet.path, quiet.rules, quiet.name, quiet.start, quiet.end, quiet.events, quiet.sets, loud.expect)
    assert run_test(wrong, plans[quiet.rules], CITY)
    deaf = RuleTest(loud.path, loud.rules, loud.name, loud.start, loud.end, loud.events, loud.sets, ())
    assert run_test(deaf, plans[loud.rules], CITY)


def test_the_library_has_no_problem_and_every_shipped_rule() -> None:
    ruleset = check.load([check.LIBRARY], SCHEMAS, CITY)
    assert ruleset.problems == []
    assert {rule.rule for rule in ruleset.plan.rules} >= SHIPPED


def test_every_rule_says_title_and_message_in_both_languages_route_runbook_and_purpose() -> None:
    for rule in shipped_rules():
        for key in ("title", "message"):
            assert set(rule[key]) == {"zh", "en"}, rule["rule"]
        assert rule["route"] and rule["purpose"] and rule["annotations"]["runbook"], rule["rule"]


def test_every_rule_has_a_test_in_which_it_fires_and_one_in_which_it_is_quiet() -> None:
    for rule in shipped_rules():
        kinds = [rule["from"]] if isinstance(rule["from"], str) else rule["from"]
        fires = [rule["rule"] in {each["rule"] for each in test.expect} for test in TESTS]
        reads = [any(event["kind"] in kinds for event in test.events) for test in TESTS]
        assert any(fires), rule["rule"]
        assert any(read and not fired for read, fired in zip(reads, fires, strict=True)), rule["rule"]


def test_critical_rules_of_fire_and_panic_fire_on_arrival() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert {"smoke", "gas", "panic_button"} <= {rule.rule for rule in plan.rules if not rule.ordered}


def test_nothing_personal_but_ids_enters_the_values_of_shipped_rules() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert not [value.name for rule in plan.rules for value in rule.values if value.personal]
