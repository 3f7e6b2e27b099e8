import json

import pytest

from rules.check import LIBRARY

RULES = """\
version: 1
routes: [property]
let:
  rubbish: label == 'garbage'
rules:
- rule: garbage
  from: camera
  when: rubbish
  key: device
  window: 10m
  threshold: count() >= 2
  severity: low
  message: {zh: "${count} 次", en: "${count} times"}
- rule: old
  from: gate
  severity: low
"""


@pytest.fixture
def sides(tmp_path):
    def write(*changes):
        text = RULES
        for old, new in changes:
            text = text.replace(old, new)
        for name, each in (("old", RULES), ("new", text)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "r.yaml").write_text(each, encoding="utf-8")
        return tmp_path / "old", tmp_path / "new"

    return write


def test_the_same_rules_differ_in_nothing_with_exit_code_0(citynerve, sides):
    told = citynerve("rules", "diff", *sides(("count() >= 2", "count()>=2  # two")))
    assert told.code == 0 and told.out.startswith("no difference, ruleset ")
    assert citynerve("rules", "diff", LIBRARY, LIBRARY).code == 0


def test_each_edit_is_told_with_its_class_and_what_was_typed_with_exit_code_1(citynerve, sides):
    told = citynerve("rules", "diff", *sides(("count() >= 2", "count() >= 3"), ("- rule: old", "- rule: new")))
    assert told.code == 1
    assert told.out.splitlines()[:6] == [
        "~ garbage  judgement: state is kept and judged again",
        "    threshold",
        "      - count() >= 2",
        "      + count() >= 3",
        "+ new  added",
        "- old  removed",
    ]
    assert told.out.splitlines()[-1].startswith("1 added, 1 removed, 1 changed; ruleset ")


def test_macros_are_told_with_the_rules_that_they_change_in_the_readers_language(citynerve, sides):
    told = citynerve("rules", "diff", *sides(("== 'garbage'", "== 'person'")), "--lang", "zh")
    assert "宏 rubbish 影响 1 条规则: garbage" in told.out and "选取:状态从日志重新建立" in told.out


def test_json_has_every_edit(citynerve, sides):
    told = citynerve("rules", "diff", *sides(("count() >= 2", "count() >= 3")), "--format", "json")
    document = json.loads(told.out)
    assert told.code == 1 and document["same"] is False and document["old"] != document["new"]
    assert document["rules"] == [
        {
            "rule": "garbage",
            "change": "changed",
            "class": "judgement",
            "keys": [{"key": "threshold", "old": "count() >= 2", "new": "count() >= 3"}],
            "macros": [],
            "declared": [],
        }
    ]


@pytest.mark.parametrize("broken", ["old", "new"])
def test_rules_with_errors_and_missing_files_give_exit_code_2(citynerve, sides, broken):
    old, new = sides()
    ((old if broken == "old" else new) / "r.yaml").write_text("version: 1\nrules: []\n", encoding="utf-8")
    told = citynerve("rules", "diff", old, new)
    assert told.code == 2 and "error[E005]" in told.err and told.out == ""
    assert citynerve("rules", "diff", old.parent / "none", new).code == 2
    assert citynerve("rules", "diff", LIBRARY / "fire.test.yaml", new).code == 2
