"""`citynerve rules check PATH...`: every error of every file in one run, each with its place and advice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import say

if TYPE_CHECKING:
    from events.place import Problem

FORMATS = ("text", "json", "github", "sarif")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "check",
        callback=_check,
        params=[
            options.rule_paths(),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(
                    en="for people; one JSON document; GitHub's annotations; SARIF 2.1.0",
                    zh="供人阅读;一个 JSON 文档;GitHub 标注;SARIF 2.1.0",
                ),
            ),
        ],
        short_help=say(en="check rule files", zh="检查规则文件"),
        help=say(
            en="Check rules and the vocabulary beside them (sets, calendars, routes). All errors are shown in one "
            "run, with file, line and column, in Chinese and English; warnings alone are no failure.",
            zh="检查规则及其词汇(参考集、日历、路由)。一次显示全部错误,给出文件、行、列,中英文对照;只有警告不算失败。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _check(paths: Sequence[Path], schemas: Sequence[Path], format: str) -> int:
    from citynerve import config, warm

    warm.ensure()
    from events.place import Problems
    from rules.check import checked

    try:
        now = datetime.now(UTC)  # of calendars it is told which have ended
        ruleset = checked(rule_files.read(paths), config.schemas(schemas), config.city(), now=now)
    except Problems as found:
        _tell(found.problems, None, format)
        return FOUND
    version = ruleset.plan.version
    _tell(ruleset.problems, version, format)
    if format in ("text", "github"):
        count = len(ruleset.plan.rules)
        click.echo(
            say(
                en=f"{count} rule{'s' * (count != 1)} in order, ruleset {version}",
                zh=f"{count} 条规则正确,规则集版本 {version}",
            )
        )
    return OK


def _tell(problems: "Sequence[Problem]", ruleset: str | None, format: str) -> None:
    """Print what was found; what people read is silent where nothing was."""
    from citynerve import __version__
    from rules import errors, report

    match format:
        case "json":
            click.echo(report.as_json(problems, ruleset))
        case "sarif":
            click.echo(report.as_sarif(problems, __version__))
        case _ if problems:
            click.echo(report.as_github(problems) if format == "github" else errors.format(problems))
