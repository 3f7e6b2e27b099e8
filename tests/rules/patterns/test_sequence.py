"""Sequences: what their steps may say, and what becomes of them."""

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules import check
from rules.patterns.plan import Sequence
from rules.plan import RulePlan, Source

SCHEMAS, CITY = Schemas.load(), CityKey()
HEAD = """\
version: 1
timezone: Asia/Shanghai
calendars: {night: "22:00-06:00"}
rules:
- rule: x
  severity: low
  purpose: public_safety
"""


def loaded(*lines: str) -> check.Ruleset:
    return check.loads({"r.yaml": HEAD + "".join(f"  {line}\n" for line in lines)}, SCHEMAS, CITY)


def plan(*lines: str) -> tuple[RulePlan, Sequence]:
    rule = loaded(*lines).plan.rules[0]
    assert isinstance(rule.pattern, Sequence)
    return rule, rule.pattern


def found(*lines: str) -> list[tuple[str, int, int]]:
    try:
        problems = loaded(*lines).problems
    except Problems as caught:
        problems = caught.problems
    return [(each.code, each.place.line, each.place.column) for each in problems]


def steps(*texts: str) -> list[str]:
    return ["sequence:", *(f"- {{{text}}}" for text in texts)]


@pytest.mark.parametrize(
    ("lines", "code", "line", "column"),
    [
        (["sequence: 3"], "E001", 8, 13),
        (["sequence: []"], "E001", 8, 13),
        (["sequence: [gate]"], "E001", 8, 14),
        (steps("first: gate, when: lon > 1"), "E047", 9, 6),
        (steps("not: gate", "then: camera"), "E042", 9, 6),
        (steps("then: gate", "then: camera"), "E042", 9, 6),
        (steps("first: gate", "first: camera"), "E042", 10, 6),
        (steps("first: gate", "then: camera, not: gate"), "E041", 10, 5),
        (steps("first: gate", "when: lon > 1"), "E041", 10, 5),
        (steps("first: gate", "then: camra"), "E008", 10, 12),
        (steps("first: gate", "then: camera, whem: lon > 1"), "E002", 10, 20),
        (steps("first: gate, within: 3m", "then: camera"), "E043", 9, 27),
        (steps("first: gate, times: 2", "then: camera"), "E043", 9, 26),
        (steps("first: gate", "not: camera, times: 2, within: 3m"), "E043", 10, 26),
        (steps("first: gate", "not: gate, within: 3m", "then: camera"), "E045", 10, 6),
        (steps("first: gate", "not: camera"), "E044", 10, 6),
        (steps("first: gate", "not: gate", "not: camera, within: 3m"), "E049", 11, 6),
        (["sequence: [{first: gate}, " + ", ".join(["{then: gate}"] * 8) + "]"], "E046", 8, 127),
        (steps("first: gate", "then: camera, times: many"), "E048", 10, 27),
        (steps("first: gate", "then: camera, times: 2 track"), "E048", 10, 27),
        (steps("first: gate", "then: camera, times: 2 distinct"), "E048", 10, 27),
        (steps("first: gate", "then: camera, times: 2 distinct confidence"), "E048", 10, 38),
        (steps("first: gate", "then: camera, times: 2 distinct trakc"), "E104", 10, 38),
        (steps("first: gate", "then: camera, times: 0"), "E030", 10, 27),
        (steps("first: gate", "then: camera, times: 65"), "E030", 10, 27),
        (steps("first: gate", "then: camera, within: soon"), "E009", 10, 28),
        (steps("first: gate", "then: camera, when: lable == 'person'"), "E104", 10, 26),
        (steps("first: gate, when: first.device == 'a'", "then: camera"), "E116", 9, 25),
        (steps("first: gate", "then: camera, when: first.label == 'person'"), "E104", 10, 26),
        (["from: gate", *steps("first: gate", "then: camera")], "E040", 8, 3),
        (["key: [site, track]", *steps("first: gate", "then: camera")], "E104", 8, 15),
        (["key: site", *steps("first: gate", "then: camera, key: [site, device]")], "E055", 11, 26),
        (["key: direction", *steps("first: gate", "then: camera, key: site")], "E055", 11, 25),
        (steps("first: gate", "then: camera, key: site"), "E055", 10, 25),
        (["message: '${first.label}'", *steps("first: gate", "then: camera")], "E104", 8, 15),
        (["message: '${device}'", *steps("first: gate", "not: gate, within: 3m")], "E116", 8, 15),
        (["window: 3m", *steps("first: gate", "then: camera")], "E012", 8, 11),
    ],
)
def test_what_is_wrong_with_a_sequence_is_named_where_it_is(
    lines: list[str], code: str, line: int, column: int
) -> None:
    assert [each for each in found(*lines) if not each[0].startswith("W")] == [(code, line, column)]


def test_when_active_and_except_beside_a_sequence_hold_for_all_its_steps() -> None:
    rule, pattern = plan(
        "when: site == 'S1'",
        "active: night",
        "except: [{when: device == 'd', reason: works}]",
        *steps("first: gate", "then: camera, when: label == 'person'"),
    )
    first, then = ({program.text for program in step.select} for step in pattern.steps)
    assert first == {"site == 'S1'", "night", "not sure(device == 'd')"}
    assert then == first | {"label == 'person'"}
    assert rule.select == ()


def test_a_step_may_have_its_own_key_of_the_same_types() -> None:
    rule, pattern = plan(
        "key: person",
        *steps("first: gate, key: plate", "then: camera"),
    )
    assert rule.key_fields == ("plate",)
    assert pattern.steps[0].key == rule.key != pattern.steps[1].key
    assert len(pattern.steps[1].key) == 1


def test_a_step_that_reads_the_first_event_says_so_and_asks_it_last() -> None:
    _, pattern = plan(
        "key: site",
        *steps("first: gate", "then: camera, when: person == first.person and lon > 5 and lat > first.lat"),
    )
    assert [step.refers for step in pattern.steps] == [False, True]
    assert pattern.steps[1].select[0].text == "lon > 5"
    assert len(pattern.first) == 2


def test_what_severity_and_texts_compute_of_the_first_event_is_kept_and_texts_are_read_again() -> None:
    rule, pattern = plan(
        'message: "${first.site} ${first.match_score} ${time - first.time}"',
        *steps("first: gate", "then: camera, within: 4s"),
    )
    assert len(pattern.first) == 2
    by_name = {value.name: value for value in rule.values}
    assert by_name["first.site"].source == Source(None, "site", earlier=True)
    assert by_name["first.match_score"].program is not None
    assert by_name["time - first.time"].type == "duration"


def test_it_may_take_as_long_from_first_to_last() -> None:
    assert plan("within: 1h", *steps("first: gate", "then: camera"))[1].within_ms == 3_600_000


def test_eight_steps_are_none_too_many() -> None:
    assert len(plan(*steps("first: gate", *["then: gate"] * 7))[1].steps) == 8


def test_the_key_of_an_unanswered_chain_may_be_shown() -> None:
    rule, _ = plan("key: site", 'message: "${site}"', *steps("first: gate", "not: camera, within: 3m"))
    assert [value.source for value in rule.values] == [Source(None, "site")]
