"""Lines of the control log: what was published, by whom and why, and what came of it; each names the line before.

A publishing is written before the engine is asked; its outcome is a line of its own. A line has the SHA-256 of the line
before it, so that whoever changes a line, or takes one out, would have to write all that follow anew.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson

Kind = Literal["start", "publish", "rollback", "disable", "references"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class SetFile:
    """The file of a reference set as it was: what it was called, and the SHA-256 under which a copy is kept."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a publishing: it takes effect at an event time, as the event log says at a position; or why not.

    `at` is None, and `position` 0, of that with which a log begins.
    """

    of: int
    at: int | None = None
    position: int | None = None
    refused: Mapping[str, str] | None = None  # by language


@dataclass(frozen=True, slots=True)
class Entry:
    """One publishing.

    `files` are the texts of the rules by path, which stand in an earlier line with `files_in`. `edits` are
    {rule, change, class, mode}; `folders` has the digests of what the watched folders held then, of rules and sets;
    `time` is epoch ms.
    """

    entry: int
    time: int
    kind: Kind
    author: str
    reason: str
    edition: str
    ruleset: str
    files: Mapping[str, str] = field(repr=False)
    references: Mapping[str, SetFile]
    edits: tuple[Mapping[str, Any], ...]
    folders: Mapping[str, str] = field(repr=False)
    files_in: int | None = None


def line(number: int, before: bytes | None, written: Entry | Outcome, time: int) -> bytes:
    """Return a line of the log with its newline; `before` is the line before it, without one."""
    told: dict[str, Any] = {"entry": number, "previous": digest(before), "time": time}
    if isinstance(written, Outcome):
        found = {"of": written.of, "at": written.at, "position": written.position, "refused": written.refused}
        told |= {"kind": OUTCOME, **{name: value for name, value in found.items() if value is not None}}
    else:
        told |= {
            "kind": written.kind,
            "author": written.author,
            "reason": written.reason,
            "edition": written.edition,
            "ruleset": written.ruleset,
            "files": dict(written.files) if written.files_in is None else written.files_in,
            "references": {name: {"file": s.file, "sha256": s.sha256} for name, s in written.references.items()},
            "edits": list(written.edits),
            "folders": dict(written.folders),
        }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def read(text: bytes) -> Entry | Outcome:
    """Return what a line says.

    Raises
    ------
    ValueError
        it is no line of the control log
    """
    try:
        told = orjson.loads(text)
        if told["kind"] == OUTCOME:
            return Outcome(told["of"], told.get("at"), told.get("position"), told.get("refused"))
        if told["kind"] not in KINDS:
            raise ValueError(f"kind {told['kind']}")
        files = told["files"]
        return Entry(
            entry=told["entry"],
            time=told["time"],
            kind=told["kind"],
            author=told["author"],
            reason=told["reason"],
            edition=told["edition"],
            ruleset=told["ruleset"],
            files={} if isinstance(files, int) else files,
            references={name: SetFile(each["file"], each["sha256"]) for name, each in told["references"].items()},
            edits=tuple(told["edits"]),
            folders=told["folders"],
            files_in=files if isinstance(files, int) else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no line of the control log: {error!r}") from None


def digest(before: bytes | None) -> str:
    """Return what names the line before; empty for the first line."""
    return "" if before is None else hashlib.sha256(before).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """A place at which the chain does not hold: the number of the line from 0, and what is wrong, by language."""

    line: int
    why: Mapping[str, str]


def verify(lines: Iterable[bytes]) -> tuple[int, Break | None]:
    """Return how many lines hold, and the first that does not, if there is one."""
    before: bytes | None = None
    number = 0
    for text in lines:
        try:
            told = orjson.loads(text)
            claimed, previous = told["entry"], told["previous"]
            read(text)
        except (ValueError, KeyError, TypeError):
            return number, Break(number, {"en": "it cannot be read", "zh": "无法读取"})
        if claimed != number:
            why = {"en": f"it says it is line {claimed}: one is missing", "zh": f"自称第 {claimed} 行:缺少记录"}
            return number, Break(number, why)
        if previous != digest(before):
            return number, Break(number, {"en": "the line before it was changed", "zh": "前一行被改动过"})
        before, number = text, number + 1
    return number, None
