"""`citynerve rules diff OLD NEW`: what became of each rule, and what that means for its state and its open alerts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import Failure
from citynerve.text import say

if TYPE_CHECKING:
    from rules.check import Ruleset
    from rules.edits import Edits

SAME, DIFFERENT, WRONG = 0, 1, 2  # as diff has them
FORMATS = ("text", "json")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "diff",
        callback=_diff,
        params=[
            Argument(
                ["old"], type=options.FilePath(), metavar="OLD", help=say(en="the rules as they were", zh="旧规则")
            ),
            Argument(
                ["new"], type=options.FilePath(), metavar="NEW", help=say(en="the rules as they are", zh="新规则")
            ),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
        ],
        short_help=say(en="compare two rulesets", zh="比较两个规则集"),
        help=say(
            en="Compare two rulesets, each a file or a folder: which rules came, went or changed, and of which class "
            "each change is. cosmetic: nothing is judged differently. judgement: what was counted stays and is judged "
            "again. selection: the rule counts anew, from the log. Files, order, comments and spelling are no "
            "difference.",
            zh="比较两个规则集(各为文件或目录):哪些规则新增、删除、变化,以及变化的类别。"
            "cosmetic(外观):判定不变;judgement(判定):状态保留,重新判定;selection(选取):状态从日志重新建立。"
            "文件、次序、注释和写法不算差异。",
        ),
        epilog=say(
            en="Exit codes: 0 the same; 1 different; 2 errors in rules or wrong usage; 3 unexpected error.",
            zh="退出码: 0 相同;1 不同;2 规则有错误或用法错误;3 意外错误。",
        ),
    )


def _diff(old: Path, new: Path, schemas: Sequence[Path], format: str) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import edit_lines
    from events.place import Problems
    from rules import errors
    from rules.edits import edits

    try:
        found = edits(_ruleset(old, schemas), _ruleset(new, schemas))
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return WRONG
    except Failure as failure:
        click.echo(say(en=f"error: {failure}", zh=f"错误: {failure}"), err=True)
        return WRONG
    if format == "json":
        click.echo(_json(found))
    else:
        for line in edit_lines.lines(found):
            click.echo(line)
    return SAME if found.is_same else DIFFERENT


def _ruleset(path: Path, schemas: Sequence[Path]) -> "Ruleset":
    from citynerve import config
    from rules.check import checked

    return checked(rule_files.read([path]), config.schemas(schemas), config.city())


def _json(found: "Edits") -> str:
    from dataclasses import asdict

    import orjson

    rules = [
        {("class" if name == "kind" else name): value for name, value in asdict(each).items()} for each in found.edits
    ]
    document = {
        "same": found.is_same,
        "old": found.old,
        "new": found.new,
        "rules": rules,
        "macros": found.macros,
        "declared": [asdict(each) for each in found.declared],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
