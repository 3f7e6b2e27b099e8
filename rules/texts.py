"""Texts with holes: `${expression}` in titles, messages and labels. `$${` writes `${`."""

import re
from collections.abc import Collection, Iterator

from events.place import Place, Problem, Problems
from rules.errors import problem
from rules.expression.nodes import Node
from rules.expression.parse import parse
from rules.expression.tokens import full_width
from rules.yaml import Scalar

# a field as Jinja, Python, shells and printf write it
_ELSEWHERE = re.compile(r"(?<![$＄\w{])(?:\{\{?\s*(\w+)\s*\}\}?|\$(\w+)|\$\((\w+)\)|%\((\w+)\)s|%(\w+)%)")
_FULL_WIDTH = re.compile(r"(?<!\$)(?:\$｛|＄[{｛])")  # a hole as an input method writes it


def split(scalar: Scalar) -> tuple[list[str], list[Node]]:
    """Split a text into literal pieces and the expressions between them: one piece more than expressions.

    Raises
    ------
    Problems
        an expression that cannot be read, a hole that is not closed
    """
    text = scalar.text
    pieces: list[str] = []
    nodes: list[Node] = []
    found = [full_width(scalar.at(match.start(), 2), match.group(), "${") for match in _FULL_WIDTH.finditer(text)]
    spans, unclosed = holes(text)
    at = 0
    for start, end in spans:
        pieces.append(text[at : start - 2].replace("$${", "${"))
        at = end + 1
        try:
            nodes.append(parse(text[start:end], _Locate(scalar, start)))
        except Problems as problems:
            found += problems.problems
    if unclosed >= 0:
        wide = text.find("｝", unclosed, _before_next(text, unclosed + 2))
        found.append(problem("E028", scalar.at(unclosed, 2)) if wide < 0 else full_width(scalar.at(wide), "｝", "}"))
    if found:
        raise Problems(found)
    return [*pieces, text[at:].replace("$${", "${")], nodes


def not_filled(scalar: Scalar, names: Collection[str]) -> Iterator[Problem]:
    """Yield a warning for each name that stands as other languages of texts write it: it is shown as it is written."""
    for match in _ELSEWHERE.finditer(scalar.text):
        name = next(filter(None, match.groups()))
        if name in names:
            place = scalar.at(match.start(), match.end() - match.start())
            yield problem("W369", place, written=match.group(), near=f"${{{name}}}")


def holes(text: str) -> tuple[list[tuple[int, int]], int]:
    """Return from where to where the expressions stand, and where a hole begins that is not closed, -1 if none does."""
    spans: list[tuple[int, int]] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start and text[start - 1] == "$":
            at = start + 2
            continue
        end = _closing(text, start + 2)
        if end < 0:
            return spans, start
        spans.append((start + 2, end))
        at = end + 1
    return spans, -1


def _closing(text: str, at: int) -> int:
    """Return where the hole ends: the first `}` outside single quotes, -1 where none comes before the next hole."""
    quoted = False
    end = _before_next(text, at)
    for i in range(at, end):
        if text[i] == "'":
            quoted = not quoted
        elif text[i] == "}" and not quoted:
            return i
    return text.find("}", at, end)


def _before_next(text: str, at: int) -> int:
    """Return where the next hole begins, or the text ends."""
    after = text.find("${", at)
    return len(text) if after < 0 else after


class _Locate:
    """Where a piece of an expression stands in the file."""

    def __init__(self, scalar: Scalar, start: int) -> None:
        self.scalar = scalar
        self.start = start

    def __call__(self, offset: int, width: int) -> Place:
        return self.scalar.at(self.start + offset, width)
