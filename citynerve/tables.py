"""Tables: for people at a terminal with columns, or a block a row where it is narrow; elsewhere for programs.

These are given a line a row, parted by tabs.
"""

import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import click

from citynerve.text import say

Head = Sequence[tuple[str, str]]  # of each column, in English and Chinese
GAP = 2  # cells between columns
FOLDED_MIN = 24  # cells of a column that is folded, at least: less is not read with ease


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

    console = Console(highlight=False)
    folded = _folded(names, rows, console.width)
    if folded is None:
        for line in _blocks(title, names, rows):
            console.print(line, markup=False, soft_wrap=True)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for number, name in enumerate(names):
        where: Literal["right", "left"] = "right" if number in right else "left"
        table.add_column(name, justify=where, overflow="fold", no_wrap=number not in folded)
    for cells in rows:
        table.add_row(*cells)
    console.print(table, markup=False)


def _folded(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Collection[int] | None:
    """Return the column that has to be folded for a table to be that wide, if any; None where that is not enough."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    beyond = sum(widths) + GAP * len(widths) - width
    if beyond <= 0:
        return ()
    widest = widths.index(max(widths))
    return (widest,) if widths[widest] - beyond >= FOLDED_MIN else None


def _blocks(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a block a row: its first cell, and below it what the others are."""
    from rich.cells import cell_len

    if title:
        yield title
    indent = max(map(cell_len, names[1:]), default=0)
    for first, *others in rows:
        yield first
        for name, cell in zip(names[1:], others, strict=True):
            if cell:
                yield f"  {name}{' ' * (indent - cell_len(name))}  {cell}"
