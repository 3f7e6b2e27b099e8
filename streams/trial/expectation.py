"""What a test expects: read from its file, and compared with an alert field by field."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, get_args

from events.alert import SEVERITIES, Alert, Transition
from rules.message import NULL, render, time
from rules.misspelt import meant
from rules.model import Mode
from rules.plan import Plan
from rules.reading import LANGUAGES, Reader
from rules.yaml import Mapping as Document
from rules.yaml import Node, Scalar
from streams.trial.event import is_null, number
from streams.trial.script import Expected

FIRST = "firing"
NONE = "none"
KEYS = ("rule", "at", "key", "severity", "transition", "title", "message", "values", "since", "site", "mode")
_TRANSITIONS = get_args(Transition)
_NOTHING = ("nothing", "no", "empty", "quiet", "silent", "false", "0", "无", "没有", "不触发")
_OTHERWISE = {  # what transitions are called elsewhere
    **dict.fromkeys(("fired", "fires", "fire", "alert", "triggered", "open", "opened", "begun", "started"), FIRST),
    **dict.fromkeys(("触发", "告警"), FIRST),
    **dict.fromkeys(("cleared", "clear", "closed", "close", "ended", "recovered", "ok", "恢复", "解除"), "resolved"),
    **dict.fromkeys(("timeout", "stale", "过期"), "expired"),
}
_PLAIN = re.compile(r"[^\s,\[\]{}#&*!|>'\"%@`:?-](?:[^,\[\]{}#:]|:(?!\s)|(?<!\s)#)*(?<!\s)|-?[\d.]+\w*")
_MODES = [mode for mode in get_args(Mode) if mode != "disabled"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is another one than was expected, both as people read them."""

    name: str
    expected: str
    got: str


# reading


def expected(node: Node, start: int, reader: Reader) -> tuple[Expected, ...]:
    """Read `expect`: `none`, or a list of transitions; `start` is that of the test (epoch ms)."""
    if isinstance(node, Scalar) and node.text == NONE:
        return ()
    if isinstance(node, Scalar) and node.text.strip().lower() in _NOTHING:
        reader.report("E008", node.place, what="word", what_zh="词", word=node.text, near=NONE)
        return ()
    return tuple(found for each in reader.items("expect", node) if (found := _expected(each, start, reader)))


def _expected(node: Node, start: int, reader: Reader) -> Expected | None:
    mapping = reader.mapping("expect", node)
    if mapping is None:
        return None
    found = reader.keys(mapping, KEYS, "`expect`", "expect")
    rule = reader.text("rule", found["rule"]) if "rule" in found else None
    if "rule" not in found:
        reader.lacks(mapping.place, "`expect`", "expect", "rule")
    transition = FIRST
    fields: dict[str, Any] = {}
    written: dict[str, str] = {}
    named: dict[str, tuple[Scalar, ...]] = {}
    for name, value in found.items():
        if name == "rule":
            continue
        written[name] = _as_written(value)
        match name:
            case "at" | "since":
                offset = reader.duration(name, value)
                fields["time" if name == "at" else name] = start + (offset or 0)
            case "severity":
                fields[name] = reader.word(name, value, SEVERITIES, "severity", "级别")
            case "transition":
                transition = _transition(value, reader)
            case "mode":
                fields[name] = reader.word(name, value, _MODES, "mode", "运行方式")
            case "title" | "message":
                fields[name] = _patterns(name, value, reader)
            case "key" | "values":
                fields[name] = _texts(name, value, reader)
                if isinstance(value, Document):
                    named[name] = tuple(each for each, _ in value.entries)
            case _:
                scalar = reader.text(name, value)
                fields[name] = scalar.text if scalar else ""
    return Expected(rule, transition, fields, written, mapping.place, named) if rule else None


def _transition(node: Node, reader: Reader) -> str:
    """Read a transition; another word for one is reported, and stands for it."""
    scalar = reader.text("transition", node)
    if scalar is None or scalar.text in _TRANSITIONS:
        return scalar.text if scalar else FIRST
    near = meant(scalar.text.lower(), _TRANSITIONS, also=_OTHERWISE)
    if not near:
        reader.unknown(scalar, _TRANSITIONS, "transition", "状态变化")
        return FIRST
    note = f"transition / 状态变化: {' '.join(_TRANSITIONS)}"
    what = {"what": "transition", "what_zh": "状态变化", "word": scalar.text, "near": near}
    reader.report("E008", scalar.place, note=note, **what)
    return near


def _patterns(key: str, node: Node, reader: Reader) -> dict[str, str]:
    """Read patterns by language; one without a language is for both."""
    if isinstance(node, Scalar):
        return dict.fromkeys(LANGUAGES, node.text)
    mapping = reader.mapping(key, node)
    found = reader.keys(mapping, LANGUAGES, f"`{key}`", key) if mapping else {}
    return {language: value.text for language, value in found.items() if isinstance(value, Scalar)}


def _texts(key: str, node: Node, reader: Reader) -> dict[str, str | None]:
    mapping = reader.mapping(key, node)
    found: dict[str, str | None] = {}
    for name, value in mapping.entries if mapping else ():
        if isinstance(value, Scalar):
            found[name.text] = None if is_null(value) else value.text
        else:
            reader.wrong(name.text, value, "text")
    return found


def _as_written(node: Node) -> str:
    if isinstance(node, Scalar):
        return _scalar(node.text)
    if isinstance(node, Document):
        return flow({key.text: _as_written(value) for key, value in node.entries})
    return f"[{', '.join(map(_as_written, node.items))}]"


def flow(fields: Mapping[str, str]) -> str:
    """Return a mapping in one line, as a test writes it; its values are written already."""
    return f"{{{', '.join(f'{_scalar(name)}: {text}' for name, text in fields.items())}}}"


def as_expected(alert: Alert, start: int) -> str:
    """Return the entry of `expect` that an alert would fulfil."""
    said = {"rule": alert.rule, "at": offset(alert.time - start)}
    if alert.transition != FIRST:
        said["transition"] = alert.transition
    if alert.key:
        said["key"] = flow({name: "null" if text is None else _scalar(text) for name, text in alert.key.items()})
    return flow({**said, "severity": alert.severity})


def _scalar(text: str) -> str:
    """Return a text as it may stand in a line of YAML."""
    return text if _PLAIN.fullmatch(text) and not text.endswith(":") else json.dumps(text, ensure_ascii=False)


# comparing


def differences(wanted: Expected, alert: Alert, plan: Plan, start: int) -> list[Difference]:
    """Return the fields that differ; only those that were given count."""
    found = []
    for name, value in (("transition", wanted.transition), *wanted.fields.items()):
        got = _got(name, alert, plan, value)
        if not _is_same(name, value, got):
            shown = "at" if name == "time" else name
            said = wanted.written.get(shown, wanted.transition)
            found.append(Difference(shown, said, _said(name, got, start, plan)))
    return found


def _got(name: str, alert: Alert, plan: Plan, wanted: Any) -> Any:
    """Return what an alert says where `wanted` was expected."""
    if name in ("title", "message"):
        rule = next(rule for rule in plan.rules if rule.rule == alert.rule)
        texts = getattr(rule, name)
        return {
            language: render(texts[language], alert.values, plan, rule, language) if language in texts else None
            for language in wanted
        }
    if name in ("key", "values"):
        return {each: getattr(alert, name).get(each) for each in wanted}
    return getattr(alert, name)


def _is_same(name: str, wanted: Any, got: Any) -> bool:
    if name in ("title", "message"):
        return all(got[each] is not None and fnmatchcase(got[each], pattern) for each, pattern in wanted.items())
    if name == "values":
        return all(_is_value(text, got[each]) for each, text in wanted.items())
    return bool(wanted == got)


def _is_value(text: str | None, got: Any) -> bool:
    """Tell whether a value of an alert is what was written."""
    if text is None or got is None:
        return text is got
    if isinstance(got, bool):
        return text == str(got).lower()
    if isinstance(got, str):
        return fnmatchcase(got, text)
    try:
        return math.isclose(number(text), got, rel_tol=1e-9, abs_tol=1e-9)
    except ValueError:
        return False


def _said(name: str, got: Any, start: int, plan: Plan) -> str:
    if name in ("time", "since"):
        return f"{offset(got - start)} ({time(got, plan)})"
    if isinstance(got, Mapping):
        return flow({key: _said_of(value) for key, value in got.items()})
    return _said_of(got)


def _said_of(value: Any) -> str:
    """Return a value as a test writes it; what is missing as texts show it."""
    return NULL if value is None else str(value).lower() if isinstance(value, bool) else _scalar(str(value))


def offset(length_ms: int) -> str:
    """Return how far into a test something comes, as a test writes it: 40s, 48h, 1m30s."""
    sign, left = ("-", -length_ms) if length_ms < 0 else ("", length_ms)
    pieces = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            pieces.append(f"{count}{unit}")
    return sign + ("".join(pieces) or "0s")
