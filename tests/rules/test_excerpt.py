"""Pieces of files in messages: short, and harmless to a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.place import Place, Problem
from rules.errors import format
from rules.excerpt import COLUMNS_MAX, CUT, excerpt, plain, visible


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def test_a_line_of_at_most_a_hundred_columns_is_shown_whole() -> None:
    for line in ("a" * COLUMNS_MAX, "长" * (COLUMNS_MAX // 2)):
        assert excerpt(line, 1, 1) == (line, "^" * columns(line[0]))


@pytest.mark.parametrize(("column", "head", "tail"), [(1, "", CUT), (10_000, CUT, CUT), (20_000, CUT, "")])
def test_of_a_long_line_the_piece_around_the_caret_is_shown(column: int, head: str, tail: str) -> None:
    line = "a" * (column - 1) + "X" + "a" * (20_000 - column)
    shown, carets = excerpt(line, column, 1)
    assert COLUMNS_MAX - 2 <= len(shown) <= COLUMNS_MAX
    assert shown[carets.index("^")] == "X"
    assert (shown[:1] == CUT, shown[-1:] == CUT) == (head == CUT, tail == CUT)


@given(st.text(st.sampled_from("ab长\u0301\t\x1b\u202e。"), max_size=300), st.integers(1, 310), st.integers(1, 400))
def test_the_caret_stands_under_its_character_in_any_line(line: str, column: int, width: int) -> None:
    marked = line[: column - 1] + "X" + line[column:]
    column = min(column, len(marked))
    shown, carets = excerpt(marked, column, width)
    assert columns(shown) <= COLUMNS_MAX and len(carets) <= COLUMNS_MAX
    assert columns(shown[: shown.index("X")]) == carets.index("^")


@pytest.mark.parametrize(
    ("character", "shown"),
    [("\x1b", "␛"), ("\x7f", "␡"), ("\x9b", "\\x9b"), ("\u202e", "\\u202e"), ("\t", " "), ("长", "长")],
)
def test_what_a_terminal_obeys_is_shown_and_not_sent(character: str, shown: str) -> None:
    assert visible(character) == shown
    assert plain(f"`a{character}b`") == f"`a{shown}b`" if character != "\t" else True


def test_no_message_sends_control_characters_or_endless_texts_to_a_terminal() -> None:
    evil = "\x1b]0;owned\x07" + "x" * 20_000
    found = Problem("E104", Place("r\x1b.yaml", 1, 3), f"unknown `{evil}`", evil, f"write `{evil}`", evil, evil)
    text = format([found], {"r\x1b.yaml": evil})
    assert all(line.isprintable() for line in text.split("\n"))
    assert "␛]0;owned␇" in text
    assert len(text) < 4_000


def test_a_long_word_without_quotes_is_cut_and_a_long_path_is_not() -> None:
    path = "/".join(["folder"] * 30) + "/r.yaml"
    found = Problem("E105", Place(path, 1), "unknown set", f"没有参考集 {'y' * 500}", "declare it", f"first in {path}")
    text = format([found])
    assert text.startswith(f"{path}:1:1: ") and "y" * 80 not in text and f"first in {path}" in text


def test_an_option_of_the_command_line_has_no_line_and_column() -> None:
    text = format([Problem("D010", Place("--reference", 1), "no file", "没有文件", "put it there", "请放入")])
    assert text.startswith("--reference: error[D010] no file / 没有文件\n      = put it there / 请放入\n")
