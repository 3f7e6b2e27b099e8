"""`citynerve rules publish [PATH...] --reason TEXT`: have a running engine go by other rules, state and all."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say

if TYPE_CHECKING:
    from rules.edits import Edits

TIMEOUT_S = 600


def command() -> click.Command:
    """Build the command."""
    return Command(
        "publish",
        callback=_publish,
        params=[
            Argument(
                ["paths"],
                nargs=-1,
                type=options.FilePath(),
                metavar="[PATH...]",
                help=say(
                    en="rule files or folders, which take the place of all rules in force; default: those of the "
                    "engine's configuration",
                    zh="规则文件或目录,整体替换生效的规则;默认取引擎配置中的规则",
                ),
            ),
            *published(),
        ],
        short_help=say(en="publish rules in a running engine", zh="在运行中的引擎里发布规则"),
        help=say(
            en="Have a running engine go by other rules. First the difference to what is in force is shown, each edit "
            "with its class, and it is asked. The engine checks the rules again, writes down who publishes what and "
            "why, and says from which instant of event time on they are in force. What is wrong is refused whole.",
            zh="让运行中的引擎改用另一套规则。先显示与生效规则的差异及每处变化的类别,再请求确认。引擎重新检查规则,"
            "记录由谁、为何发布了什么,并给出从哪个事件时间起生效。有错误则整体不采用。",
        ),
        epilog=say(**EXIT_CODES),
    )


def published() -> list[click.Parameter]:
    """Return the options of all commands that publish."""
    return [
        Option(
            ["--reason"],
            required=True,
            metavar="TEXT",
            help=say(en="why, for those who read the history", zh="变更原因,写入历史"),
        ),
        Option(
            ["--author"],
            metavar="NAME",
            help=say(en="who publishes; default: the user", zh="发布人,默认为当前用户"),
        ),
        Option(["--yes"], is_flag=True, help=say(en="publish without asking", zh="不再询问,直接发布")),
        Option(
            ["--timeout"],
            type=click.IntRange(1),
            default=TIMEOUT_S,
            show_default=True,
            metavar="S",
            help=say(en="seconds to wait for the engine", zh="等待引擎的秒数"),
        ),
        options.data(),
    ]


def _publish(paths: Sequence[Path], reason: str, author: str | None, yes: bool, timeout: int, data: Path | None) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import config, controlled, engine, proposing
    from citynerve.located import located
    from events.place import Problems
    from events.schema import Schemas
    from rules import errors
    from rules.check import LIBRARY, checked
    from rules.edits import edits
    from streams.control.proposal import Proposal

    place, schemas = located(data), Schemas.load()
    if not paths and place.settings is None:
        raise Failure(
            say(
                en="which rules? name files or folders, or the engine by its citynerve.yaml with --data",
                zh="要发布哪些规则?请给出文件或目录,或用 --data 给出引擎的 citynerve.yaml",
            )
        )
    history = controlled.history(place.data, schemas)
    now = controlled.current(history)
    try:
        given = rule_files.read(paths or place.rules or [LIBRARY])
        ruleset = checked(given, schemas, config.city())
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return FOUND
    engine.tell(ruleset.problems)
    found = edits(history.ruleset(now), ruleset)
    show(found)
    if found.is_same:
        return OK
    proposing.confirmed(yes)
    proposal = Proposal("publish", author or proposing.user(), reason, base=now.ruleset, files=dict(ruleset.sources))
    return proposing.propose(place.data, proposal, ruleset.plan, timeout)


def show(found: "Edits") -> None:
    """Print edits, and what nobody can know beforehand of those that judge state anew."""
    from citynerve import edit_lines

    for line in edit_lines.lines(found):
        click.echo(line)
    judged = sum(edit.kind == "judgement" for edit in found.edits)
    if judged:
        click.echo(
            say(
                en=f"judgement: {judged} rule{'s' * (judged != 1)} judge{'s' * (judged == 1)} what is remembered anew "
                "when it takes effect, and may raise or end alerts at once; how many is not counted beforehand",
                zh=f"判定变化:{judged} 条规则在生效时按新条件重新判定已有状态,可能立即产生或结束告警;数量无法预先给出",
            )
        )
