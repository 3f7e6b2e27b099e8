"""Problems for programs: one JSON document, GitHub's workflow commands, SARIF 2.1.0.

What people read is `rules.errors.format`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from events.place import Place, Problem
from rules.codes import meanings
from rules.errors import summary
from rules.excerpt import Sources, excerpt, plain

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_json(problems: Sequence[Problem], ruleset: str | None) -> str:
    """Return one document: `problems` in the order of files and lines, the version of the `ruleset` if there is one.

    Lines and columns count from 1, `end` is the column behind the last character.
    """
    sources = Sources()
    document = {
        "ruleset": ruleset,
        "errors": sum(each.level == "error" for each in problems),
        "warnings": sum(each.level == "warning" for each in problems),
        "problems": [_entry(each, sources) for each in _ordered(problems)],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _entry(found: Problem, sources: Sources) -> dict[str, Any]:
    place = found.place
    return {
        "code": found.code,
        "level": found.level,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end": place.end,
        "message": {"zh": plain(found.zh), "en": plain(found.en)},
        "advice": {"zh": found.advice_zh, "en": found.advice_en} if found.advice_en else None,
        "note": found.note or None,
        "excerpt": _shown(place, sources),
    }


def as_github(problems: Sequence[Problem]) -> str:
    """Return one workflow command a problem, which GitHub shows beside the line in a pull request."""
    lines = [f"::{each.level} {_properties(each)}::{_escaped(_message(each))}" for each in _ordered(problems)]
    return "\n".join([*lines, summary(problems)])


def _properties(found: Problem) -> str:
    place = found.place
    named = {
        "file": place.path,
        "line": place.line,
        "endLine": place.line,
        "col": place.column,
        "endColumn": place.end,
        "title": found.code,
    }
    return ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in named.items())


def _escaped(text: str, further: str = "") -> str:
    """Return a text of a workflow command, in which the percent sign begins an escape."""
    return "".join(f"%{ord(mark):02X}" if mark in "%\r\n" + further else mark for mark in text)


def as_sarif(problems: Sequence[Problem], version: str) -> str:
    """Return a log of one run, as OASIS' Static Analysis Results Interchange Format 2.1.0 has it."""
    known = meanings()
    codes = sorted({each.code for each in problems})
    sources = Sources()
    run = {
        "tool": {
            "driver": {
                "name": "citynerve rules check",
                "version": version,
                "rules": [
                    {
                        "id": code,
                        "shortDescription": {"text": f"{known[code].said['en']} / {known[code].said['zh']}"},
                        "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
                    }
                    for code in codes
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(each.code), sources) for each in _ordered(problems)],
    }
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode()


def _result(found: Problem, number: int, sources: Sources) -> dict[str, Any]:
    place = found.place
    region: dict[str, Any] = {"startLine": place.line, "startColumn": place.column, "endColumn": place.end}
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place)}, "region": region}
    if (shown := _shown(place, sources)) is not None:
        physical["contextRegion"] = {"startLine": place.line, "snippet": {"text": shown}}
    return {
        "ruleId": found.code,
        "ruleIndex": number,
        "level": found.level,
        "message": {"text": _message(found)},
        "locations": [{"physicalLocation": physical}],
    }


def _shown(place: Place, sources: Sources) -> str | None:
    line = sources.line(place)
    return None if line is None else excerpt(line, place.column, place.width)[0]


def _uri(place: Place) -> str:
    path = Path(place.path)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _message(found: Problem) -> str:
    said = f"{plain(found.en)} / {plain(found.zh)}"
    return f"{said} ({found.advice_en} / {found.advice_zh})" if found.advice_en else said


def _ordered(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda found: (found.place, found.code))
