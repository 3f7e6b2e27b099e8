"""Mapping files: what is wrong with one is said at its place, all of it at once."""

from pathlib import Path

import pytest

from connectors.mapping import load
from connectors.mapping.declaration import SHIPPED
from events.place import Problem, Problems
from events.schema import Schemas

SCHEMAS = Schemas.load()
GOOD = """version: 1
mapping: test
input: {format: json}
event:
  kind: flow
  time: {field: t, format: rfc3339}
"""


def problems(folder: Path, text: str | bytes) -> list[Problem]:
    path = folder / "m.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Problems) as caught:
        load(path, SCHEMAS)
    return caught.value.problems


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_shipped_mappings_load_by_their_name(name: str) -> None:
    assert load(name, SCHEMAS).name == name


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(Problems) as caught:
        load("nwd", SCHEMAS)
    assert "ndw" in caught.value.problems[0].advice_en


@pytest.mark.parametrize(
    ("wrong", "line", "column", "says"),
    [
        ("  speed: {field: v}", 7, 3, "unknown key `speed`"),
        ("  speed_kmh: {feild: v}", 7, 15, "unknown key `feild`"),
        ("  speed_kmh: {field: v, unit: kg}", 7, 31, "turned into km/h"),
        ("  speed_kmh: fast", 7, 14, "a number"),
        ("  speed_kmh: '${v}'", 7, 14, "no text"),
        ("  speed_kmh: {field: v, value: 3}", 7, 3, "either"),
        ("  speed_kmh: {field: v, digits: two}", 7, 33, "a number"),
        ("  site: {field: v, unit: mph}", 7, 20, "for numbers"),
        ("  site: {field: v, match: '('}", 7, 27, "regular expression"),
        ("  site: {field: v, match: 'abc'}", 7, 27, "one group"),
        ("  flow_vph: {field: v, missing: 0}", 7, 33, "a list"),
        ("  flow_vph: {field: v, missing_if: [{field: q}]}", 7, 37, "tests nothing"),
        ("join: {by: [a], within: soon}", 7, 25, "a duration"),
        ("join: {within: 60s}", 7, 7, "`by` is missing"),
        ("unpivot: {}", 7, 1, "CSV"),
        ("whree: []", 7, 1, "unknown key `whree`"),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(
    tmp_path: Path, wrong: str, line: int, column: int, says: str
) -> None:
    problem = problems(tmp_path, GOOD + wrong + "\n")[0]
    assert says in problem.en
    assert (problem.place.line, problem.place.column) == (line, column)
    assert problem.zh != problem.en


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: 2", "version: 1"),
        ("kind: flow", "kind: flwo", "no kind"),
        ("format: json", "format: xml", "`json`"),
        ("format: rfc3339", "format: iso", "rfc3339"),
        ("format: rfc3339", "format: '%Y'", "`timezone` is missing"),
        ("format: rfc3339", "format: '%Y', timezone: Mars/Base", "time zone database"),
        ("{field: t, format: rfc3339}", "{start: noon, step: 5m, timezone: UTC}", "local time"),
        ("  time: {field: t, format: rfc3339}\n", "", "`time` is missing"),
        ("input: {format: json}\n", "input: {}\n", "`format`"),
        ("{format: json}", "{format: json}\nsort: yes please", "true or false"),
        ("{format: json}", "{format: json}\nsort: true\njoin: {by: [a], within: 1s}", "does not go"),
        ("{field: t, format: rfc3339}", "{field: [], format: rfc3339}", "a text"),
    ],
)
def test_what_is_missing_or_misspelt_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert any(says in problem.en for problem in problems(tmp_path, GOOD.replace(old, new)))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD + "  speed_kmh: {field: v, unit: kg}\n  lane: 3\nwhere: [{field: a}]\n"
    assert {problem.place.line for problem in problems(tmp_path, text)} == {7, 8, 9}


@pytest.mark.parametrize(
    "text", [b"", b"- 1\n", b"a: [\n", b"\xff\xfe", b"a: b: c\n", b"\t", b"x" * 300_000, b"a: &a [*a]\n", b"[" * 5000]
)
def test_what_is_no_mapping_is_refused_without_a_traceback(tmp_path: Path, text: bytes) -> None:
    assert problems(tmp_path, text)


@pytest.mark.parametrize("time", ["{start: 2012-03-01T00:00:00, step: 5m, timezone: UTC}", "{step: 5m}"])
def test_rows_have_times_only_in_a_matrix(tmp_path: Path, time: str) -> None:
    problem = problems(tmp_path, GOOD.replace("{field: t, format: rfc3339}", time))[0]
    assert (problem.code, problem.place.line) == ("M002", 6)
    assert "unpivot" in problem.en
    assert "unpivot" in problem.zh


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "((?:a|aa)+)$", "((a*)*)", "((a?){20})", ".*.*(.*)", "(?:(?:x+y)+z)*(a)"]
)
def test_a_pattern_that_could_take_for_ever_is_refused(tmp_path: Path, pattern: str) -> None:
    found = problems(tmp_path, GOOD + f"  device: {{field: d, match: '{pattern}'}}\n")
    assert "very long" in found[0].en


@pytest.mark.parametrize(
    "pattern", [r"^(.*)/lane\d+$", r"((?:\d{1,3}\.){3}\d{1,3})", r"(?:north|south)-([a-z]+)", "([ab]+)"]
)
def test_a_pattern_of_bounded_cost_loads(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "m.yaml").write_text(GOOD + f"  device: {{field: d, match: '{pattern}'}}\n")
    assert load(tmp_path / "m.yaml", SCHEMAS).kind == "flow"


@pytest.mark.parametrize(
    "field",
    [
        "speed_kmh: {field: v, digits: .nan}",
        "speed_kmh: {field: v, digits: 400}",
        "speed_kmh: {field: v, scale: .inf}",
        "speed_kmh: 99999999999999999999",
        "device: 2024-01-01",
        "device: [a]",
        "replayed: 3",
    ],
)
def test_a_constant_that_no_event_can_hold_is_told(tmp_path: Path, field: str) -> None:
    assert problems(tmp_path, GOOD + f"  {field}\n")[0].place.line == 7
