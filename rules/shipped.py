"""The pages of shipped rules, from the rules themselves: `python -m rules.shipped docs`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from events.identity import CityKey
from events.schema import Schemas, Text
from rules import check, listing
from rules.plan import DEVICES
from rules.purpose import PURPOSES

Language = Literal["en", "zh"]
PAGES: Mapping[Language, str] = {"en": "library.md", "zh": "library.zh-CN.md"}
_HEADS: Text = {
    "en": """# The shipped rules

[中文](library.zh-CN.md)

{count} rules to begin with, in [rules/library](../rules/library). Each has its tests beside it, a runbook among its
annotations, and a comment on how to tune it. Copy the folder, delete what you do not need, and put your numbers into
the sets: limits of cameras, free-flow speeds and warning levels are rows, not rules. Where a set has no row for a
place, a rule that asks for one says nothing there. [rules.md](rules.md) explains the language. `make docs` writes this
page.
""",
    "zh": """# 自带规则

[English](library.md)

[rules/library](../rules/library) 中有 {count} 条规则可供起步。每条规则旁都有测试,注解中有处置要点,注释说明如何调整。
复制该目录,删去不需要的规则,把本地数值填入参考集:摄像机人数上限、畅通车速、警戒水位都是数据行,不用改规则。
参考集中没有某处的数据行时,要用到它的规则在该处不报警。
规则语言见 [rules.zh-CN.md](rules.zh-CN.md)。本页由 `make docs` 生成。
""",
}
_COLUMNS: Mapping[Language, tuple[str, ...]] = {
    "en": ("rule", "what it is", "reads", "pattern", "key", "severity", "to", "purpose"),
    "zh": ("规则", "含义", "读取", "模式", "键", "级别", "去向", "用途"),
}
_SETS: Text = {"en": "Sets: {sets}.", "zh": "参考集:{sets}。"}
_SHADOW: Text = {"en": " (shadow)", "zh": "(影子)"}


def rule_files() -> list[Path]:
    """Return the files of the library that have tests beside them, by name: all but the vocabulary's."""
    return [path.with_name(path.name.replace(".test", "")) for path in sorted(check.LIBRARY.glob("*.test.yaml"))]


def page(language: Language) -> str:
    """Return the page in one language."""
    schemas, city = Schemas.load(), CityKey()
    lines: list[str] = []
    count = 0
    for path in rule_files():
        ruleset = check.load([path], schemas, city)
        rows = listing.rows(ruleset)
        count += len(rows)
        sets = ", ".join(f"`{each.name}`" for each in ruleset.plan.sets if each.name != DEVICES)
        lines += [f"## {path.name}", ""]
        lines += [_SETS[language].format(sets=sets), ""] if sets else []
        lines += [*_table(rows, language), ""]
    return "\n".join([_HEADS[language].format(count=count), *lines])


def _table(rows: list[listing.Row], language: Language) -> Iterator[str]:
    columns = _COLUMNS[language]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        cells = (
            f"`{row.rule}`",
            row.title[language] + (_SHADOW[language] if row.mode == "shadow" else ""),
            " ".join(row.kinds),
            row.pattern or "–",
            " ".join(row.key) or "–",
            " ".join(row.severity),
            " ".join(row.route),
            PURPOSES[row.purpose].title[language] if row.purpose else "–",
        )
        yield f"| {' | '.join(cells)} |"


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for language, name in PAGES.items():
        (folder / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
