"""Schema files: a new kind is a file, and what is wrong with one is said at its place, in both languages."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.place import Problem, Problems
from events.schema import SHIPPED, Schemas

LIFT = """kind: lift
title: {zh: 电梯, en: Lift}
fields:
  floor: {type: number, unit: floor}
  state: {type: enum, values: [moving, stuck]}
  cabin: {type: id, capacity: 500, sensitivity: personal}
  load: {type: number, range: [0, 1.5]}
"""


def write(folder: Path, text: str | bytes, name: str = "lift.yaml") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problems(*folders: Path) -> list[Problem]:
    with pytest.raises(Problems) as caught:
        Schemas.load(*folders)
    for problem in caught.value.problems:
        assert problem.level == "error"
        assert problem.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in problem.zh)
        assert bool(problem.advice_en) == bool(problem.advice_zh)
    return caught.value.problems


@pytest.mark.parametrize("name", ["lift.yaml", "lift.yml"])
def test_a_file_of_a_further_folder_is_a_new_kind_with_the_common_fields(tmp_path: Path, name: str) -> None:
    lift = Schemas.load(write(tmp_path, LIFT, name))["lift"]
    assert lift.title == {"zh": "电梯", "en": "Lift"}
    assert (lift.fields["floor"].unit, lift.fields["state"].values) == ("floor", ("moving", "stuck"))
    assert (lift.fields["cabin"].capacity, lift.fields["cabin"].sensitivity) == (500, "personal")
    assert (lift.fields["load"].range, lift.fields["floor"].range) == ((0, 1.5), None)
    assert lift.fields["time"].type == "time"


def test_a_folder_named_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path, LIFT)
    assert Schemas.load(tmp_path, tmp_path).version == Schemas.load(tmp_path).version


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "says"),
    [
        ("fields:\n", "fields: [\n", 4, 8, "YAML"),
        ("  state:", "  floor:", 5, 3, "`floor` stands here twice"),
        ("kind: lift", "kind: left", 1, 7, "file's name"),
        ("kind: lift\n", "", 1, 1, "`kind` is missing"),
        ("type: number", "type: nubmer", 4, 17, "cannot be `nubmer`"),
        ("type: number, ", "", 4, 10, "no `type`"),
        ("unit: floor", "units: floor", 4, 25, "unknown key `units`"),
        ("values: [moving, stuck]", "values: [moving, 1]", 5, 40, "`1` in `values` is no text"),
        ("values: [moving, stuck]", "values: [yes, a, a]", 5, 40, "`a` stands here twice"),
        (", values: [moving, stuck]", "", 5, 10, "needs `values`"),
        ("unit: floor", "values: [a]", 4, 25, "belongs to an enum"),
        ("capacity: 500", "capacity: 0", 6, 31, "whole number"),
        ("capacity: 500", "capacity: many", 6, 31, "whole number"),
        ("sensitivity: personal", "sensitivity: secret", 6, 49, "cannot be `secret`"),
        ("[0, 1.5]", "[1.5, 0]", 7, 31, "two numbers, [least, most]"),
        ("[0, 1.5]", "[0, .inf]", 7, 31, "two numbers, [least, most]"),
        ("[0, 1.5]", "[0, 1, 2]", 7, 31, "two numbers, [least, most]"),
        ("[0, 1.5]", "1", 7, 31, "two numbers, [least, most]"),
        ("unit: floor", "unit: floor, range: [zero, one]", 4, 45, "two numbers, [least, most]"),
        ("sensitivity: personal", "range: [0, 1]", 6, 36, "`range` belongs to a number"),
        ("  floor:", "  the floor:", 4, 3, "cannot name a field"),
        ("  floor:", "  site:", 4, 3, "field of every kind"),
        ("  floor:", "  kind:", 4, 3, "field of every kind"),
        ("{type: number, unit: floor}", "number", 4, 10, "is a mapping"),
        ("title: {zh: 电梯, en: Lift}", "title: Lift", 2, 8, "is a mapping"),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(
    tmp_path: Path, old: str, new: str, line: int, column: int, says: str
) -> None:
    found = problems(write(tmp_path, LIFT.replace(old, new)))[0]
    assert says in found.en
    assert found.place.path == str(tmp_path / "lift.yaml")
    if says != "YAML":
        assert (found.place.line, found.place.column) == (line, column)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, LIFT.replace("number", "nubmer").replace("500", "-1"))
    write(tmp_path, b"fields: [", "ramp.yaml")
    found = problems(tmp_path, tmp_path / "nowhere")
    assert {(problem.code, Path(problem.place.path).name) for problem in found} == {
        ("S001", "nowhere"),
        ("S002", "ramp.yaml"),
        ("S003", "lift.yaml"),
    }


def test_a_folder_that_is_none_or_holds_no_schema_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path / "nope")[0].code == "S001"
    assert "holds no schema" in problems(tmp_path)[0].en
    write(tmp_path, LIFT)
    assert "it is a file" in problems(tmp_path / "lift.yaml")[0].en


def test_a_kind_that_exists_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path, "kind: heartbeat\nfields: {}\n", "heartbeat.yaml")
    write(tmp_path, "fields: {x: {type: number}}\n", "common.yaml")
    write(tmp_path, LIFT)
    write(tmp_path, LIFT, "lift.yml")
    found = problems(tmp_path)
    assert [(problem.code, Path(problem.place.path).name) for problem in found] == [
        ("S004", "common.yaml"),
        ("S004", "heartbeat.yaml"),
        ("S004", "lift.yml"),
    ]
    assert str(SHIPPED) in found[1].en
    assert "addition" in found[1].advice_en


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe", b"\0", b"- a", b"a: *b", b"[" * 30_000, b"a: &x {b: *x}", b"? [a]\n: 1"]
)
def test_what_is_no_schema_is_refused_without_a_traceback(tmp_path: Path, text: bytes) -> None:
    assert problems(write(tmp_path, text))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=30), st.integers(0, len(LIFT)), st.integers(0, 12))
def test_no_bytes_end_in_anything_but_problems(
    tmp_path_factory: pytest.TempPathFactory, wild: bytes, at: int, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("wild", numbered=True)
    raw = LIFT.encode()
    write(folder, raw[:at] + wild + raw[at + cut :])
    try:
        Schemas.load(folder)
    except Problems as caught:
        assert caught.problems
