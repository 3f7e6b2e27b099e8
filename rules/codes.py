"""All codes of the product with what they mean, and the pages that list them: `python -m rules.codes docs`.

Each code is declared once, where its findings are made: `rules.errors`, `rules.expression.codes`, `events.codes`.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from events import codes as of_events
from events.schema import Text
from rules import errors
from rules.expression import codes as of_expressions

PAGES: dict[Literal["en", "zh"], str] = {"en": "errors.md", "zh": "errors.zh-CN.md"}
_TAIL = re.compile(r"(?<=`)\{\w+\}(?!`)")  # what is added in some cases only
_HOLE = re.compile(r"\{\w+(?::,)?\}")
_COUNT = re.compile(r"\{\w+:(\w+)\}")  # a number with its noun


class Meaning(NamedTuple):
    """What a code says and what to do about it, in each language; what differs from case to case is `…`."""

    said: Text
    advice: Text


def meanings() -> dict[str, Meaning]:
    """Return every code, sorted."""
    found = {
        code: Meaning(
            {"en": _general(entry.en), "zh": _general(entry.zh)},
            {"en": _general(entry.advice_en), "zh": _general(entry.advice_zh)},
        )
        for code, entry in errors.CODES.items()
    }
    for table in (of_expressions.CODES, of_events.CODES):
        found |= {code: Meaning(text, {"en": "", "zh": ""}) for code, text in table.items()}
    return dict(sorted(found.items()))


def _general(text: str) -> str:
    """Return a text without what differs from case to case; an advice that is nothing else says nothing."""
    plain = _TAIL.sub("", text.replace("{{", "\0").replace("}}", "\1"))
    general = _HOLE.sub("…", _COUNT.sub(r"… \1s", plain)).replace("\0", "{").replace("\1", "}")
    return general if general.strip("… ") else ""


# first letters of codes -> what they are about (en, zh)
_CHAPTERS: Mapping[str, tuple[str, str]] = {
    "Y": ("Reading a rule file", "读取规则文件"),
    "E07": ("Tests of rules", "规则测试"),
    "E08": ("Scores", "评分"),
    "E0": ("The shape of rules and declarations", "规则与声明的结构"),
    "E1": ("Expressions", "表达式"),
    "E2": ("Rules against history", "结合历史数据的检查"),
    "W2": ("Warnings: conditions", "警告:条件"),
    "W3": ("Warnings: rules", "警告:规则"),
    "W4": ("Warnings: reference sets", "警告:参考集"),
    "W5": ("Warnings: input", "警告:输入"),
    "W6": ("Warnings: the configuration of an engine", "警告:引擎的配置"),
    "S": ("Schemas", "事件类型(schema)"),
    "D": ("Reference sets and input", "参考集与输入"),
    "M": ("Mappings", "映射"),
    "C": ("The configuration of an engine", "引擎的配置"),
}
_HEADS = {
    "en": """# Errors and warnings

[中文](errors.zh-CN.md)

What a finding says is `path:line:column: error[CODE] message`; codes that begin with `W` are warnings. A code keeps its
meaning for ever. `…` stands for what differs from case to case. This page is written by `make docs`.
""",
    "zh": """# 错误与警告

[English](errors.md)

提示的格式为 `路径:行:列: error[代码] 说明`;以 `W` 开头的代码是警告。代码的含义不会改变。`…` 表示随具体情况而变的内容。
本页由 `make docs` 生成。
""",
}
_COLUMNS = {"en": ("code", "what is wrong", "what to do"), "zh": ("代码", "问题", "处理办法")}


def page(language: Literal["en", "zh"]) -> str:
    """Return the page of all codes in one language."""
    lines = [_HEADS[language]]
    left = meanings()
    for prefix, title in _CHAPTERS.items():
        chapter = {code: left.pop(code) for code in list(left) if code.startswith(prefix)}
        if chapter:
            lines += [f"## {title[language == 'zh']}", "", *_table(chapter, language), ""]
    assert not left, f"no chapter for {', '.join(left)}"
    return "\n".join(lines)


def _table(chapter: Mapping[str, Meaning], language: Literal["en", "zh"]) -> Iterable[str]:
    columns = _COLUMNS[language]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for code, meaning in chapter.items():
        cells = (meaning.said[language], meaning.advice[language])
        yield f"| {code} | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for language, name in PAGES.items():
        (folder / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
