"""Reads files of rule tests; everything that is wrong with one is found in one run, with its place."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules import yaml
from rules.files import unreadable
from rules.reading import Reader
from rules.yaml import Items, Node, Scalar
from rules.yaml import Mapping as Document
from streams.trial.event import EVENT, body, headed, is_null
from streams.trial.expectation import expected
from streams.trial.script import Happening, Outage, Row, RuleTest, SetRows, TestFile

FILE = ("rules", "timezone", "sets", "tests")
TEST = ("name", "start", "sets", "alive", "down", "events", "repeat", "advance", "expect")
REPEAT = ("times", "every", "event")
OUTAGE = ("feed", "from", "to")
TIMES_MAX = 100_000
EXAMPLES = {
    "rules": "rules: gates.yaml",
    "timezone": "timezone: Asia/Shanghai",
    "sets": "sets: {residents: [{site: S1, person: p-li}]}",
    "tests": "tests: [{name: ..., start: ..., expect: none}]",
    "name": "name: two strangers raise one alert",
    "start": "start: 2026-11-23T23:00:00+08:00",
    "events": "events: [{at: 0s, kind: gate, site: S1}]",
    "event": "{at: 0s, kind: gate, site: S1}",
    "at": "at: 0s",
    "kind": "kind: gate",
    "repeat": "repeat: {times: 3, every: 20s, event: {kind: gate, site: S1}}",
    "times": "times: 3",
    "every": "every: 20s",
    "advance": "advance: 20m",
    "alive": "alive: {S1: 80%}",
    "down": "down: [gate]",
    "feed": "feed: gate",
    "expect": "expect: [{rule: stranger_entry, at: 40s}]",
    "rule": "rule: stranger_entry",
}
WORDS = {"test": ("a test", "测试"), "file": ("a file of tests", "测试文件")}


def read_tests(path: Path, schemas: Schemas) -> TestFile:
    """Read a file of tests.

    Raises
    ------
    OSError
        it cannot be read
    Unread
        everything that is wrong with it
    """
    node, problems = yaml.read(str(path), path.read_bytes())
    reader = _Tests(path, schemas)
    reader.problems += problems
    file = reader.file(node) if node is not None or not problems else None
    if file is None or any(each.level == "error" for each in reader.problems):
        raise Unread(reader.problems, file)
    return file


class Unread(Problems):
    """Something is wrong with a file of tests; `file` is what could be read of it: its rules are to be checked too."""

    def __init__(self, problems: list[Problem], file: TestFile | None) -> None:
        super().__init__(problems)
        self.file = file


class _Tests(Reader):
    """Reads one file."""

    examples = EXAMPLES

    def __init__(self, path: Path, schemas: Schemas) -> None:
        super().__init__()
        self.path = path
        self.schemas = schemas
        self.sets: dict[str, SetRows] = {}

    def file(self, node: Node | None) -> TestFile | None:
        if not isinstance(node, Document):
            place = node.place if node is not None else Place(str(self.path), 1)
            self.lacks(place, *WORDS["file"], "rules")
            return None
        found = self.fields(node, FILE, "file", needed=("rules", "tests"))
        rules = self.names("rules", found["rules"], needed=True) if "rules" in found else ()
        timezone = self.text("timezone", found["timezone"]) if "timezone" in found else None
        self.sets = self.rows_of_sets(found.get("sets"))
        tests: dict[str, RuleTest] = {}
        for each in self.items("tests", found["tests"]) if "tests" in found else ():
            test = self.test(each)
            if test is None:
                continue
            if test.name in tests:
                first = tests[test.name].place
                self.report(
                    "E007",
                    test.place,
                    what="test",
                    what_zh="测试",
                    name=test.name,
                    path=first.path,
                    line=first.line,
                )
            tests[test.name] = test
        paths = tuple(self.path.parent / each.text for each in rules)
        for path, named in zip(paths, rules, strict=True):
            try:
                path.stat()
            except OSError as error:
                self.problems.append(unreadable(path, error, named.place))
        return TestFile(self.path, paths, timezone, tuple(tests.values()))

    def fields(self, node: Document, known: Collection[str], what: str, needed: Collection[str]) -> dict[str, Node]:
        where, where_zh = WORDS.get(what, (f"`{what}`", what))
        found = self.keys(node, known, where, where_zh)
        for key in needed:
            if key not in found and not any(each.text == key for each, _ in node.entries):
                self.lacks(node.place, where, where_zh, key)
        return found

    def test(self, node: Node) -> RuleTest | None:
        mapping = self.mapping("tests", node)
        if mapping is None:
            return None
        found = self.fields(mapping, TEST, "test", needed=("name", "start", "expect"))
        name = self.text("name", found["name"]) if "name" in found else None
        start = self.instant(found["start"], "start") if "start" in found else None
        is_whole, start = name is not None and start is not None, start or 0  # the rest is looked at all the same
        happenings = [*self.events(found.get("events"), start), *self.repeated(found.get("repeat"), start)]
        happenings.sort(key=lambda each: each.at)
        length = self.duration("advance", found["advance"]) if "advance" in found else 0
        end = max([start + (length or 0), *(each.at for each in happenings)])
        alive = found.get("alive")
        test = RuleTest(
            self.path,
            name.text if name else "",
            name.place if name else mapping.place,
            start,
            end,
            tuple(_identified(happenings)),
            expected(found["expect"], start, self) if "expect" in found else (),
            {**self.sets, **self.rows_of_sets(found.get("sets"))},
            self.shares(alive) if alive is not None else {},
            alive.place if alive is not None else None,
            self.outages(found["down"], start) if "down" in found else (),
        )
        return test if is_whole else None

    # what happens

    def events(self, node: Node | None, start: int) -> list[Happening]:
        return [each for item in self.items("events", node) if (each := self.event(item, start))] if node else []

    def event(self, node: Node, start: int, *, at_needed: bool = True) -> Happening | None:
        mapping = self.mapping("event", node)
        if mapping is None:
            return None
        mapping = headed(mapping, self.schemas, self)
        at = mapping.get("at")
        if at is None and at_needed:
            self.lacks(mapping.place, *EVENT, "at")
        offset = self.duration("at", at) if at is not None else 0
        read = body(mapping, self.schemas, self)
        if offset is None or read is None:
            return None
        return Happening(start + offset, {"time": start + offset, **read}, mapping.place)

    def repeated(self, node: Node | None, start: int) -> list[Happening]:
        """Read `repeat`: one mapping, or a list of them."""
        if node is None:
            return []
        out: list[Happening] = []
        for item in node.items if isinstance(node, Items) else (node,):
            mapping = self.mapping("repeat", item)
            found = self.fields(mapping, REPEAT, "repeat", needed=REPEAT) if mapping else {}
            if len(found) < len(REPEAT):
                continue
            times = self.whole("times", found["times"])
            every = self.duration("every", found["every"])
            if times is not None and times > TIMES_MAX:
                self.out_of_range(found["times"].place, "times", "1", str(TIMES_MAX), is_more=True)
                continue
            each = self.each_time(found["event"], times or 1)
            read = [self.event(node, start, at_needed=False) for node in each]
            known = [event for event in read if event is not None]
            if times is None or every is None or not known or len(known) < len(read):
                continue
            out += [_later(known[number % len(known)], number * every) for number in range(times)]
        return out

    def each_time(self, node: Node, times: int) -> list[Node]:
        """Return a repeated event as it is each time: a list has a value for each, all else is the same always."""
        lists = {
            name.text: value.items
            for name, value in (node.entries if isinstance(node, Document) else ())
            if isinstance(value, Items)
        }
        if not lists or not isinstance(node, Document):
            return [node]
        for name, value in node.entries:
            if name.text in lists and len(lists[name.text]) != times:
                self.report("E077", value.place, name=name.text, count=len(lists[name.text]), times=times)
                return []
        return [
            replace(
                node, entries=tuple((name, lists.get(name.text, [value] * times)[i]) for name, value in node.entries)
            )
            for i in range(times)
        ]

    # around it

    def rows_of_sets(self, node: Node | None) -> dict[str, SetRows]:
        mapping = self.mapping("sets", node) if node is not None else None
        sets = {}
        for name, rows in mapping.entries if mapping else ():
            read = [(self.row(name.text, each), each.place) for each in self.items(name.text, rows)]
            sets[name.text] = SetRows(name, tuple(read))
        return sets

    def row(self, name: str, node: Node) -> Row:
        mapping = self.mapping(name, node)
        row: dict[str, str | None] = {}
        for column, value in mapping.entries if mapping else ():
            if isinstance(value, Scalar):
                row[column.text] = None if is_null(value) else value.text
            else:
                self.wrong(column.text, value, "text")
        return row

    def shares(self, node: Node) -> dict[str, float]:
        """Read `alive: {S1: 100%}`: of ten devices, so only tenths can be told."""
        mapping = self.mapping("alive", node)
        found = {}
        for site, value in mapping.entries if mapping else ():
            scalar = self.text(site.text, value)
            if scalar is None:
                continue
            digits = scalar.text.removesuffix("%").strip()
            if scalar.text.endswith("%") and digits.isdecimal() and int(digits) <= 100 and int(digits) % 10 == 0:
                found[site.text] = int(digits) / 100
            else:
                self.report("E071", scalar.place, text=scalar.text)
        return found

    def outages(self, node: Node, start: int) -> tuple[Outage, ...]:
        out = []
        for item in self.items("down", node):
            if isinstance(item, Scalar):
                if self.kinds("down", item, self.schemas.kinds):
                    out.append(Outage(item.text, start, None))
                continue
            mapping = self.mapping("down", item)
            found = self.fields(mapping, OUTAGE, "down", needed=("feed",)) if mapping else {}
            kinds = self.kinds("feed", found["feed"], self.schemas.kinds) if "feed" in found else ()
            since = self.duration("from", found["from"]) if "from" in found else 0
            until = self.duration("to", found["to"]) if "to" in found else None
            if not kinds or since is None:
                continue
            if until is not None and until <= since:
                self.report("E075", item.place)
            out += [Outage(kind.text, start + since, None if until is None else start + until) for kind in kinds]
        return tuple(out)

    def instant(self, node: Node, key: str) -> int | None:
        """Return an instant as epoch ms."""
        scalar = self.text(key, node)
        if scalar is None:
            return None
        try:
            moment = datetime.fromisoformat(scalar.text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.report("E070", scalar.place, text=scalar.text)
            return None
        return round(moment.timestamp() * 1000)


def _identified(happenings: Iterable[Happening]) -> Iterable[Happening]:
    """Give an id to the events without one: by their order, which is then that of events of one instant."""
    for number, each in enumerate(happenings):
        yield each if "id" in each.body else replace(each, body={**each.body, "id": f"e{number:06d}"})


def _later(first: Happening, by: int) -> Happening:
    """Return an event again, so many ms later."""
    at = first.at + by
    return replace(first, at=at, body={**first.body, "time": at})
