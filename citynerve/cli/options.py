"""Options that several commands share, and the types of their values."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from citynerve.cli.command import Option
from citynerve.text import say


class FilePath(click.Path):
    """A path; what cannot be read says so when it is opened, with its place."""

    name = "path"

    def __init__(self) -> None:
        super().__init__(path_type=Path)


class Instant(click.ParamType[int]):
    """An instant: RFC 3339 with an offset, or epoch milliseconds. Its value is epoch ms."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return epoch ms."""
        if isinstance(value, int):
            return value
        text = str(value)
        if text.lstrip("-").isdigit():
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(
                say(
                    en=f"`{text}` is no time with an offset; write it like 2026-11-23T08:00:00+08:00",
                    zh=f"`{text}` 不是带时区的时间;请写成 2026-11-23T08:00:00+08:00",
                ),
                param,
                ctx,
            )
        return round(moment.timestamp() * 1000)


def rules() -> Option:
    """Which rules; the shipped library where none are named."""
    return Option(
        ["--rules"],
        type=FilePath(),
        multiple=True,
        metavar="PATH",
        help=say(
            en="rule file or folder, may be given several times; default: the shipped library",
            zh="规则文件或目录,可重复给出;默认使用自带规则库",
        ),
    )


def schemas() -> Option:
    """Where further kinds are declared."""
    return Option(
        ["--schemas"],
        type=FilePath(),
        multiple=True,
        metavar="DIR",
        help=say(en="folder with further schemas (kinds of events)", zh="存放更多事件类型(schema)的目录"),
    )


def progress() -> Option:
    """Show progress where it would not be shown by itself."""
    return Option(
        ["--progress"],
        is_flag=True,
        help=say(en="show progress even when standard error is no terminal", zh="即使标准错误不是终端也显示进度"),
    )
