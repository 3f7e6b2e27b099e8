"""`citynerve rules list PATH...`: what a ruleset holds, one row a rule."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import current, say

if TYPE_CHECKING:
    from rich.table import Table

    from rules.listing import Row

FORMATS = ("table", "json")
HEAD = (
    ("rule", "规则"),
    ("title", "标题"),
    ("mode", "运行方式"),
    ("severity", "级别"),
    ("from", "事件"),
    ("pattern", "模式"),
    ("key", "主键"),
    ("purpose", "用途"),
    ("route", "路由"),
    ("capacity", "容量"),
)
EDGES = 2  # columns of a terminal that a table takes and does not count
WORD_MAX = 12  # columns of a terminal that a cell has at least, where it is as long
WIDEST = 10_000  # columns of a terminal
AT_LEAST = 3  # columns: those behind them are left out where a terminal is narrow, the last one first


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
            zh="列出规则(含停用的):标题、运行方式、级别、事件类型、模式及时长、主键、用途、路由,以及最多保存的主键数。"
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

    head = [say(en=en, zh=zh) for en, zh in HEAD]
    if not sys.stdout.isatty():
        for cells in (head, *map(_cells, found)):
            click.echo("\t".join(cells))
        return
    from rich.console import Console

    console = Console(highlight=False)
    wide = console.options.update(max_width=WIDEST)
    kept = len(head)
    while kept > AT_LEAST and console.measure(_table(head, found, kept), options=wide).minimum + EDGES > console.width:
        kept -= 1
    console.print(_table(head, found, kept), markup=False)


def _table(head: Sequence[str], found: "Sequence[Row]", columns: int) -> "Table":
    """Return a table of the first columns; cells are broken between words, the name of a rule never."""
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows = [_cells(row) for row in found]
    for number, name in enumerate(head[:columns]):
        justify: Literal["left", "right"] = "right" if number == len(HEAD) - 1 else "left"
        words = [word for row in rows for word in row[number].split()]
        widest = max(map(cell_len, [name, *words]))
        least = widest if name.isascii() else min(widest, WORD_MAX)  # Chinese has no blanks between words
        table.add_column(name, overflow="fold", no_wrap=number == 0, justify=justify, min_width=least)
    for row in rows:
        table.add_row(*row[:columns])
    return table


def _cells(row: "Row") -> list[str]:
    from citynerve.alert_words import mode_word, severity_word
    from rules.purpose import PURPOSES

    language = current()
    purpose = PURPOSES[row.purpose].title[language] if row.purpose else "–"
    return [
        row.rule,
        row.title[language],
        mode_word(row.mode),
        " ".join(map(severity_word, row.severity)),
        " ".join(row.kinds),
        row.pattern or "–",
        " ".join(row.key) or "–",
        purpose,
        " ".join(row.route) or "–",
        f"{row.capacity:,}",
    ]
