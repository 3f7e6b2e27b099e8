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

if TYPE_CHECKING:
    from dispatch.progress import Topic

EVENTS = 500_000
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
                default=EVENTS,
                show_default=True,
                metavar="N",
                help=say(en="how many events to simulate", zh="模拟的事件数量"),
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
            "planted. Everything stays in the folder, to look at and to replay.",
            zh="模拟一座城市,让其事件通过规则,并把告警与埋入的事件对照显示。所有文件留在目录中,可查看、可回放。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _run(events: int, seed: int, folder: Path, rules: Sequence[Path], config: Path | None, progress: bool) -> int:
    from citynerve import warm

    started_ms = time.time_ns() // 1_000_000
    warm.ensure()
    if config is not None:
        return _configured(config)
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
    service = Service(settings, Schemas.load())
    engine.tell([*settings.warnings, *service.ruleset.problems])
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
    records, topic = (
        sum(topic.records for topic in topics.values()),
        max(sorted(topics), key=lambda name: topics[name].records, default="dispatch.fire"),
    )
    tail = f"citynerve tail {topic} \\\n      --data {_word(folder)} --from START --once"
    check = f"citynerve rules check {' '.join(map(_word, rules or [_shipped()]))}"
    return say(
        en=f"""How to go on (outside the environment the command is .venv/bin/citynerve)
  # the alerts, one a line
  {less}
  # what the departments were told: {records:,} records in {len(topics)} topics
  {tail}
  # the same again: the same alerts
  {replay}
  # read the rules, change one, check it
  {check}
  # 这个屏幕的中文版
  citynerve --lang zh run""",
        zh=f"""接下来(未激活环境时,命令为 .venv/bin/citynerve)
  # 查看告警,每行一条
  {less}
  # 查看派发给各部门的内容:{len(topics)} 个主题共 {records:,} 条
  {tail}
  # 再回放一次:告警完全相同
  {replay}
  # 读一读规则,改一条,再检查
  {check}
  # this screen in English
  citynerve --lang en run""",
    )


def _shipped() -> Path:
    """Return the folder of the shipped rules, as short as it can be called from here."""
    from rules.check import LIBRARY

    return LIBRARY.relative_to(Path.cwd()) if LIBRARY.is_relative_to(Path.cwd()) else LIBRARY


def _word(path: Path) -> str:
    return shlex.quote(str(path))
