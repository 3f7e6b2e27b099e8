"""Rule files and their tests written into a folder, and what becomes of them."""

from pathlib import Path

from events.schema import Schemas
from streams.trial.reading import read_tests
from streams.trial.run import Finding, Trial, load
from streams.trial.script import TestFile
from tests.streams.small_log import CITY

SCHEMAS = Schemas.load()


def read(folder: Path, tests: str, rules: str) -> TestFile:
    """Write both files, and read the tests."""
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    path = folder / "rules.test.yaml"
    path.write_text(tests, encoding="utf-8")
    return read_tests(path, SCHEMAS)


def trials(folder: Path, tests: str, rules: str) -> list[Trial]:
    """Return the tests with their rules."""
    file = read(folder, tests, rules)
    ruleset = load(file, SCHEMAS, CITY)
    return [Trial(test, ruleset, CITY) for test in file.tests]


def findings(folder: Path, tests: str, rules: str) -> list[list[Finding]]:
    """Return what is wrong with each test."""
    return [trial.findings() for trial in trials(folder, tests, rules)]
