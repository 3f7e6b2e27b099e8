"""Tables can be read at 80 columns; in a pipe they are lines with tabs."""

import io
import sys

import pytest
from rich.cells import cell_len

from citynerve import tables

HEAD = (("segment", "文件"), ("positions", "位置"), ("from", "自"), ("until", "至"), ("state", "状态"))
TIME = "2026-11-23 23:00:40"
ROW = ["00000000000000000000.log", "0 – 2,865,418", TIME, TIME, "sound"]


@pytest.fixture
def shown(monkeypatch):
    """What a table is at a terminal of 80 columns, line by line."""

    def lines(*arguments, **options):
        with monkeypatch.context() as patch:
            written = io.StringIO()
            written.isatty = lambda: True
            patch.setattr(sys, "stdout", written)
            patch.setenv("COLUMNS", "80")
            patch.setenv("TERM", "dumb")
            tables.show(*arguments, **options)
        return written.getvalue().splitlines()

    return lines


def test_what_is_wide_is_a_block_a_row(shown):
    assert shown("events", HEAD, [ROW, ["b.log", "", TIME, TIME, "torn"]]) == [
        "events",
        "00000000000000000000.log",
        "  positions  0 – 2,865,418",
        f"  from       {TIME}",
        f"  until      {TIME}",
        "  state      sound",
        "b.log",
        f"  from       {TIME}",
        f"  until      {TIME}",
        "  state      torn",
    ]


def test_a_long_name_alone_is_folded_and_nothing_else(shown):
    rows = [["rule/" + "x" * 70, "1,024", TIME, "8 KiB", "right"], ["short", "1", TIME, "8 B", "right"]]
    lines = shown("", HEAD, rows, right=(1,))
    assert max(map(cell_len, lines)) <= 80 and sum(TIME in line for line in lines) == 2


def test_what_fits_is_a_line_a_row(shown):
    assert any(all(cell in line for cell in ROW[:3]) for line in shown("", HEAD[:3], [ROW[:3]]))


def test_a_pipe_gets_tabs(capsys):
    tables.show("events", HEAD, [ROW])
    assert capsys.readouterr().out.splitlines() == ["\t".join(en for en, _ in HEAD), "\t".join(ROW)]
