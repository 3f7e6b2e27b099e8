"""`citynerve replay EVENTS...`: events from files, in event time as fast as it goes, to alerts in a file."""

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import IO

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "replay",
        callback=_replay,
        params=_params(),
        short_help=say(en="run events from files through rules", zh="让文件中的事件通过规则"),
        help=say(
            en="Run events from files through rules and write the alerts, one JSON object a line. "
            "Time is the events' own; the same input gives the same alerts. Lines that are no "
            "events are counted as dead letters and stop nothing.",
            zh="让文件中的事件通过规则,告警每行一个 JSON 对象。时间取自事件本身;相同的输入得到"
            "相同的告警。不是事件的行计为死信,不会中断运行。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _params() -> list[click.Parameter]:
    path = options.FilePath()
    return [
        Argument(
            ["events"],
            nargs=-1,
            required=True,
            metavar="EVENTS...",
            help=say(
                en="NDJSON files, plain, .gz or .zst, or - for standard input; each is a feed",
                zh="NDJSON 文件(普通、.gz、.zst),- 表示标准输入;每个文件是一个数据源",
            ),
        ),
        options.rules(),
        Option(
            ["--reference"],
            type=path,
            metavar="DIR",
            help=say(
                en="folder with the reference sets (residents.csv and the like); files that no rule declares "
                "are ignored",
                zh="参考集(residents.csv 等)目录;规则没有声明的文件会被忽略",
            ),
        ),
        Option(
            ["--alerts"],
            type=path,
            default="-",
            show_default=True,
            metavar="OUT.ndjson",
            help=say(en="where the alerts go; - is standard output", zh="告警输出文件;- 为标准输出"),
        ),
        Option(
            ["--summary"], type=path, metavar="SUMMARY.json", help=say(en="where the summary goes", zh="汇总输出文件")
        ),
        Option(
            ["--dead-letters"],
            type=path,
            metavar="OUT.ndjson",
            help=say(en="where it is written which lines were refused and why", zh="被拒绝的行及其原因输出文件"),
        ),
        Option(
            ["--mapping"],
            metavar="FILE",
            help=say(
                en="mapping that turns a foreign feed into events: a file, or the name of a shipped one",
                zh="把外部数据转换为事件的映射:文件,或自带映射的名称",
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
        Option(
            ["--until"],
            type=options.Instant(),
            metavar="TIME",
            help=say(
                en="go on to this instant after the last event, so that absence falls due",
                zh="最后一个事件之后继续推进到该时刻,使缺席判定到期",
            ),
        ),
        options.schemas(),
        Option(
            ["--force-empty"],
            is_flag=True,
            help=say(en="accept a reference set without rows", zh="接受没有任何行的参考集"),
        ),
        options.progress(),
    ]


def _replay(
    events: Sequence[str],
    rules: Sequence[Path],
    reference: Path | None,
    alerts: Path,
    summary: Path | None,
    dead_letters: Path | None,
    mapping: str | None,
    shards: int,
    until: int | None,
    schemas: Sequence[Path],
    force_empty: bool,
    progress: bool,
) -> int:
    from citynerve import warm

    started_ms = time.time_ns() // 1_000_000
    warm.ensure()
    from citynerve import engine, wiring
    from citynerve.dead_letters import DeadLetters
    from citynerve.lines import writer
    from events.block import FUTURE_MS

    _refuse_overwriting(events, [path for path in (alerts, summary, dead_letters) if path and str(path) != "-"])
    ruleset = engine.Ruleset.load(rules, schemas, reference, force_empty=force_empty)
    engine.tell(ruleset.problems)
    with ExitStack() as stack:
        feeds = wiring.open_feeds(
            events,
            time_max=started_ms + FUTURE_MS,
            mapping=wiring.load_mapping(mapping, ruleset.plan.schemas) if mapping else None,
            numbered=dead_letters is not None,
        )
        for feed in feeds:
            stack.callback(feed.close)
        letters = DeadLetters(feeds, stack.enter_context(_out(dead_letters))) if dead_letters else None
        replay = ruleset.replay(feeds, shards=shards, until=until, on_dead_letters=letters.write if letters else None)
        write = writer(ruleset.lines, stack.enter_context(_out(alerts)))
        for raised in engine.followed(replay, feeds, progress):
            write(raised)
        if letters:
            letters.write_foreign()
    problems = engine.settle(replay.summary, feeds)
    if summary:
        engine.write_summary(replay.summary, summary)
    engine.tell(problems)
    click.echo(engine.told(replay.summary), err=True)
    return FOUND if any(problem.level == "error" for problem in problems) else OK


def _out(path: Path) -> AbstractContextManager[IO[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdout.buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def _refuse_overwriting(events: Sequence[str], outputs: Sequence[Path]) -> None:
    """Refuse an output that is an input, or that another output goes to as well."""
    read = {Path(name).resolve() for name in events}
    for at, path in enumerate(outputs):
        if path.resolve() in read:
            raise Failure(
                say(
                    en=f"{path} is among the events; the output would overwrite it",
                    zh=f"{path} 是输入的事件文件,输出会覆盖它",
                )
            )
        if path.resolve() in {other.resolve() for other in outputs[:at]}:
            raise Failure(say(en=f"two outputs go to {path}", zh=f"两个输出都写到 {path}"))
