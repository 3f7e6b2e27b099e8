"""A rule file in its one layout.

The keys of a rule in the order of the language, two blanks of indentation, lists and mappings in brackets as long as
they fit into a line, quotes only where a text needs them, expressions in one spacing, every comment beside its entry.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from rules import yaml
from rules.comments import Branch, Comment, Entry, outline
from rules.excerpt import columns
from rules.keys import RULE, Key
from rules.respell import respelled, text_respelled, words
from rules.yaml import Mapping, Node, Scalar

COLUMNS_MAX = 120  # of a line, comments apart

_PLAIN = Key("text", {}, "")
_TEXT = Key("texts", {}, "")
_CONDITION = Key("expression", {}, "")
FILE = Key(
    "mapping",
    {},
    "",
    keys={
        "let": Key("ladder", {}, ""),  # expressions by names, as in a ladder
        "rules": Key("list", {}, "", keys=RULE),
    },
)
_SPEAKING = frozenset("{}[]#&*!|>'\"%@`,:?\\$=<~")  # a text with one of these keeps its quotes
_HARMLESS = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_ .()'<>=*+/-]*[A-Za-z0-9_.()'])?")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")  # so does what many readers take for something else


def laid_out(text: str, top: Mapping) -> str:
    """Return a document, read from a text, in the one layout."""
    return "\n".join(_joined(_parts(outline(text, top), 0, FILE), 0)) + "\n"


def inside(key: Key, name: str | None) -> Key:
    """Return what the language expects under a name within a key, None for an item of a list."""
    if name is None:
        return key if key.keys else _PLAIN
    return _CONDITION if key.shape == "ladder" else key.keys.get(name, _TEXT if key.shape == "texts" else _PLAIN)


@dataclass(slots=True)
class _Part:
    """An entry as lines, with the comments around it; `is_apart` from what is above it by a blank line."""

    above: list[Comment]
    lines: list[str]
    below: list[Comment]
    is_apart: bool


def _joined(parts: Sequence[_Part], indent: int, *, are_apart: bool = False) -> list[str]:
    """Return the lines of parts that follow each other, at most one blank line between them."""
    lines: list[str] = []
    for part in parts:
        before = len(lines)
        for comment in part.above:
            lines += [""] * comment.is_apart + [" " * indent + comment.text]
        lines += [""] * part.is_apart + part.lines
        for comment in part.below:
            lines += [""] * comment.is_apart + [" " * indent + comment.text]
        if before == 0 and lines[0] == "":
            del lines[0]
        elif before and are_apart and lines[before] != "":
            lines.insert(before, "")
    return lines


def _parts(branch: Branch, indent: int, key: Key) -> list[_Part]:
    entries = branch.entries if branch.is_list else _ordered(branch.entries, key)
    return [_part(entry, indent, inside(key, entry.key.text if entry.key else None)) for entry in entries]


def _ordered(entries: Sequence[Entry], key: Key) -> list[Entry]:
    """Return the entries of a mapping as they are written: those of a rule as the language orders them."""
    if key.keys is not RULE:
        return list(entries)
    places = {name: i for i, name in enumerate(RULE)}
    return sorted(entries, key=lambda entry: places.get(entry.key.text if entry.key else "", len(places)))


def _part(entry: Entry, indent: int, key: Key) -> _Part:
    head = " " * indent + (f"{_key(entry.key)}:" if entry.key else "-")
    above, behind, is_apart = [*entry.above, *entry.behind[:-1]], entry.behind[-1:], entry.is_apart
    line = _inline(entry.value, entry.branch, key, is_flow=False)
    fits = line is not None and columns(f"{head} {line}") <= COLUMNS_MAX
    if line is not None and (fits or (isinstance(entry.value, Scalar) and key.shape != "expression")):
        lines = [f"{head} {line}".rstrip()]
    elif isinstance(entry.value, Scalar):
        lines = _block(entry.value, head, indent + 2, key)
    else:
        assert entry.branch is not None
        below = indent + 2 if entry.key is None or indent else (0 if entry.branch.is_list else 2)
        parts = _parts(entry.branch, below, key)
        are_apart = entry.branch.is_list and key.keys is RULE
        if entry.key is not None:
            lines = [head, *_joined(parts, below, are_apart=are_apart)]
        else:  # an item shares its line with the first of what is in it, and so their comments
            hoisted = behind + parts[0].above
            if hoisted and not above:
                hoisted[0], is_apart = replace(hoisted[0], is_apart=is_apart), False
            above += hoisted
            behind, parts[0].above, parts[0].is_apart = [], [], False
            lines = _joined(parts, below, are_apart=are_apart)
            lines[0] = f"{head} {lines[0][below:]}"
    if behind:
        lines[0] += f"  {behind[0].text}"
    return _Part(above, lines, entry.below, is_apart)


def _inline(value: Node, branch: Branch | None, key: Key, *, is_flow: bool) -> str | None:
    """Return a value on one line, None where it must have several."""
    if isinstance(value, Scalar):
        return _spelled(value, key, is_flow)
    assert branch is not None
    if branch.is_broken or not branch.is_flow:
        return None
    pieces = []
    for entry in branch.entries:
        piece = _inline(entry.value, entry.branch, inside(key, entry.key.text if entry.key else None), is_flow=True)
        if piece is None:
            return None
        pieces.append(f"{_key(entry.key)}: {piece}".rstrip() if entry.key else piece)
    return f"[{', '.join(pieces)}]" if branch.is_list else f"{{{', '.join(pieces)}}}"


# scalars


def _key(key: Scalar) -> str:
    return key.text if _is_plain(key.text, is_flow=True) else _quoted(key.text)


def _spelled(scalar: Scalar, key: Key, is_flow: bool) -> str | None:
    """Return a scalar on one line, None where it is a text of several."""
    text = scalar.text
    if key.shape == "expression":
        text = respelled(text)
        return text if _is_plain(text, is_flow=is_flow) else _quoted(text)
    if scalar.style in ("|", ">"):
        return None
    if key.shape in ("window", "times"):
        text = " ".join(text.split())
    elif key.shape == "texts":
        text = text_respelled(text)
    may_be_plain = not scalar.style or not _speaks(text)
    return text if may_be_plain and _is_plain(text, is_flow=is_flow) else _quoted(text)


def _block(scalar: Scalar, head: str, indent: int, key: Key) -> list[str]:
    """Return a text of several lines, or an expression that is too long for one."""
    if key.shape == "expression":
        lines = [""]
        for word in words(scalar.text):
            if lines[-1] and indent + len(lines[-1]) + 1 + len(word) > COLUMNS_MAX:
                lines.append("")
            lines[-1] += f" {word}" if lines[-1] else word
        return [f"{head} >-", *(" " * indent + line for line in lines)]
    header, *body = scalar.raw.split("\n")
    body = [line.rstrip() for line in body]
    while body and not body[-1]:
        body.pop()
    margin = min((len(line) - len(line.lstrip(" ")) for line in body if line), default=0)
    return [f"{head} {header.split()[0]}", *(" " * indent + line[margin:] if line else "" for line in body)]


def _speaks(text: str) -> bool:
    """Whether a text in quotes says something else to some reader without them: a number, a flag, a mark of YAML."""
    return (
        text.lower() in _WORDS
        or not text.strip()
        or any(mark in _SPEAKING for mark in text)
        or text[0] in "+-.0123456789"
    )


@cache
def _is_plain(text: str, *, is_flow: bool) -> bool:
    """Whether a text is read back as it is without quotes: asked of the reader, but for texts of harmless marks."""
    if _HARMLESS.fullmatch(text):
        return True
    if "\n" in text:
        return False
    node, problems = yaml.read("", (f"{{k: {text}}}\n" if is_flow else f"k: {text}\n").encode())
    if problems or not isinstance(node, Mapping) or len(node.entries) != 1:
        return False
    value = node.entries[0][1]
    return isinstance(value, Scalar) and not value.style and value.text == text


def _quoted(text: str) -> str:
    """Return a text in double quotes, in single ones where that needs no escapes."""
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[character]
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
        return f"\\u{ord(character):04x}"
    return character
