import pytest

from rules.check import loads
from streams.control.references import References
from streams.explain.footprint import footprint, footprints
from streams.trial.budget import too_large
from tests.streams.small_log import CITY, HEAD, SCHEMAS

RULES = """\
- {rule: at_once, from: gate, severity: low}
- {rule: large, from: gate, key: device, window: 1h, threshold: sum(lon) > 3, capacity: 5000, severity: low}
- {rule: small, from: gate, key: device, window: 1h, threshold: count() > 3, capacity: 100, severity: low}
- {rule: alike, from: gate, key: device, window: 1h, threshold: count() > 4, capacity: 100, severity: low}
"""


@pytest.fixture
def city():
    ruleset = loads({"r.yaml": HEAD + RULES}, SCHEMAS, CITY)
    return ruleset, References.of(ruleset.plan, {}, CITY).surroundings


def total(city):
    return sum(each.memory_bytes for each in footprints(city[0].plan, city[1]))


def test_a_family_is_counted_once_and_all_rules_are_in_one(city):
    ruleset, surroundings = city
    members = [each.members for each in footprints(ruleset.plan, surroundings)]
    assert sorted(name for each in members for name in each) == ["alike", "at_once", "large", "small"]
    assert ("alike", "small") in members
    for rule in ruleset.plan.rules:
        assert footprint(rule, ruleset.plan, surroundings) in footprints(ruleset.plan, surroundings)


@pytest.mark.parametrize(("less", "told"), [(0, []), (1, [("W370", HEAD.count("\n") + 2)])])
def test_what_fits_exactly_is_no_warning_and_a_byte_less_is_one_at_the_largest_rule(city, less, told):
    found = too_large(*city, total(city) - less)
    assert [(each.code, each.place.line) for each in found] == told
    assert all("5,000 at most" in each.en and each.note.startswith("large ") for each in found)
