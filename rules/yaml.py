"""YAML as operators write it: a tree in which every key and every value keeps its place.

The subset is YAML 1.2 without anchors, aliases, tags and several documents: a rule file says what it means where
it means it. Values stay text until the model reads them, so that `no`, `1_000` and `2026-12-31` are never turned
into something else. A slip of the keyboard is named, repaired in memory, and reading goes on, so that one run
shows all errors of a file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.scanner import Scanner

from events.place import Place, Problem
from rules import slips
from rules.errors import problem

SIZE_MAX = 256 * 1024  # bytes of a file
DEPTH_MAX = 20
REPAIRS_MAX = 20  # after so many slips the rest of a file is not worth guessing
REPAIRED_MAX = 512 * 1024  # characters read again after slips, so that a large file of slips ends soon too
PROBLEMS_MAX = 100  # of one file; a person mends these first

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_ESCAPES = {"x": 4, "u": 6, "U": 10}  # length of a double-quoted escape by its letter; all others have two characters


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text. `raw` is its spelling in the file; `style` is empty for a plain one, else its quote or `|` `>`."""

    text: str
    place: Place
    style: str = ""
    raw: str = field(default="", repr=False, compare=False)

    def at(self, offset: int, width: int = 1) -> Place:
        """Return the place of `text[offset:offset + width]` in the file, whatever quotes and escapes are around."""
        quote = self.style if self.style in ("'", '"') else ""
        if self.raw == f"{quote}{self.text}{quote}" and "\n" not in self.raw:
            column = self.place.column + len(quote) + min(max(offset, 0), len(self.text))
            return Place(self.place.path, self.place.line, column, max(width, 1))
        where = _offsets(self.raw, self.style, self.text)
        start = where[min(max(offset, 0), len(where) - 1)]
        end = where[min(max(offset + width - 1, 0), len(where) - 1)]
        newlines = self.raw.count("\n", 0, start)
        column = start - self.raw.rfind("\n", 0, start) if newlines else self.place.column + start
        width = max(1, end + 1 - start) if "\n" not in self.raw[start:end] else 1
        return Place(self.place.path, self.place.line + newlines, column, width)


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `is_flow` tells `[a, b]` from lines with `-`, `end` is the place behind it."""

    items: tuple["Node", ...]
    place: Place
    is_flow: bool = field(default=False, compare=False)
    end: Place | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; keys are unique. `is_flow` and `end` as for `Items`."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place
    is_flow: bool = field(default=False, compare=False)
    end: Place | None = field(default=None, repr=False, compare=False)

    def get(self, name: str) -> "Node | None":
        """Return the value of a key, None where it is absent."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key(self, name: str) -> Scalar:
        """Return a key that is present, for its place."""
        return next(key for key, _ in self.entries if key.text == name)


Node = Scalar | Items | Mapping


def read(path: str, data: bytes) -> tuple[Node | None, list[Problem]]:
    """Read one file; what cannot be read is None. Never raises: whatever is wrong becomes a problem with its place."""
    top = Place(path, 1)
    if len(data) > SIZE_MAX:
        return None, [problem("Y010", top, size=len(data) // 1024, limit=SIZE_MAX // 1024)]
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [problem("Y011", Place(path, line, error.start - data.rfind(b"\n", 0, error.start)))]
    if control := slips.unprintable(path, text):
        return None, [control]
    problems: list[Problem] = []
    for _ in range(min(REPAIRS_MAX, 1 + REPAIRED_MAX // max(len(text), 1))):
        composer = _Composer(path, text)
        try:
            node = composer.document()
        except YAMLError as error:
            found, repaired = slips.repair(path, text, error if isinstance(error, MarkedYAMLError) else None)
            problems += found
            if repaired is None:
                return None, composer.problems + problems
            text = repaired
        except _Enough as error:
            return None, problems + composer.problems + error.problems
        except (AssertionError, ValueError, IndexError, TypeError):  # the scanner's own slips on very odd input
            return None, [*problems, problem("Y001", top)]
        else:
            return node, problems + composer.problems
    return None, problems


def words(node: Node, *, keys: bool = False) -> Iterator[str]:
    """Yield what may be names in a node: in its values, and with `keys` in its keys too, and these as they are."""
    if isinstance(node, Scalar):
        yield from _WORD.findall(node.text)
        if keys:
            yield node.text
    for part in node.items if isinstance(node, Items) else ():
        yield from words(part, keys=keys)
    for key, value in node.entries if isinstance(node, Mapping) else ():
        if keys:
            yield from words(key, keys=True)
        yield from words(value, keys=keys)


class _Enough(Exception):
    """Ends the reading of what is no rule file."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = list(problems)


class _Scanner(Scanner):
    """Counts brackets: what nests very deep takes the scanner very long, before it tells anything of it."""

    path = ""

    def fetch_flow_collection_start(self, token: Any, to_push: str) -> None:
        if self.flow_level >= DEPTH_MAX:
            mark = self.reader.get_mark()
            place = Place(self.path, mark.line + 1, mark.column + 1)
            raise _Enough(problem("Y008", place, limit=DEPTH_MAX))
        super().fetch_flow_collection_start(token, to_push)


class _Composer:
    """Events of the YAML parser to our tree."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.problems: list[Problem] = []
        yaml = YAML(typ="safe", pure=True)
        yaml.Scanner = type("_ScannerOf", (_Scanner,), {"path": path})
        self.events: Iterator[Any] = iter(yaml.parse(text))

    def document(self) -> Node | None:
        node: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.problems.append(problem("Y009", self._place(event)))
                    break
            elif isinstance(event, AliasEvent | ScalarEvent | SequenceStartEvent | MappingStartEvent):
                node = self._node(event, 1)
        return node

    def _place(self, event: Any, width: int = 1) -> Place:
        return Place(self.path, event.start_mark.line + 1, event.start_mark.column + 1, max(1, width))

    def _node(self, event: Any, depth: int) -> Node:
        if len(self.problems) >= PROBLEMS_MAX:
            raise _Enough(problem("Y027", self._place(event), limit=PROBLEMS_MAX))
        if isinstance(event, AliasEvent):
            self.problems.append(problem("Y007", self._place(event, len(event.anchor) + 1), mark="*" + event.anchor))
            return Scalar("", self._place(event))
        if event.anchor is not None:
            self.problems.append(problem("Y007", self._place(event, len(event.anchor) + 1), mark="&" + event.anchor))
        if event.tag is not None:
            self.problems.append(self._tag(event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if depth > DEPTH_MAX:
            raise _Enough(problem("Y008", self._place(event), limit=DEPTH_MAX))
        return self._items(event, depth) if isinstance(event, SequenceStartEvent) else self._mapping(event, depth)

    def _tag(self, event: Any) -> Problem:
        """`!missing(x)` is a YAML tag to the scanner, and a "not" to whoever wrote it."""
        mark = str(event.tag)
        return problem("Y013", self._place(event, len(mark)), mark=mark)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        raw = self.text[event.start_mark.index : event.end_mark.index]
        place = self._place(event, len(raw.partition("\n")[0].rstrip()))
        style = event.style or ""
        if not style and (slip := slips.in_plain(raw, place)):
            self.problems.append(slip)
        return Scalar(event.value, place, style, raw)

    def _items(self, event: Any, depth: int) -> Items:
        items = []
        end = event
        for child in self.events:
            if isinstance(child, SequenceEndEvent):
                end = child
                break
            items.append(self._node(child, depth + 1))
        return Items(tuple(items), self._place(event), bool(event.flow_style), self._end(end))

    def _end(self, event: Any) -> Place:
        return Place(self.path, event.end_mark.line + 1, event.end_mark.column + 1)

    def _mapping(self, event: Any, depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        end = event
        for child in self.events:
            if isinstance(child, MappingEndEvent):
                end = child
                break
            key = self._node(child, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                self.problems.append(problem("Y012", key.place))
            elif key.text in entries:
                first = entries[key.text][0].place
                self.problems.append(problem("Y006", key.place, key=key.text, line=first.line, column=first.column))
            else:
                entries[key.text] = key, _beside(key, value)
        there = self._rejoined(list(entries.values())) if event.flow_style else entries.values()
        return Mapping(tuple(there), self._place(event), bool(event.flow_style), self._end(end))

    def _rejoined(self, entries: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
        """Put values together again that a comma inside their parentheses has ended: in braces any comma does."""
        out: list[tuple[Scalar, Node]] = []
        commas: dict[str, Place] = {}  # the first one of each such value, by its key
        for key, value in entries:
            if out and _goes_on(out[-1][1], key, value):
                name, before = out[-1]
                assert isinstance(before, Scalar)
                place, line = before.place, self.text.split("\n")[before.place.line - 1]
                commas.setdefault(name.text, replace(place, column=place.column + len(before.raw), width=1))
                whole = line[place.column - 1 : key.place.column - 1 + len(key.raw)]
                out[-1] = name, Scalar(whole, replace(place, width=len(whole)), "", whole)
            else:
                out.append((key, value))
        whole_of = {key.text: value.text for key, value in out if isinstance(value, Scalar)}
        self.problems += [slips.comma_in_value(name, whole_of[name], place) for name, place in commas.items()]
        return out


def _goes_on(before: Node, key: Scalar, value: Node) -> bool:
    """Tell whether a key without a value is the rest of the value before it, in which a parenthesis is open."""
    if not isinstance(before, Scalar) or before.style or before.raw.count("(") <= before.raw.count(")"):
        return False
    is_alone = isinstance(value, Scalar) and not (value.style or value.raw)
    return is_alone and not key.style and key.place.line == before.place.line


def _beside(key: Scalar, value: Node) -> Node:
    """Return a value that is not there at the place of its key: to the parser it is where the next thing begins."""
    is_there = not isinstance(value, Scalar) or bool(value.style or value.raw)
    return value if is_there else Scalar("", key.place)


def _offsets(raw: str, style: str, text: str) -> list[int]:
    """Return for every character of a scalar's text, and for its end, where its spelling begins in `raw`."""
    at = {"": 0, "'": 1, '"': 1}.get(style, raw.find("\n") + 1)
    out = []
    for character in text:
        at = _past_folding(raw, at, style, character)
        out.append(at)
        if style == '"' and raw[at : at + 1] == "\\":
            at += _ESCAPES.get(raw[at + 1 : at + 2], 2)
        elif style == "'" and raw[at : at + 2] == "''":
            at += 2
        elif raw[at : at + 1] == character or not character.isspace():
            at += 1
    return [*out, at]


def _past_folding(raw: str, at: int, style: str, character: str) -> int:
    """Skip what YAML folds away before a character: line breaks, indentation, escaped line ends."""
    while at < len(raw):
        if style == '"' and raw[at : at + 2] == "\\\n":
            at += 2
        elif raw[at].isspace() and not character.isspace():
            at += 1
        else:
            break
    return at
