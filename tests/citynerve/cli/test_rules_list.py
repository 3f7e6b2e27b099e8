import json
import re
import sys

import pytest
from rich.cells import cell_len

from rules.check import LIBRARY


def test_a_pipe_gets_a_line_a_rule_parted_by_tabs(citynerve):
    told = citynerve("rules", "list", LIBRARY)
    head, *lines = (line.split("\t") for line in told.out.splitlines())
    assert told.code == 0 and head[0] == "rule" and head[-1] == "capacity"
    row = next(line for line in lines if line[0] == "stranger_entry")
    assert row[1:3] == ["Strangers entered the compound", "live"]
    assert row[5:9] == ["threshold 10m", "site device", "public safety", "police.community"]


def test_titles_and_heads_are_in_the_readers_language(citynerve):
    told = citynerve("rules", "list", LIBRARY, "--lang", "zh")
    assert told.out.startswith("规则\t标题\t运行方式") and "陌生人进入小区" in told.out and "公共安全" in told.out


def test_json_has_every_rule_with_its_place(citynerve):
    document = json.loads(citynerve("rules", "list", LIBRARY, "--format", "json").out)
    row = next(row for row in document["rules"] if row["rule"] == "elder_inactive_48h")
    assert row["from"] == ["camera", "gate", "sensor"] and row["severity"] == ["critical", "high"]
    assert row["path"] == str(LIBRARY / "care.yaml") and row["line"] > 1


def test_rules_with_errors_are_not_listed(citynerve, tmp_path):
    (tmp_path / "r.yaml").write_text("version: 1\nrules:\n- {rule: x, from: gat, severity: low}\n")
    told = citynerve("rules", "list", tmp_path)
    assert told.code == 1 and told.out == "" and "E008" in told.err


def on_a_terminal(citynerve, monkeypatch, columns, *more):
    """Return rows as a pipe has them, and the lines of the table that a terminal of some columns shows."""
    cells = [line.split("\t") for line in citynerve("rules", "list", LIBRARY, *more).out.splitlines()]
    monkeypatch.setenv("COLUMNS", str(columns))
    with monkeypatch.context() as terminal:
        terminal.setattr(sys.stdout, "isatty", lambda: True)
        shown = citynerve("rules", "list", LIBRARY, *more).out
    return cells, re.sub("\x1b\\[[0-9;]*m", "", shown).splitlines()


@pytest.mark.parametrize("columns", [60, 80, 100, 118, 125, 133, 141, 150, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_terminal_shows_whole_words_and_numbers_and_names_the_columns_that_it_has_no_room_for(
    citynerve, monkeypatch, columns, language
):
    (head, *rows), lines = on_a_terminal(citynerve, monkeypatch, columns, "--lang", language)
    table = [line for line in lines if not line.startswith(("left out", "终端较窄"))]
    last = lines[-1] if lines[-1] not in table else ""
    shown = " ".join(table)
    assert all(cell_len(line) <= columns for line in table) and "…" not in shown
    there = {word for line in table for word in line.split()}
    for number, name in enumerate(head):
        assert (name in lines[1]) != (name in last), name
        words = {word for row in rows for word in row[number].split() if word.isascii()}
        assert name not in lines[1] or words <= there, words - there


def test_a_narrow_terminal_leaves_out_the_last_columns_first(citynerve, monkeypatch):
    (head, *_), lines = on_a_terminal(citynerve, monkeypatch, 100)
    assert lines[1].split() == head[: len(lines[1].split())] and "capacity" in lines[-1]


def test_a_wide_terminal_shows_all_columns(citynerve, monkeypatch):
    (head, *_), lines = on_a_terminal(citynerve, monkeypatch, 400)
    assert lines[1].split() == head
