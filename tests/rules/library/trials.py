"""The tests beside a file of the library, as pytest runs them."""

from typing import Any

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.trial.reading import read_tests
from streams.trial.run import Trial, load

SCHEMAS, CITY = Schemas.load(), CityKey()


def trials(name: str) -> list[Any]:
    """Return the tests of one file, by name."""
    file = read_tests(check.LIBRARY / f"{name}.test.yaml", SCHEMAS)
    ruleset = load(file, SCHEMAS, CITY)
    return [pytest.param(Trial(test, ruleset, CITY), id=test.name) for test in file.tests]
