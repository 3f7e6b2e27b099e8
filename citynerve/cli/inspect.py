"""`citynerve inspect`: what lies in the data folder of an engine."""

import click

from citynerve.cli.command import Group, Option
from citynerve.text import say

COMMANDS = {
    "log": "citynerve.cli.inspect_log",
    "snapshot": "citynerve.cli.inspect_snapshot",
    "key": "citynerve.cli.inspect_key",
}
FORMATS = ("table", "json")


def command() -> click.Command:
    """Build the group."""
    return Group(
        "inspect",
        COMMANDS,
        short_help=say(en="look into logs, snapshots and keys", zh="查看日志、快照与主键"),
        help=say(
            en="What lies in the data folder of an engine. Nothing is written; the engine may run meanwhile.",
            zh="查看引擎数据目录中的内容。不写任何文件;引擎可同时运行。",
        ),
    )


def format() -> Option:
    """Whom it is told."""
    return Option(
        ["--format"],
        type=click.Choice(FORMATS),
        default=FORMATS[0],
        show_default=True,
        help=say(en="a table; or one JSON document", zh="表格;或一个 JSON 文档"),
    )
