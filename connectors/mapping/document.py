"""A YAML document whose every value knows its place, and the findings about it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from events.place import Place, Problem, Problems
from events.unreadable import reason
from events.yaml_words import UNKNOWN, said

DOCUMENT_BYTES_MAX = 256 << 10
NUMBER_MAX = 1e15  # beyond it a float counts no longer by ones
BRACKETS_MAX = 50  # within one another; YAML readers take quadratic time over more


@dataclass(slots=True)
class Findings:
    """Collects what is wrong, so that a reader sees all of it in one run."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, place: Place, en: str, zh: str, advice_en: str = "", advice_zh: str = "", code: str = "M002") -> None:
        """Note one finding."""
        self.problems.append(Problem(code, place, en, zh, advice_en, advice_zh))

    def raise_any(self) -> None:
        """Raise all findings, if there are any."""
        if self.problems:
            raise Problems(self.problems)


class Node:
    """A mapping of the document, read key by key; what nobody reads is unknown."""

    def __init__(self, body: CommentedMap, findings: Findings, allowed: Iterable[str]) -> None:
        self.body = body
        self.findings = findings
        self._allowed = tuple(allowed)
        for key in body:
            if key not in self._allowed:
                close = difflib.get_close_matches(str(key), self._allowed, 1)
                findings.add(
                    self.place(key),
                    f"unknown key `{key}`",
                    f"未知的键 `{key}`",
                    f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(self._allowed)}",
                    f"是否想写 `{close[0]}`?" if close else f"此处可用:{'、'.join(self._allowed)}",
                )

    def place(self, key: Any = None) -> Place:
        """Place of a key, or of the mapping itself."""
        data = self.body.lc.data or {}
        line, column = data[key][:2] if key in data else (self.body.lc.line, self.body.lc.col)
        return Place(self.findings.path, line + 1, column + 1, max(len(str(key)), 1))

    def value_place(self, key: Any) -> Place:
        """Place of a key's value."""
        data = self.body.lc.data or {}
        if key not in data:
            return self.place(key)
        return Place(self.findings.path, data[key][2] + 1, data[key][3] + 1, max(len(str(self.body[key])), 1))

    def __contains__(self, key: str) -> bool:
        return key in self.body

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Return a text, None where the key is missing."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, str):
            self.wrong(key, "a text", "文本")
            return None
        return value

    def number(self, key: str, *, least: float = -NUMBER_MAX, most: float = NUMBER_MAX) -> float | None:
        """Return a finite number within bounds, None where the key is missing."""
        value = self._value(key, False)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, "a number", "数字")
            return None
        if not least <= value <= most:
            self.wrong(key, f"a number from {least:g} to {most:g}", f"{least:g} 到 {most:g} 之间的数字")
            return None
        return int(value) if isinstance(value, int) else float(value)  # not the YAML reader's own kinds of numbers

    def items(self, key: str, *, required: bool = False) -> list[Any] | None:
        """Return a list, None where the key is missing."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, list):
            self.wrong(key, "a list, [a, b]", "列表,如 [a, b]")
            return None
        return value

    def node(self, key: str, allowed: Iterable[str], *, required: bool = False) -> "Node | None":
        """Return a mapping below this one, None where the key is missing."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, CommentedMap):
            self.wrong(key, "a mapping, {key: value}", "映射,如 {键: 值}")
            return None
        return None if value is None else Node(value, self.findings, allowed)

    def wrong(self, key: str, wanted_en: str, wanted_zh: str) -> None:
        """Note that a value is of the wrong sort."""
        self.findings.add(self.value_place(key), f"`{key}` wants {wanted_en}", f"`{key}` 应为{wanted_zh}")

    def _value(self, key: str, required: bool) -> Any:
        value = self.body.get(key)
        if value is None and required:
            self.findings.add(self.place(), f"`{key}` is missing", f"缺少 `{key}`")
        return value


def read_document(path: Path) -> tuple[CommentedMap, Findings]:
    """Read a YAML file as a mapping with places.

    Raises
    ------
    Problems
        it cannot be read, is not YAML, or is no mapping
    """
    findings = Findings(str(path))
    start = Place(str(path), 1)
    try:
        raw = path.read_bytes()
        if len(raw) > DOCUMENT_BYTES_MAX:
            findings.add(
                start,
                f"the file is larger than {DOCUMENT_BYTES_MAX >> 10} KiB",
                f"文件超过 {DOCUMENT_BYTES_MAX >> 10} KiB",
                code="M001",
            )
            findings.raise_any()
        text = raw.decode()
        if _bracket_depth(text) > BRACKETS_MAX:
            findings.add(
                start,
                f"more than {BRACKETS_MAX} brackets within one another",
                f"括号嵌套超过 {BRACKETS_MAX} 层",
                code="M001",
            )
            findings.raise_any()
        body = YAML(typ="rt", pure=True).load(text)
    except OSError as error:
        en, zh = reason(error)
        findings.add(start, f"cannot be read: {en}", f"无法读取:{zh}", code="M001")
    except UnicodeDecodeError:
        findings.add(start, "is not UTF-8", "不是 UTF-8 编码", "save it as UTF-8", "请以 UTF-8 保存", code="M001")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(str(path), mark.line + 1, mark.column + 1) if mark else start
        words = said(error)
        findings.add(place, f"is not YAML: {words.en}", f"YAML 语法有误:{words.zh}", code="M001")
    except (YAMLError, RecursionError, ValueError, AssertionError, IndexError, TypeError):
        # the last ones are the scanner's own slips on very odd input
        findings.add(start, f"is not YAML: {UNKNOWN.en}", f"YAML 语法有误:{UNKNOWN.zh}", code="M001")
    findings.raise_any()
    if not isinstance(body, CommentedMap):
        findings.add(
            start,
            "a mapping file is a YAML mapping with `version`, `mapping`, `input` and `event`",
            "映射文件须为含 `version`、`mapping`、`input`、`event` 的 YAML 映射",
        )
        findings.raise_any()
    return body, findings


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


__all__ = ["CommentedMap", "CommentedSeq", "Findings", "Node", "read_document"]
