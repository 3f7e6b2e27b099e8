"""`citynerve learn travel EVENTS...`: how long vehicles take between neighbouring cameras at least."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "travel",
        callback=_learn,
        params=[
            Argument(
                ["events"],
                nargs=-1,
                required=True,
                metavar="EVENTS...",
                help=say(
                    en="NDJSON files of past passages, plain, .gz or .zst; each is a feed",
                    zh="历史过车的 NDJSON 文件(普通、.gz、.zst);每个文件是一个数据源",
                ),
            ),
            Option(
                ["--out"],
                type=options.FilePath(),
                required=True,
                metavar="travel_times.csv",
                help=say(
                    en="where the reference set goes; put it among the others",
                    zh="参考集输出文件;请放到其他参考集的目录中",
                ),
            ),
            options.rules(),
            options.schemas(),
            options.progress(),
        ],
        short_help=say(en="learn travel times between cameras", zh="学习摄像机之间的行驶时间"),
        help=say(
            en="Learn how long vehicles take at least between neighbouring cameras, by the time of day: the reference "
            "set `travel_times`, by which the score `travel` tells cloned plates. A pair of cameras wants 30 passages. "
            "Of the rules the time zone is read.",
            zh="学习车辆在相邻摄像机之间、各时段最少需要的时间:参考集 travel_times,评分 travel 据此发现套牌车。"
            "一对摄像机至少要有 30 次通过。规则只用来取时区。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _learn(events: Sequence[str], out: Path, rules: Sequence[Path], schemas: Sequence[Path], progress: bool) -> int:
    from citynerve import warm

    started_ms = time.time_ns() // 1_000_000
    warm.ensure()
    from citynerve import engine, travel_times, wiring
    from citynerve.outputs import open_outputs, refuse_overwriting
    from events.block import FUTURE_MS

    refuse_overwriting([out], files=wiring.input_files(events))
    plan = engine.load_rules(rules, schemas).plan
    with ExitStack() as stack:
        feeds = wiring.open_feeds(events, time_max=started_ms + FUTURE_MS)
        for feed in feeds:
            stack.callback(feed.close)
        learned = travel_times.learn(feeds, plan, progress)
        problems = [problem for feed in feeds for problem in feed.problems]
        ways = learned.ways()
        if not ways:
            engine.tell(problems)
            raise Failure(_nothing(learned.passages, len(learned.devices)))
        (file,) = open_outputs([out], stack)
        assert file is not None, "the set always goes somewhere"
        file.write(travel_times.written(ways))
    engine.tell(problems)
    click.echo(_told(len(ways), learned.passages, len(learned.devices)), err=True)
    return FOUND if any(problem.level == "error" for problem in problems) else OK


def _told(ways: int, passages: int, devices: int) -> str:
    return say(
        en=f"{ways:,} ways between {devices:,} devices, of {passages:,} passages",
        zh=f"{devices:,} 台设备之间 {ways:,} 条路径,来自 {passages:,} 次通过",
    )


def _nothing(passages: int, devices: int) -> str:
    return say(
        en=f"no pair of cameras has 30 passages: {devices:,} devices and {passages:,} passages of plates in all; read "
        "more history, and check that its events carry `plate` and `device`",
        zh=f"没有任何一对摄像机达到 30 次通过:共 {devices:,} 台设备、{passages:,} 次通过;请读入更多历史,"
        "并检查事件是否带有 plate 和 device",
    )
