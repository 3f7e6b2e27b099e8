"""Enough is compared with the twin, and what is said to be compared is."""

from pathlib import Path

import pytest

from tests.properties.cases import AT_LEAST, CASES


def test_enough_cases_are_compared_with_the_twin():
    assert sum(CASES.values()) >= AT_LEAST


@pytest.mark.parametrize("name", CASES)
def test_what_is_counted_is_run_by_one_file(name):
    here = [path for path in Path(__file__).parent.glob("test_*.py") if f'cases("{name}"' in path.read_text("utf-8")]
    assert len(here) == 1
