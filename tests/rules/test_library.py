"""The shipped rules as a whole: each has tests beside it, texts, routes and a runbook."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.trial.reading import read_tests
from streams.trial.run import Trial, load

SCHEMAS, CITY = Schemas.load(), CityKey()
FILES = [read_tests(path, SCHEMAS) for path in sorted(check.LIBRARY.glob("*.test.yaml"))]
TESTS = [test for file in FILES for test in file.tests]
SHIPPED = {"stranger_entry", "elder_inactive_48h", "overspeed_burst", "smoke", "gas", "panic_button", "littering",
           "device_offline", "slow_traffic", "falling_object"}  # fmt: skip


def shipped_rules() -> list[dict[str, Any]]:
    """Every rule as it stands in its file."""
    documents = [YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
                 for path in sorted({path for file in FILES for path in file.rules})]  # fmt: skip
    return [rule for document in documents for rule in document["rules"]]


def test_a_test_that_expects_something_else_fails() -> None:
    file = FILES[0]
    ruleset = load(file, SCHEMAS, CITY)
    quiet = next(test for test in file.tests if not test.expect)
    loud = next(test for test in file.tests if test.expect)
    assert Trial(replace(quiet, expect=loud.expect), ruleset, CITY).findings()
    assert Trial(replace(loud, expect=()), ruleset, CITY).findings()


def trials() -> Iterator[Any]:
    """Yield every test beside the rules, ready to run."""
    for file in FILES:
        ruleset = load(file, SCHEMAS, CITY)
        for test in file.tests:
            yield pytest.param(Trial(test, ruleset, CITY), id=f"{file.path.name}: {test.name}")


@pytest.mark.parametrize("trial", [*trials()])
def test_the_tests_beside_the_rules_hold(trial: Trial) -> None:
    assert trial.findings() == []


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
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    for rule in plan.rules:
        kinds = {plan.schemas.kinds[kind] for kind in rule.kinds}
        fires = [rule.rule in {each.rule.text for each in test.expect} for test in TESTS]
        reads = [any(event.body["kind"] in kinds for event in test.happenings) for test in TESTS]
        assert any(fires), rule.rule
        assert any(read and not fired for read, fired in zip(reads, fires, strict=True)), rule.rule


def test_critical_rules_of_fire_and_panic_fire_on_arrival() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert {"smoke", "gas", "panic_button"} <= {rule.rule for rule in plan.rules if not rule.ordered}


def test_nothing_personal_but_ids_enters_the_values_of_shipped_rules() -> None:
    plan = check.load([check.LIBRARY], SCHEMAS, CITY).plan
    assert not [value.name for rule in plan.rules for value in rule.values if value.personal]
