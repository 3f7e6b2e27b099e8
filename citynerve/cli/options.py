"""Options that several commands share, and the types of their values."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from citynerve.cli.command import Argument, Option
from citynerve.text import say

INSTANT_MIN_MS = 946_684_800_000  # 2000-01-01 UTC
INSTANT_MAX_MS = 1 << 53
DIGITS_MAX = 20
EXAMPLE = "2026-11-23T08:00:00+08:00"


class FilePath(click.Path):
    """A path; what cannot be read says so when it is opened, with its place."""

    name = "path"

    def __init__(self) -> None:
        super().__init__(path_type=Path)


class Instant(click.ParamType):
    """An instant: RFC 3339 with an offset, or epoch milliseconds. Its value is epoch ms.

    Between 2000, before which no event is believed, and 2^53, up to which JSON's readers count exactly.
    """

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return epoch ms."""
        text = str(value)
        instant = _epoch_ms(text)
        if instant is None:
            self.fail(
                say(
                    en=f"`{text}` is no time with an offset and no epoch milliseconds; write it like {EXAMPLE}",
                    zh=f"`{text}` 不是带时区的时间,也不是毫秒时间戳;请写成 {EXAMPLE}",
                ),
                param,
                ctx,
            )
        if not INSTANT_MIN_MS <= instant <= INSTANT_MAX_MS:
            self.fail(
                say(
                    en=f"`{text}` is out of range: a number means epoch milliseconds, and an instant lies between the "
                    f"year 2000 and {INSTANT_MAX_MS} ms; write it like {EXAMPLE}",
                    zh=f"`{text}` 超出范围:数字表示毫秒时间戳,时间须在 2000 年至 {INSTANT_MAX_MS} 毫秒之间;"
                    f"请写成 {EXAMPLE}",
                ),
                param,
                ctx,
            )
        return instant


def _epoch_ms(text: str) -> int | None:
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text[:DIGITS_MAX])  # what is longer is out of range however it goes on
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1000)


def rule_paths(*, required: bool = False) -> Argument:
    """Which rules; the shipped library where none are named, unless they must be: it is not to be written to."""
    default = "" if required else say(en="; default: the shipped library", zh=";默认为自带规则库")
    return Argument(
        ["paths"],
        nargs=-1,
        required=required,
        type=FilePath(),
        metavar="PATH..." if required else "[PATH...]",
        help=say(
            en=f"rule files, or folders whose *.yaml are rules and vocabulary{default}",
            zh=f"规则文件,或含有规则与词汇 *.yaml 的目录{default}",
        ),
    )


def rules_of_engine() -> Option:
    """Which rules, where an engine is looked at."""
    return _rules(
        en="those that the engine goes by: published last, else configured, else the shipped library",
        zh="引擎使用的规则:最近发布的,其次配置中的,再次自带规则库",
    )


def rules() -> Option:
    """Which rules; the shipped library where none are named."""
    return _rules(en="the shipped library", zh="自带规则库")


def _rules(*, en: str, zh: str) -> Option:
    return Option(
        ["--rules"],
        type=FilePath(),
        multiple=True,
        metavar="PATH",
        help=say(
            en=f"rule file or folder, may be given several times; default: {en}",
            zh=f"规则文件或目录,可重复给出;默认使用{zh}",
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


class Size(click.ParamType):
    """A size of memory: 512MiB, 16GiB; its value is bytes. GB is GiB here, as people say it of memory."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes."""
        match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([KMGT])i?B?", str(value).strip(), re.IGNORECASE)
        if match is None:
            self.fail(
                say(en=f"`{value}` is no size; write it like 16GiB", zh=f"`{value}` 不是内存大小;请写成 16GiB"),
                param,
                ctx,
            )
        return int(float(match.group(1)) * 1024 ** (1 + "KMGT".index(match.group(2).upper())))


def data() -> Option:
    """Which engine."""
    return Option(
        ["--data"],
        type=FilePath(),
        metavar="PATH",
        help=say(
            en="the engine: its citynerve.yaml, its data folder, or the folder of a run; default: citynerve.yaml here, "
            "else run",
            zh="引擎:citynerve.yaml、数据目录或 run 的目录;默认取当前目录的 citynerve.yaml,否则取 run",
        ),
    )


def log() -> list[click.Parameter]:
    """The log of an engine, in the place of files, and what of it."""
    return [
        Option(
            ["--log"],
            type=FilePath(),
            metavar="PATH",
            help=say(
                en="read the event log of an engine instead of files: its citynerve.yaml, its data folder, or the "
                "folder of a run",
                zh="改为读取引擎的事件日志:citynerve.yaml、数据目录或 run 的目录",
            ),
        ),
        Option(
            ["--from", "since"],
            type=Instant(),
            metavar="TIME",
            help=say(
                en="with --log: what arrived from then on; begin well before what you ask for, for nothing earlier is "
                "known",
                zh="与 --log 同用:从该到达时间起;请留足提前量,更早的事件不计入",
            ),
        ),
        Option(
            ["--to"],
            type=Instant(),
            metavar="TIME",
            help=say(en="with --log: what arrived before then", zh="与 --log 同用:到该到达时间为止"),
        ),
    ]


def reference() -> Option:
    """Where the rows of reference sets are."""
    return Option(
        ["--reference"],
        type=FilePath(),
        metavar="DIR",
        help=say(en="folder with the reference sets", zh="参考集目录"),
    )


def progress() -> Option:
    """Show progress where it would not be shown by itself."""
    return Option(
        ["--progress"],
        is_flag=True,
        help=say(en="show progress even when standard error is no terminal", zh="即使标准错误不是终端也显示进度"),
    )
