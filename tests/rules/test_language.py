"""Every declaration and every pattern of the language, from YAML to the plan."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.batch import TIME
from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules import check
from rules.errors import format
from rules.patterns.plan import Absence, Change, Sequence, Threshold
from rules.plan import Plan, RulePlan, Source

SCHEMAS, CITY = Schemas.load(), CityKey()
LANGUAGE = {path.name: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "language").glob("*.yaml")}


@cache
def plan() -> Plan:
    ruleset = check.loads(LANGUAGE, SCHEMAS, CITY)
    assert ruleset.problems == []
    return ruleset.plan


def rule(name: str) -> RulePlan:
    return next(each for each in plan().rules if each.rule == name)


def lanes(*names: str) -> tuple[int, ...]:
    by_name = {column.name: plan().layout.lane(column.name, column.type) for column in plan().layout.columns}
    return tuple(by_name[name] for name in names)


def test_every_rule_of_the_language_compiles() -> None:
    assert len(plan().rules) == 12


def test_a_score_has_lanes_behind_those_of_a_batch_and_is_read_by_the_key_of_its_reader() -> None:
    (score,) = plan().scores
    assert (score.name, score.kernel, score.capacity) == ("fall", "free_fall", 200_000)
    assert score.per == lanes("device", "track")
    assert [program.text for program in score.inputs] == ["x", "z", "facades.first_floor_m", "facades.storey_m"]
    assert {program.text for program in score.select} == {"known(device)", "known(track)", "known(x)", "known(z)"}
    assert [output.name for output in score.outputs] == [
        "confidence",
        "drop_m",
        "speed_ms",
        "origin_floor",
        "label_kind",
    ]
    assert [output.lane - plan().layout.lanes for output in score.outputs] == [0, 1, 2, 3, 4]
    assert plan().lanes == plan().layout.lanes + 5
    assert [plan().symbols[code] for code in score.outputs[4].codes] == ["heavy", "light"]
    falling = rule("falling_object")
    assert falling.ordered and falling.scores == ((0, lanes("device", "track")),)
    assert all(not each.scores for each in plan().rules if each is not falling)


def test_what_only_a_dispatcher_reads_is_refused_until_there_is_one() -> None:
    later = (Path(__file__).parent / "language" / "later" / "routes.yaml").read_text(encoding="utf-8")
    with pytest.raises(Problems) as caught:
        check.loads({**LANGUAGE, "routes.yaml": later}, SCHEMAS, CITY)
    refused = [each for each in caught.value.problems if each.place.path == "routes.yaml" and each.level == "error"]
    assert [each.code for each in refused] == ["E011"] * 4


def test_congestion_is_a_state_over_a_count_and_a_mean() -> None:
    pattern = rule("congestion").pattern
    assert isinstance(pattern, Threshold) and pattern.is_state
    assert [(each.function, each.parameter) for each in pattern.window.aggregates] == [("count", 21), ("avg", 0)]
    assert (pattern.needed, pattern.hold_ms, pattern.resolve_after_ms) == (20, 300_000, 7_200_000)
    assert pattern.clear is not None and pattern.clear.text == "avg(speed_kmh) > 0.6 * roads.free_kmh"
    assert rule("congestion").cooldown_ms == 0
    assert rule("congestion").labels["road_class"].parts == ("", "roads.class", "")


def test_crowding_tells_as_many_people_apart_as_twice_the_largest_limit_and_one_more() -> None:
    pattern = rule("crowding").pattern
    assert isinstance(pattern, Threshold)
    assert [(each.function, each.parameter) for each in pattern.window.aggregates] == [("distinct", 401)]
    argument = pattern.window.aggregates[0].argument
    assert argument is not None and argument.text == "track"


def test_loitering_is_a_point_once_a_session_inside_an_area() -> None:
    pattern = rule("loitering").pattern
    assert isinstance(pattern, Threshold) and not pattern.is_state and pattern.once
    assert (pattern.window.panes, pattern.window.length_ms, pattern.window.max_ms) == ("session", 20_000, None)
    assert [area.name for area in plan().areas] == ["bank_lobby", "doorway"]
    assert {program.text for program in rule("loitering").select} >= {"night", "inside('bank_lobby')"}


def test_tailgating_is_a_chain_of_three_steps_and_names_the_first_event() -> None:
    pattern = rule("tailgating").pattern
    assert isinstance(pattern, Sequence)
    assert [(step.role, step.times, step.within_ms) for step in pattern.steps] == [
        ("first", 1, None),
        ("not", 1, None),
        ("then", 2, 4_000),
    ]
    assert [step.key for step in pattern.steps] == [lanes("site")] * 3
    assert [step.kinds for step in pattern.steps] == [(SCHEMAS.code(kind),) for kind in ("gate", "gate", "camera")]
    distinct = pattern.steps[2].distinct
    assert distinct is not None and distinct.text == "track"
    assert rule("tailgating").select == ()
    assert rule("tailgating").kinds == (SCHEMAS.code("camera"), SCHEMAS.code("gate"))
    value = next(each for each in rule("tailgating").values if each.name == "first.device")
    assert value.source == Source(None, "device", earlier=True)
    assert pattern.first == ()  # texts are read again, nothing computes with it


def test_panic_unanswered_waits_three_minutes_for_what_does_not_come() -> None:
    pattern = rule("panic_unanswered").pattern
    assert isinstance(pattern, Sequence)
    assert [(step.role, step.within_ms) for step in pattern.steps] == [("first", None), ("not", 180_000)]
    assert rule("panic_unanswered").ordered and rule("panic_unanswered").cooldown_ms == 0


def test_cloned_plate_remembers_where_when_and_by_whom_a_plate_was_seen() -> None:
    pattern = rule("cloned_plate").pattern
    assert isinstance(pattern, Change)
    assert pattern.window_ms == 7_200_000
    assert sorted(pattern.previous) == sorted((TIME, *lanes("device", "lat", "lon")))
    value = next(each for each in rule("cloned_plate").values if each.name == "prev.site")
    assert value.source == Source(None, "site", earlier=True)
    assert rule("cloned_plate").cooldown_ms == 86_400_000


def test_flow_drop_learns_a_week_of_quarter_hours() -> None:
    pattern = rule("flow_drop").pattern
    assert isinstance(pattern, Threshold) and pattern.is_state and pattern.baseline is not None
    assert (pattern.window.panes, pattern.window.length_ms) == ("tumbling", 900_000)
    usual = pattern.baseline
    assert (usual.season, usual.learn_ms, usual.min_samples, usual.of) == ("week", 2_419_200_000, 3, (0,))
    assert rule("flow_drop").mode == "shadow"


def test_the_elder_s_clock_stands_still_while_away_or_while_the_sensors_are_dead() -> None:
    elder = rule("elder_inactive_48h")
    assert isinstance(elder.pattern, Absence) and elder.pattern.unless is not None
    assert elder.pattern.unless.text == "elders.away_until > now() or coverage(elders.site) < 0.5"
    kinds = ("camera", "gate", "heartbeat", "sensor")
    assert plan().coverages == (tuple(SCHEMAS.code(kind) for kind in kinds),)
    assert {each.name for each in plan().sets} >= {"elders", "devices"}
    assert [(step.after_ms, step.to) for step in elder.escalate] == [
        (1_800_000, "community.office"),
        (7_200_000, "police.community"),
    ]


def test_a_rule_names_the_law_that_it_stands_on_and_else_that_of_its_purpose() -> None:
    assert rule("smoke_gas").legal_basis == "消防法"
    assert rule("smoke_gas").ordered is False


SLIPS = """\
version: 1
rules:
- rule: a
  from: gate
  when: subject == 'person' and direction == 'in' and (site, persn) not in residents
  severity: low
- {rule: b, from: gate, severity: low, when: person not in residents}
- rule: c
  from: traffic
  severity: low
  message: 车辆超速,限速: 80
- rule: d
  from: gate
  severity: low
  when： lon > 1
- rule: e
  from: gate
  severity: low
  key: site
  window: 5m
  threshold: count() >= 2
  absence: {for: 5m}
"""


def test_all_slips_of_a_file_are_named_in_one_run_each_with_its_place_and_advice() -> None:
    with pytest.raises(Problems) as caught:
        check.loads({"vocabulary.yaml": LANGUAGE["vocabulary.yaml"], "slips.yaml": SLIPS}, SCHEMAS, CITY)
    errors = [each for each in caught.value.problems if each.level == "error"]
    assert [(each.code, each.place.line, each.place.column) for each in errors] == [
        ("E104", 5, 62),
        ("E021", 7, 46),
        ("Y002", 11, 19),
        ("Y003", 15, 7),
        ("E010", 22, 3),
    ]
    assert [each.advice_en for each in errors] == [
        "did you mean `person`?",
        "write `(site, person) not in residents`",
        'write  message: "车辆超速,限速: 80"',
        "type `:` with the input method off",
        "make two rules of it",
    ]
    assert all(each.zh and each.advice_zh for each in errors)
    assert "fields of gate / 可用字段: device direction id kind" in errors[0].note


RULES = re.split(r"^(?=- rule:)", LANGUAGE["rules.yaml"], flags=re.MULTILINE)
TOKENS = sorted(
    {*re.findall(r"[\w.]+|[^\w\s]", LANGUAGE["rules.yaml"]), "session", "first.", "prev.", "nan", "-1", "0s"}
)


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_no_slip_in_any_rule_of_the_language_gives_a_traceback(data: st.DataObject) -> None:
    tokens = re.findall(r"\s+|[\w.]+|[^\w\s]", data.draw(st.sampled_from(RULES[1:])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        tokens[at : at + data.draw(st.integers(0, 1))] = data.draw(st.lists(st.sampled_from(TOKENS), max_size=1))
    text = RULES[0] + "".join(tokens)
    try:
        problems = check.loads({**LANGUAGE, "rules.yaml": text}, SCHEMAS, CITY).problems
    except Problems as found:
        problems = found.problems
    assert format(problems, {"rules.yaml": text}).endswith("个警告")
