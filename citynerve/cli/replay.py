"""`citynerve replay EVENTS...`: events from files, in event time as fast as it goes, to alerts in a file."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
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
                en="NDJSON files (with --mapping any), plain, .gz or .zst, or - for standard input; each is a feed",
                zh="NDJSON 文件(配合 --mapping 可为其他格式;普通、.gz、.zst),- 表示标准输入;每个文件是一个数据源",
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
                en="go on to this instant after the last event, so that absence falls due; "
                f"{options.EXAMPLE}, or epoch milliseconds",
                zh=f"最后一个事件之后继续推进到该时刻,使缺席判定到期;写成 {options.EXAMPLE} 或毫秒时间戳",
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
    from citynerve import baselines, cold_start, engine, wiring
    from citynerve.dead_letters import DeadLetters
    from citynerve.history import nothing_came
    from citynerve.lines import writer
    from citynerve.outputs import open_outputs, refuse_overwriting
    from citynerve.past import Opened
    from events.block import FUTURE_MS
    from events.schema import SHIPPED
    from rules import check, message
    from streams.past import Files

    paths = [alerts, summary, dead_letters]
    refuse_overwriting(
        paths,
        files=[*wiring.input_files(events), *rules, *([wiring.mapping_file(mapping)] if mapping else [])],
        rules=[*rules, check.LIBRARY],
        schemas=[*schemas, SHIPPED],
        reference=reference,
    )
    ruleset = engine.Ruleset.load(rules, schemas, reference, force_empty=force_empty)
    engine.tell(ruleset.problems)
    with ExitStack() as stack:
        feeds = wiring.open_feeds(
            events,
            time_max=started_ms + FUTURE_MS,
            mapping=wiring.load_mapping(mapping, ruleset.plan) if mapping else None,
            numbered=dead_letters is not None,
        )
        for feed in feeds:
            stack.callback(feed.close)
        alerts_out, summary_out, letters_out = open_outputs(paths, stack)
        letters = DeadLetters(feeds, letters_out) if letters_out else None
        opened = Opened(Files(feeds, until), feeds)
        replay = ruleset.replay(opened.past, shards=shards, on_dead_letters=letters.write if letters else None)
        assert alerts_out is not None, "alerts always go somewhere"
        write = writer(ruleset.lines, alerts_out)
        for raised in engine.followed(replay.run, opened, progress):
            write(raised)
        if letters:
            letters.write_foreign()
        problems = [*engine.settle(replay.summary, feeds), *nothing_came(feeds, replay.summary)]
        if summary_out:
            summary_out.write(engine.summary_json(replay.summary))
    engine.tell(problems)
    if until is not None and replay.time is not None and until < replay.time:
        click.echo(_until_is_past(message.time(replay.time, ruleset.plan)), err=True)
    click.echo(engine.told(replay.summary), err=True)
    for line in baselines.told(replay.summary.baselines, ruleset.plan):
        click.echo(line, err=True)
    for line in cold_start.told(replay.epoch, replay.time, ruleset.plan):
        click.echo(line, err=True)
    return FOUND if any(problem.level == "error" for problem in problems) else OK


def _until_is_past(last: str) -> str:
    return say(
        en=f"warning: --until lies before the last event, {last}; the run went on to that event all the same",
        zh=f"警告: --until 早于最后一个事件({last});仍然运行到了该事件",
    )
