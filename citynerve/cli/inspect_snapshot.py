"""`citynerve inspect snapshot [FILE]`: what snapshots are of, and what stands in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.cli.inspect import format as format_option
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from citynerve.city_clock import CityClock
    from streams.snapshot.container import Table

Header = dict[str, Any]
HEAD = (
    ("table", "数据表"),
    ("type", "类型"),
    ("rows", "行数"),
    ("a row", "每行"),
    ("size", "大小"),
    ("CRC", "CRC"),
)


def command() -> click.Command:
    """Build the command."""
    return Command(
        "snapshot",
        callback=_snapshot,
        params=[
            Argument(
                ["files"],
                nargs=-1,
                type=options.FilePath(),
                metavar="[FILE]...",
                help=say(en="snapshots; where none is named, all of the engine", zh="快照文件;不写则为引擎的全部快照"),
            ),
            options.data(),
            format_option(),
        ],
        short_help=say(en="what a snapshot is of, and its tables", zh="快照的内容与数据表"),
        help=say(
            en="Tell of each snapshot what it is of (ruleset, schemas, feeds, log positions) and of each of its tables "
            "rows, size, and whether its CRC is right. The exit code is 1 where one is damaged.",
            zh="列出每个快照的规则集、事件类型版本、数据源、日志位置,以及每张数据表的行数、大小和 CRC 是否正确。"
            "有损坏时退出码为 1。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _snapshot(files: Sequence[Path], data: Path | None, format: str) -> int:
    from streams.snapshot.container import SnapshotError, survey

    told: list[Header] = []
    broken = False
    clock = _clock(data, named=bool(files))
    for path in files or _kept(data):
        try:
            header, tables = survey(path.read_bytes())
        except SnapshotError as error:
            broken = True
            told.append({"file": str(path), "error": str(error)})
            if format != "json":
                click.echo(say(en=f"{path}: {error}", zh=f"{path}:快照无法读取({error})"))
            continue
        broken |= not all(table.sound for table in tables)
        told.append({"file": str(path), **header, "tables": [_told(table) for table in tables]})
        if format != "json":
            _show(path, header, tables, clock)
    if format == "json":
        import orjson

        click.echo(orjson.dumps({"snapshots": told}, option=orjson.OPT_INDENT_2).decode())
    elif not told:
        click.echo(say(en="there is no snapshot", zh="没有快照"))
    return FOUND if broken else OK


def _kept(data: Path | None) -> list[Path]:
    from citynerve.located import located
    from streams.embedded.folder import SNAPSHOTS
    from streams.snapshot.store import kept

    return [path for _, _, path in kept(located(data).data / SNAPSHOTS)]


def _clock(data: Path | None, *, named: bool) -> "CityClock":
    """Return the clock of the engine; of files that are named it need not be there."""
    from citynerve.city_clock import CityClock
    from citynerve.located import located
    from events.place import Problems
    from rules.check import UTC

    try:
        return CityClock.of(located(data))
    except (Failure, Problems):
        if not named:
            raise
        return CityClock(UTC)


def _show(path: Path, header: Header, tables: "Sequence[Table]", clock: "CityClock") -> None:
    from citynerve.tables import show
    from rules.message import memory

    size = memory(sum(table.size for table in tables))
    click.echo(
        say(en=f"{path.name}: {many(len(tables), 'table')}, {size}", zh=f"{path.name}:{len(tables)} 张数据表,{size}")
    )
    for name, value in header.items():
        click.echo(f"  {name:<10} {clock(value) if name == 'epoch' else _spelled(value)}")
    rows = [
        [
            table.name,
            table.dtype,
            f"{table.shape[0] if table.shape else 1:,}",
            " x ".join(map(str, table.shape[1:])) or "–",
            memory(table.size),
            say(en="right", zh="正确") if table.sound else say(en="damaged", zh="损坏"),
        ]
        for table in tables
    ]
    show("", HEAD, rows, right=(2, 4))


def _spelled(value: object) -> str:
    import orjson

    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _told(table: "Table") -> Header:
    return {
        "name": table.name,
        "dtype": table.dtype,
        "shape": list(table.shape),
        "size": table.size,
        "sound": table.sound,
    }
