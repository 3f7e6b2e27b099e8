"""Progress of long work, on standard error: a bar where a person looks, a line now and then where a file does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from citynerve.text import say

LINES = 10  # of a bar that is written as lines


class Show(Enum):
    """When to show progress."""

    NEVER = "never"
    ON_TERMINAL = "on_terminal"
    ALWAYS = "always"


Advance = Callable[[int], None]  # told how much of the total is done


def bytes_text(count: int) -> str:
    """Return a number of bytes as people read it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def count_text(count: int) -> str:
    """Return a count as people read it: 1,000,000."""
    return f"{count:,}"


@contextmanager
def bar(title: str, total: int | None, show: Show = Show.ON_TERMINAL,
        unit: Callable[[int], str] = count_text) -> Iterator[Advance]:
    """Show how far some work is while the block runs.

    `total` None means that nobody knows how much there is, as with standard input.
    """
    if show is Show.NEVER:
        yield lambda _done: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with _drawn(console, title, total, unit) as advance:
            yield advance
    elif show is Show.ALWAYS:
        yield _written(console, title, total, unit)
    else:
        yield lambda _done: None


@contextmanager
def _drawn(console: object, title: str, total: int | None, unit: Callable[[int], str]) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    assert isinstance(console, Console)
    columns = [TextColumn("[bold]{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[at]}")]
    clock = [TimeElapsedColumn()] if total is None else [TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn()]
    with Progress(*columns, *clock, console=console, expand=True) as progress:
        task = progress.add_task(title, total=total, at="")
        yield lambda done: progress.update(task, completed=done, at=unit(done))
        if total is not None:
            progress.update(task, completed=total)


def _written(console: object, title: str, total: int | None, unit: Callable[[int], str]) -> Advance:
    from rich.console import Console

    assert isinstance(console, Console)
    step = max(1, total // LINES) if total else 100_000_000
    following = 0

    def advance(done: int) -> None:
        nonlocal following
        if done >= following:
            following = done - done % step + step
            of = say(en=f" of {unit(total)}", zh=f" / {unit(total)}") if total else ""
            console.print(f"{title}: {unit(done)}{of}", highlight=False, markup=False)

    return advance
