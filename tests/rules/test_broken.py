"""What is declared and cannot be read is one error, whoever names it."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check

SCHEMAS, CITY = Schemas.load(), CityKey()
RULES = """\
version: 1
rules:
- {rule: a, from: camera, when: "USED", severity: low}
- {rule: b, from: camera, when: "USED", severity: low}
- {rule: c, from: camera, when: lable == 'person', severity: low}
"""


def told(vocabulary: str, used: str) -> list[Problem]:
    """What is wrong but for the slip in the last rule, which must be told beside it."""
    texts = {"v.yaml": f"version: 1\n{vocabulary}\n", "r.yaml": RULES.replace("USED", used)}
    with pytest.raises(Problems) as raised:
        check.loads(texts, SCHEMAS, CITY)
    slip = [each for each in raised.value.problems if each.code == "E104"]
    assert [each.place.line for each in slip] == [5]
    return [each for each in raised.value.problems if each.code not in ("E104", "W330")]


@pytest.mark.parametrize(
    ("vocabulary", "used", "code"),
    [
        ("sets: {wanted: device}", "device in wanted", "E001"),
        ("sets: {wanted: {columns: {a: number}}}", "device in wanted", "E003"),
        ("sets: {wanted: {key: []}}", "device in wanted", "E001"),
        ("sets: {wanted: {key: x}}", "device in wanted", "E019"),
        ("sets: {Wanted: {key: device}}", "device in wanted", "E006"),
        ("sets: {Wanted: {key: device}}", "device in Wanted", "E006"),
        ("sets: {wanted: {key: device, columns: {a: numbr}}}", "wanted.a > 3", "E018"),
        ("sets: {wanted: {key: device, columns: {a: {unit: m}}}}", "wanted.a > 3", "E003"),
        ("sets: [wanted]", "device in wanted", "E001"),
        ("sets: {devices: device}", "coverage(site) < 0.5", "E001"),
        ("calendars: {night: []}", "night", "E001"),
        ("areas: {lobby: [[0, 0], [8, 0], [8, 5]]}", "inside('lobby')", "E001"),
        ("areas: {lobby: {polygon: [[0, 0], [8, 0]]}}", "inside('lobby')", "E061"),
        ("areas: [lobby]", "near('lobby', 5)", "E001"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_told_where_it_stands_alone(vocabulary: str, used: str, code: str) -> None:
    assert [each.code for each in told(vocabulary, used)] == [code]


@pytest.mark.parametrize("section", ["calendars: [night]", "let: [night]"])
def test_of_a_whole_section_that_cannot_be_read_what_it_mentions_may_be_a_name(section: str) -> None:
    rules = RULES.replace("USED", "night").replace("rules:\n", f"{section}\nrules:\n")
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": rules}, SCHEMAS, CITY)
    assert [(each.code, each.place.line) for each in raised.value.problems] == [("E001", 2), ("E104", 6)]


def test_a_name_beside_what_cannot_be_read_is_looked_at() -> None:
    found = told("sets: {wanted: device, known_ones: {key: device}}", "device in wnated")
    assert [each.code for each in found] == ["E105", "E105", "E001"]


@pytest.mark.parametrize("let", ["let: {s: lane == }", "let: {s: [a]}", "let: {S: site == 'a'}"])
def test_a_macro_that_cannot_be_read_is_one_error(let: str) -> None:
    rules = RULES.replace("USED", "s").replace("rules:\n", f"{let}\nrules:\n")
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": rules}, SCHEMAS, CITY)
    assert [each.place.line for each in raised.value.problems] == [2, 6]


@pytest.mark.parametrize(
    "routes", ["routes: desk", "routes: [{topic: desk}]", "routes: {desk: x}", "routes: {fire.desk: x}"]
)
def test_a_route_that_cannot_be_read_is_one_error(routes: str) -> None:
    rules = "version: 1\nrules:\n- {rule: a, from: gate, severity: low, route: NAME}\n"
    with pytest.raises(Problems) as raised:
        rules = rules.replace("NAME", "fire.desk" if "fire" in routes else "desk")
        check.loads({"v.yaml": f"version: 1\n{routes}\n", "r.yaml": rules}, SCHEMAS, CITY)
    assert [each.place.path for each in raised.value.problems] == ["v.yaml"]


def test_what_an_absence_expects_and_a_wrong_timezone_are_one_error_each() -> None:
    rules = (
        "- {rule: a, from: gate, key: person, absence: {for: 2d, expect: elders}, severity: low, purpose: elder_care}\n"
    )
    rules += "- {rule: b, from: gate, when: hour() > 3, severity: low}\n"
    vocabulary = "version: 1\nsets: {elders: person}\ntimezone: Asia/Shanghay\n"
    with pytest.raises(Problems) as raised:
        check.loads({"v.yaml": vocabulary, "r.yaml": f"version: 1\nrules:\n{rules}"}, SCHEMAS, CITY)
    assert [each.code for each in raised.value.problems] == ["E001", "E020"]


def test_a_vocabulary_that_is_no_yaml_is_told_alone_and_beside_a_rule_file_too(tmp_path) -> None:
    (tmp_path / "v.yaml").write_text("version: 1\nsets: {wanted: {key: device}\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text("a: {b\n", encoding="utf-8")  # somebody else's
    rules = tmp_path / "r.yaml"
    rules.write_text(
        "version: 1\nrules:\n- {rule: a, from: gate, when: device in wanted, severity: low}\n", encoding="utf-8"
    )
    for paths in ([rules], [rules, tmp_path / "v.yaml"]):
        with pytest.raises(Problems) as raised:
            check.load(paths, SCHEMAS, CITY)
        assert {each.place.path for each in raised.value.problems} == {str(tmp_path / "v.yaml")}
        assert next((each.code, "wanted" in each.en) for each in raised.value.problems) == ("W368", True)


def test_a_file_that_is_no_yaml_hides_no_mistakes_but_of_names_that_it_mentions() -> None:
    rules = """version: 1
rules:
- {rule: a, from: camera, when: device in wanted and night and hour() > 3, severity: low, route: fire.duty}
- {rule: b, from: camera, when: lable == 'person', severity: low}
- {rule: c, from: camera, when: elders.name == 'x', severity: low}
- {rule: d, from: camera, when: fall.drop_m > 3, severity: low, route: fire.dutty}
"""
    broken = "version: 1\ntimezone: Asia/Shanghai\nsets: {wanted: {key: device}\ncalendars: {night: '22:00-06:00'}\n"
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": rules, "v.yaml": broken + "routes: [fire.duty]\n"}, SCHEMAS, CITY)
    told = [(each.code, each.place.line) for each in raised.value.problems if each.place.path == "r.yaml"]
    assert told == [("E104", 4), ("E105", 5), ("E105", 6), ("E008", 6)]
    passed_over = [each for each in raised.value.problems if each.code == "W368"]
    assert [(each.place.path, each.en.rpartition(": ")[2]) for each in passed_over] == [
        ("v.yaml", "fire.duty, night, wanted")
    ]


@pytest.mark.parametrize("line", ["from: []", "sequence: [{first: []}, {then: gate, within: 3s}]"])
def test_a_rule_without_kinds_is_an_error_and_not_left_out(line: str) -> None:
    text = f"version: 1\nrules:\n- {{rule: a, from: gate, severity: low}}\n- {{rule: b, severity: low, {line}}}\n"
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": text}, SCHEMAS, CITY)
    assert [each.code for each in raised.value.problems] == ["E001"]
