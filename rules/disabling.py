"""A rule switched off in the text of its file: all else stays as it is written."""

from collections.abc import Mapping

from rules import written
from rules.written import WrittenRule
from rules.yaml import Scalar

DISABLED = "disabled"


def disabled(sources: Mapping[str, str], name: str) -> dict[str, str] | None:
    """Return the texts of files, by path, in which a rule has `mode: disabled`; None if there is no such rule."""
    rule = written.rules(written.documents(sources)).get(name)
    if rule is None:
        return None
    path = rule.place.path
    lines = sources[path].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mode = rule.document.get("mode")
    if isinstance(mode, Scalar):
        at = mode.place.line - 1, mode.place.column - 1
        return {**sources, path: _put(lines, at, mode.raw or mode.text, DISABLED)}
    return {**sources, path: _added(lines, rule)}


def _added(lines: list[str], rule: WrittenRule) -> str:
    """Put the key behind the rule's name: in braces on its line, else on the next one."""
    key, name = rule.document.key("rule"), rule.document.get("rule")
    assert isinstance(name, Scalar)
    row = name.place.line - 1
    if rule.document.is_flow:
        spelled = name.raw or name.text
        return _put(lines, (row, name.place.column - 1), spelled, f"{spelled}, mode: {DISABLED}")
    lines.insert(row + 1, f"{' ' * (key.place.column - 1)}mode: {DISABLED}")
    return "\n".join(lines)


def _put(lines: list[str], at: tuple[int, int], old: str, new: str) -> str:
    row, column = at
    line = lines[row]
    assert line[column : column + len(old)] == old
    lines[row] = line[:column] + new + line[column + len(old) :]
    return "\n".join(lines)
