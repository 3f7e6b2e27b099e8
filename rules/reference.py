"""The reference in the pages on rules, from the tables of the language: `python -m rules.reference docs`.

It stands between two markers; the rest of a page is written by hand.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from events.schema import Text
from rules.aggregates import AGGREGATES, TAKES
from rules.declaration_keys import AREA, BRANCH, ROUTE, SCORE, SILENCE, WORKDAYS
from rules.expression.functions import FUNCTIONS
from rules.keys import ABSENCE, BASELINE, ESCALATION, EXCEPTION, RULE, STEP, Key
from rules.purpose import PURPOSES
from rules.score_declarations import spelled
from rules.scores import INACTIVITY, INACTIVITY_TITLE, OF_SILENCE, SCORES, Output, Score

PAGES: Mapping[Literal["en", "zh"], str] = {"en": "rules.md", "zh": "rules.zh-CN.md"}
BEGIN, END = "<!-- reference: written by `make docs` -->", "<!-- end of the reference -->"

# tables of keys, each with its heading
_KEYS: tuple[tuple[Mapping[str, Key], Text], ...] = (
    (RULE, {"en": "Keys of a rule", "zh": "规则的键"}),
    (EXCEPTION, {"en": "Keys of an exception (`except`)", "zh": "例外的键(`except`)"}),
    (BASELINE, {"en": "Keys of `baseline`", "zh": "`baseline` 的键"}),
    (ABSENCE, {"en": "Keys of `absence`", "zh": "`absence` 的键"}),
    (STEP, {"en": "Keys of a step of `sequence`", "zh": "`sequence` 一步的键"}),
    (ESCALATION, {"en": "Keys of a step of `escalate`", "zh": "`escalate` 一步的键"}),
    (AREA, {"en": "Keys of an area (`areas`)", "zh": "区域的键(`areas`)"}),
    (WORKDAYS, {"en": "Keys of a calendar of working days", "zh": "工作日日历的键"}),
    (SCORE, {"en": "Keys of a score (`scores`)", "zh": "评分的键(`scores`)"}),
    (ROUTE, {"en": "Keys of a route (`routes`)", "zh": "路由的键(`routes`)"}),
    (BRANCH, {"en": "Keys of a branch of `tree`", "zh": "`tree` 一项的键"}),
    (SILENCE, {"en": "Keys of a score of the kernel `inactivity`", "zh": "inactivity 评分的键"}),
)
_KEY_COLUMNS: dict[str, tuple[str, ...]] = {"en": ("key", "what it says", "example"), "zh": ("键", "含义", "示例")}
_CALL_COLUMNS: dict[str, tuple[str, ...]] = {
    "en": ("call", "what it is", "takes", "gives", "missing"),
    "zh": ("写法", "含义", "参数", "结果", "何时缺失"),
}
_FUNCTION_COLUMNS: dict[str, tuple[str, ...]] = {
    "en": (*_CALL_COLUMNS["en"], "only in"),
    "zh": (*_CALL_COLUMNS["zh"], "只能用于"),
}
_PURPOSE_COLUMNS: dict[str, tuple[str, ...]] = {
    "en": ("purpose", "what for", "may read persons", "law"),
    "zh": ("用途", "含义", "可读取个人信息", "法律依据"),
}
_PARAMETER_COLUMNS: dict[str, tuple[str, ...]] = {
    "en": ("parameter", "what it is", "default", "limits"),
    "zh": ("参数", "含义", "默认值", "范围"),
}
_OUTPUT_COLUMNS: dict[str, tuple[str, ...]] = {
    "en": ("output", "what it says", "unit or values"),
    "zh": ("结果", "含义", "单位或取值"),
}
_HEADINGS: Mapping[str, Text] = {
    "aggregates": {"en": "Aggregates of a window", "zh": "窗口的聚合"},
    "functions": {"en": "Functions", "zh": "函数"},
    "purposes": {"en": "Purposes", "zh": "用途"},
}
_SCORE = {"en": "Score", "zh": "评分内核"}
_REQUIRED = {"en": "; required", "zh": ";必填"}
_COMMA = {"en": ", ", "zh": ","}
_EMPTY = {"en": "in an empty window", "zh": "窗口为空时"}
_YES: Mapping[str, tuple[str, str]] = {"en": ("no", "yes"), "zh": ("否", "是")}
_AS_ARGUMENT = {"en": "as its argument", "zh": "与参数相同"}
_TYPES: Mapping[str, Text] = {
    "number": {"en": "a number", "zh": "数字"},
    "duration": {"en": "a duration", "zh": "时长"},
}

Language = Literal["en", "zh"]


def reference(language: Language) -> str:
    """Return the reference in one language, markers included."""
    lines = [BEGIN, ""]
    for keys, title in _KEYS:
        lines += [f"### {title[language]}", "", *_table(_KEY_COLUMNS[language], _keys(keys, language)), ""]
    for name, columns, rows in (
        ("aggregates", _CALL_COLUMNS, _aggregates(language)),
        ("functions", _FUNCTION_COLUMNS, _functions(language)),
        ("purposes", _PURPOSE_COLUMNS, _purposes(language)),
    ):
        lines += [f"### {_HEADINGS[name][language]}", "", *_table(columns[language], rows), ""]
    for name, score in SCORES.items():
        lines += [f"### {_SCORE[language]} `{name}`", "", _said(score, language), ""]
        lines += [*_table(_OUTPUT_COLUMNS[language], _said_by(score.outputs, language)), ""]
        lines += [*_table(_PARAMETER_COLUMNS[language], _parameters(score, language)), ""]
    lines += [f"### {_SCORE[language]} `{INACTIVITY}`", "", _silence(language), ""]
    lines += [*_table(_OUTPUT_COLUMNS[language], _said_by(OF_SILENCE, language)), ""]
    return "\n".join([*lines, END])


def _keys(keys: Mapping[str, Key], language: Language) -> Iterator[tuple[str, ...]]:
    for name, key in keys.items():
        said = key.title[language] + (_REQUIRED[language] if key.is_required else "")
        yield f"`{name}`", said, f"`{key.example}`"


def _aggregates(language: Language) -> Iterator[tuple[str, ...]]:
    for aggregate in AGGREGATES.values():
        gives = _AS_ARGUMENT[language]
        if aggregate.gives is not None:
            unit = aggregate.gives.unit
            shown = "" if unit in (None, "ms") else f"{_COMMA[language]}{unit}"
            gives = _TYPES[aggregate.gives.base][language] + shown
        missing = "" if aggregate.empty is not None else _EMPTY[language]
        yield f"`{aggregate.signature}`", aggregate.title[language], TAKES[aggregate.takes][language], gives, missing


def _functions(language: Language) -> Iterator[tuple[str, ...]]:
    for function in FUNCTIONS.values():
        said = (function.title, function.takes, function.gives, function.null, function.where or {})
        yield f"`{function.signature}`", *(text.get(language, "") for text in said)


def _purposes(language: Language) -> Iterator[tuple[str, ...]]:
    for name, purpose in PURPOSES.items():
        yield f"`{name}`", purpose.title[language], _YES[language][purpose.personal], purpose.legal_basis


def _said(score: Score, language: Language) -> str:
    """Return what a score says, reads and holds, in one sentence each."""
    read = ", ".join(f"`{each.name}`" for each in score.inputs)
    needed = ", ".join(f"`{name}`" for name in score.needs)
    said, keys, size = score.title[language], f"{score.capacity:,}", score.key_bytes
    if language == "zh":
        tells = f";缺少 {needed} 的事件不计" if needed else ""
        whole = f";整体读取参考集 `{score.network}`" if score.network else ""
        return f"{said}。读取 {read}{whole}{tells}。默认最多 {keys} 个键,每个 {size} 字节。"
    tells = f"; an event without {needed} tells nothing" if needed else ""
    whole = f", and the set `{score.network}` as a whole" if score.network else ""
    reads = f"It reads {read}{whole}{tells}."
    return f"{said[0].upper()}{said[1:]}. {reads} {keys} keys at most by default, {size} bytes each."


def _silence(language: Language) -> str:
    said = INACTIVITY_TITLE[language]
    if language == "zh":
        return f"{said}。这样的规则可以在 severity 和文本中使用:"
    return f"{said[0].upper()}{said[1:]}. These may read in `severity` and texts:"


def _said_by(outputs: Mapping[str, Output], language: Language) -> Iterator[tuple[str, ...]]:
    for name, output in outputs.items():
        yield f"`{name}`", output.title[language], ", ".join(f"`{word}`" for word in output.words) or output.unit or ""


def _parameters(score: Score, language: Language) -> Iterator[tuple[str, ...]]:
    for name, each in score.parameters.items():
        least, default, most = (spelled(name, value) for value in (each.least, each.default, each.most))
        yield f"`{name}`", each.title[language], default, f"{least} – {most}"


def _table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    columns = list(columns)
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def with_reference(page: str, language: Language) -> str:
    """Return a page with its reference written again.

    Raises
    ------
    ValueError
        the page lacks the markers
    """
    begin, end = page.index(BEGIN), page.index(END) + len(END)
    return page[:begin] + reference(language) + page[end:]


def write(folder: Path) -> None:
    """Write the reference into the pages of a folder."""
    for language, name in PAGES.items():
        path = folder / name
        path.write_text(with_reference(path.read_text(encoding="utf-8"), language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
