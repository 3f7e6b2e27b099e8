"""`citynerve learn travel EVENTS...`: how long vehicles take between neighbouring cameras at least."""

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
from events.plural import many
from streams.learn.limits import PAIRS_MAX, PASSAGES_MIN

if TYPE_CHECKING:
    from streams.learn.travel import Ways


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
            f"set `travel_times`, by which the score `travel` tells cloned plates. A pair of cameras wants "
            f"{PASSAGES_MIN} passages. Two are neighbours if no way through a third one is as short at all times of "
            "day: what is left out, the others imply, and there are few ways a camera however large the city. Of the "
            "rules the time zone is read.",
            zh="学习车辆在相邻摄像机之间、各时段最少需要的时间:参考集 travel_times,评分 travel 据此发现套牌车。"
            f"一对摄像机至少要有 {PASSAGES_MIN} 次通过。若在任何时段经过第三台的路都不更长,则两台不算相邻:"
            "未列出的路程可由其余推出,所以城市再大,每台摄像机也只有几条路径。规则只用来取时区。",
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
        if not ways.neighbours:
            engine.tell(problems)
            raise Failure(_nothing(learned.passages, len(learned.devices)))
        (file,) = open_outputs([out], stack)
        assert file is not None, "the set always goes somewhere"
        file.write(travel_times.written(ways.neighbours))
    engine.tell(problems)
    if ways.forgotten:
        click.echo(_forgotten(ways.forgotten), err=True)
    click.echo(_told(ways, learned.passages, len(learned.devices)), err=True)
    return FOUND if any(problem.level == "error" for problem in problems) else OK


def _told(ways: "Ways", passages: int, devices: int) -> str:
    found, others = len(ways.neighbours), ways.through_others
    told = say(
        en=f"{many(found, 'way')} between neighbours among {many(devices, 'device')}, of {many(passages, 'passage')}",
        zh=f"{devices:,} 台设备中相邻者之间 {found:,} 条路径,来自 {passages:,} 次通过",
    )
    if not others:
        return told
    return told + say(
        en=f"; left out: {many(others, 'further pair')}, since ways through others are no longer",
        zh=f";另有 {others:,} 对设备经过其他设备的路并不更长,未列出",
    )


def _forgotten(pairs: int) -> str:
    return say(
        en=f"warning: the passages of {many(pairs, 'pair')} of devices were forgotten, since "
        f"{PAIRS_MAX:,} are counted at a "
        "time: learn of one district after the other",
        zh=f"警告:同时只统计 {PAIRS_MAX:,} 对设备,有 {pairs:,} 对的通过记录被遗忘:请分区学习",
    )


def _nothing(passages: int, devices: int) -> str:
    return say(
        en=f"no pair of cameras has {PASSAGES_MIN} passages: {many(devices, 'device')} and "
        f"{many(passages, 'passage')} of plates "
        "in all; read more history, and check that its events carry `plate` and `device`",
        zh=f"没有任何一对摄像机达到 {PASSAGES_MIN} 次通过:共 {devices:,} 台设备、{passages:,} 次通过;请读入更多历史,"
        "并检查事件是否带有 plate 和 device",
    )
