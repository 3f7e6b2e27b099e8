"""`citynerve rules rollback [VERSION|-1] --reason TEXT`: back to what was in force before."""

from pathlib import Path

import click
from click.exceptions import NoSuchOption

from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, Failure
from citynerve.cli.rules_publish import published, show
from citynerve.text import say

BEFORE = "-1"


def command() -> click.Command:
    """Build the command."""
    return Command(
        "rollback",
        callback=_rollback,
        params=[
            Argument(
                ["version"],
                required=False,
                default=BEFORE,
                metavar="[VERSION]",
                help=say(
                    en="version of a ruleset or an edition, or how it begins, as `rules history` shows them; "
                    "default: -1, what was in force before the last change",
                    zh="规则集或版本号(可只写开头),见 rules history;默认 -1,即上一次变更之前",
                ),
            ),
            *published(),
        ],
        context_settings={"ignore_unknown_options": True},  # -1 is no option
        short_help=say(en="go back to earlier rules", zh="退回之前的规则"),
        help=say(
            en="Publish once more what was in force earlier. -1 undoes the last change, of rules or of sets; a version "
            "brings back its rules, which go by the sets of now. The rules folder stays as it is: its next change is "
            "published over this.",
            zh="重新发布之前的内容。-1 撤销上一次变更(规则或参考集);给出版本号则恢复该版本的规则,参考集仍用现在的。"
            "规则目录不会被改动,它下一次变化时会覆盖此次发布。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _rollback(
    version: str, reason: str, author: str | None, yes: bool, preview: bool, timeout: int, data: Path | None
) -> int:
    if version.startswith("-") and version != BEFORE:
        raise NoSuchOption(version, ctx=click.get_current_context())
    from citynerve import warm

    warm.ensure()
    from citynerve import controlled, proposing
    from citynerve.located import located
    from citynerve.rehearsing import Wanted
    from events.schema import Schemas
    from rules.edits import edits
    from streams.control.proposal import Proposal

    place = located(data)
    history = controlled.history(place.data, Schemas.load())
    now = controlled.current(history)
    wanted = history.previous if version == BEFORE else history.find(version)
    if wanted is None:
        raise Failure(
            say(
                en=f"nothing of version {version} was published here; see `citynerve rules history`",
                zh=f"没有发布过版本 {version};见 citynerve rules history",
            )
        )
    ruleset = history.ruleset(wanted)
    sets = wanted.references if version == BEFORE else {**wanted.references, **now.references}
    show(edits(history.ruleset(now), ruleset), place, history, Wanted(ruleset, sets), preview=preview)
    if version == BEFORE and wanted.references != now.references:
        changed = ", ".join(
            name
            for name in sorted({*wanted.references, *now.references})
            if wanted.references.get(name) != now.references.get(name)
        )
        click.echo(say(en=f"sets as they were: {changed}", zh=f"恢复参考集: {changed}"))
    proposing.confirmed(yes)
    proposal = Proposal("rollback", author or proposing.user(), reason, base=now.ruleset, version=version)
    return proposing.propose(place.data, proposal, ruleset.plan, timeout)
