"""Tables: for people at a terminal with lines and columns; elsewhere a line a row, parted by tabs, for programs."""

import sys
from collections.abc import Collection, Sequence
from datetime import datetime

import click

from citynerve.text import say

Head = Sequence[tuple[str, str]]  # of each column, in English and Chinese


def show(title: str, head: Head, rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> None:
    """Print a table; the columns `right` stand on the right, as numbers do."""
    names = [say(en=en, zh=zh) for en, zh in head]
    if not sys.stdout.isatty():
        for cells in (names, *rows):
            click.echo("\t".join(cells))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number in right else "left", overflow="fold", no_wrap=number == 0)
    for cells in rows:
        table.add_row(*cells)
    Console(highlight=False).print(table, markup=False)


def instant(epoch_ms: int | None) -> str:
    """Return an instant in the time zone of this machine, a dash for none."""
    if epoch_ms is None:
        return "–"
    return datetime.fromtimestamp(epoch_ms / 1000).astimezone().isoformat(" ", "seconds")
