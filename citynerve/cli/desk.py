"""`citynerve desk --data DIR`: alerts to the topics of departments, until it is stopped."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, OK
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from dispatch.desk import Desk


def command() -> click.Command:
    """Build the command."""
    return Command(
        "desk",
        callback=_desk,
        params=[
            Option(
                ["--data"],
                type=options.FilePath(),
                required=True,
                metavar="DIR",
                help=say(
                    en="the engine whose alerts are dispatched: its citynerve.yaml, its data folder, or the folder of "
                    "a run",
                    zh="要派发告警的引擎:citynerve.yaml、数据目录或 run 的目录",
                ),
            ),
            options.rules(),
            options.schemas(),
            options.reference(),
            Option(
                ["--ingest"],
                metavar="URL",
                help=say(
                    en="where the engine takes events; a synthetic incident goes there each minute, with the token in "
                    "CITYNERVE_TOKEN",
                    zh="引擎接收事件的地址;每分钟向它发送一个链路自检事件,令牌取自 CITYNERVE_TOKEN",
                ),
            ),
            Option(
                ["--certificate"],
                type=options.FilePath(),
                metavar="FILE",
                help=say(
                    en="PEM file of the ingest's certificate, where no authority of this machine vouches for it",
                    zh="接收地址的证书(PEM),用于本机不信任其签发机构的情况",
                ),
            ),
            Option(
                ["--until-eof"],
                is_flag=True,
                help=say(
                    en="stop when standard input ends, too: so it goes with whoever has started it",
                    zh="标准输入结束时也停止:随启动它的进程一起退出",
                ),
            ),
        ],
        short_help=say(en="dispatch alerts to departments", zh="把告警派发给各部门"),
        help=say(
            en="Dispatch the alerts of an engine: each goes to the topics of its routes, in their languages, with what "
            "of persons they may see, exactly once. Every topic has a watchdog each minute. It may be stopped and "
            "started, or killed, at any time. Rules and sets are those that the engine has published; they are named "
            "here only where it has published none.",
            zh="派发引擎的告警:按路由写入各部门的主题,使用各自的语言,只含可以看到的个人信息,不丢不重。"
            "每个主题每分钟有一条 watchdog。可以随时停止、重启,即使被强行终止。规则和参考集取自引擎的发布记录,"
            "没有记录时才需要在此给出。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _desk(
    data: Path,
    rules: Sequence[Path],
    schemas: Sequence[Path],
    reference: Path | None,
    ingest: str | None,
    certificate: Path | None,
    until_eof: bool,
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import config, controlled, engine
    from citynerve.dispatching import open_desk
    from citynerve.incidents import Poster
    from citynerve.located import located
    from citynerve.wordings import Published, given
    from dispatch.desk import Desk
    from dispatch.wording import Wordings
    from streams.embedded.folder import wall_clock
    from streams.log.file_log import USUAL

    place = located(data)
    found: Wordings
    if controlled.has_history(place.data):
        found = Published(controlled.history(place.data, config.schemas(schemas)))
        found.latest()
        missing = found.missing
        if (rules or reference) and not until_eof:
            _tell(_published())
    else:
        ruleset = engine.load_rules(rules, schemas)
        if not until_eof:  # else whoever has started it runs the same rules, and has told
            engine.tell(ruleset.problems)
        found, missing = given(ruleset, reference)
    poster = Poster(ingest, config.token(), _tell, certificate) if ingest else None
    dispatcher = open_desk(place.data, found, wall_clock, place.settings.retention if place.settings else USUAL)
    desk = Desk(dispatcher, poster)
    try:
        if missing:
            _tell(_unknown(missing))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: desk.stop())
        if until_eof:
            threading.Thread(target=_stop_at_end, args=[desk], daemon=True).start()
        _tell(
            say(
                en=f"dispatching the alerts of {data} to {many(len(dispatcher.topics), 'topic')}; Ctrl-C stops",
                zh=f"正在派发 {data} 的告警,共 {len(dispatcher.topics)} 个主题;按 Ctrl-C 停止",
            )
        )
        desk.run()
        left, firings = len(dispatcher.outbox), sum(dispatcher.state.counts().values())
    finally:
        dispatcher.outbox.close()
        dispatcher.state.close()
    _tell(
        say(
            en=f"stopped: {many(firings, 'firing')} dispatched since the beginning, "
            f"{many(left, 'record waits', 'records wait')}",
            zh=f"已停止:累计派发 {firings:,} 次告警,{left:,} 条等待写入",
        )
    )
    return OK


def _stop_at_end(desk: "Desk") -> None:
    """Stop a desk at the end of standard input; read without its buffer, which a thread may not hold at an exit."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    desk.stop()


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _published() -> str:
    return say(
        en="the engine's control log says by which rules and sets it goes; --rules and --reference are left aside",
        zh="引擎的控制日志已写明所用的规则和参考集,不使用 --rules 与 --reference",
    )


def _unknown(columns: Sequence[str]) -> str:
    names = ", ".join(columns)
    return say(
        en=f"warning: no file for {names}; texts show – there. Name the folder with --reference",
        zh=f"警告: 没有 {names} 的文件,文字中显示为 –;请用 --reference 给出目录",
    )
