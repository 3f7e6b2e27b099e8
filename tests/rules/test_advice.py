"""Advice that fits the slip: what an operator wrote, and what the checker answers."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.errors import with_article

SCHEMAS, CITY = Schemas.load(), CityKey()


def problems(line: str) -> list[Problem]:
    """Problems of one line in a rule over traffic, where nothing is declared."""
    text = f"version: 1\nrules:\n- rule: x\n  from: traffic\n  severity: low\n  key: site\n  {line}\n"
    try:
        return check.loads({"r.yaml": text}, SCHEMAS, CITY).problems
    except Problems as found:
        return found.problems


@pytest.mark.parametrize(
    "line",
    [
        "title: {zh: 夜间噪声， en: Night noise}",
        "title: {zh: 夜间噪声，en: Night noise}",
        'title: {zh: "夜间噪声"， en: Night noise}',
        "title: {zh: 夜间噪声； en: Night noise}",
    ],
)
def test_a_full_width_comma_between_two_languages_is_named(line: str) -> None:
    (found,) = problems(line)
    assert found.code == "Y003"
    assert line[found.place.column - 3] in "，；"
    assert "`,`" in found.advice_en


def test_a_full_width_comma_inside_a_text_stays_a_colon_problem() -> None:
    (found,) = problems("title: {zh: 车辆，限速: 80, en: Too fast}")
    assert found.code == "Y002"


@pytest.mark.parametrize(
    ("condition", "unit"),
    [
        ("speed_kmh > 70 km/h", "km/h"),
        ("speed_kmh > 70km/h", "km/h"),
        ("speed_kmh > 20 m/s", "m/s"),
        ("speed_kmh > 70 kmh and known(plate)", "kmh"),
        ("speed_kmh > 70dB", "dB"),
    ],
)
def test_a_unit_that_is_not_written_is_named_whole(condition: str, unit: str) -> None:
    found = problems(f"when: {condition}")[0]
    assert (found.code, found.en) == ("E113", f"unknown unit `{unit}`")
    assert "number alone" in found.advice_en and "只写数字" in found.advice_zh


def test_a_unit_behind_a_blank_is_drawn_near_and_minutes_are_said() -> None:
    assert problems("when: speed_kmh > 5 m")[0].advice_en == "write `5m` (minutes)"


def test_the_least_of_a_window_is_not_mistaken_for_the_least_of_values() -> None:
    (found,) = problems("when: min(speed_kmh) > 1")
    assert found.code == "E116" and "a rule with a `window`" in found.en


@pytest.mark.parametrize("spelled", ['""', "''", '"  "'])
def test_an_empty_text_is_called_empty(spelled: str) -> None:
    assert problems(f"when: {spelled}")[0].en == "`when` must be text, not an empty text"


@pytest.mark.parametrize("hole", ["$｛device｝", "＄{device}", "＄｛device｝"])
def test_a_hole_in_full_width_braces_is_no_literal_text(hole: str) -> None:
    found = problems(f'message: "at {hole}"')
    assert [(each.code, each.place.column) for each in found] == [("E103", 16)]
    assert found[0].advice_en == "write `${`"


def test_full_width_braces_without_a_dollar_and_escaped_holes_are_text() -> None:
    assert not problems('message: "｛site｝ $${site} $$｛site｝ 5＄"')


@pytest.mark.parametrize(
    ("condition", "declaration"),
    [
        ("plate in wanted", "sets: {wanted: {key: plate}}"),
        ("(site, plate) not in wanted", "sets: {wanted: {key: [site, plate]}}"),
        ("roads.free_kmh > 1", "sets: {roads: {key: device, columns: {free_kmh: number}}}"),
    ],
)
def test_an_unknown_set_says_how_sets_are_declared(condition: str, declaration: str) -> None:
    found = next(each for each in problems(f"when: {condition}") if each.code == "E105")
    assert found.advice_en == f"declare it, for example  {declaration}"
    assert "–" not in found.note and "没有声明" in found.note


def of_rule(*lines: str, sets: str = "{}") -> list[Problem]:
    """Problems of a rule that says all by itself."""
    rule = "".join(f"  {line}\n" for line in lines)
    return of_file(f"version: 1\nsets: {sets}\nrules:\n- rule: x\n  severity: low\n{rule}")


def of_file(text: str) -> list[Problem]:
    """Problems of a whole file."""
    try:
        return check.loads({"r.yaml": text}, SCHEMAS, CITY).problems
    except Problems as found:
        return found.problems


def test_another_event_that_is_misspelt_is_named_before_a_set_is_declared() -> None:
    steps = "sequence: [{first: gate}, {then: camera, when: frist.device != device, within: 4s}]"
    (found,) = of_rule(steps, "key: site")
    assert (found.code, found.advice_en) == ("E105", "did you mean `first.device`?")
    (found,) = of_rule("from: sensor", "key: device", "window: 1h", "change: previous.value < value")
    assert (found.code, found.advice_en) == ("E105", "did you mean `prev.value`?")


def test_where_no_other_event_is_known_none_is_suggested() -> None:
    (found,) = of_rule("from: sensor", "when: previous.value < value")
    assert "prev" not in found.advice_en.replace("previous", "")


def test_a_key_field_is_never_suggested_as_a_column() -> None:
    (found,) = of_rule("from: traffic", "when: frist.device > 1")
    assert found.advice_en == "declare it, for example  sets: {frist: {key: device}}"
    (found,) = of_rule("from: traffic", "when: roads.sit > 1", sets="{roads: {key: site, columns: {lanes: number}}}")
    assert (found.advice_en, found.note) == ("", "columns of roads / 可用的列: lanes")


@pytest.mark.parametrize(
    ("kind", "condition", "word"),
    [
        ("sensor", "status == alarm", "alarm"),
        ("sensor", "alarm != status", "alarm"),
        ("sensor", "kind == sensor", "sensor"),
        ("gate", "direction == out", "out"),
    ],
)
def test_a_value_without_quotes_is_told_to_take_them(kind: str, condition: str, word: str) -> None:
    (found,) = of_rule(f"from: {kind}", f"when: {condition}")
    assert (found.code, found.advice_en, found.advice_zh) == ("E104", f"write `'{word}'`", f"请写 '{word}'")
    assert word in found.note


@pytest.mark.parametrize("condition", ["direction == in", "direction in (in, out)", "direction in ('out', in)"])
def test_a_value_that_is_a_word_of_the_language_is_told_to_take_quotes(condition: str) -> None:
    (found,) = of_rule("from: gate", f"when: {condition}")
    assert found.code == "E102" and "`'in'`" in found.advice_en


@pytest.mark.parametrize("written", ["22:00-06:00", "22:00 - 6:00", "not 22:00-06:00"])
def test_hours_are_told_to_become_a_calendar(written: str) -> None:
    (found,) = of_rule("from: gate", f"active: {written}")
    assert found.advice_en == 'declare  calendars: {night: "22:00-06:00"}  and write `night`'


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("window", "2 hours", "2h"),
        ("window", "session 20 seconds max 1 hour", "session 20s max 1h"),
        ("window", "2小时", "2h"),
        ("cooldown", "30 min", "30m"),
        ("cooldown", "一天", "10m"),
    ],
)
def test_a_duration_in_words_is_told_in_the_units_of_the_language(key: str, written: str, meant: str) -> None:
    (found,) = of_rule("from: gate", f"{key}: {written}", *["threshold: count() > 2"][: key == "window"])
    assert meant in found.advice_en and meant in found.advice_zh


def test_an_enum_beside_a_number_is_told_its_values() -> None:
    for condition in ("metric == 25", "25 < metric"):
        (found,) = of_rule("from: sensor", f"when: {condition}")
        assert found.advice_en == "write one of its values: `metric == 'smoke'`"
        assert found.advice_zh == "请写它的取值,如 metric == 'smoke'" and "pm25" in found.note


@pytest.mark.parametrize(
    ("lines", "code", "advice"),
    [
        (["version: 1", "rule: a", "from: gate", "severity: low"], "E068", "- rule: a"),
        (["version: 1", "rule:", "from: gate", "severity: low"], "E068", "rules:"),
        (["- name: a", "  from: gate", "  severity: low"], "E069", "rules:"),
        (["- rule: a", "  from: gate", "  severity: low"], "E069", "rules:"),
        (["version: 1", "- rule: a", "  from: gate", "  severity: low"], "Y028", "rules:"),
        (["version: 1", "rule:", "- rule: a", "  from: gate", "  severity: low"], "E002", "rules"),
        (["version: 1", "rules:", "- name: a", "  from: gate", "  severity: low"], "E002", "rule"),
    ],
)
def test_a_rule_where_the_keys_of_a_file_stand_is_one_error_that_says_where_rules_belong(lines, code, advice) -> None:
    (found,) = of_file("\n".join(lines) + "\n")
    assert found.code == code and advice in found.advice_en and advice in found.advice_zh


def test_articles_go_by_the_word_and_chinese_leaves_a_blank_before_other_letters() -> None:
    (found,) = of_rule("from: traffic", "key: speed_kmh")
    assert "is a number and cannot" in found.en
    assert with_article("enum") == "an enum" and with_article("flag") == "a flag"
    (found,) = of_rule("from: gate", "when: prev.lon > 2")
    assert "只能用于 change" in found.zh
    (found,) = of_rule("from: gate", "when: count() > 2")
    assert "只能用于带" in found.zh


def in_rule(*lines: str, kinds: str = "gate") -> list[Problem]:
    """Errors of a rule of some kinds beside a vocabulary."""
    vocabulary = (
        'version: 1\ntimezone: Asia/Shanghai\ncalendars: {night: "22:00-06:00"}\n'
        "areas: {lobby: {site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}}\n"
    )
    text = f"version: 1\nrules:\n- rule: x\n  from: {kinds}\n  severity: low\n" + "".join(
        f"  {line}\n" for line in lines
    )
    try:
        found = check.loads({"v.yaml": vocabulary, "r.yaml": text}, SCHEMAS, CITY).problems
    except Problems as problems:
        found = problems.problems
    return [each for each in found if each.code not in ("W330", "W310")]


def test_a_misspelt_field_of_another_event_is_meant_with_the_event() -> None:
    (found,) = in_rule("key: plate", "window: 1h", "change: prev.sit != site")
    assert found.advice_en == "did you mean `prev.site`?"
    text = "version: 1\nrules:\n- rule: x\n  severity: low\n  key: site\n  message: '${first.devic}'\n"
    text += "  sequence: [{first: gate}, {then: camera, within: 4s, when: first.sit == site}]\n"
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": text}, SCHEMAS, CITY)
    advised = [each.advice_en for each in raised.value.problems]
    assert advised == ["did you mean `first.device`?", "did you mean `first.site`?"]


def test_an_area_asked_of_events_without_coordinates_names_the_kinds_that_have_them() -> None:
    (found,) = in_rule("when: inside('lobby')")
    assert (found.code, found.en) == (
        "E116",
        "`inside('lobby')` needs `x` and `y`, and events of kind `gate` have none",
    )
    assert found.advice_en == "kinds that have them: camera"
    (warned,) = in_rule("when: near('lobby', 5)", kinds="[gate, camera]")
    assert warned.code == "W202"


def test_a_comparison_with_another_event_out_of_its_place_is_one_error() -> None:
    (found,) = in_rule("key: plate", "when: implied_kmh(prev) > 5")
    assert (found.code, found.en.split(" is ")[0]) == ("E116", "`implied_kmh(prev)`")
    assert found.advice_en == "write it in `change`, with  window: 2h  beside it"


def test_a_field_among_calendars_belongs_into_when() -> None:
    (found,) = in_rule("active: night and subject == 'person'")
    assert (found.code, found.place.column, found.advice_en) == ("E104", 21, "write the condition on it in `when`")


@pytest.mark.parametrize(
    ("condition", "code", "column", "width", "advice"),
    [
        ("subject == person", "E107", 9, 17, "write `'person'`"),
        ("match_score > 50 km/h", "E113", 26, 4, "write the number alone"),
        ("match_score > 50km/h", "E113", 23, 6, "write the number alone"),
        ("match_score > 5m", "E108", 9, 16, "a number without unit is compared with a number"),
        ("match_score > 1,000", "E102", 24, 1, "write `1000`"),
        ("match_score >> 1", "E109", 21, 2, "write `>`"),
        ("direction in 'in'", "E102", 22, 4, "write `in ('in')`"),
        ("device.startswith('g')", "E109", 16, 10, "texts are compared whole"),
        ("matches(device, 'g.*')", "E110", 9, 22, "texts are compared whole"),
        ("device.abs()", "E109", 16, 3, "write `abs(device)`"),
    ],
)
def test_what_other_languages_write_is_told_with_what_to_write_here(
    condition: str, code: str, column: int, width: int, advice: str
) -> None:
    (found,) = in_rule(f"when: {condition}")
    assert (found.code, found.place.column, found.place.width) == (code, column, width)
    assert found.advice_en.startswith(advice)


@pytest.mark.parametrize(
    "lines",
    [
        ["when: count() > 3"],
        ["when: last_seen > now()"],
        ["when: zscore(count()) > 3"],
        ["when: first.site == 'a'"],
        ["when: first_seen(person)"],
    ],
)
def test_what_only_other_places_know_is_told_where_to_write(lines: list[str]) -> None:
    (found,) = in_rule(*lines)
    assert found.code == "E116" and found.advice_en and found.advice_zh


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["key: device", "window: 5m", "threshold: match_score > 0.3"], "W363"),
        (["key: device", "window: 5m", "threshold: hour() > 3"], "W363"),
        (["key: device", "window: 5m", "threshold: match_score > 0.3", "for: 5m", "resolve_after: 1h"], None),
        (["key: device", "window: 5m", "threshold: match_score > 0.3", "message: '${count}'"], None),
        (["key: device", "window: 5m", "threshold: count() > 3"], None),
    ],
)
def test_a_threshold_that_asks_nothing_of_its_window_is_warned_of(lines: list[str], code: str | None) -> None:
    assert [each.code for each in in_rule(*lines)] == ([code] if code else [])


def of_sequence(*lines: str) -> list[str]:
    text = "version: 1\nrules:\n- rule: x\n  severity: low\n  key: site\n" + "".join(f"  {line}\n" for line in lines)
    return [each.code for each in check.loads({"r.yaml": text}, SCHEMAS, CITY).problems]


def test_a_step_that_may_come_at_any_time_is_warned_of() -> None:
    assert of_sequence("sequence: [{first: gate}, {then: camera}]") == ["W364"]
    assert of_sequence("sequence: [{first: gate}, {then: camera, within: 4s}]") == []
    assert of_sequence("sequence: [{first: gate}, {then: camera}]", "within: 5m") == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["sequence: [{first: gate}, {then: camera, within: 4 sceonds}]"], "E009"),
        (["sequence: [{first: gate}, {then: camera, withn: 4s}]"], "E002"),
        (["sequence: [{first: gate}, {then: camera}]", "within: soon"], "E009"),
    ],
)
def test_a_wrong_within_is_one_finding(lines: list[str], code: str) -> None:
    with pytest.raises(Problems) as caught:
        of_sequence(*lines)
    assert [each.code for each in caught.value.problems] == [code]
