"""`citynerve tail TOPIC`: what an engine writes, as it writes it."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, OK
from citynerve.text import say

if TYPE_CHECKING:
    from citynerve.located import Located
    from citynerve.topics import Topic
    from streams.log.frame import Frame
    from streams.log.reader import LogReader

EVERY_S = 0.2  # how often it is looked whether there is more
From = tuple[Literal["START", "NOW", "position", "time"], int]


class Beginning(click.ParamType):
    """From where on a log is read: START, NOW, a log position, or an instant."""

    name = "from"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> From:
        """Return what it is, with the position or epoch ms."""
        text = str(value)
        match text.upper():
            case "START" | "NOW" as word:
                return (word, 0)
        if text.isdecimal() and len(text) <= options.DIGITS_MAX:
            return "position", int(text)
        return "time", options.Instant().convert(value, param, ctx)


def command() -> click.Command:
    """Build the command."""
    return Command(
        "tail",
        callback=_tail,
        params=[
            Argument(
                ["topic"],
                metavar="TOPIC",
                help=say(
                    en="alerts, late, dead-letter, control, events, ticks, or dispatch.DEPARTMENT",
                    zh="alerts、late、dead-letter、control、events、ticks 或 dispatch.部门",
                ),
            ),
            options.data(),
            Option(
                ["--from", "begin"],
                type=Beginning(),
                metavar="WHERE",
                help=say(
                    en=f"START (what is kept), NOW, a log position, or a time of arrival such as {options.EXAMPLE}; "
                    "default: NOW, with --once START",
                    zh=f"START(从保留的开头)、NOW、日志位置,或到达时间,如 {options.EXAMPLE};"
                    "默认 NOW,使用 --once 时为 START",
                ),
            ),
            Option(
                ["--count"],
                type=click.IntRange(1),
                metavar="N",
                help=say(en="end after so many lines", zh="输出这么多行后结束"),
            ),
            Option(
                ["--once"],
                is_flag=True,
                help=say(en="end at the end, instead of waiting for more", zh="到末尾即结束,不再等待"),
            ),
            options.rules_of_engine(),
        ],
        short_help=say(en="follow what an engine writes", zh="跟随引擎写出的内容"),
        help=say(
            en="Follow a topic of an engine while it runs, or read what it left: lines of JSON as the log has them; "
            "at a terminal lines for people, alerts with the titles of rules. Ctrl-C ends it.",
            zh="跟随正在运行的引擎的一个主题,或读取它留下的内容。输出日志中的 JSON 行;在终端上输出便于阅读的行,"
            "告警带规则标题。按 Ctrl-C 结束。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _tail(
    topic: str, data: Path | None, begin: From | None, count: int | None, once: bool, rules: Sequence[Path]
) -> int:
    from citynerve.located import located
    from citynerve.topics import topic as topic_of
    from streams.log.follow import follow
    from streams.log.reader import LogReader

    found = located(data)
    wanted = topic_of(found.data, topic)
    write = _for_people(found, rules) if sys.stdout.isatty() else _as_json
    log = LogReader(wanted.folder)
    position = _position(log, begin or ("START" if once else "NOW", 0))
    told = 0
    try:
        for frame in follow(log, position, lambda: _wait(once), _gone):
            if frame is None:
                sys.stdout.flush()
                told = _tell_damage(log, told)
                continue
            for line in wanted.lines(frame, position):
                write(wanted, frame, line)
                if count is not None and not (count := count - 1):
                    return OK
            position = frame.end
    except KeyboardInterrupt:  # how one leaves what goes on for ever
        if once:
            raise
    return OK


def _position(log: "LogReader", begin: From) -> int:
    match begin:
        case ("START", _):
            return log.begin
        case ("NOW", _):
            return log.end
        case ("time", received):
            return log.seek(received)
        case (_, position):
            return position


def _wait(once: bool) -> bool:
    if not once:
        time.sleep(EVERY_S)
    return not once


def _gone(since: int, until: int) -> None:
    click.echo(
        say(
            en=f"positions {since:,} to {until:,} are no longer kept",
            zh=f"位置 {since:,} 至 {until:,} 已不再保留",
        ),
        err=True,
    )


def _tell_damage(log: "LogReader", told: int) -> int:
    """Tell of stretches that cannot be read, each once; return how many there are."""
    for each in log.damage[told:]:
        click.echo(
            say(
                en=f"warning: {each.segment}: positions {each.since:,} to {each.until:,} are damaged",
                zh=f"警告: {each.segment}: 位置 {each.since:,} 至 {each.until:,} 已损坏",
            ),
            err=True,
        )
    return len(log.damage)


def _as_json(_topic: "Topic", _frame: "Frame", line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")


def _for_people(found: "Located", rules: Sequence[Path]) -> "Callable[[Topic, Frame, bytes], None]":
    """Return what shows lines at a terminal; the rules know the city's time zone, and titles."""
    from citynerve import warm

    warm.ensure()
    from rich.console import Console

    from citynerve.in_force import rules_of
    from citynerve.topic_lines import TopicLines

    lines, console = TopicLines(rules_of(found, rules).plan), Console()
    return lambda topic, frame, line: console.print(lines.line(topic, frame, line), soft_wrap=True)
