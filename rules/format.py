"""Formatting: a rule file in its one layout, proven to mean what it meant."""

from typing import Any

from events.place import Place, Problems
from rules import yaml
from rules.comments import comments
from rules.errors import problem
from rules.keys import RULE, Key
from rules.layout import FILE, inside, laid_out
from rules.reading import Reader
from rules.respell import meaning, text_meaning
from rules.rule_file import written
from rules.yaml import Items, Mapping, Node


class Unproven(Exception):
    """A layout that would lose a comment or say something else: a fault of the formatter, and nothing is written."""


def formatted(path: str, text: str) -> str:
    """Return a rule or vocabulary file in its one layout; formatting that again changes nothing.

    Raises
    ------
    Problems
        what is no YAML mapping
    Unproven
        what the formatter cannot lay out
    """
    before = _read(path, text)
    result = laid_out(text, before)
    try:
        after = _read(path, result)
    except Problems as found:
        raise Unproven(str(found)) from None
    if _meaning(before, FILE) != _meaning(after, FILE):
        raise Unproven(path)
    if sorted(each.text for each in comments(text, before)) != sorted(each.text for each in comments(result, after)):
        raise Unproven(path)
    return result


def _read(path: str, text: str) -> Mapping:
    node, problems = yaml.read(path, text.encode())
    if node is None and not problems:
        problems = [
            problem("E003", Place(path, 1), where="a rule file", where_zh="规则文件", key="version", near="version: 1")
        ]
    reader = Reader()
    mapping = written(node, reader) if node is not None else None
    if mapping is None or problems:
        raise Problems(problems + reader.problems)
    return mapping


def _meaning(node: Node, key: Key) -> Any:
    """Return what a part of a file says: without places and spacing, the keys of a rule in any order."""
    if isinstance(node, Mapping):
        pairs = [(name.text, _meaning(value, inside(key, name.text))) for name, value in node.entries]
        return dict(pairs) if key.keys is RULE else pairs
    if isinstance(node, Items):
        return [_meaning(item, inside(key, None)) for item in node.items]
    if key.shape == "expression":
        return meaning(node.text) or node.text
    if key.shape == "texts":
        return text_meaning(node.text)
    return node.text.split() if key.shape in ("window", "times") else node.text
