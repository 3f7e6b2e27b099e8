"""Rule files as a tree with places; what is no such file is named, and never a traceback."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.place import Place
from rules import yaml
from rules.errors import CODES
from rules.yaml import Items, Mapping, Scalar


def read(text: str) -> yaml.Node | None:
    return yaml.read("f.yaml", text.encode())[0]


def codes(text: str | bytes) -> list[tuple[str, int, int]]:
    problems = yaml.read("f.yaml", text if isinstance(text, bytes) else text.encode())[1]
    return [(problem.code, problem.place.line, problem.place.column) for problem in problems]


def scalar(text: str) -> Scalar:
    node = read(text)
    assert isinstance(node, Mapping)
    value = node.entries[0][1]
    assert isinstance(value, Scalar)
    return value


def seconds_of(text: str, *, refused: bool = False) -> float:
    """CPU time of reading a text, the least of three: the heap of other tests is swept now and then."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        _, problems = yaml.read("f.yaml", text.encode())
        taken.append(time.process_time() - start)
        assert problems or not refused
    return min(taken)


def test_every_key_and_value_keeps_its_place() -> None:
    node = read("version: 1\nrules:\n- rule: smoke\n  key: [site, device]\n")
    assert isinstance(node, Mapping)
    rules = node.get("rules")
    assert isinstance(rules, Items)
    rule = rules.items[0]
    assert isinstance(rule, Mapping)
    assert rule.key("key").place == Place("f.yaml", 4, 3, 3)
    key = rule.get("key")
    assert isinstance(key, Items)
    assert [item.place.column for item in key.items] == [9, 15]


def test_values_stay_text_so_that_nothing_turns_into_something_else() -> None:
    for text in ("no", "1_000", "2026-12-31", "0x10", "12:30", "null", "~"):
        assert scalar(f"a: {text}\n").text == text


@pytest.mark.parametrize(
    ("text", "needle", "line", "column"),
    [
        ("a: x == persn\n", "persn", 1, 9),
        ("a: 'x == persn'\n", "persn", 1, 10),
        ('a: "x == persn"\n', "persn", 1, 10),
        ("a: 'it''s persn'\n", "persn", 1, 11),
        ('a: "\\"q\\" \\u4e2d persn"\n', "persn", 1, 18),
        ("a: x and\n   persn\n", "persn", 2, 4),
        ("a: >-\n  x and\n  persn\n", "persn", 3, 3),
        ("a: |\n  x and\n  persn\n", "persn", 3, 3),
        ('a: "x and\n  persn"\n', "persn", 2, 3),
        ('a: "x and \\\n  persn"\n', "persn", 2, 3),
    ],
)
def test_a_place_inside_a_value_is_found_whatever_quotes_and_folding_are_around(
    text: str, needle: str, line: int, column: int
) -> None:
    value = scalar(text)
    assert value.at(value.text.index(needle), len(needle)) == Place("f.yaml", line, column, len(needle))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 车辆超速,限速: 80\n", ("Y002", 1, 11)),
        ("a: {b: c: d}\n", ("Y002", 1, 9)),
        ("a: 1\nwhen：x\nb: 2\n", ("Y003", 2, 5)),
        ("a: “中文”\n", ("Y003", 1, 4)),
        ("a:\n\tb: c\n", ("Y004", 2, 1)),
        ("a: x\u00a0y\n", ("Y005", 1, 5)),
        ("a: 1\nb:\u00a0c: 1\nd: 2\n", ("Y005", 2, 3)),
        ("a: 1\nb: 2\na: 3\n", ("Y006", 3, 1)),
        ("a: &x b\n", ("Y007", 1, 4)),
        ("a: *x\n", ("Y007", 1, 4)),
        ("a: " + "[" * 20 + "]" * 20 + "\n", ("Y008", 1, 23)),
        ("a: 1\n---\nb: 2\n", ("Y009", 2, 1)),
        (b"a: 1\nb: \xff\n", ("Y011", 2, 4)),
        ("? [a]\n: b\n", ("Y012", 1, 3)),
        ("a: !missing(x)\n", ("Y013", 1, 4)),
        ("a: 'x\n", ("Y014", 1, 4)),
        ('a: "\\q"\n', ("Y015", 1, 6)),
        ("a: @b\n", ("Y016", 1, 4)),
        ("a: ? b\n", ("Y016", 1, 4)),
        ("a: ]\n", ("Y016", 1, 4)),
        ("a: x\ty\n", ("Y005", 1, 5)),
        ("a: * 2\n", ("Y007", 1, 4)),
        ("a: !<x\n", ("Y013", 1, 4)),
        ('a: "\\u12"\n', ("Y015", 1, 7)),
        ("a: >= 5\n", ("Y023", 1, 4)),
        ("a: | x\n", ("Y023", 1, 4)),
        ("%YAML 3.x\n---\na: b\n", ("Y024", 1, 9)),
        ("{}\na: b\n", ("Y025", 2, 1)),
        ("a: {b} c\n", ("Y026", 1, 8)),
        ("a: 1\nb\nc: 2\n", ("Y017", 2, 1)),
        ("a: [b\nc: d\n", ("Y018", 1, 4)),
        ("a: 'x' == y\n", ("Y019", 1, 8)),
        ("a: b\n c: d\n", ("Y020", 2, 2)),
        ("a: - b\n", ("Y021", 1, 4)),
        ("a: \x07\n", ("Y022", 1, 4)),
        ("a: b\u2028c\n", ("Y022", 1, 5)),
    ],
)
def test_a_slip_is_named_where_it_is(text: str | bytes, found: tuple[str, int, int]) -> None:
    assert codes(text) == [found]


def test_all_slips_of_a_file_are_found_in_one_run_and_the_rest_is_read() -> None:
    text = "a: b: c\nwhen：x\nd: e: f\ng: h\n"
    node, problems = yaml.read("f.yaml", text.encode())
    assert [(p.code, p.place.line) for p in problems] == [("Y003", 2), ("Y002", 1), ("Y002", 3)]
    assert isinstance(node, Mapping)
    assert [key.text for key, _ in node.entries] == ["a", "when", "d", "g"]


def test_a_duplicate_key_says_where_the_first_one_is() -> None:
    _, problems = yaml.read("f.yaml", b"a: 1\nb: 2\na: 3\n")
    assert "line 1, column 1" in problems[0].en
    assert "第 1 行第 1 列" in problems[0].zh


def test_chinese_text_with_full_width_punctuation_is_no_slip() -> None:
    assert codes("a: 你好，世界：“引号”　空格\nb: {zh: 你好，世界}\n# 注释：说明\n") == []


def test_twenty_levels_are_read_and_one_more_is_not() -> None:
    assert codes("[" * 20 + "]" * 20) == []
    assert codes("[" * 21 + "]" * 21) == [("Y008", 1, 21)]


def test_a_file_of_256_kb_is_read_and_one_byte_more_is_refused_at_once() -> None:
    head = b"a: 1\n#"
    assert yaml.read("f.yaml", head + b"x" * (yaml.SIZE_MAX - len(head)))[1] == []
    assert seconds_of("a: " + "x" * 1_000_000, refused=True) < 0.1
    assert codes("a: " + "x" * 1_000_000) == [("Y010", 1, 1)]


@pytest.mark.parametrize("piece", ["[", "{", "- ", "? ", ": ", "a: [x, {y: ", "a: {", "&a ", "!a ", "*a ", "| ", '"'])
def test_what_nests_deep_or_begins_as_nothing_known_is_refused_within_100_ms(piece: str) -> None:
    assert seconds_of((piece * 200_000)[:200_000], refused=True) < 0.1


@pytest.mark.parametrize("line", ["a: 1\n", "? a\n", "a: &a [*a]\n", "- !x [&y z]\n"])
def test_a_file_whose_every_line_is_wrong_is_refused_within_100_ms(line: str) -> None:
    text = line * 10_000
    assert seconds_of(text, refused=True) < 0.1
    assert yaml.PROBLEMS_MAX < len(codes(text)) < yaml.PROBLEMS_MAX + 5
    assert codes(text)[-1][0] == "Y027"


@pytest.mark.parametrize("piece", ["a: b: c\n", "\ta\n", "- a\n", "a, ", "'", "a:b\n"])
def test_a_large_file_of_rubbish_ends_soon(piece: str) -> None:
    assert seconds_of((piece * 200_000)[:200_000]) < 4


def test_a_bomb_of_aliases_is_refused_at_each_and_never_expanded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
    assert seconds_of(bomb, refused=True) < 0.1
    assert {code for code, _, _ in codes(bomb)} == {"Y007"}


@given(st.text(st.sampled_from("ab:-[]{}'\"|>&*!%@`#,? \n\t：，“”\u00a0\u3000\\0$"), max_size=60))
@settings(max_examples=600, deadline=None)
def test_any_text_is_read_or_named_never_a_traceback(text: str) -> None:
    node, problems = yaml.read("f.yaml", text.encode())
    assert node is not None or problems or not text.strip() or text.lstrip().startswith(("#", "-", "%"))
    lines = text.split("\n")
    for problem in problems:
        assert problem.code in CODES
        assert 1 <= problem.place.line <= len(lines) + 1
        assert problem.place.column >= 1


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), st.sampled_from("'\""))
@settings(max_examples=300, deadline=None)
def test_places_within_quoted_text_point_at_its_characters(text: str, quote: str) -> None:
    escaped = text.replace("'", "''") if quote == "'" else text.replace("\\", "\\\\").replace('"', '\\"')
    spelled = f"a: {quote}{escaped}{quote}\n"
    node, problems = yaml.read("f.yaml", spelled.encode())
    if problems or "\n" in spelled[:-1]:
        return
    assert isinstance(node, Mapping)
    value = node.entries[0][1]
    assert isinstance(value, Scalar)
    line = spelled.split("\n", maxsplit=1)[0]
    for offset, character in enumerate(value.text):
        at = line[value.at(offset).column - 1]
        assert at in (character, "\\") or character.isspace()


def test_a_value_that_is_not_there_stands_at_its_key() -> None:
    node, problems = yaml.read("r.yaml", b"a:\nb: {c: , d: ''}\n")
    assert not problems and isinstance(node, yaml.Mapping)
    inner = node.get("b")
    assert isinstance(inner, yaml.Mapping)
    found = [node.get("a"), inner.get("c"), inner.get("d")]
    assert [(each.place.line, each.place.column) for each in found if each] == [(1, 1), (2, 5), (2, 13)]


@pytest.mark.parametrize(
    ("line", "column", "fixed"),
    [
        ("{when: (site, person) not in residents, key: site}", 13, '"(site, person) not in residents"'),
        ("{when: quantile(x, 0.9) > max(1, 2), key: site}", 18, '"quantile(x, 0.9) > max(1, 2)"'),
    ],
)
def test_a_comma_inside_parentheses_ends_no_value_and_is_told_once(line: str, column: int, fixed: str) -> None:
    node, [found] = yaml.read("r.yaml", line.encode())
    assert isinstance(node, Mapping)
    assert [(key.text, value.text) for key, value in node.entries if isinstance(value, Scalar)] == [
        ("when", fixed.strip('"')),
        ("key", "site"),
    ]
    assert (found.code, found.place.column, found.advice_en) == ("Y032", column, f"write  when: {fixed}")


def test_a_parenthesis_that_nothing_closes_takes_no_keys() -> None:
    node, problems = yaml.read("r.yaml", b"{when: (a, key: site}")
    assert isinstance(node, Mapping) and [key.text for key, _ in node.entries] == ["when", "key"] and not problems
