"""From files to a ruleset: everything that is wrong in any of them is found in one run."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from events.identity import CityKey
from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules import (
    alert_condition,
    calendar,
    calendar_upkeep,
    files,
    macros,
    rule_check,
    rule_file,
    score_events,
    score_inputs,
    yaml,
)
from rules.broken import Broken, UnreadFile
from rules.checked import CheckedRule
from rules.compile import compile_ruleset
from rules.conditions import Conditions
from rules.errors import problem
from rules.expression.nodes import Node
from rules.expression.parse import parse
from rules.files import RuleFiles
from rules.misspelt import meant
from rules.model import Rule, RuleFile
from rules.plan import Plan
from rules.reading import Reader
from rules.vocabulary import Vocabulary
from rules.yaml import Mapping as Document
from rules.yaml import Scalar

LIBRARY = Path(__file__).parent / "library"
RULES_MAX = 10_000
INDEXED_FROM = 100  # rules from which it matters that each has a field that picks it out
_VERSION = re.compile(rb"^version[ \t]*:", re.MULTILINE)  # begins a file of the language
UTC = "UTC"  # of rulesets that name no timezone and read no civil time


@dataclass(frozen=True)
class Ruleset:
    """A ruleset that may run.

    `problems` are its warnings, `sources` the texts they point into, by path; `rules` has the disabled ones too,
    `macros` what their files name in `let`, by path.
    """

    plan: Plan
    problems: list[Problem]
    sources: Mapping[str, str]
    rules: tuple[CheckedRule, ...] = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)
    macros: Mapping[str, Mapping[str, Node]] = field(repr=False)


def load(paths: Sequence[Path], schemas: Schemas, city: CityKey, *, now: datetime | None = None) -> Ruleset:
    """Read files and folders, check them together, and compile them.

    A folder is searched for `*.yaml`, tests apart, to its depth. A single file brings the vocabulary files beside it.

    Raises
    ------
    Problems
        with every error and warning of every file
    """
    return checked(files.read(paths), schemas, city, now=now)


def loads(texts: Mapping[str, str], schemas: Schemas, city: CityKey, *, now: datetime | None = None) -> Ruleset:
    """Check and compile rule files given as texts, by their names. Raises as `load`."""
    return checked(RuleFiles({path: text.encode() for path, text in texts.items()}), schemas, city, now=now)


def checked(given: RuleFiles, schemas: Schemas, city: CityKey, *, now: datetime | None = None) -> Ruleset:
    """Check and compile files that have been read. Raises as `load`.

    With `now`, calendars that have ended or end soon are warned of: a check knows no clock by itself.
    """
    reader = Reader()
    reader.problems += given.problems
    documents: dict[str, Document] = {}
    unread: list[UnreadFile] = []
    texts = {**given.named, **given.beside}
    drawn = [path for path in texts if path.endswith(files.GEOJSON)]
    for path, data in given.named.items():
        if path in drawn:
            continue
        node, problems = yaml.read(path, data)
        reader.problems += problems
        if node is None:
            unread.append(UnreadFile(path, data))
            if not problems:
                reader.problems.append(
                    problem(
                        "E003",
                        Place(path, 1),
                        where="a rule file",
                        where_zh="规则文件",
                        key="version",
                        near="version: 1",
                    )
                )
        elif (document := rule_file.document(node, reader)) is not None:
            documents[path] = document
    for path, data in given.beside.items():
        node, problems = (None, []) if path in drawn else yaml.read(path, data)
        if isinstance(node, Document) and _is_vocabulary(node):
            documents[path] = rule_file.document(node, reader) or node
            reader.problems += problems
        elif node is None and problems and _VERSION.search(data):  # what rules name is likely declared there
            unread.append(UnreadFile(path, data))
            reader.problems += problems
    vocabulary = Vocabulary()
    for file in unread:
        vocabulary.broken.add_file(file)
    for document in documents.values():
        vocabulary.declare(document, reader, schemas)
    for path in drawn:
        vocabulary.geojson(path, texts[path], reader)
    read = [rule_file.read_file(path, document, reader, schemas) for path, document in documents.items()]
    checker = _Checker(read, vocabulary, schemas, reader.problems, given.asked, now)
    rules = checker.check()
    sources = {path: texts[path].decode(errors="replace") for path in (*documents, *drawn)}
    problems = _sorted(reader.problems, vocabulary.broken.passed_over())
    if any(each.level == "error" for each in problems):
        raise Problems(problems)
    assert not vocabulary.broken, "what is broken has an error where it stands"
    plan = compile_ruleset(rules, vocabulary, vocabulary.timezone or UTC, schemas, city)
    return Ruleset(plan, problems, sources, tuple(rules), vocabulary, checker.macros)


def _is_vocabulary(node: Document) -> bool:
    """Tell whether a file beside a rule file declares names: other YAML files may lie there too."""
    names = {key.text for key, _ in node.entries}
    if "version" not in names or names & {"let", "rules"}:
        return False
    return all(name in rule_file.VOCABULARY or meant(name, rule_file.VOCABULARY) for name in names)


def _sorted(problems: Iterable[Problem], passed_over: Iterable[Problem]) -> list[Problem]:
    """Sort by place, say each once, and drop what follows from a slip that was repaired on the same line.

    What tells of names that were `passed_over` follows from a slip, and is kept.
    """
    slips = {(each.place.path, each.place.line) for each in problems if each.code.startswith("Y")}
    kept = (each for each in problems if each.code.startswith("Y") or (each.place.path, each.place.line) not in slips)
    return sorted(dict.fromkeys([*kept, *passed_over]), key=lambda each: (each.place, each.code, each.en))


class _Checker:
    """The rules of all files against one vocabulary."""

    def __init__(
        self,
        files: Sequence[RuleFile],
        vocabulary: Vocabulary,
        schemas: Schemas,
        problems: list[Problem],
        empty: str,
        now: datetime | None,
    ) -> None:
        self.files = files
        self.vocabulary = vocabulary
        self.schemas = schemas
        self.problems = problems
        self.empty = empty
        self.now = now
        self.timezone = vocabulary.timezone or UTC
        self.macros: dict[str, dict[str, Node]] = {}

    def check(self) -> list[CheckedRule]:
        self._calendars()
        for score in self.vocabulary.scores.values():
            self.problems += score_inputs.problems(score, self.vocabulary.sets, self.schemas)
            self.problems += score_events.problems(score, self.vocabulary, self.schemas)
        rules = []
        first: dict[str, Place] = {}
        for file in self.files:
            named = self.macros[file.path] = self._macros(file.macros)
            unread = {*file.unread, *(name for name in file.macros if name not in named)}
            broken = self.vocabulary.broken.also("let", unread)
            for rule in file.rules:
                place = first.setdefault(rule.name.text, rule.name.place)
                if rule.name.text and place != rule.name.place:
                    self.problems.append(
                        problem(
                            "E007",
                            rule.name.place,
                            what="rule",
                            what_zh="规则",
                            name=rule.name.text,
                            path=place.path,
                            line=place.line,
                        )
                    )
                if (checked := self._rule(rule, named, broken)) is not None:
                    rules.append(checked)
            self.problems += [*macros.problems(file, named, self.vocabulary, broken, self.schemas, self.problems)]
        if not any(file.rules for file in self.files) and not any(each.level == "error" for each in self.problems):
            path = self.files[0].path if self.files else self.empty
            self.problems.append(problem("Y031", Place(path, 1)))
        if len(first) > RULES_MAX:
            self.problems.append(problem("E033", next(iter(first.values())), limit=RULES_MAX))
        self._civil_time(rules)
        self._indexed(rules)
        self._routes(rules)
        return rules

    def _rule(self, rule: Rule, macros: dict[str, Node], broken: Broken) -> CheckedRule | None:
        conditions = Conditions(self.schemas, self.vocabulary, broken)
        checked = rule_check.check(rule, macros, self.timezone, conditions)
        self.problems += conditions.problems
        return checked

    def _macros(self, texts: Mapping[str, Scalar]) -> dict[str, Node]:
        named = {}
        for name, scalar in texts.items():
            try:
                named[name] = parse(scalar.text, scalar.at)
            except Problems as problems:
                self.problems += problems.problems
        return named

    def _calendars(self) -> None:
        today = self.now.astimezone(ZoneInfo(self.timezone)).date() if self.now else None
        for declared in self.vocabulary.calendars.values():
            try:
                calendar.declared(declared, self.timezone)
            except Problems as problems:
                self.problems += problems.problems
            else:
                self.problems += calendar_upkeep.warnings(declared, today)

    def _civil_time(self, rules: Sequence[CheckedRule]) -> None:
        """A ruleset that speaks of days, hours or times of day must say whose."""
        if self.vocabulary.has_timezone:
            return
        for rule in rules:
            if rule.is_civil:
                self.problems.append(problem("E036", rule.rule.name.place))

    def _routes(self, rules: Sequence[CheckedRule]) -> None:
        """What routes and their tree name is declared, and where there is a tree no alert goes nowhere."""
        reader = Reader()
        words = alert_condition.Words(
            rules={rule.name.text for file in self.files for rule in file.rules},
            routes=self.vocabulary.routes,
            labels={name for file in self.files for rule in file.rules for name in rule.labels},
            keys={name for rule in rules for name, _ in rule.key},
        )
        self.vocabulary.check_routes(words, reader, self.schemas)
        tree = self.vocabulary.tree
        if tree and not any(branch.is_default or (branch.when is None and not branch.adds) for branch in tree):
            lost = [rule.rule.name for rule in rules if not rule.rule.routes]
            if lost:
                reader.report("W367", lost[0].place, count=len(lost))
        self.problems += reader.problems

    def _indexed(self, rules: Sequence[CheckedRule]) -> None:
        """Of many rules those that no field picks out are each asked of every event: say so, once."""
        apart = [rule for rule in rules if not rule.is_indexed]
        if len(rules) > INDEXED_FROM and apart:
            place = apart[0].rule.name.place
            self.problems.append(problem("W320", place, count=len(apart), rules=len(rules)))
