"""`citynerve rules history`: what was published in an engine, by whom, when and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import say

if TYPE_CHECKING:
    from streams.control.activation import Pending
    from streams.control.entry import Entry
    from streams.control.history import History

FORMATS = ("text", "json")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "history",
        callback=_history,
        params=[
            Option(
                ["--verify"],
                is_flag=True,
                help=say(en="check that no line was changed or taken out", zh="检查记录是否被改动或删除"),
            ),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
            options.data(),
        ],
        short_help=say(en="what was published, by whom and why", zh="查看发布历史"),
        help=say(
            en="Show what was published in an engine, the newest first: when, by whom, why, which versions, and each "
            "edit with its class. The engine need not run.",
            zh="显示引擎的发布历史,新的在前:时间、发布人、原因、版本、每处变化及类别。引擎不必在运行。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _history(verify: bool, format: str, data: Path | None) -> int:
    from citynerve import controlled
    from citynerve.located import located
    from events.schema import Schemas
    from streams.control.pending import PendingFile
    from streams.disk import Disk

    place = located(data)
    if verify:
        return _verify(place.data, format)
    history = controlled.history(place.data, Schemas.load())
    pending = PendingFile(place.data, Disk()).read()
    if format == "json":
        click.echo(_json(history, pending))
        return OK
    plan = history.ruleset(controlled.current(history)).plan
    blocks = []
    for entry in reversed(history.entries):
        blocks.append("\n".join(_lines(entry, history, pending, plan.timezone)))
    click.echo("\n\n".join(blocks))
    return OK


def _lines(entry: "Entry", history: "History", pending: "Pending | None", timezone: str) -> list[str]:
    from citynerve.published_lines import edit_line, kind_word, reason_words

    mark = say(en="  in force", zh="  生效中") if entry == _in_force(history, pending) else ""
    when = _time(entry.time, timezone)
    first = click.style(f"#{entry.entry}  {when}  {kind_word(entry.kind)}  {entry.author}{mark}", bold=bool(mark))
    lines = [
        first,
        f"  {reason_words(entry.reason)}",
        say(
            en=f"  ruleset {entry.ruleset}  edition {entry.edition}",
            zh=f"  规则集 {entry.ruleset}  版本 {entry.edition}",
        ),
    ]
    outcome = history.outcomes.get(entry.entry)
    if outcome is None:
        lines.append(say(en="  not in force yet", zh="  尚未生效"))
        if pending is not None:
            lines[-1] += say(en=", a change before it waits", zh=",之前的变更仍在等待")
    elif outcome.refused is not None:
        lines.append(click.style(say(en="  refused: ", zh="  未采用: ") + say(**outcome.refused), fg="red"))
    elif outcome.at is not None and outcome.at > 0:
        at = _time(outcome.at, timezone)
        lines.append(say(en=f"  from {at} (event time)", zh=f"  自 {at} 起(事件时间)"))
        if pending is not None and outcome.position == pending.activation.position:
            lines.append(click.style(_waiting(pending, timezone), fg="yellow"))
    return lines + [edit_line(edit) for edit in entry.edits]


def _in_force(history: "History", pending: "Pending | None") -> "Entry | None":
    """Return what is in force: what took effect last, and does not wait for its instant."""
    for entry in reversed(history.entries):
        outcome = history.outcomes.get(entry.entry)
        waits = pending is not None and outcome is not None and outcome.position == pending.activation.position
        if outcome is not None and outcome.refused is None and not waits:
            return entry
    return None


def _waiting(pending: "Pending", timezone: str) -> str:
    """Return since when a change waits for its instant, and for which feeds."""
    since, feeds = _time(pending.activation.received, timezone), ", ".join(pending.feeds)
    return say(en=f"  waits since {since} for {feeds}", zh=f"  自 {since} 起等待数据源 {feeds} 到达该时刻")


def _time(instant_ms: int, timezone: str) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(instant_ms / 1000, ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S")


def _json(history: "History", pending: "Pending | None") -> str:
    import orjson

    told = []
    for entry in reversed(history.entries):
        outcome = history.outcomes.get(entry.entry)
        waits = pending if pending and outcome and outcome.position == pending.activation.position else None
        told.append(
            {
                "entry": entry.entry,
                "time": entry.time,
                "kind": entry.kind,
                "author": entry.author,
                "reason": entry.reason,
                "ruleset": entry.ruleset,
                "edition": entry.edition,
                "in_force": entry == _in_force(history, pending),
                "at": outcome.at if outcome else None,
                "waits": waits and {"since": waits.activation.received, "feeds": list(waits.feeds)},
                "refused": outcome.refused if outcome else None,
                "edits": list(entry.edits),
                "files": sorted(entry.files),
                "references": {name: file.sha256 for name, file in entry.references.items()},
            }
        )
    return orjson.dumps({"history": told}, option=orjson.OPT_INDENT_2).decode()


def _verify(data: Path, format: str) -> int:
    from citynerve import controlled
    from streams.control import entry

    holds, broken = entry.verify(controlled.lines(data))
    if format == "json":
        import orjson

        found = None if broken is None else {"line": broken.line, "why": broken.why}
        click.echo(orjson.dumps({"lines": holds, "broken": found}, option=orjson.OPT_INDENT_2).decode())
    elif broken is None:
        click.echo(say(en=f"{holds} lines, nothing was changed", zh=f"{holds} 行,未发现改动"))
    else:
        why = say(**broken.why)
        click.echo(
            say(
                en=f"line {broken.line}: {why}; {holds} lines before it hold",
                zh=f"第 {broken.line} 行: {why};之前 {holds} 行完好",
            ),
            err=True,
        )
    return OK if broken is None else FOUND
