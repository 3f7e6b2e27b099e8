"""Rule tests as people read them: which fail, what is missing and what was not expected."""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from citynerve.cli import failure
from citynerve.text import say
from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from events.yaml_words import said
from rules import check, errors
from rules.files import TEST_SUFFIXES
from rules.plan import Plan
from streams.trial.ruletest import RuleTest, read_tests, run_test

# what a slip in a test file ends in: it is read as it stands, without a model of its own
SLIPS = (AttributeError, LookupError, StopIteration, TypeError, ValueError)

CHINESE = {
    "missing: ": "缺少: ",
    "not expected: ": "多出: ",
    "in one block it gives other alerts": "整块送入时告警不同",
    "with arrivals turned around it gives other alerts": "乱序到达时告警不同",
    "with a snapshot after each block it gives other alerts": "每块之后快照并恢复时告警不同",
}


class TestRun:
    """Counts tests, failed ones, and files that could not be run."""

    __test__ = False  # pytest collects what is called so

    def __init__(self, schemas: Schemas, city: CityKey) -> None:
        self.count = self.failed = self.broken = 0
        self._schemas, self._city = schemas, city
        self._plans: dict[Path, Plan] = {}

    def file(self, path: Path) -> Iterator[str]:
        """Run the tests of one file; yield what there is to say of those that fail."""
        try:
            tests = read_tests(path)
        except OSError as error:
            yield from self._unusable(failure.system(error))
            return
        except Problems as found:
            yield from self._unusable(f"{path}: {'; '.join(say(en=p.en, zh=p.zh) for p in found.problems)}")
            return
        except (YAMLError, *SLIPS) as error:
            yield from self._unusable(_no_test_file(path, error))
            return
        for test in tests:
            try:
                plan = self._plan(test.rules)
            except Problems as found:
                yield from self._unusable(errors.format(found.problems))
                return
            self.count += 1
            if findings := self._findings(test, plan):
                self.failed += 1
                yield say(en=f"FAILED {path}: {test.name}", zh=f"失败 {path}: {test.name}")
                yield from (f"  {_told(finding)}" for finding in findings)

    def _plan(self, rules: Path) -> Plan:
        if rules not in self._plans:
            self._plans[rules] = check.load([rules], self._schemas, self._city).plan
        return self._plans[rules]

    def _findings(self, test: RuleTest, plan: Plan) -> list[str]:
        try:
            return run_test(test, plan, self._city)
        except Problems as found:
            return [say(en=problem.en, zh=problem.zh) for problem in found.problems]
        except SLIPS as error:
            what = f"{type(error).__name__}: {error}"
            return [say(en=f"cannot be run: {what}", zh=f"无法运行: {what}")]

    def _unusable(self, told: str) -> Iterator[str]:
        self.broken += 1
        yield told


def _no_test_file(path: Path, error: Exception) -> str:
    if isinstance(error, KeyError):
        what = say(en=f" ({error} is missing)", zh=f"(缺少 {error})")
    elif isinstance(error, MarkedYAMLError):
        words = said(error)
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = say(en=f" (line {line}: {words.en})", zh=f"(第 {line} 行:{words.zh})")
    elif isinstance(error, (YAMLError, ValueError)):
        what = say(en=f" ({_first_line(error)})", zh=f"({_first_line(error)})")
    else:  # something of another shape: what Python says of it helps nobody
        what = ""
    likely = path.with_name(f"{path.stem}{TEST_SUFFIXES[0]}")
    beside = likely.is_file() and not path.name.endswith(TEST_SUFFIXES)
    advice = say(en=f"; did you mean {likely}?", zh=f";是否想写 {likely}?") if beside else ""
    return say(
        en=f"{path} is no test file{what}; it needs `rules: FILE` and `tests:`, each with name, start, events and "
        f"expect{advice}",
        zh=f"{path} 不是测试文件{what};其中应有 `rules: 文件` 和 `tests:`,每个测试含 name、start、events 和 "
        f"expect{advice}",
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _told(finding: str) -> str:
    """Return a finding in the reader's language; what it names stands as it is written in the files."""
    for english, chinese in CHINESE.items():
        if finding.startswith(english):
            return say(en=finding, zh=chinese + finding[len(english) :])
    return finding
