"""Progress of long work, on standard error: a bar where a person looks on, a line now and then where none does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from citynerve.text import say

LINES = 4  # of a bar that is written as lines
STEP = 100_000_000  # between two of them where nobody knows how many there will be

Advance = Callable[[int], None]  # told how much of the total is done


def count_text(count: int) -> str:
    """Return a count as people read it: 1,000,000."""
    return f"{count:,}"


def bytes_text(count: int) -> str:
    """Return a number of bytes as people read it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


@contextmanager
def bar(
    title: str, total: int | None, *, always: bool = False, unit: Callable[[int], str] = count_text
) -> Iterator[Advance]:
    """Show how far some work is while the block runs, on a terminal; elsewhere only `always`.

    `total` None means that nobody knows how much there is, as with standard input.
    """
    if sys.stderr.isatty():
        with _drawn(title, total, unit) as advance:
            yield advance
    elif always:
        yield _written(title, total, unit)
    else:
        yield lambda _done: None


@contextmanager
def _drawn(title: str, total: int | None, unit: Callable[[int], str]) -> Iterator[Advance]:
    from rich.console import Console  # takes a tenth of a second, and only terminals need it
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns: list[ProgressColumn] = [
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[at]}"),
    ]
    if total is None:
        columns.append(TimeElapsedColumn())
    else:
        columns += [TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), expand=True) as progress:
        task = progress.add_task(title, total=total, at="")
        yield lambda done: progress.update(task, completed=done, at=unit(done))


def _written(title: str, total: int | None, unit: Callable[[int], str]) -> Advance:
    step = max(1, -(-total // LINES)) if total else STEP
    following = 0

    def advance(done: int) -> None:
        nonlocal following
        if done >= following:
            following = done - done % step + step
            of = say(en=f" of {unit(total)}", zh=f" / {unit(total)}") if total else ""
            click.echo(f"{title}: {unit(done)}{of}", err=True)

    return advance
