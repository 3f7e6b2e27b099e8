"""What became of a ruleset is told by what is judged and remembered, not by what was typed."""

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.edits import Edit, Edits, KeyEdit, edits
from rules.format import formatted

SCHEMAS, CITY = Schemas.load(), CityKey()
RULES = """\
version: 1
timezone: Asia/Shanghai
calendars: {night: "22:00-06:00", day: "06:00-22:00"}
sets:
  residents: {key: [site, person]}
  cameras: {key: device, columns: {crowd_limit: {type: number, max: 200}}}
  devices: {key: device, columns: {site: id, since: time}}
routes: [property, police.patrol]
let:
  unknown: missing(person) or (site, person) not in residents
  stranger: subject == 'person' and unknown
  lonely: label == 'garbage'
rules:
- rule: stranger_entry
  title: {zh: 陌生人, en: Strangers}
  purpose: public_safety
  from: gate
  when: direction == 'in' and stranger
  active: night
  key: [site, device]
  window: 10m
  threshold: count() >= 2
  severity: {high: count() >= 5, medium: default}
  route: property
  message: {zh: "${count} 名", en: "${count} strangers"}
- rule: tailgate
  purpose: public_safety
  from: gate
  when: stranger and missing(media)
  cooldown: 5m
  key: device
  severity: low
- rule: offline
  from: heartbeat
  key: device
  absence: {for: 30m, expect: devices}
  severity: low
- rule: garbage
  from: camera
  when: label == 'garbage'
  key: device
  severity: low
"""


def compared(*changes: tuple[str, str]) -> Edits:
    text = RULES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    before, after = (check.loads({path: each}, SCHEMAS, CITY) for path, each in (("o.yaml", RULES), ("n.yaml", text)))
    return edits(before, after)


def only(found: Edits) -> Edit:
    [edit] = found.edits
    return edit


@pytest.mark.parametrize(
    ("kind", "rule", "old", "new"),
    [
        ("cosmetic", "stranger_entry", "en: Strangers", "en: Outsiders"),
        ("cosmetic", "stranger_entry", "${count} strangers", "${count} of them at ${site}"),
        ("cosmetic", "stranger_entry", "  route: property", "  route: [property, police.patrol]"),
        ("cosmetic", "garbage", "from: camera", "from: camera\n  labels: {a: b}"),
        ("cosmetic", "stranger_entry", "  route: property", "  mode: shadow\n  route: property"),
        ("judgement", "stranger_entry", "count() >= 2", "count() >= 3"),
        ("judgement", "stranger_entry", "count() >= 5", "count() >= 6"),
        ("judgement", "stranger_entry", "  route: property", "  cooldown: 1h\n  route: property"),
        ("judgement", "offline", "for: 30m", "for: 20m"),
        ("judgement", "tailgate", "cooldown: 5m", "cooldown: 6m"),
        ("selection", "stranger_entry", "count() >= 2", "count() >= 40"),  # more events to remember
        ("selection", "stranger_entry", "direction == 'in'", "direction == 'out'"),
        ("selection", "stranger_entry", "active: night", "active: day"),
        ("selection", "stranger_entry", "window: 10m", "window: 11m"),
        ("selection", "stranger_entry", "key: [site, device]", "key: [device]"),
        ("selection", "garbage", "from: camera", "from: camera\n  except: [{when: site == 'S1', reason: works}]"),
        ("selection", "stranger_entry", "  route: property", "  mode: disabled\n  route: property"),
    ],
)
def test_a_change_is_of_the_class_of_what_it_does_to_state_and_judgement(kind, rule, old, new) -> None:
    edit = only(compared((old, new)))
    assert (edit.rule, edit.change, edit.kind) == (rule, "changed", kind)


def test_the_keys_that_changed_are_shown_as_they_were_and_are_in_one_spacing() -> None:
    edit = only(
        compared(
            ("count() >= 2", "count( )>=3"),
            ("  purpose: public_safety\n  from: gate\n  when: d", "  from: gate\n  when: d"),
        )
    )
    assert edit.keys == (
        KeyEdit("purpose", "public_safety", None),
        KeyEdit("threshold", "count() >= 2", "count() >= 3"),
    )


def test_spelling_order_comments_and_files_are_no_difference() -> None:
    other = formatted("x", RULES.replace("count() >= 2", "(count()>=2)  # two").replace("10m", "600s"))
    head, rules = other.split("rules:\n")
    let = head[head.index("let:") :]
    parts = ["- rule" + part for part in rules.split("- rule")[1:]]
    files = {"v.yaml": head[: head.index("let:")]}
    files |= {f"{i}.yaml": f"version: 1\n{let}rules:\n{part}" for i, part in enumerate(reversed(parts))}
    found = edits(check.loads({"o.yaml": RULES}, SCHEMAS, CITY), check.loads(files, SCHEMAS, CITY))
    assert found.is_same and found.edits == () and found.declared == ()


def test_rules_that_came_and_went_are_named() -> None:
    found = compared(("- rule: garbage", "- rule: litter"))
    assert [(edit.rule, edit.change, edit.kind) for edit in found.edits] == [
        ("garbage", "removed", None),
        ("litter", "added", None),
    ]
    assert not found.is_same


def test_a_macro_names_every_rule_that_it_changes_through_other_macros_too() -> None:
    found = compared(("missing(person) or", "missing(person) and known(device) or"))
    assert found.macros == {"unknown": ("stranger_entry", "tailgate")}
    assert [(edit.kind, edit.keys, edit.macros) for edit in found.edits] == [("selection", (), ("unknown",))] * 2


def test_a_macro_that_no_rule_uses_changes_none() -> None:
    assert compared(("lonely: label", "lonely: kind == 'camera' and label")).is_same


def test_a_declaration_is_shown_with_the_rules_that_rest_on_it() -> None:
    found = compared(('night: "22:00-06:00"', 'night: "21:00-06:00"'))
    assert found.declared == (KeyEdit("calendars.night", "22:00-06:00", "21:00-06:00"),)
    assert [(edit.rule, edit.kind, edit.declared) for edit in found.edits] == [
        ("stranger_entry", "selection", ("night",))
    ]


def test_another_timezone_gives_rules_of_civil_time_other_state() -> None:
    found = compared(("Asia/Shanghai", "Asia/Tokyo"))
    assert found.declared == (KeyEdit("timezone", "Asia/Shanghai", "Asia/Tokyo"),)
    assert [(edit.rule, edit.kind) for edit in found.edits] == [("stranger_entry", "selection")]
