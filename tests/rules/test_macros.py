"""Names of `let`: those that name each other, and those that no rule uses."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check

SCHEMAS, CITY = Schemas.load(), CityKey()


def problems(let: str, when: str = "lon > 1") -> list[Problem]:
    text = f"version: 1\nlet: {let}\nrules:\n- {{rule: x, from: gate, when: {when}, severity: low}}\n"
    try:
        return check.loads({"r.yaml": text}, SCHEMAS, CITY).problems
    except Problems as found:
        return found.problems


def said(let: str, when: str = "lon > 1") -> list[str]:
    return [each.code for each in problems(let, when)]


@pytest.mark.parametrize("when", ["lon > 1", "a", "b", "c"])
def test_a_circle_is_found_once_whether_a_rule_uses_it_or_not(when: str) -> None:
    assert said("{a: b, b: c or lat > 1, c: a}", when).count("E117") == 1


def test_a_circle_says_its_way() -> None:
    (found,) = (each for each in problems("{d: a, a: b, b: a}") if each.code == "E117")
    assert found.en.endswith("a -> b -> a") and found.place.line == 2


def test_what_no_rule_uses_is_a_warning_and_what_rules_use_by_others_is_none() -> None:
    assert said("{a: lat > 1}") == ["W362"]
    assert said("{a: b, b: lat > 1}", "a") == []
    assert said("{a: lat > 1}", "'lon > 1 and a'") == []


def test_a_name_that_may_be_a_slip_in_a_rule_is_not_called_unused() -> None:
    assert said("{far: lat > 1}", "farr") == ["E104"]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("no_such_field > 1", "E104"),
        ("no_such_set.x > 1", "E105"),
        ("no_such_function(lon) > 1", "E110"),
        ("speed_kmh > 5m", "E108"),
        ("subject == 'inn'", "E106"),
    ],
)
def test_what_is_wrong_of_all_kinds_is_found_in_a_macro_that_no_rule_uses(expression: str, code: str) -> None:
    assert sorted(said(f'{{a: "{expression}"}}')) == [code, "W362"]


@pytest.mark.parametrize(
    "expression",
    [
        "speed_kmh > 5",
        "count() > 5 and zscore(avg(lon)) > 3",
        "elapsed(prev) > 5m",
        "last_seen < now()",
        "first.plate == 'A'",
        "(kind == 'gate' and subject == 'person') or (kind == 'sensor' and status == 'alarm')",
    ],
)
def test_what_some_kind_and_pattern_allow_is_right(expression: str) -> None:
    assert said(f'{{a: "{expression}"}}') == ["W362"]
