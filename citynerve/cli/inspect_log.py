"""`citynerve inspect log [TOPIC]`: segments of logs, what is damaged in them, and how long they are kept."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.cli.inspect import format as format_option
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from citynerve.city_clock import CityClock
    from citynerve.located import Located
    from streams.log.survey import Segment

HEAD = (
    ("segment", "日志文件"),
    ("log positions", "日志位置"),
    ("frames", "帧数"),
    ("received from", "最早到达"),
    ("until", "最晚到达"),
    ("size", "大小"),
    ("of text", "文本大小"),
    ("index", "索引"),
    ("state", "状态"),
)


def command() -> click.Command:
    """Build the command."""
    return Command(
        "log",
        callback=_log,
        params=[
            Argument(
                ["topics"],
                nargs=-1,
                metavar="[TOPIC]...",
                help=say(
                    en="as `citynerve tail` names them; all where none is named",
                    zh="名称与 `citynerve tail` 相同,不写则全部",
                ),
            ),
            options.data(),
            format_option(),
        ],
        short_help=say(en="segments of logs, and what is damaged", zh="日志文件及其损坏情况"),
        help=say(
            en="Read logs as a whole and tell of each segment: log positions, frames, times of arrival, sizes, damage, "
            "and how long it is kept. The exit code is 1 where something is damaged.",
            zh="通读日志,并列出每个文件的日志位置、帧数、到达时间、大小、损坏情况和保留时间。有损坏时退出码为 1。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _log(topics: Sequence[str], data: Path | None, format: str) -> int:
    from citynerve.located import located
    from citynerve.topics import topic, topics_of_logs
    from streams.log.survey import survey

    found = located(data)
    named = [topic(found.data, name) for name in topics or topics_of_logs(found.data)]
    logs = {each.name: survey(each.folder) for each in named}
    if format == "json":
        import orjson

        click.echo(orjson.dumps(_document(found, logs), option=orjson.OPT_INDENT_2).decode())
    else:
        from citynerve.city_clock import CityClock

        clock = CityClock.of(found)
        for name, segments in logs.items():
            _show(name, segments, clock)
        for line in (*_retention(found), *([clock.said()] if sys.stdout.isatty() else [])):
            click.echo(line)
    return FOUND if any(each.damage for segments in logs.values() for each in segments) else OK


def _show(name: str, segments: "Sequence[Segment]", clock: "CityClock") -> None:
    from citynerve.tables import show
    from rules.message import memory

    rows = [
        [
            each.path.name,
            f"{each.since:,} – {each.until:,}",
            f"{each.frames:,}",
            clock(each.first),
            clock(each.last),
            memory(each.size),
            memory(each.until - each.since),
            _index(each.index),
            _state(each),
        ]
        for each in segments
    ]
    if not rows:
        click.echo(say(en=f"{name}: empty", zh=f"{name}:空"))
        return
    size = memory(sum(each.size for each in segments))
    title = say(en=f"{name}: {many(len(rows), 'segment')}, {size}", zh=f"{name}:{len(rows)} 个文件,{size}")
    if sys.stdout.isatty():  # the title has the name
        show(title, HEAD, rows, right=(2, 5, 6))
    else:
        show(title, (("topic", "主题"), *HEAD), [[name, *row] for row in rows])


def _index(word: str) -> str:
    return say(en=word, zh={"sound": "完好", "damaged": "损坏", "none": "无"}[word])


def _state(segment: "Segment") -> str:
    told = [
        say(
            en=f"damaged: {each.since:,} – {each.until:,}, byte {each.at:,}",
            zh=f"损坏: {each.since:,} – {each.until:,},第 {each.at:,} 字节",
        )
        for each in segment.damage
    ]
    if segment.torn:
        told.append(
            say(
                en=f"{many(segment.torn, 'byte')} not acknowledged at the end",
                zh=f"末尾有 {segment.torn:,} 字节未被确认",
            )
        )
    return "; ".join(told) or say(en="sound", zh="完好")


def _needed(found: "Located") -> int:
    """Return the position from which on the event log is needed: of the oldest snapshot that is kept."""
    from streams.embedded.folder import SNAPSHOTS
    from streams.snapshot.store import kept

    return min((position for _, position, _ in kept(found.data / SNAPSHOTS)), default=0)


def _retention(found: "Located") -> Iterator[str]:
    from rules.message import duration, memory

    needed = _needed(found)
    yield say(
        en=f"events are needed from log position {needed:,} on, where the oldest snapshot stands",
        zh=f"从日志位置 {needed:,}(最旧的快照处)起的事件不可删除",
    )
    if found.settings is not None:
        retention = found.settings.retention
        size = memory(retention.keep_bytes)
        yield say(
            en=f"what is not needed goes after {duration(retention.keep_ms, 'en')}, or beyond {size} of text a log",
            zh=f"其余在 {duration(retention.keep_ms, 'zh')}后,或每个日志文本超过 {size} 时删除",
        )


def _document(found: "Located", logs: "dict[str, list[Segment]]") -> dict[str, Any]:
    retention = found.settings and found.settings.retention
    return {
        "data": str(found.data),
        "needed_from": _needed(found),
        "keep_ms": retention and retention.keep_ms,
        "keep_bytes": retention and retention.keep_bytes,
        "logs": {name: [_told(each) for each in segments] for name, segments in logs.items()},
    }


def _told(segment: "Segment") -> dict[str, Any]:
    return {
        "segment": segment.path.name,
        "since": segment.since,
        "until": segment.until,
        "frames": segment.frames,
        "controls": segment.controls,
        "packed": segment.packed,
        "size": segment.size,
        "received_first": segment.first,
        "received_last": segment.last,
        "index": segment.index,
        "torn": segment.torn,
        "damage": [{"at": each.at, "since": each.since, "until": each.until} for each in segment.damage],
    }
