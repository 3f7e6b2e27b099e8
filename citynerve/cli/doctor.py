"""`citynerve doctor`: what is wrong with an engine and its machine, and what to do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import current, say

if TYPE_CHECKING:
    from citynerve.doctor.finding import Finding

FORMATS = ("text", "json")
STYLES = {"fine": "green", "warning": "yellow", "wrong": "bold red"}


def command() -> click.Command:
    """Build the command."""
    return Command(
        "doctor",
        callback=_doctor,
        params=[
            options.data(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
        ],
        short_help=say(en="find what is wrong with an engine", zh="诊断引擎的问题"),
        help=say(
            en="Look at configuration, rules, reference sets, disk, permissions, clock, ports, kernels, logs and "
            "snapshots, and say what is wrong and what to do. A small file is written to the data folder and removed. "
            "The exit code is 1 where something is wrong; warnings alone are no failure.",
            zh="检查配置、规则、参考集、磁盘、权限、时钟、端口、内核、日志和快照,说明问题及处理办法。会在数据目录写入一个小文件"
            "并删除。有问题时退出码为 1;只有警告不算失败。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _doctor(data: Path | None, format: str) -> int:
    from citynerve.doctor.examine import examine
    from citynerve.doctor.machine import Machine

    found: list[Finding] = []
    for finding in examine(data, Machine()):
        found.append(finding)
        if format == "text":
            _show(finding)
    wrong = sum(each.level == "wrong" for each in found)
    warnings = sum(each.level == "warning" for each in found)
    if format == "json":
        import orjson

        click.echo(orjson.dumps({"wrong": wrong, "warnings": warnings, "findings": found}, option=orjson.OPT_INDENT_2))
    else:
        click.echo(say(en=f"{wrong} wrong, {warnings} to be looked at", zh=f"{wrong} 个问题,{warnings} 个需要留意"))
    return FOUND if wrong else OK


def _show(finding: "Finding") -> None:
    from rich.console import Console
    from rich.text import Text

    from rules.excerpt import harmless

    word = {"fine": ("fine", "正常"), "warning": ("warning", "警告"), "wrong": ("wrong", "问题")}[finding.level]
    line = Text.assemble(
        (say(en=f"{word[0]:<8}", zh=f"{word[1]}  "), STYLES[finding.level]),
        (f"{finding.check:<14}", "dim"),
        harmless(finding.said[current()]),
    )
    if finding.advice is not None and finding.advice[current()]:
        line.append("\n" + " " * 10 + "→ " + harmless(finding.advice[current()]))
    Console(highlight=False).print(line, soft_wrap=True)
