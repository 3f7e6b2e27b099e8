"""`citynerve run`: a simulated city through the durable log and the rules, on one screen."""

import shlex
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, OK
from citynerve.run_folder import REFERENCE
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from dispatch.progress import Topic

EVENTS = 500_000
LIVING_EVENTS = 10_000_000  # a city in which something happens each minute
SEED = 7


def command() -> click.Command:
    """Build the command."""
    return Command(
        "run",
        callback=_run,
        params=[
            Option(
                ["--events"],
                type=click.IntRange(1),
                metavar="N",
                help=say(
                    en=f"how many events to simulate, of a city that goes on in three days "
                    f"[default: {EVENTS:,}; {LIVING_EVENTS:,}]",
                    zh=f"模拟的事件数量;持续运行的城市指三天的数量 [默认: {EVENTS:,};{LIVING_EVENTS:,}]",
                ),
            ),
            Option(
                ["--seed"],
                type=click.IntRange(0),
                default=SEED,
                show_default=True,
                metavar="S",
                help=say(en="which city", zh="哪一座城市(随机种子)"),
            ),
            Option(
                ["--folder"],
                type=options.FilePath(),
                default="run",
                show_default=True,
                metavar="DIR",
                help=say(
                    en="where events, truth, reference sets and alerts go", zh="事件、真值、参考集和告警的存放目录"
                ),
            ),
            options.rules(),
            Option(
                ["--live"],
                is_flag=True,
                help=say(
                    en="a city of today that goes on at the pace of the clock, until it is stopped",
                    zh="模拟今天的城市,按实际时间一直运行,直到被停止",
                ),
            ),
            Option(
                ["--speed"],
                type=click.FloatRange(0.1, 10_000),
                metavar="X",
                help=say(
                    en="a city that goes on X times as fast as the clock, until it is stopped",
                    zh="以 X 倍的速度一直运行,直到被停止",
                ),
            ),
            Option(
                ["--config"],
                type=options.FilePath(),
                metavar="FILE",
                help=say(
                    en="run the engine of this file instead, until it is stopped",
                    zh="改为运行此配置文件的引擎,直到被停止",
                ),
            ),
            options.progress(),
        ],
        short_help=say(en="simulate a city and show its alerts", zh="模拟一座城市并显示告警"),
        help=say(
            en="Simulate a city, run it through the rules, and show the alerts beside the incidents that were "
            "planted. A desk takes the alerts to the topics of departments. Everything stays in the folder, to look at "
            "and to replay. With --live or --speed the city goes on until it is stopped.",
            zh="模拟一座城市,让其事件通过规则,并把告警与埋入的事件对照显示,同时派发到各部门的主题。"
            "所有文件留在目录中,可查看、可回放。加上 --live 或 --speed 则一直运行,直到被停止。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _run(
    events: int | None,
    seed: int,
    folder: Path,
    rules: Sequence[Path],
    live: bool,
    speed: float | None,
    config: Path | None,
    progress: bool,
) -> int:
    from citynerve import warm

    started_ms = time.time_ns() // 1_000_000
    warm.ensure()
    if config is not None:
        return _configured(config)
    if live and speed is not None:
        raise click.UsageError(
            say(en="--live goes at the pace of the clock: leave --speed out", zh="--live 按实际时间运行,请去掉 --speed")
        )
    if live or speed is not None:
        return _living(events or LIVING_EVENTS, seed, folder, rules, speed)
    return _days(events or EVENTS, seed, folder, rules, progress, started_ms)


def _living(events: int, seed: int, folder: Path, rules: Sequence[Path], speed: float | None) -> int:
    """Run a city until it is stopped."""
    from rich.console import Console

    from citynerve.living import live_on

    came_to = live_on(events, seed, folder, rules, speed, Console())
    records = sum(count for _, count, _ in came_to.desk.topics) if came_to.desk else 0
    click.echo(
        say(
            en=f"stopped: {many(came_to.events, 'event')}, {many(records, 'record')} dispatched; "
            f"everything is in {folder}\n"
            f"  citynerve tail alerts --data {_word(folder)} --from START --once",
            zh=f"已停止:{came_to.events:,} 个事件,派发 {records:,} 条;全部内容在 {folder}\n"
            f"  citynerve tail alerts --data {_word(folder)} --from START --once",
        )
    )
    return OK


def _days(events: int, seed: int, folder: Path, rules: Sequence[Path], progress: bool, started_ms: int) -> int:
    """Run three days as fast as it goes, and compare with what was planted."""
    from rich.console import Console

    from citynerve import engine, live
    from citynerve.desk_process import DeskProcess, arguments
    from citynerve.desk_watch import DeskWatch
    from citynerve.feeds import share_read
    from citynerve.lines import writer
    from citynerve.run_folder import claim, empty_data
    from citynerve.screen import Board
    from citynerve.simulation import simulate_city
    from citynerve.truth import read_truth, tallies
    from citynerve.vitals import Observer
    from citynerve.wiring import open_feeds
    from events.alert import Alert
    from events.block import FUTURE_MS

    loaded = engine.load_rules(rules, [])
    claim(folder)
    log, truth, reference = folder / "events.ndjson", folder / "truth.csv", folder / REFERENCE
    simulate_city(events, seed, log, truth, reference, progress=progress)
    ruleset = engine.Ruleset.joined(loaded, reference)
    engine.tell(ruleset.problems)
    feeds = open_feeds([str(log)], time_max=started_ms + FUTURE_MS)
    board = Board(ruleset.lines)
    alerts: list[Alert] = []

    console = Console()
    view = live.View(ruleset.lines, console)

    def take(some: list[Alert]) -> None:
        alerts.extend(some)
        board.add(some)
        view.alerts(some)

    began, used = time.perf_counter(), time.process_time()
    data = empty_data(folder)
    process = ruleset.process(data, feeds, take)
    desk = DeskProcess(arguments(data, rules, reference), view.tell)
    dispatched = DeskWatch(data, process.engine, desk)
    stop = live.Stop(process)
    observer = Observer(process, data, dispatched, connected={}, share=partial(share_read, feeds), simulated=True)
    desk.start()
    dispatched.start()
    try:
        with view.shown(observer):
            process.run()
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
            desk.stop(stop.until, dispatched.is_done)
    finally:
        desk.stop(time.monotonic(), lambda: True)
        dispatched.stop()
    summary = process.engine.summed_up()
    summary.wall_s, summary.cpu_s = wall_s, cpu_s
    seen = observer.look()
    board.events, board.time, board.seconds = seen.events, seen.time, wall_s
    with (folder / "alerts.ndjson").open("wb") as out:
        writer(ruleset.lines, out)(sorted(alerts, key=Alert.sort_key))
    (folder / "summary.json").write_bytes(engine.summary_json(summary))
    judged = {rule.rule for rule in ruleset.plan.rules}
    planted = [incident for incident in read_truth(truth) if incident.rule in judged]
    console.print(board.picture(console.width, tallies(planted, board.firings)))
    topics = dispatched.latest.topics if dispatched.latest is not None else {}
    console.print(_next(folder, rules, topics), highlight=False, markup=False, soft_wrap=True)
    return OK


def _configured(path: Path) -> int:
    """Run the engine of a configuration until it is stopped."""
    from citynerve import config, engine
    from citynerve.service import Service
    from events.schema import Schemas

    settings = config.settings(path)
    service = Service(path, settings, Schemas.load())
    engine.tell([*settings.warnings, *service.publishing.problems])
    service.run()
    return OK


def _next(folder: Path, rules: Sequence[Path], topics: Mapping[str, "Topic"]) -> str:
    """How to go on from here; a command is broken so that it can be copied from a narrow screen too."""
    parts = [
        f"citynerve replay {_word(folder / 'events.ndjson')}",
        f"--reference {_word(folder / REFERENCE)}",
        *(f"--rules {_word(path)}" for path in rules),
        "--alerts alerts.ndjson --summary summary.json",
    ]
    replay = " \\\n      ".join(parts)
    less = f"less {_word(folder / 'alerts.ndjson')}"
    records = sum(topic.records for topic in topics.values())
    told_en = f"what the departments were told: {many(records, 'record')} in {many(len(topics), 'topic')}"
    told_zh = f"查看派发给各部门的内容:{len(topics)} 个主题共 {records:,} 条"
    if not records:
        told_en = "the alerts in the log of the engine; none of them was dispatched"
        told_zh = "查看引擎的告警日志;没有派发任何告警"
    topic = max(sorted(topics), key=lambda name: topics[name].records) if records else "alerts"
    tail = f"citynerve tail {topic} \\\n      --data {_word(folder)} --from START --once"
    check = f"citynerve rules check {' '.join(map(_word, rules or [_shipped()]))}"
    return say(
        en=f"""How to go on (outside the environment the command is .venv/bin/citynerve)
  # the alerts, one a line
  {less}
  # {told_en}
  {tail}
  # the same again: the same alerts
  {replay}
  # read the rules, change one, check it
  {check}
  # a city that goes on, sixty times as fast as the clock; Ctrl-C stops it
  citynerve run --speed 60
  # 这个屏幕的中文版
  citynerve --lang zh run""",
        zh=f"""接下来(未激活环境时,命令为 .venv/bin/citynerve)
  # 查看告警,每行一条
  {less}
  # {told_zh}
  {tail}
  # 再回放一次:告警完全相同
  {replay}
  # 读一读规则,改一条,再检查
  {check}
  # 以 60 倍速持续运行的城市,Ctrl-C 停止
  citynerve run --speed 60
  # this screen in English
  citynerve --lang en run""",
    )


def _shipped() -> Path:
    """Return the folder of the shipped rules, as short as it can be called from here."""
    from rules.check import LIBRARY

    return LIBRARY.relative_to(Path.cwd()) if LIBRARY.is_relative_to(Path.cwd()) else LIBRARY


def _word(path: Path) -> str:
    return shlex.quote(str(path))
