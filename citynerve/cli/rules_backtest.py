"""`citynerve rules backtest OLD NEW`: what a new ruleset would have done with a history, next to the old one."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say

if TYPE_CHECKING:
    from citynerve.backtest import Backtest
    from rules.check import Ruleset

FORMATS = ("text", "json")


def command() -> click.Command:
    """Build the command."""
    path = options.FilePath()
    return Command(
        "backtest",
        callback=_backtest,
        params=[
            Argument(["old"], type=path, metavar="OLD", help=say(en="the rules in force", zh="现行规则")),
            Argument(["new"], type=path, metavar="NEW", help=say(en="the rules to be tried", zh="待试规则")),
            Option(
                ["--events"],
                multiple=True,
                metavar="FILE",
                help=say(
                    en="NDJSON file of the history, plain, .gz or .zst; may be given several times, each is a feed",
                    zh="历史事件的 NDJSON 文件(普通、.gz、.zst);可重复给出,每个文件是一个数据源",
                ),
            ),
            *options.log(),
            options.reference(),
            Option(
                ["--history"],
                multiple=True,
                metavar="FILE",
                help=say(
                    en="history by which NEW is also checked: fields that are often missing (W201), rules that fire "
                    "too often (W305), tables that run full (W371)",
                    zh="用于检查 NEW 的历史事件:经常缺少的字段(W201)、触发过多的规则(W305)、写满的表(W371)",
                ),
            ),
            Option(
                ["--shards"],
                type=click.IntRange(1, 256),
                default=1,
                show_default=True,
                metavar="N",
                help=say(en="how many shards, each on a core of its own", zh="分片数,每个分片使用一个核"),
            ),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
            options.progress(),
        ],
        short_help=say(en="try new rules on history", zh="用历史数据试运行新规则"),
        help=say(
            en="Replay history through two rulesets and compare them: alerts a rule and day, which are new, gone or "
            "other ones, and examples of each. A changed alert has the same name and other transitions, times or "
            "severities.",
            zh="让历史事件通过两个规则集并比较:每条规则每天的告警数,新增、消失、变化的告警及示例。"
            "变化的告警名称相同,而状态变化、时间或级别不同。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _backtest(
    old: Path,
    new: Path,
    events: Sequence[str],
    log: Path | None,
    since: int | None,
    to: int | None,
    reference: Path | None,
    history: Sequence[str],
    shards: int,
    schemas: Sequence[Path],
    format: str,
    progress: bool,
) -> int:
    from citynerve import warm

    started_ms = time.time_ns() // 1_000_000
    warm.ensure()
    from citynerve import backtest_report, engine
    from citynerve.backtest import Backtest
    from citynerve.cli.past import recorded
    from citynerve.history import Replays
    from citynerve.past import FilePast
    from events.block import FUTURE_MS

    for name in (*events, *history):
        if name == "-":
            raise Failure(say(en="a backtest reads its events twice; name a file", zh="回测要读两遍事件,请给出文件"))
    with ExitStack() as stack:
        replays = Replays(started_ms + FUTURE_MS, progress, stack, shards)
        past, found = recorded(events, log, since, to)
        test = Backtest(_loaded(old, schemas), _loaded(new, schemas), reference or found, replays)
        test.run(past, FilePast(tuple(history)) if history else None)
        if format == "json":
            click.echo(backtest_report.as_json(test))
        else:
            engine.tell(test.problems)
            for line in backtest_report.lines(test):
                click.echo(line)
    return FOUND if _is_broken(test) else OK


def _loaded(path: Path, schemas: Sequence[Path]) -> "Ruleset":
    from citynerve import config
    from citynerve.cli import rule_files
    from rules.check import checked

    return checked(rule_files.read([path]), config.schemas(schemas), config.city())


def _is_broken(test: "Backtest") -> bool:
    return any(problem.level == "error" for problem in test.problems)
