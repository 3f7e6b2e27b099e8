"""Formatting changes how a rule file looks and nothing else: not what it means, not a comment, not once more."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.place import Problems
from rules import yaml
from rules.check import LIBRARY
from rules.comments import comments
from rules.format import formatted
from rules.yaml import Mapping

FILES = sorted(path for path in LIBRARY.glob("*.yaml") if not path.name.endswith(".test.yaml"))
LANGUAGE = sorted((Path(__file__).parent / "language").glob("*.yaml"))
UGLY = """\
# about the file

version:   1
let:
   late:   hour( )>=22   # when
rules:


- severity: {high: count()>=5,medium: default}   # why
  # the name
  rule: 'busy'
  title: {zh: "忙", 'en': Busy}
  key: [ site,device ]
  when: "kind=='gate'and(late  or confidence>=40%)"
  threshold: >-
     count( ) >=
     2
  window: 5m   tumbling

  message:
    zh: '${ device } 有 ${count}'
    en: "say \\"${count}\\""
  from:
  - gate
  - camera
  # the end of busy
# about the next

- {rule: next, from: gate, severity: low, labels: {a: b, c: d},
   annotations: {runbook: "a long text, in brackets", more: of it}}
"""
NEAT = """\
# about the file

version: 1
let:
  late: hour() >= 22  # when
rules:
# the name
- rule: busy
  title: {zh: 忙, en: Busy}
  from:
    - gate
    - camera
    # the end of busy
  when: kind == 'gate' and (late or confidence >= 40%)
  key: [site, device]
  window: 5m tumbling
  threshold: count() >= 2
  severity: {high: count() >= 5, medium: default}  # why

  message:
    zh: "${device} 有 ${count}"
    en: 'say "${count}"'

# about the next

- rule: next
  from: gate
  severity: low
  labels: {a: b, c: d}
  annotations: {runbook: "a long text, in brackets", more: of it}
"""


def test_the_layout_in_one_example() -> None:
    assert formatted("f.yaml", UGLY) == NEAT


@pytest.mark.parametrize("path", FILES + LANGUAGE, ids=lambda path: path.name)
def test_the_shipped_library_and_the_language_in_examples_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(str(path), text) == text


@pytest.mark.parametrize(
    ("value", "neat"),
    [
        ("'live'", "live"),
        ('"live"', "live"),
        ("'1'", '"1"'),
        ("'true'", '"true"'),
        ('"a: b"', '"a: b"'),
        ("'it''s'", '"it\'s"'),
        ("'say \"x\"'", "'say \"x\"'"),
        ('"a\\nb"', '"a\\nb"'),
        ('"\\u200b"', '"\\u200b"'),
        ("1", "1"),
        ("true", "true"),
        ("2026-01-01", "2026-01-01"),
        ("a  # c", "a  # c"),
        ("a#b", "a#b"),
        ("'a # b'", '"a # b"'),
        ("中文，文字", "中文，文字"),
        ("''", '""'),
        ("", ""),
        ("one\n    two", "one two"),
        ('"one\n    two"', "one two"),
        ("|\n     one\n       two", "|\n    one\n      two"),
        (">-  # c\n   one\n   two", ">-  # c\n    one\n    two"),
    ],
)
def test_quotes_stay_where_a_text_needs_them(value: str, neat: str) -> None:
    text = "version: 1\nrules:\n- rule: x\n  legal_basis: {}\n  mode: live\n"
    assert formatted("f.yaml", text.format(value)) == text.format(neat).replace(": \n", ":\n")


@pytest.mark.parametrize(
    ("written", "neat"),
    [
        ("a==1", "a == 1"),
        ("not(a in('x','y  z'))", "not (a in ('x', 'y  z'))"),
        ("count ( )>=2", "count() >= 2"),
        ("-a<- 5", "-a < -5"),
        ("a- 5", "a - 5"),
        ("speed>40%*roads . free_kmh", "speed > 40% * roads.free_kmh"),
        ("((a))", "((a))"),
        ("(site,person)not in residents", "(site, person) not in residents"),
        ("for_48h>48h", "for_48h > 48h"),
        ("min( a ,b )", "min(a, b)"),
    ],
)
def test_an_expression_has_one_spacing_and_keeps_macros_units_and_parentheses(written: str, neat: str) -> None:
    text = "version: 1\nlet:\n  m: {}\n"
    assert formatted("f.yaml", text.format(written)) == text.format(neat)


def test_an_expression_too_long_for_a_line_is_folded_between_its_words() -> None:
    long = " or ".join(f"(site == 'S {i}' and device in ('a', 'b'))" for i in range(8))
    result = formatted("f.yaml", f"version: 1\nrules:\n- rule: x\n  when: {long}\n")
    assert "  when: >-\n    (site == 'S 0' and" in result
    assert all(len(line) <= 120 for line in result.split("\n"))
    assert formatted("f.yaml", result) == result
    assert " ".join(line.strip() for line in result.split("\n")[4:]).strip() == long


def test_brackets_that_do_not_fit_or_hold_comments_become_lines() -> None:
    wide = ", ".join(f"route.number_{i}" for i in range(9))
    text = f"version: 1\nrules:\n- rule: x\n  key: [a,  # first\n    b]\n  route: [{wide}]\n"
    lines = formatted("f.yaml", text).split("\n")
    assert lines[3:6] == ["  key:", "    - a  # first", "    - b"]
    assert lines[6:8] == ["  route:", "    - route.number_0"]


@pytest.mark.parametrize("text", ["", "- a\n", "a: b: c\n", "a: 1\na: 2\n", "a: &x 1\n", "\tx"])
def test_what_is_no_rule_file_is_refused_with_its_problems(text: str) -> None:
    with pytest.raises(Problems):
        formatted("f.yaml", text)


def spoilt(text: str, dice: random.Random) -> str:
    """Return a text with comments, blank lines and blanks in places where YAML does not mind them."""
    lines = []
    for number, line in enumerate(text.split("\n")):
        if dice.random() < 0.15:
            lines += [" " * dice.choice((0, 0, 2, 4, 7)) + f"# alone {number}"]
        if dice.random() < 0.1:
            lines += [""] * dice.randint(1, 3)
        lines.append(spoilt_line(line, number, dice))
    return "\n".join(lines) + "\n"


def spoilt_line(line: str, number: int, dice: random.Random) -> str:
    if line.strip() and dice.random() < 0.15:
        line += " " * dice.randint(1, 4) + f"# behind {number}"
    if dice.random() < 0.15 and not {"'", '"'} & set(line):
        comma = dice.choice((" , ", ",\n          ", f", # in {number}\n          "))
        line = re.sub(r"(?<=[\w)\]}]), (?=\w)", comma, line)
    if dice.random() < 0.2:
        line = re.sub(r" (==|>=|<|\*) ", lambda match: dice.choice((match[1], f"  {match[1]} ")), line)
    return line


TEXTS = [path.read_text(encoding="utf-8") for path in FILES + LANGUAGE] + [NEAT]


@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
@settings(max_examples=60)
def test_formatting_twice_changes_nothing_and_no_comment_is_lost(text: str, seed: int) -> None:
    written = spoilt(text, random.Random(seed))
    top, problems = yaml.read("f.yaml", written.encode())
    if problems or not isinstance(top, Mapping):
        return
    result = formatted("f.yaml", written)
    assert formatted("f.yaml", result) == result
    again, _ = yaml.read("f.yaml", result.encode())
    assert isinstance(again, Mapping)
    noted = sorted(comment.text for comment in comments(written, top))
    assert sorted(comment.text for comment in comments(result, again)) == noted
    assert noted == sorted(re.findall(r"(?:(?<=\s)|^)# .*", written, re.MULTILINE))


@given(st.sampled_from(TEXTS[:-1]), st.integers(0, 2**32))
@settings(max_examples=40)
def test_the_keys_of_a_rule_come_in_one_order_whatever_their_order_was(text: str, seed: int) -> None:
    dice = random.Random(seed)
    blocks = re.split(r"(?m)^(?=- rule:)", text)
    shuffled = blocks[:1]
    for block in blocks[1:]:
        keys = re.split(r"(?m)^(?=  \w)", block.replace("- rule", "  rule", 1))
        tail = re.search(r"(?m)(^\n?#.*\n|^\n)*\Z", keys[-1])
        assert tail is not None
        keys[-1] = keys[-1][: tail.start()]
        keys = [key for key in keys if key]
        dice.shuffle(keys)
        shuffled.append("".join(keys).replace("  ", "- ", 1) + tail.group())
    assert formatted("f.yaml", "".join(shuffled)) == formatted("f.yaml", text)
