"""The pages of shipped rules say what is shipped."""

from pathlib import Path

import pytest

from rules import check
from rules.shipped import CHAPTERS, PAGES, page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", PAGES)
def test_the_page_is_what_the_rules_say(language) -> None:
    assert (DOCS / PAGES[language]).read_text(encoding="utf-8") == page(language), "write it again: make docs"


def test_every_file_of_rules_has_a_chapter() -> None:
    files = {path.stem for path in check.LIBRARY.glob("*.yaml") if "\nrules:" in path.read_text(encoding="utf-8")}
    assert {name for name in files if not name.endswith(".test")} == set(CHAPTERS)
