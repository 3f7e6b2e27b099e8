"""Every code is documented, in both languages, and none that nothing says."""

import re
from pathlib import Path

import pytest

from rules.codes import PAGES, meanings, page

ROOT = Path(__file__).parents[2]
ROOMS = ("events", "rules", "streams", "connectors", "citynerve")
TABLES = {"events/codes.py", "rules/errors.py", "rules/expression/codes.py"}
CODE = re.compile(r'"([A-Z][0-9]{3})"')


def said() -> set[str]:
    """Codes that some finding is made with."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    texts = (path.read_text(encoding="utf-8") for path in files if str(path.relative_to(ROOT)) not in TABLES)
    return {code for text in texts for code in CODE.findall(text)}


def test_every_code_that_is_said_has_a_meaning_and_every_meaning_is_said() -> None:
    assert said() == set(meanings())


@pytest.mark.parametrize("language", PAGES)
def test_the_page_lists_exactly_the_codes_as_the_tables_have_them(language) -> None:
    written = (ROOT / "docs" / PAGES[language]).read_text(encoding="utf-8")
    assert written == page(language), "write it again: make docs"
    assert re.findall(r"^\| ([A-Z][0-9]{3}) \|", written, re.MULTILINE) == sorted(
        meanings(), key=lambda code: written.index(f"\n| {code} |")
    )


def test_each_meaning_speaks_both_languages_and_shows_no_hole() -> None:
    for code, meaning in meanings().items():
        for text in (*meaning.said.values(), *meaning.advice.values()):
            assert not re.search(r"(?<!\$)\{\w+\}", text), code
        assert meaning.said["en"] and meaning.said["zh"], code
        assert re.search(r"[\u4e00-\u9fff]", meaning.said["zh"]), code
        assert bool(meaning.advice["en"]) == bool(meaning.advice["zh"]), code
