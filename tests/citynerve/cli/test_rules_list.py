import json
import re
import sys

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


def on_a_terminal(citynerve, monkeypatch, columns):
    """Return the names of rules, and the lines of the table that a terminal of some columns shows."""
    names = [row["rule"] for row in json.loads(citynerve("rules", "list", LIBRARY, "--format", "json").out)["rules"]]
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    return names, re.sub("\x1b\\[[0-9;]*m", "", citynerve("rules", "list", LIBRARY).out).splitlines()


def test_a_narrow_terminal_shows_the_names_of_rules_whole_and_leaves_out_the_last_columns(citynerve, monkeypatch):
    names, lines = on_a_terminal(citynerve, monkeypatch, 80)
    assert {line[1:].split(" ")[0] for line in lines} >= set(names) and all(len(line) <= 80 for line in lines)
    assert "capacity" not in "".join(lines[:3]) and "…" not in "".join(lines)


def test_a_wide_terminal_shows_all_columns(citynerve, monkeypatch):
    _, lines = on_a_terminal(citynerve, monkeypatch, 400)
    assert "purpose" in lines[1] and "route" in lines[1] and "capacity" in lines[1]
