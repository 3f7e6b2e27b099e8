"""The pages of shipped rules say what is shipped."""

from pathlib import Path

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.shipped import PAGES, page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", PAGES)
def test_the_page_is_what_the_rules_say(language) -> None:
    assert (DOCS / PAGES[language]).read_text(encoding="utf-8") == page(language), "write it again: make docs"


def test_the_page_names_every_shipped_rule() -> None:
    plan = check.load([check.LIBRARY], Schemas.load(), CityKey()).plan
    for language in PAGES:
        written = page(language)
        assert all(written.count(f"| `{rule.rule}` |") == 1 for rule in plan.rules)
