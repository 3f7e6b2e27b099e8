"""Rule tests run file by file: which hold, which fail and by what, which files could not be run at all."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from events.identity import CityKey
from events.place import Place, Problem, Problems
from events.schema import Schemas
from events.unreadable import reason
from rules.check import Ruleset
from rules.errors import problem
from rules.files import TEST_SUFFIXES
from streams.trial.gaps import Gap, gaps
from streams.trial.reading import Unread, read_tests
from streams.trial.run import Finding, Trial, load
from streams.trial.script import RuleTest, TestFile


@dataclass(frozen=True)
class Outcome:
    """What became of one test. `problems` are why it could not be run, `seconds` CPU time."""

    test: RuleTest
    trial: Trial | None
    findings: list[Finding]
    problems: list[Problem]
    seconds: float

    @property
    def has_failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.findings or self.problems)


@dataclass
class Tested:
    """What became of one file: its tests, or why it could not be run."""

    path: Path
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class TestRun:
    """Runs files of tests of one city."""

    __test__ = False  # pytest collects what is called so

    def __init__(self, schemas: Schemas, city: CityKey) -> None:
        self.files: list[Tested] = []
        self._schemas, self._city = schemas, city
        self._rulesets: dict[tuple[tuple[Path, ...], str | None], Ruleset] = {}
        self._trials: dict[tuple[tuple[Path, ...], str | None], list[Trial]] = {}

    @property
    def count(self) -> int:
        """How many tests there are."""
        return sum(len(file.outcomes) for file in self.files)

    @property
    def failed(self) -> int:
        """How many of them fail."""
        return sum(outcome.has_failed for file in self.files for outcome in file.outcomes)

    @property
    def broken(self) -> int:
        """How many files could not be run."""
        return sum(bool(file.problems) for file in self.files)

    def file(self, path: Path) -> Tested:
        """Run the tests of one file."""
        tested = Tested(path)
        self.files.append(tested)
        try:
            file = read_tests(path, self._schemas)
            key = tuple(rules.resolve() for rules in file.rules), file.timezone.text if file.timezone else None
            if key not in self._rulesets:
                self._rulesets[key] = load(file, self._schemas, self._city)
        except OSError as error:
            why, why_zh = reason(error)
            tested.problems.append(problem("Y030", Place(str(path), 1), why=why, why_zh=why_zh))
            return tested
        except Unread as found:
            tested.problems += _beside(path) or dict.fromkeys([*found.problems, *self._about(found.file)])
            return tested
        except Problems as found:
            tested.problems += _beside(path) or found.problems
            return tested
        trials = self._trials.setdefault(key, [])
        for test in file.tests:
            outcome = self._outcome(test, self._rulesets[key])
            tested.outcomes.append(outcome)
            if outcome.trial is not None:
                trials.append(outcome.trial)
        return tested

    def _about(self, file: TestFile | None) -> list[Problem]:
        """Return what else is wrong where a file cannot be run: with its rules, or with names in its tests."""
        if file is None or not file.rules or not all(path.exists() for path in file.rules):
            return []  # what is not there is told at its name
        try:
            ruleset = load(file, self._schemas, self._city)
        except Problems as found:
            return found.problems
        problems = []
        for test in file.tests:
            try:
                Trial(test, ruleset, self._city)
            except Problems as found:
                problems += found.problems
        return problems

    def _outcome(self, test: RuleTest, ruleset: Ruleset) -> Outcome:
        started = time.process_time()
        trial, findings, problems = None, [], []
        try:
            trial = Trial(test, ruleset, self._city)
            findings = trial.findings()
        except Problems as found:
            trial, problems = None, found.problems
        return Outcome(test, trial, findings, problems, time.process_time() - started)

    def gaps(self) -> list[Gap]:
        """Return what no test of the files that were run looks at; what could not be run looks at nothing."""
        return [
            gap
            for key, ruleset in self._rulesets.items()
            for gap in gaps(ruleset, self._trials.get(key, []), self._schemas, self._city)
        ]


def _beside(path: Path) -> list[Problem]:
    """Return what is likely meant where a rule file is named in place of its tests."""
    likely = path.with_name(f"{path.stem}{TEST_SUFFIXES[0]}")
    if path.name.endswith(TEST_SUFFIXES) or not likely.is_file():
        return []
    return [problem("E076", Place(str(path), 1), near=str(likely))]
