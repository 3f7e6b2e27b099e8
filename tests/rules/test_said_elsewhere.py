"""What operators bring along from elsewhere: names of functions, digits of an input method, numbers without a unit."""

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules.check import loads

RULE = """version: 1
rules:
- rule: said
  from: gate
  severity: high
  key: device
  when: {when}
  window: {window}
  threshold: {threshold}
  capacity: {capacity}
  route: []
  message: {{zh: 一, en: a}}
  purpose: public_safety
"""


def advice(**parts: str) -> list[tuple[str, str]]:
    given = {"when": "direction == 'in'", "window": "10m", "threshold": "count() > 2", "capacity": "100"} | parts
    with pytest.raises(Problems) as raised:
        loads({"r.yaml": RULE.format(**given)}, Schemas.load(), CityKey())
    return [(problem.code, problem.advice_en) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("threshold", "meant"),
    [
        ("average(match_score) > 1", "`avg(x)`"),
        ("mean(match_score) > 1", "`avg(x)`"),
        ("median(match_score) > 1", "`quantile(x, 0.5)`"),
        ("uniq(person) > 1", "`distinct(x)`"),
    ],
)
def test_functions_are_known_by_what_they_are_called_elsewhere(threshold: str, meant: str) -> None:
    ((code, said),) = advice(threshold=threshold)
    assert code == "E110" and meant in said


def test_a_number_beside_a_duration_is_taken_as_it_stands() -> None:
    ((code, said),) = advice(threshold="duration() > 300")
    assert code == "E108" and "`300s`" in said and "`300m`" in said


@pytest.mark.parametrize(
    ("key", "text", "code"), [("window", "１０m", "E009"), ("window", "١٠m", "E009"), ("capacity", "１００", "E015")]
)
def test_digits_are_ascii(key: str, text: str, code: str) -> None:
    assert [found for found, _ in advice(**{key: text})] == [code]
