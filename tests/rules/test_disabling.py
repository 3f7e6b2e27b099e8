"""A rule is switched off in the text, wherever and however it is written; nothing else changes."""

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.check import LIBRARY
from rules.disabling import disabled
from rules.edits import edits

SCHEMAS, CITY = Schemas.load(), CityKey()
TEXT = """\
version: 1
rules:
- rule: plain  # a comment
  from: gate
  severity: low
- from: gate
  rule: "quoted"
  severity: low
- {rule: braces, from: gate, severity: low}
- rule: shadowed
  from: gate
  mode: shadow  # tried
  severity: low
- {rule: both, mode: 'live', from: gate, severity: low}
"""


@pytest.mark.parametrize("name", ["plain", "quoted", "braces", "shadowed", "both"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_one_rule_is_disabled_and_its_comments_stay(name, ending):
    text = TEXT.replace("\n", ending)
    found = disabled({"a.yaml": text, "b.yaml": "version: 1\n"}, name)
    assert found is not None and found["b.yaml"] == "version: 1\n"
    before, after = (check.loads({"a.yaml": each}, SCHEMAS, CITY) for each in (text, found["a.yaml"]))
    modes = {rule.rule.name.text: rule.rule.mode for rule in after.rules}
    assert modes.pop(name) == "disabled" and "disabled" not in modes.values()
    assert [edit.rule for edit in edits(before, after).edits] == [name]
    assert found["a.yaml"].count("#") == 2


def test_an_unknown_rule_is_none():
    assert disabled({"a.yaml": TEXT}, "nothing") is None


def test_every_shipped_rule_can_be_disabled():
    ruleset = check.load([LIBRARY], SCHEMAS, CITY)
    sources = ruleset.sources
    for rule in ruleset.rules:
        sources = disabled(sources, rule.rule.name.text)
    assert {rule.rule.mode for rule in check.loads(sources, SCHEMAS, CITY).rules} == {"disabled"}
