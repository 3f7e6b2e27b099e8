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
    from citynerve.located import Located
    from citynerve.rehearsing import Wanted
    from rules.edits import Edits
    from streams.control.history import History

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
            "with its class, and how many alerts begin and end at once; then it is asked. The engine checks the rules "
            "again, writes down who publishes what and why, and says "
            "from which instant of event time on they are in force. What is wrong is refused whole.",
            zh="让运行中的引擎改用另一套规则。先显示与生效规则的差异、每处变化的类别,以及会立即产生和结束多少告警,"
            "再请求确认。引擎重新检查规则,记录由谁、为何发布了什么,并给出从哪个事件时间起生效。有错误则整体不采用。",
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
            ["--preview/--no-preview"],
            default=True,
            help=say(
                en="say first how many alerts begin and end at once; it reads the log that new rules are filled from, "
                "48 hours at most",
                zh="先给出会立即产生和结束多少告警;为此要读取填充新规则状态所需的日志,最多 48 小时",
            ),
        ),
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


def _publish(
    paths: Sequence[Path],
    reason: str,
    author: str | None,
    yes: bool,
    preview: bool,
    timeout: int,
    data: Path | None,
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import config, controlled, engine, proposing
    from citynerve.located import located
    from citynerve.rehearsing import Wanted
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
    show(found, place, history, Wanted(ruleset), preview=preview)
    if found.is_same:
        return OK
    proposing.confirmed(yes)
    proposal = Proposal("publish", author or proposing.user(), reason, base=now.ruleset, files=dict(ruleset.sources))
    return proposing.propose(place.data, proposal, ruleset.plan, timeout)


def show(found: "Edits", place: "Located", history: "History", wanted: "Wanted", *, preview: bool) -> None:
    """Print edits, and what they would do at once."""
    from citynerve import edit_lines, rehearsing

    for line in edit_lines.lines(found):
        click.echo(line)
    if preview and (rehearsing.is_needed(found) or wanted.sets is not None):
        rehearsing.show(place, history, wanted, found)
