"""`citynerve rules check PATH...`: every error of every file in one run, each with its place and advice."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from events.place import Problem
    from rules.check import Ruleset

FORMATS = ("text", "json", "github", "sarif")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "check",
        callback=_check,
        params=[
            options.rule_paths(),
            Option(
                ["--history"],
                multiple=True,
                metavar="FILE",
                help=say(
                    en="NDJSON file of past events (plain, .gz, .zst) that the rules are tried on: fields that are "
                    "often missing (W201), rules that fire too often (W305), tables that run full (W371); may be given "
                    "several times",
                    zh="历史事件的 NDJSON 文件(普通、.gz、.zst),用来试运行规则:经常缺少的字段(W201)、触发过多的规则"
                    "(W305)、写满的表(W371);可重复给出",
                ),
            ),
            options.reference(),
            Option(
                ["--memory"],
                type=options.Size(),
                metavar="SIZE",
                help=say(
                    en="memory that the keys of all rules may take at most, such as 16GiB (W370)",
                    zh="全部规则的主键最多可用的内存,如 16GiB(W370)",
                ),
            ),
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
            options.progress(),
        ],
        short_help=say(en="check rule files", zh="检查规则文件"),
        help=say(
            en="Check rules and the vocabulary beside them (sets, calendars, routes). All errors are shown in one "
            "run, with file, line and column, in Chinese and English; warnings alone are no failure. What only past "
            "events can tell is told with --history.",
            zh="检查规则及其词汇(参考集、日历、路由)。一次显示全部错误,给出文件、行、列,中英文对照;只有警告不算失败。"
            "只有历史事件才能说明的问题,用 --history 检查。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _check(
    paths: Sequence[Path],
    history: Sequence[str],
    reference: Path | None,
    memory: int | None,
    schemas: Sequence[Path],
    format: str,
    progress: bool,
) -> int:
    from citynerve import config, warm

    now = datetime.now(UTC)  # of calendars it is told which have ended, and it bounds what is believed of a history
    warm.ensure()
    from events.place import Problems
    from rules.check import checked

    try:
        ruleset = checked(rule_files.read(paths), config.schemas(schemas), config.city(), now=now)
    except Problems as problems:
        _tell(problems.problems, None, format)
        return FOUND
    found, tried = [*ruleset.problems], ""
    try:
        if history:
            warnings, tried = _on_history(ruleset, history, reference, now, progress)
            found += warnings
        if reference is not None or memory is not None:
            found += _with_sets(ruleset, reference, memory)
    except Problems as problems:
        found += problems.problems
    found = list(dict.fromkeys(found))
    version = ruleset.plan.version
    _tell(found, version, format)
    wrong = any(problem.level == "error" for problem in found)
    if format in ("text", "github"):
        count = len(ruleset.plan.rules)
        if not wrong:  # there are errors in sets and histories too
            click.echo(
                say(
                    en=f"{many(count, 'rule')} in order, ruleset {version}",
                    zh=f"{count} 条规则正确,规则集版本 {version}",
                )
            )
        if tried:
            click.echo(tried)
    return FOUND if wrong else OK


def _on_history(
    checked: "Ruleset", history: Sequence[str], reference: Path | None, now: datetime, progress: bool
) -> "tuple[list[Problem], str]":
    """Replay the rules over past events; return what that tells of them, and what was replayed."""
    from citynerve import engine
    from citynerve.history import Replays
    from citynerve.past import FilePast
    from events.block import FUTURE_MS

    with ExitStack() as stack:
        replays = Replays(int(now.timestamp() * 1000) + FUTURE_MS, progress, stack)
        ruleset = engine.Ruleset.joined(checked, reference)
        summary, warnings = replays.look_back(checked, ruleset, FilePast(tuple(history)))
    rejected, alerts = sum(summary.rejected.values()), sum(summary.firings.values())
    told = say(
        en=f"tried on {many(summary.events, 'event')}: {many(alerts, 'alert')}, {many(rejected, 'dead letter')}",
        zh=f"试运行了 {summary.events:,} 个事件:{alerts:,} 条告警,{rejected:,} 条死信",
    )
    return [*replays.problems, *warnings], told


def _with_sets(checked: "Ruleset", reference: Path | None, memory: int | None) -> "list[Problem]":
    """Return what is found in reference sets, and whether the keys that rules may hold fit into the memory."""
    from citynerve import config
    from streams.control.references import References
    from streams.trial.budget import too_large

    found: list[Problem] = []
    if reference is None:
        references = References.of(checked.plan, {}, config.city())
    else:
        references, found = References.load(checked.plan, reference, config.city())
    return found if memory is None else [*found, *too_large(checked, references.surroundings, memory)]


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
