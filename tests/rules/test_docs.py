"""The pages for operators are true: every example is in order, every test in them holds, nothing is left out."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from citynerve.lines import AlertLines
from connectors.mapping.model import Reason
from events.alert import Alert
from events.batch import REASONS
from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.aggregates import AGGREGATES
from rules.expression.functions import FUNCTIONS
from rules.keys import RULE
from rules.purpose import PURPOSES
from rules.reference import PAGES, with_reference
from rules.vocabulary import DECLARATIONS
from streams.summary import Summary
from streams.trial.reading import read_tests
from streams.trial.run import Trial, load

SCHEMAS, CITY = Schemas.load(), CityKey()
DOCS = Path(__file__).parents[2] / "docs"
RULES, OUTPUT = ("rules.md", "rules.zh-CN.md"), ("output.md", "output.zh-CN.md")


def blocks(page: str, language: str = "yaml") -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def code_words(page: str) -> set[str]:
    """What a page names in back quotes."""
    spans = re.findall(r"`([^`\n]+)`", (DOCS / page).read_text(encoding="utf-8"))
    return {word for span in spans for word in (span, *re.findall(r"\w+", span))}


@pytest.mark.parametrize("page", RULES)
def test_every_rule_in_the_page_is_in_order(page: str) -> None:
    found = blocks(page)
    vocabulary = next(text for text in found if text.startswith("version: 1") and "rules:" not in text)
    checked = 0
    for text in found:
        if text.startswith("rules: "):
            continue  # a test, run below
        whole = text if text.startswith("version: 1") else f"version: 1\nrules:\n{text}"
        files = {"v.yaml": vocabulary, "r.yaml": whole} if "- rule:" in whole else {}
        if "let:" in whole:
            files = {"r.yaml": whole}  # the small file stands by itself
        if files:
            ruleset = check.loads(files, SCHEMAS, CITY)
            assert ruleset.problems == []
            checked += len(ruleset.plan.rules)
    assert checked == 14


@pytest.mark.parametrize("page", RULES)
def test_the_test_in_the_page_holds_for_the_rule_file_above_it(page: str, tmp_path: Path) -> None:
    small, *_, test = (text for text in blocks(page) if "rules:" in text)
    (tmp_path / "small.yaml").write_text(small, encoding="utf-8")
    (tmp_path / "small.test.yaml").write_text(test, encoding="utf-8")
    file = read_tests(tmp_path / "small.test.yaml", SCHEMAS)
    ruleset = load(file, SCHEMAS, CITY)
    assert [bool(each.expect) for each in file.tests] == [True, False]
    assert [Trial(each, ruleset, CITY).findings() for each in file.tests] == [[], []]


@pytest.mark.parametrize("page", RULES)
def test_the_page_names_every_key_function_purpose_and_declaration(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    lacking = {*RULE, *FUNCTIONS, *AGGREGATES, *PURPOSES} - code_words(page)
    assert not lacking
    assert all(f"{name}:" in text for name in DECLARATIONS)


@pytest.mark.parametrize("language", PAGES)
def test_the_reference_is_what_the_tables_say(language) -> None:
    page = (DOCS / PAGES[language]).read_text(encoding="utf-8")
    assert page == with_reference(page, language), "write it again: make docs"


def test_both_languages_show_the_same_examples() -> None:
    english, chinese = ([re.sub(r" *#.*", "", text).split("\n")[0] for text in blocks(page)] for page in RULES)
    assert english == chinese


def rows(page: str) -> set[str]:
    """What the first cells of the page's tables name."""
    cells = re.findall(r"^\| (`[^|]*) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("page", OUTPUT)
def test_every_reason_and_every_field_of_summary_and_alert_is_explained(page: str) -> None:
    shown, letter = map(json.loads, blocks(page, "json"))
    wanted = {*REASONS[1:], *get_args(Reason), *Summary().as_dict(), *shown}
    assert rows(page) == wanted
    assert set(letter) <= code_words(page)


@pytest.mark.parametrize("page", OUTPUT)
def test_the_alert_in_the_page_is_what_the_rule_file_of_the_other_page_writes(page: str) -> None:
    shown = json.loads(blocks(page, "json")[0])
    plan = check.loads({"r.yaml": blocks("rules.md")[0]}, SCHEMAS, CITY).plan
    told = {each.name: shown[each.name] for each in fields(Alert) if each.name in shown}
    told["evidence"] = tuple(told["evidence"])
    alert = Alert(**told, order=shown["time"], ruleset=shown["envelope"]["ruleset"])
    assert json.loads(AlertLines(plan).line(alert)) == shown
    assert [value.name for value in plan.rules[0].values] == list(shown["values"])
