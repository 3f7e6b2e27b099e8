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
EDGES = 2  # columns of a terminal beside a table
BETWEEN = 3  # and between two of its columns
WORD_MAX = 12  # columns of a terminal that a cell has at least, where it is as long
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
    rows = [_cells(row) for row in found]
    kept = len(head)
    while kept > AT_LEAST and sum(_least(head, rows, kept)) > _room(console.width, kept):
        kept -= 1
    console.print(_table(head, rows, _widths(head, rows, kept, console.width)), markup=False)
    if left_out := head[kept:]:
        names = say(en=", ".join(left_out), zh="、".join(left_out))
        click.echo(
            say(
                en=f"left out, because the terminal is narrow: {names}; a pipe and --format json have them",
                zh=f"终端较窄,未显示:{names};输出到管道或用 --format json 可以看到",
            )
        )


def _room(width: int, columns: int) -> int:
    """Return what a terminal leaves for the cells of a row."""
    return width - EDGES - BETWEEN * (columns - 1)


def _least(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[int]:
    """Return how wide each of the first columns must be, so that words and numbers stay whole."""
    from rich.cells import cell_len

    def least(word: str) -> int:
        return cell_len(word) if word.isascii() else min(cell_len(word), WORD_MAX)  # Chinese has no blanks

    words = [[name, *(word for row in rows for word in row[number].split())] for number, name in enumerate(head)]
    return [max(map(least, some)) for some in words[:columns]]


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int, width: int) -> list[int]:
    """Return how wide the first columns are: what they need, and of what is left the narrowest gets first.

    Rich would take from all of them alike, and so cut words and numbers.
    """
    from rich.cells import cell_len

    widths = _least(head, rows, columns)
    wanted = [max(map(cell_len, [head[number], *(row[number] for row in rows)])) for number in range(columns)]
    for _ in range(_room(width, columns) - sum(widths)):
        growing = [number for number in range(columns) if widths[number] < wanted[number]]
        if not growing:
            break
        widths[min(growing, key=widths.__getitem__)] += 1
    return widths


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> "Table":
    """Return a table of the columns that have a width."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, (name, width) in enumerate(zip(head, widths, strict=False)):
        justify: Literal["left", "right"] = "right" if number == len(HEAD) - 1 else "left"
        table.add_column(name, overflow="fold", no_wrap=number == 0, justify=justify, width=width)
    for row in rows:
        table.add_row(*row[: len(widths)])
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
