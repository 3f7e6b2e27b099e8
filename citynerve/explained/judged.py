"""Conditions as they were judged, in words: a line a node, and where the first one that was not true is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from citynerve.text import current, say
from rules.excerpt import Sources, excerpt
from rules.message import duration, number, time
from rules.plan import Plan
from streams.explain.event import Answer
from streams.explain.judged import Compared, Judged, Truth

MISSING = {"en": "missing", "zh": "缺失"}


def truth(value: Truth) -> str:
    """Return a truth in words."""
    if value is None:
        return say(en="unknown", zh="未知")
    return say(en="true", zh="真") if value else say(en="false", zh="假")


def valued(compared: Compared, plan: Plan) -> str:
    """Return what an expression was: `count() = 2`."""
    return f"{compared.name} = {spelled(compared, plan)}"


def spelled(compared: Compared, plan: Plan) -> str:
    """Return a value; a missing one is named so, and 4+ is at least 4."""
    value = compared.value
    if value is None:
        return MISSING[current()]
    match compared.type:
        case "time":
            return time(int(value), plan)
        case "duration":
            return duration(float(value), current())
        case "number":
            return number(float(value)) + "+" * compared.at_least
        case "flag" | "truth":
            return truth(bool(value))
        case _:
            return f"'{value}'"


def tree(judged: Judged, plan: Plan, indent: str) -> Iterator[str]:
    """Yield a line a node: what it was, the node, the values that it compared."""
    for depth, node in judged.walk():
        said = f"{indent}{'  ' * depth}[{truth(node.truth)}] {node.text}"
        values = ", ".join(valued(each, plan) for each in node.values)
        yield f"{said}    {values}" if values else said


def answer_lines(answer: Answer, plan: Plan, indent: str) -> Iterator[str]:
    """Yield the lines of a condition of a rule; of an exception whether it holds, and its reason."""
    if answer.condition.kind == "exception":
        holds = answer.judged.truth is False
        exemption = answer.condition.exemption
        reason = f": {exemption.reason}" if exemption else ""
        until = ""
        if exemption and exemption.until:
            until = say(en=f" (until {exemption.until})", zh=f"(至 {exemption.until})")
        yield indent + say(
            en=f"exception{reason}{until} {'holds' if holds else 'does not hold'}",
            zh=f"例外{reason}{until} {'成立' if holds else '不成立'}",
        )
        for part in answer.judged.parts or (answer.judged,):
            yield from tree(part, plan, f"{indent}  ")
        return
    yield from tree(answer.judged, plan, indent)


def pointed(judged: Judged, sources: Mapping[str, str], indent: str) -> Iterator[str]:
    """Yield where a node is written: the place, the line, and carets below it."""
    place = judged.place
    line = Sources(sources).line(place)
    if line is None:
        return
    shown, carets = excerpt(line, place.column, place.width)
    yield f"{indent}{place.path}:{place.line}:{place.column}"
    yield f"{indent}  {shown}"
    yield f"{indent}  {carets} {truth(judged.truth)}"


def document(judged: Judged) -> dict[str, Any]:
    """Return a condition for programs."""
    return {
        "text": judged.text,
        "truth": judged.truth,
        "path": judged.place.path,
        "line": judged.place.line,
        "column": judged.place.column,
        "end": judged.place.end,
        "values": {each.name: each.value for each in judged.values},
        "at_least": [each.name for each in judged.values if each.at_least],
        "parts": [document(part) for part in judged.parts],
    }


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return a condition of a rule for programs."""
    exemption = answer.condition.exemption
    return {
        "kind": answer.condition.kind,
        "reason": exemption.reason if exemption else None,
        **document(answer.judged),
    }
