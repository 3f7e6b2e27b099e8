"""`citynerve rules list PATH...`: what a ruleset holds, one row a rule."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import current, say

if TYPE_CHECKING:
    from rules.listing import Row

FORMATS = ("table", "json")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "list",
        callback=_list,
        params=[
            options.rule_paths(),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="a table; or one JSON document", zh="表格;或一个 JSON 文档"),
            ),
        ],
        short_help=say(en="list rules", zh="列出规则"),
        help=say(
            en="List rules, disabled ones too: title, mode, severity, kinds, pattern, key, purpose, route, and how "
            "many keys each holds at most. In a pipe the columns are parted by tabs.",
            zh="列出规则(含停用的):标题、模式、级别、事件类型、模式及时长、主键、用途、路由,以及最多保存的主键数。"
            "输出到管道时各列以制表符分隔。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _list(paths: Sequence[Path], schemas: Sequence[Path], format: str) -> int:
    from citynerve import config, warm

    warm.ensure()
    from events.place import Problems
    from rules import errors
    from rules.check import checked
    from rules.listing import rows

    try:
        found = rows(checked(rule_files.read(paths), config.schemas(schemas), config.city()))
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return FOUND
    if format == "json":
        import orjson

        told = [{("from" if name == "kinds" else name): value for name, value in asdict(row).items()} for row in found]
        click.echo(orjson.dumps({"rules": told}, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(found)
    return OK


def _show(found: "Sequence[Row]") -> None:
    """Print a table on a terminal; elsewhere a line a rule, parted by tabs, as programs read it."""
    import sys

    head = [
        say(en=en, zh=zh)
        for en, zh in (
            ("rule", "规则"),
            ("title", "标题"),
            ("mode", "状态"),
            ("severity", "级别"),
            ("from", "事件"),
            ("pattern", "模式"),
            ("key", "主键"),
            ("purpose", "用途"),
            ("route", "路由"),
            ("capacity", "容量"),
        )
    ]
    if not sys.stdout.isatty():
        for cells in (head, *map(_cells, found)):
            click.echo("\t".join(cells))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(*head[:-1], box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(head[-1], justify="right")
    for row in found:
        table.add_row(*_cells(row))
    Console(highlight=False).print(table, markup=False)


def _cells(row: "Row") -> list[str]:
    from rules.purpose import PURPOSES

    language = current()
    purpose = PURPOSES[row.purpose].title[language] if row.purpose else "–"
    return [
        row.rule,
        row.title[language],
        row.mode,
        " ".join(row.severity),
        " ".join(row.kinds),
        row.pattern or "–",
        " ".join(row.key) or "–",
        purpose,
        " ".join(row.route) or "–",
        f"{row.capacity:,}",
    ]
