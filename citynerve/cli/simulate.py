"""`citynerve simulate`: a city's events, the truth about them, and its reference sets."""

from pathlib import Path

import click

from citynerve.cli import options
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, OK
from citynerve.text import say
from events.plural import many


def command() -> click.Command:
    """Build the command."""
    return Command(
        "simulate",
        callback=_simulate,
        params=[
            Option(
                ["--events"],
                type=click.IntRange(1),
                required=True,
                metavar="N",
                help=say(en="how many events", zh="事件数量"),
            ),
            Option(
                ["--seed"],
                type=click.IntRange(0),
                default=7,
                show_default=True,
                metavar="S",
                help=say(en="the same seed gives the same city, byte for byte", zh="相同的种子得到逐字节相同的城市"),
            ),
            Option(
                ["--communities"],
                type=click.IntRange(1, 1913),
                metavar="N",
                help=say(
                    en="how many compounds the city has; default: by the number of events",
                    zh="小区数量;默认由事件数量决定",
                ),
            ),
            Option(
                ["--out"],
                type=options.FilePath(),
                required=True,
                metavar="EVENTS.ndjson",
                help=say(en="where the events go", zh="事件输出文件"),
            ),
            Option(
                ["--truth"],
                type=options.FilePath(),
                required=True,
                metavar="TRUTH.csv",
                help=say(en="where it is written which alerts must be raised", zh="应当触发的告警(真值)输出文件"),
            ),
            Option(
                ["--reference"],
                type=options.FilePath(),
                required=True,
                metavar="DIR",
                help=say(
                    en="folder for the reference sets (residents.csv and the like)",
                    zh="参考集(residents.csv 等)输出目录",
                ),
            ),
            options.progress(),
        ],
        short_help=say(en="simulate a city", zh="模拟一座城市"),
        help=say(
            en="Simulate a city: residents, elders, gates, cameras, roads, sensors, ordinary life, and planted "
            "incidents with near misses beside them.",
            zh="模拟一座城市:居民、老人、门禁、摄像头、道路、传感器、日常生活,以及埋入的事件和“差一点”的干扰项。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _simulate(
    events: int, seed: int, communities: int | None, out: Path, truth: Path, reference: Path, progress: bool
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve.outputs import refuse_overwriting
    from citynerve.simulation import simulate_city

    refuse_overwriting([out, truth], files=[])
    simulate_city(events, seed, out, truth, reference, communities=communities, progress=progress)
    click.echo(
        say(
            en=f"{many(events, 'event')} in {out}, the truth in {truth}, reference sets in {reference}",
            zh=f"{events:,} 个事件写入 {out},真值写入 {truth},参考集写入 {reference}",
        ),
        err=True,
    )
    return OK
