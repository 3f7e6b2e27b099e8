"""`citynerve config check [FILE]`: every error of a configuration in one run, or what it comes to."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import say

if TYPE_CHECKING:
    from citynerve.configuration_values import Setting
    from events.place import Place, Problem

FORMATS = ("text", "json", "github")
HEAD = (("key", "键"), ("value", "值"), ("where it is said", "来源"))


def command() -> click.Command:
    """Build the command."""
    return Command(
        "check",
        callback=_check,
        params=[
            Argument(
                ["path"],
                type=options.FilePath(),
                default="citynerve.yaml",
                metavar="[FILE]",
                help=say(en="the configuration; default: citynerve.yaml", zh="配置文件;默认 citynerve.yaml"),
            ),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(
                    en="for people; one JSON document; GitHub's annotations",
                    zh="供人阅读;一个 JSON 文档;GitHub 标注",
                ),
            ),
        ],
        short_help=say(en="check a configuration, and show what it comes to", zh="检查配置,并显示最终取值"),
        help=say(
            en="Check a configuration, and the environment variables CITYNERVE_SECTION_KEY that take the place of its "
            "values. All errors are shown in one run, with file, line and column, names of files and folders that are "
            "not there among them. Without errors every value is shown with where it is "
            "said; of secrets it is told alone whether they are there.",
            zh="检查配置文件,以及覆盖其取值的环境变量 CITYNERVE_节_键。一次显示全部错误,给出文件、行、列。文件和目录"
            "不存在也算错误。没有错误时列出每个值及其来源;密钥只说明是否已设置。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _check(path: Path, format: str) -> int:
    from citynerve import config
    from citynerve.certificates import certificate
    from citynerve.configuration_paths import astray
    from citynerve.configuration_values import settings
    from events.place import Problems

    found: Sequence[Problem] = ()
    values: list[Setting] = []
    try:
        configuration = config.settings(path)
        found = [*configuration.warnings, *astray(configuration, path)]
        certificate(configuration)
        values = list(settings(configuration))
    except Problems as problems:
        found = [*found, *problems.problems]
    is_wrong = any(problem.level == "error" for problem in found)
    secrets = {name: bool(os.environ.get(name)) for name in (config.SECRET, config.TOKEN)}
    _tell(found, [] if is_wrong else values, secrets, format)
    return FOUND if is_wrong else OK


def _tell(problems: "Sequence[Problem]", values: "Sequence[Setting]", secrets: Mapping[str, bool], format: str) -> None:
    from citynerve import tables
    from citynerve.configuration_environment import texts
    from rules import errors, report

    if format == "json":
        import orjson

        document = orjson.loads(report.as_json(problems, None))
        document["settings"] = [{"key": each.key, "value": each.value, "from": _where(each.place)} for each in values]
        document["secrets"] = secrets
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return
    if problems:
        shown = report.as_github(problems) if format == "github" else errors.format(problems, texts(os.environ))
        click.echo(shown, err=format == "text" and bool(values))
    if values and format == "text":
        rows = [[each.key, each.value, _where(each.place) or say(en="default", zh="默认")] for each in values]
        rows += [
            [name, say(en="set", zh="已设置") if there else say(en="not set", zh="未设置"), f"${name}"]
            for name, there in secrets.items()
        ]
        tables.show("", HEAD, rows)


def _where(place: "Place | None") -> str | None:
    """Return a file's line, or a variable; None for what nobody says."""
    if place is None:
        return None
    return place.path if place.path.startswith("$") else f"{place.path}:{place.line}"
