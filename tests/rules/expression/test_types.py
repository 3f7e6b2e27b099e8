"""Checking: what names mean, which types and units fit, and what is said where they do not."""

import pytest

from events.place import Place, Problems
from events.schema import Schemas
from rules.expression.canonical import canonical
from rules.expression.codes import CODES
from rules.expression.parse import parse
from rules.expression.typed import Column, Field, LastSeen, Member, Score, leaves
from rules.expression.types import Scope, check, condition
from rules.score_declarations import ScoreDeclaration
from rules.scores import SCORES as SCORE_KERNELS
from rules.vocabulary import ColumnDeclaration, SetDeclaration

PLACE = Place("rules/community.yaml", 10, 9)
SCHEMAS = Schemas.load()


def declared(name, key, /, **columns):
    return SetDeclaration(
        name, key, {column: ColumnDeclaration(column, *body) for column, body in columns.items()}, PLACE
    )


SETS = {
    "residents": declared("residents", ("site", "person"), site=("id",), person=("id",)),
    "roads": declared("roads", ("site",), site=("id",), free_kmh=("number", "km/h"), **{"class": ("text",)}),
    "elders": declared(
        "elders", ("person",), person=("id",), lives_alone=("flag",), away_until=("time",), name=("text", None, True)
    ),
    "limits": declared("limits", ("metric",), metric=("enum",), most=("number",)),
    "cameras": declared(
        "cameras", ("device",), device=("id",), expected_s=("number", "s"), timeout_ms=("number", "ms")
    ),
}
FREE_FALL = SCORE_KERNELS["free_fall"]
SCORES = {
    "fall": ScoreDeclaration(
        "fall", "free_fall", ("camera",), (("device", "id"), ("track", "ephemeral")), (), FREE_FALL.outputs, 9, PLACE
    )
}
KEYS = "write  key: [device, track]  in the rule, or  per: [site, device, track]  in the score"
MACROS = {
    "stranger": "missing(person) or (site, person) not in residents",
    "pressed": "metric == 'panic' and status == 'alarm'",
    "sign_of_life": "kind != 'sensor' or pressed",
    "round": "about",
    "about": "not round",
    "m0": "known(site)",
    **{f"m{i}": f"m{i - 1} and not m{i - 1} or m{i - 1}" for i in range(1, 12)},
}


def scope(kinds, **further):
    macros = {name: parse(text, Place("rules/community.yaml", 3, 13)) for name, text in MACROS.items()}
    return Scope(SCHEMAS, tuple(kinds.split()), SETS, ("night", "spring_festival"), macros, **further)


def found(text, kinds, **further):
    with pytest.raises(Problems) as raised:
        condition(parse(text, PLACE), scope(kinds, **further))
    return raised.value.problems


def typed(text, kinds, **further):
    return check(parse(text, PLACE), scope(kinds, **further))


def one_line(problem):
    return problem.code, problem.place.column - PLACE.column, problem.place.width, problem.advice_en


@pytest.mark.parametrize(
    ("kinds", "text", "column", "width", "code", "advice"),
    [
        ("gate", "subject == 'person' and (site, persn) in residents", 31, 5, "E104", "did you mean `person`?"),
        ("gate", "strangr", 0, 7, "E104", "did you mean `stranger`?"),
        ("gate", "nigth", 0, 5, "E104", "did you mean `night`?"),
        ("gate", "speed_kmh > 3", 0, 9, "E104", ""),
        ("gate", "person not in residents", 0, 6, "E021", "write `(site, person) not in residents`"),
        ("gate", "(person, site) in residents", 0, 14, "E021", "write `(site, person) in residents`"),
        ("gate", "person in resident", 10, 8, "E105", "did you mean `residents`?"),
        ("gate", "person in night", 10, 5, "E107", "write `night` alone"),
        ("gate", "person in plate", 10, 5, "E107", "write `==`, or list values: `in ('a', 'b')`"),
        ("gate", "residents", 0, 9, "E107", "write `(site, person) in residents` or `residents.column`"),
        ("flow", "roads.free_kph > 3", 0, 14, "E105", "did you mean `roads.free_kmh`?"),
        ("flow", "road.free_kmh > 3", 0, 13, "E105", "did you mean `roads`?"),
        ("gate", "site.name == 'a'", 0, 9, "E105", "write `site`"),
        ("flow", "elders.lives_alone", 0, 18, "E119", ""),
        ("gate", "direction == 'inn'", 13, 5, "E106", "did you mean `'in'`?"),
        ("gate", "direction in ('in', 'aut')", 20, 5, "E106", "did you mean `'out'`?"),
        ("gate", "kind == 'gates'", 8, 7, "E106", "did you mean `'gate'`?"),
        ("gate camera", "label == 'Person' and kind == 'camera'", 9, 8, "E106", "did you mean `'person'`?"),
        ("gate traffic", "direction == 'in'", 0, 9, "E115", "make one rule for each kind"),
        ("gate", "device == 17", 0, 12, "E107", "write `'17'`"),
        ("gate", "match_score == '0.5'", 15, 5, "E107", "write it without quotes: `0.5`"),
        ("gate", "match_score == 'high'", 15, 6, "E107", "compare it with a number"),
        ("gate", "direction < 'in'", 0, 16, "E107", "write `==` or `!=`"),
        ("gate", "'in' == 'out'", 0, 13, "E107", "a field stands without quotes"),
        ("gate", "site + 1 > 2", 0, 8, "E107", ""),
        ("gate", "site * 2 > 2", 0, 4, "E107", ""),
        ("gate", "-site > 2", 0, 5, "E107", ""),
        ("gate", "direction in (in_, 'out')", 14, 3, "E107", "texts stand in single quotes: `in ('a', 'b')`"),
        ("gate", "(site, person) == 'a'", 0, 14, "E107", "write `(a, b) in set` or `x in ('a', 'b')`"),
        ("gate", "direction", 0, 9, "E114", "compare it, as in `x == 'a'`, or write `known(x)`"),
        ("gate", "not match_score", 4, 11, "E114", "compare it, as in `x > 0`"),
        ("gate", "night + 1 > 2", 0, 9, "E107", ""),
        ("patrol", "available == 1", 0, 14, "E107", "write `available` or `not available`"),
        ("patrol", "available > true", 0, 16, "E107", "join conditions with `and`, `or`, `not`"),
        ("patrol", "(lon > 1) == (lat > 1)", 0, 22, "E107", "join conditions with `and`, `or`, `not`"),
        ("patrol", "available == 'yes'", 13, 5, "E107", "write `available` or `not available`"),
        ("flow", "speed_kmh > 5m", 0, 14, "E108", "a number without unit is in km/h here"),
        ("flow", "speed_kmh + period_s > 5", 0, 20, "E108", ""),
        ("flow", "now() - time > 300", 0, 18, "E108", "write `300s` for seconds, or `300m` for minutes"),
        ("flow", "time > 5", 0, 8, "E107", "write `now() - time` for its age"),
        ("flow", "time + 5 > now()", 0, 8, "E107", "write `time + 5m` or `now() - time`"),
        ("flow", "time * 2 > 5", 0, 4, "E107", ""),
        ("flow", "abs(time) > 5", 4, 4, "E107", ""),
        ("flow", "count() > 3", 0, 7, "E116", "write it in `threshold`, with  window: 10m  beside it"),
        ("flow", "last_seen < now()", 0, 9, "E116", "how long a key may be silent is written  absence: {for: 48h}"),
        ("flow", "avg(speed_kmh) < 3", 0, 14, "E116", "write it in `threshold`, with  window: 10m  beside it"),
        ("flow", "min(speed_kmh) < 3", 0, 14, "E116", "write it in `threshold`, with  window: 10m  beside it"),
        ("flow", "prev.speed_kmh < 3", 0, 14, "E116", "write it in `change`, with  window: 2h  beside it"),
        ("camera", "lower(device) == 'a'", 0, 13, "E118", "name the spellings: `x in ('a', 'A')`"),
        ("flow", "mising(speed_kmh)", 0, 17, "E110", "did you mean `missing()`?"),
        ("flow", "missing()", 0, 9, "E111", ""),
        ("flow", "hour(time) > 3", 0, 10, "E111", ""),
        ("flow", "hour > 3", 0, 4, "E111", "write `hour()`"),
        ("flow", "missing(speed_kmh > 3)", 0, 22, "E111", "write `missing(field)`"),
    ],
)
def test_what_does_not_fit_is_named_where_it_stands(kinds, text, column, width, code, advice):
    problem = found(text, kinds)[0]
    assert one_line(problem) == (code, column, width, advice)
    assert problem.zh and bool(problem.advice_zh) == bool(advice)


def test_the_error_for_an_unknown_field_lists_what_there_is():
    (problem,) = found("persn == 'a'", "gate")
    assert problem.en == "unknown field `persn` in events of kind `gate`"
    assert problem.zh == "gate 事件没有字段 persn"
    assert problem.note == (
        "fields of gate / 可用字段: device direction id kind lat lon match_score media person phone plate replayed "
        "site subject time"
    )


def test_all_errors_of_an_expression_are_found_in_one_run():
    assert [
        p.code for p in found("persn == 'a' or direction == 'inn' and (match_score > '3' or avg(x) > 1)", "gate")
    ] == ["E104", "E106", "E107", "E116"]


def test_a_field_that_some_kinds_lack_is_a_warning_unless_kind_is_tested_beside_it():
    for text, warned in [
        ("plate == 'a'", True),
        ("kind == 'gate' and plate == 'a'", False),
        ("kind == 'gate' and lon > 1 or plate == 'a'", False),
        ("not (kind != 'gate' or plate == 'a')", False),
        ("plate == 'a' and (kind == 'gate' or lon > 1)", False),
        ("kind in ('gate', 'camera') and (lon > 1 or known(plate))", False),
        ("lon > 1 and plate == 'a'", True),
    ]:
        here = scope("flow gate")
        condition(parse(text, PLACE), here)
        assert [warning.code for warning in here.warnings] == ["W202"] * warned, text
    assert here.warnings[0].en == "`plate` does not exist in events of kind `flow`; there it is missing"
    assert here.warnings[0].level == "warning"


def test_a_condition_that_constants_make_false_is_a_warning():
    for text, warned in [
        ("lon > 1 and 1 > 2", True),
        ("not true", True),
        ("false", False),
        ("1 < 2", False),
        ("1 / 0 > 2", False),
    ]:
        here = scope("gate")
        condition(parse(text, PLACE), here)
        assert [warning.code for warning in here.warnings] == ["W203"] * warned, text


@pytest.mark.parametrize(
    ("text", "kinds", "says", "advice"),
    [
        ("match_score > 80", "gate", "never", "it is a share: write `80%`, or `0.8`"),
        ("80 < match_score", "gate", "never", "it is a share: write `80%`, or `0.8`"),
        ("occupancy < 50", "flow", "always", "it is a share: write `50%`, or `0.5`"),
        ("match_score > 1", "gate", "never", "compare it with a number from 0 to 1"),
        ("match_score < 0", "gate", "never", "compare it with a number from 0 to 1"),
        ("match_score == 100", "gate", "never", "it is a share: write `100%`, or `1`"),
        ("match_score != 100", "gate", "always", "it is a share: write `100%`, or `1`"),
        ("match_score in (0.5, 60)", "gate", "never", "it is a share: write `60%`, or `0.6`"),
        ("fall.confidence >= 90", "camera", "never", "it is a share: write `90%`, or `0.9`"),
        ("hour() == 24", "gate", "never", "compare it with a number from 0 to 23"),
        ("match_score >= 0", "gate", "", ""),
        ("match_score <= 1", "gate", "", ""),
        ("match_score >= 80%", "gate", "", ""),
        ("match_score * 100 > 80", "gate", "", ""),
        ("-match_score < -0.5", "gate", "", ""),
        ("confidence > 80 and kind == 'camera'", "camera sensor", "never", "it is a share: write `80%`, or `0.8`"),
        ("fall.drop_m > 80", "camera", "", ""),
    ],
)
def test_a_number_beyond_the_range_of_what_it_is_compared_with_is_a_warning(text, kinds, says, advice):
    here = scope(kinds, scores=SCORES)
    condition(parse(text, PLACE), here)
    assert [each.code for each in here.warnings] == ["W204"] * bool(says), text
    for warning in here.warnings:
        assert f"this is {says} true" in warning.en and warning.advice_en == advice and warning.advice_zh


def test_an_aggregate_lies_where_its_argument_does_but_for_a_sum():
    for text, warned in [
        ("ratio(direction == 'in') > 50", True),
        ("ratio(direction == 'in') > 50%", False),
        ("avg(match_score) > 50", True),
        ("quantile(match_score, 0.95) > 50", True),
        ("sum(match_score) > 50", False),
        ("count() > 50", False),
    ]:
        here = scope("gate", pattern="window")
        condition(parse(text, PLACE), here)
        assert [each.code for each in here.warnings] == ["W204"] * warned, text


def test_what_a_score_says_is_a_number_with_its_unit_or_a_word():
    leaf = typed("fall.drop_m", "camera", scores=SCORES)
    assert (leaf, leaf.type.unit) == (Score(leaf.node, leaf.type, "fall", "drop_m"), "m")
    assert typed("fall.label_kind", "camera", scores=SCORES).type.values == ("heavy", "light")
    assert typed("fall.drop_m > 1km and fall.label_kind == 'light'", "camera", scores=SCORES)
    assert found("fall.drop_m > 5s", "camera", scores=SCORES)[0].code == "E108"
    assert found("fall.label_kind == 'lihgt'", "camera", scores=SCORES)[0].advice_en == "did you mean `'light'`?"


@pytest.mark.parametrize(
    ("text", "kinds", "key", "code", "advice"),
    [
        ("fall.drop > 5", "camera", (), "E122", "did you mean `fall.drop_m`?"),
        ("fal.drop_m > 5", "camera", (), "E105", "did you mean `fall`?"),
        ("fall.drop_m > 5", "gate", (), "E121", "take kind `camera` in `from`"),
        ("fall.drop_m > 5", "camera", ("site",), "E121", KEYS),
    ],
)
def test_a_score_that_does_not_fit_is_refused_with_what_to_write(text, kinds, key, code, advice):
    (problem,) = found(text, kinds, scores=SCORES, key=key)
    assert (problem.code, problem.advice_en) == (code, advice) and problem.advice_zh


def test_a_score_is_of_the_event_in_hand_and_null_of_other_kinds():
    assert found("fall.drop_m > 5", "camera", scores=SCORES, in_hand=False)[0].code == "E116"
    for key in ((), ("device",), ("track", "device")):
        here = scope("camera gate", scores=SCORES, key=key)
        condition(parse("fall.drop_m > 5", PLACE), here)
        assert [warning.code for warning in here.warnings] == ["W202"]
    here = scope("camera gate", scores=SCORES)
    condition(parse("kind == 'camera' and fall.drop_m > 5", PLACE), here)
    assert here.warnings == []


def test_a_field_that_all_kinds_lack_is_an_error():
    assert found("metric == 'smoke'", "gate flow")[0].code == "E104"


def test_a_macro_is_expanded_with_the_names_of_where_it_is_used():
    whole = typed("direction == 'in' and stranger", "gate")
    assert canonical(whole.node) == "direction == 'in' and (missing(person) or (site, person) not in residents)"
    assert found("stranger", "flow")[0].place.line == 3  # where the macro says it


def test_macros_that_name_each_other_are_refused():
    (problem,) = found("round", "gate")
    assert (problem.code, problem.en) == ("E117", "the macro names itself: round -> about -> round")


def test_macros_that_grow_without_measure_are_refused():
    typed("m4", "gate")
    assert [problem.code for problem in found("m11", "gate")] == ["E117"]


def test_a_macro_hides_a_field_and_a_field_hides_a_calendar():
    here = scope("gate")
    here.macros = {**here.macros, "site": parse("device", PLACE)}
    here.calendars = ("night", "person")
    assert check(parse("site", PLACE), here).name == "device"
    assert isinstance(check(parse("person", PLACE), here), Field)


def test_where_no_event_is_in_hand_only_key_fields_and_what_they_find_can_be_read():
    here = {"in_hand": False, "key": ("person",), "pattern": "absence", "in_text": True}
    assert isinstance(typed("elders.name", "gate camera", **here), Column)
    assert isinstance(typed("person", "gate camera", **here), Field)
    assert isinstance(typed("last_seen", "gate camera", **here), LastSeen)
    assert typed("now() - last_seen", "gate camera", **here).type.base == "duration"
    for text, code in (("site", "E116"), ("roads.free_kmh", "E119"), ("(site, person) in residents", "E116")):
        with pytest.raises(Problems) as raised:
            typed(text, "gate camera", **here)
        assert raised.value.problems[0].code == code


def test_count_is_known_where_there_is_a_window_and_short_in_texts_alone():
    assert typed("count()", "gate", pattern="window") == typed("count", "gate", pattern="window", in_text=True)
    assert found("count > 3", "gate", pattern="window")[0].advice_en == "write `count()`"


def test_only_calendars_are_known_where_there_are_no_kinds():
    assert canonical(typed("night and not spring_festival", "").node) == "night and not spring_festival"
    (problem,) = found("night and not spring_festivl", "")
    assert (problem.en, problem.note) == (
        "unknown calendar `spring_festivl`",
        "calendars / 日历: night spring_festival",
    )


@pytest.mark.parametrize(
    ("text", "kinds", "base", "unit"),
    [
        ("speed_kmh", "flow", "number", "km/h"),
        ("speed_kmh * 1.2", "flow", "number", "km/h"),
        ("speed_kmh / roads.free_kmh", "flow", "number", None),
        ("speed_kmh + roads.free_kmh", "flow", "number", "km/h"),
        ("now() - time", "flow", "duration", "ms"),
        ("time + 5m", "flow", "time", None),
        ("time + period_s", "flow", "time", None),
        ("cameras.timeout_ms", "flow", "duration", "ms"),
        ("2 * 5m", "flow", "duration", "ms"),
        ("(now() - time) / 5m", "flow", "number", None),
        ("max(period_s, 5m)", "flow", "number", "s"),
        ("site", "flow", "text", None),
        ("hour()", "flow", "number", None),
        ("known(site)", "flow", "truth", None),
        ("replayed", "flow", "flag", None),
        ("kind", "flow", "kind", None),
    ],
)
def test_every_expression_has_a_type_and_a_unit(text, kinds, base, unit):
    whole = typed(text, kinds)
    assert (whole.type.base, whole.type.unit) == (base, unit)


def test_what_is_personal_can_be_read_off():
    personal = [
        leaf
        for leaf in leaves(typed("elders.name == 'x' and lon > 1 and plate == 'y'", "gate"))
        if getattr(leaf, "personal", False)
    ]
    assert [canonical(leaf.node) for leaf in personal] == ["elders.name", "person", "plate"]


def test_an_enum_field_finds_the_row_of_a_set_keyed_by_enum():
    assert isinstance(next(leaves(typed("metric in limits", "sensor"))), Member)
    assert found("site in limits", "sensor")[0].code == "E107"


def test_every_code_is_in_the_table():
    import re
    from pathlib import Path

    room = Path(parse.__code__.co_filename).parent
    used = {
        code
        for path in (*room.glob("*.py"), room.parent / "calendar.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert used == set(CODES)
