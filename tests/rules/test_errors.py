"""Problems as people read them."""

from events.place import Place, Problem
from rules.errors import CODES, format, nearest, problem, summary

TEXT = "rules:\n- rule: x\n  when: (site, persn) not in residents\n  message: 车辆超速,限速: 80\n"


def test_a_problem_is_printed_with_its_line_a_caret_and_advice() -> None:
    found = Problem(
        "E104",
        Place("r.yaml", 3, 16, 5),
        "unknown field `persn`",
        "没有字段 persn",
        "did you mean `person`?",
        "是否想写 person?",
        "fields of gate: person site",
    )
    assert format([found], {"r.yaml": TEXT}).split("\n") == [
        "r.yaml:3:16: error[E104] unknown field `persn` / 没有字段 persn",
        "    3 |   when: (site, persn) not in residents",
        "      |                ^^^^^ did you mean `person`? / 是否想写 person?",
        "      = fields of gate: person site",
        "1 error, 0 warnings / 1 个错误,0 个警告",
    ]


def test_the_caret_stands_under_its_character_behind_wide_ones() -> None:
    found = problem("Y002", Place("r.yaml", 4, 19), part="限速: 80", fixed="x")
    lines = format([found], {"r.yaml": TEXT}).split("\n")
    assert lines[2].index("^") == len("      | ") + len("  message: ") + 2 * len("车辆超速限速") + 1


def test_problems_come_in_the_order_of_files_and_lines() -> None:
    places = [Place("b", 1), Place("a", 10), Place("a", 2, 5), Place("a", 2, 3)]
    text = format([Problem("E001", place, "x", "y") for place in places], {"a": "", "b": ""})
    assert [line.split(": ")[0] for line in text.split("\n")[:-1]] == ["a:2:3", "a:2:5", "a:10:1", "b:1:1"]


def test_a_file_that_cannot_be_read_again_is_printed_without_its_line() -> None:
    text = format([problem("Y030", Place("/no/such/file.yaml", 1), why="gone", why_zh="没了")])
    assert text.startswith(
        "/no/such/file.yaml:1:1: error[Y030] cannot read this file: gone / 无法读取文件:没了\n1 error"
    )


def test_errors_and_warnings_are_counted_apart() -> None:
    found = [problem("E005", Place("a", 1)), problem("W340", Place("a", 1), key="title", language="en")]
    assert summary(found) == "1 error, 1 warning / 1 个错误,1 个警告"
    assert [each.level for each in found] == ["error", "warning"]


def test_the_nearest_word_is_suggested_only_where_one_is_near() -> None:
    assert nearest("whem", ["when", "window"]) == "when"
    assert nearest("zzz", ["when", "window"]) == ""
    assert problem("E002", Place("a", 1), key="zzz", where="a rule", where_zh="规则", near="").advice_en == ""


def test_every_code_speaks_both_languages_with_the_same_holes() -> None:
    for code, entry in CODES.items():
        assert entry.en and entry.zh, code
        assert bool(entry.advice_en) == bool(entry.advice_zh), code


def test_a_count_stands_with_its_noun_in_the_right_number() -> None:
    place = Place("r.yaml", 1)
    said = [problem("W367", place, count=count).en for count in (1, 2, 1200)]
    assert [text.partition(" may")[0] for text in said] == [
        "alerts of 1 rule",
        "alerts of 2 rules",
        "alerts of 1,200 rules",
    ]
    assert problem("W367", place, count=1).zh.startswith("1 条规则")
    assert problem("W371", place, count=1200, capacity="9").zh.endswith("提前丢弃了 1,200 个")
