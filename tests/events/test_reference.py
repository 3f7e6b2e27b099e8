"""Reference sets: what a file says, as columns; what is wrong with it, with a place."""

import csv
import errno
import io
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.cells import BAD_CELLS_SHOWN, convert
from events.identity import CityKey
from events.place import Problems
from events.reference import find_sets, last_rows, missing_columns, read_set
from kernels.nulls import NULL

CITY = CityKey()


def write(folder: Path, text: str, name: str = "residents.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def texts(path: Path) -> dict[str, list[str | None]]:
    return {name: cells.texts() for name, cells in read_set(path).columns.items()}


def test_header_names_columns_and_the_file_names_the_set(tmp_path: Path) -> None:
    read = read_set(write(tmp_path, "site,person\nS1,P1\nS2,P2\n"))
    assert (read.name, len(read)) == ("residents", 2)
    assert {name: cells.texts() for name, cells in read.columns.items()} == {
        "site": ["S1", "S2"],
        "person": ["P1", "P2"],
    }


@pytest.mark.parametrize(
    "text", ["a,b\r\n1,2\r\n", "\ufeffa,b\n1,2", "\n\na,b\n\n1,2\n\n\n", " a , b \n 1 ,\t2 \n", '"a","b"\n"1","2"\n']
)
def test_spellings_of_the_same_table_are_equal(tmp_path: Path, text: str) -> None:
    assert texts(write(tmp_path, text)) == {"a": ["1"], "b": ["2"]}


def test_an_empty_cell_is_null_quoted_or_not(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n,""\nx,\n')
    assert texts(path) == {"a": [None, "x"], "b": [None, None]}
    assert read_set(path).columns["a"].tokens(CITY)[0] == NULL


def test_quoted_cells_hold_commas_quotes_blanks_and_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'name,note\n"Li, Wei"," ""left"" "\n"two\nlines",赣A12345\nlast,x\n')
    assert texts(path) == {"name": ["Li, Wei", "two\nlines", "last"], "note": [' "left" ', "赣A12345", "x"]}
    assert read_set(path).columns["name"].lines.tolist() == [2, 3, 5]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=20))
def test_what_a_csv_writer_writes_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]]
) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b", "c"), *table])
    read = texts(write(tmp_path_factory.mktemp("sets"), file.getvalue()))
    assert list(zip(*read.values(), strict=True)) == [tuple(cell or None for cell in row) for row in table]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "empty"),
        ("\n\n", 1, "empty"),
        ("a,a\n1,2\n", 1, "twice"),
        ("a;b\n1;2\n", 1, "commas"),
        ("a,b\n1,2\n3\n", 3, "1 cells"),
        ("a,b\n1,2,3\n", 2, "3 cells"),
        ('a,b\n"1"x,2\n', 2, "closing quote"),
        ('a,b\n1,2\n"3,4\n5,6\n', 3, "never closes"),
    ],
)
def test_a_broken_table_is_refused_at_its_line_in_both_languages(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    with pytest.raises(Problems) as caught:
        read_set(write(tmp_path, text))
    problem = caught.value.problems[0]
    assert (problem.place.line, says in problem.en, problem.level) == (line, True, "error")
    assert problem.zh != problem.en


def test_every_faulty_row_is_told_up_to_a_bound(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        read_set(write(tmp_path, "a,b\n" + "x\n" * 100))
    assert [problem.place.line for problem in caught.value.problems] == list(range(2, 22))


def test_a_file_that_is_not_utf8_is_refused_at_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "elders.csv"
    path.write_bytes(b"person,name\nP1," + "王".encode("gbk") + b"\n")
    with pytest.raises(Problems) as caught:
        read_set(path)
    place = caught.value.problems[0].place
    assert (place.line, place.column) == (2, 4)


def test_a_missing_file_or_folder_says_so(tmp_path: Path) -> None:
    for call in (lambda: read_set(tmp_path / "no.csv"), lambda: find_sets(tmp_path / "no")):
        with pytest.raises(Problems) as caught:
            call()
        assert caught.value.problems[0].code == "D001"


def test_sets_are_found_by_name_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "a\n1\n")
    write(tmp_path, "notes", "readme.txt")
    assert find_sets(tmp_path) == {"residents": tmp_path / "residents.csv"}
    write(tmp_path, "", "residents.parquet")
    with pytest.raises(Problems, match="another file"):
        find_sets(tmp_path)


def column(tmp_path: Path, *cells: str):  # type: ignore[no-untyped-def]
    return read_set(write(tmp_path, "c\n" + "".join(f'"{cell}"\n' for cell in cells))).columns["c"]


def test_numbers_are_decimal_and_the_nearest_double(tmp_path: Path) -> None:
    lanes, problems = convert(column(tmp_path, "1", "-2.5e3", "+.5", "0.1", ""), "number", CITY)
    assert lanes.view(np.float64).tolist()[:4] == [1.0, -2500.0, 0.5, 0.1]
    assert np.isnan(lanes.view(np.float64)[4])
    assert problems == []


def test_flags_and_times_are_read_in_their_spellings(tmp_path: Path) -> None:
    flags, bad_flags = convert(column(tmp_path, "true", "FALSE", "1", "0", ""), "flag", CITY)
    times, bad_times = convert(
        column(
            tmp_path,
            "2026-03-01T08:00:00+08:00",
            "2026-03-01t00:00:00.1239Z",
            "1772323200000",
            "2016-12-31T23:59:60Z",
            "",
        ),
        "time",
        CITY,
    )
    assert flags.tolist() == [1, 0, 1, 0, NULL]
    assert times.tolist() == [1772323200000, 1772323200123, 1772323200000, 1483228800000, NULL]
    assert bad_flags + bad_times == []


@pytest.mark.parametrize(
    ("type", "cell"),
    [
        ("number", "1_000"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "12 km"),
        ("flag", "yes"),
        ("time", "2026-03-01T08:00:00"),
        ("time", "2026-06-31T00:00:00Z"),
        ("time", "tomorrow"),
        ("enum", "purple"),
    ],
)
def test_a_cell_of_another_type_is_null_and_an_error_with_its_place(tmp_path: Path, type: str, cell: str) -> None:
    path = write(tmp_path, f"key,c\nP1,\nP2,{cell}\n")
    lanes, problems = convert(read_set(path).columns["c"], type, CITY, {"red": 1})  # type: ignore[arg-type]
    null = np.isnan(lanes.view(np.float64)[1]) if type == "number" else lanes[1] == NULL
    assert null
    assert [(p.place.line, p.place.column, p.level) for p in problems] == [(3, 4, "error")]
    assert problems[0].advice_en
    assert problems[0].advice_zh


def test_many_bad_cells_are_counted_behind_the_first(tmp_path: Path) -> None:
    _, problems = convert(column(tmp_path, *["x"] * (BAD_CELLS_SHOWN + 7)), "number", CITY)
    assert len(problems) == BAD_CELLS_SHOWN + 1
    assert "7 more" in problems[-1].en


def test_tokens_are_those_of_the_city_key(tmp_path: Path) -> None:
    lanes, _ = convert(column(tmp_path, "P1", "赣A12345"), "id", CITY)
    assert lanes.tolist() == [CITY.token("P1"), CITY.token("赣A12345")]


def test_of_equal_keys_the_last_row_stays_and_keyless_rows_go() -> None:
    rows, repeated, keyless = last_rows(np.array([5, 7, NULL, 5, 9, 7], np.int64))
    assert (rows.tolist(), repeated, keyless) == ([3, 4, 5], 2, 1)


def test_declared_columns_that_the_file_lacks_are_named(tmp_path: Path) -> None:
    read = read_set(write(tmp_path, "site,person\nS1,P1\n"))
    assert missing_columns(read, ["site", "name", "person", "since"]) == ["name", "since"]


def test_parquet_gives_the_same_columns_as_csv(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table(
        {
            "site": arrow.array(["S1", None, ""]).dictionary_encode(),
            "free_kmh": [50.5, None, 30.0],
            "open": [True, False, None],
            "since": arrow.array([1_772_323_200_123_456, None, 0], arrow.timestamp("us", "UTC")),
        }
    )
    parquet.write_table(table, tmp_path / "roads.parquet")
    read = read_set(tmp_path / "roads.parquet")
    assert read.columns["site"].texts() == ["S1", None, None]
    assert convert(read.columns["open"], "flag", CITY)[0].tolist() == [1, 0, NULL]
    assert convert(read.columns["since"], "time", CITY)[0].tolist() == [1_772_323_200_123, NULL, 0]
    assert convert(read.columns["free_kmh"], "number", CITY)[0].view(np.float64).tolist()[::2] == [50.5, 30.0]


def test_two_hundred_thousand_residents_are_read_fast(tmp_path: Path) -> None:
    path = write(tmp_path, "site,person\n" + "".join(f"S{i % 700},P{i:07}\n" for i in range(200_000)))
    began = time.process_time()
    read = read_set(path)
    for cells in read.columns.values():
        convert(cells, "id", CITY)
    assert time.process_time() - began < 0.3


def test_a_folder_that_may_not_be_listed_is_told_in_both_languages(tmp_path, monkeypatch):
    def refuse(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(Problems) as caught:
        find_sets(tmp_path)
    [problem] = caught.value.problems
    assert (problem.code, problem.zh) == ("D001", "无法读取:没有访问权限")
