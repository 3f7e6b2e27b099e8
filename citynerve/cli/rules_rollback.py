"""`citynerve rules rollback [VERSION|-1] --reason TEXT`: back to what was in force before."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import NoSuchOption

from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, Failure
from citynerve.cli.rules_publish import published, show
from citynerve.text import say

if TYPE_CHECKING:
    from rules.plan import Plan
    from streams.control.entry import Entry

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
    click.echo(_goes_to(wanted, now, history.ruleset(now).plan))
    if version == BEFORE and now.kind == "rollback":
        click.echo(
            say(
                en="the last change was a rollback itself, and this undoes it; to go further back name a version of "
                "`citynerve rules history`",
                zh="上一次变更本身就是退回,此次会撤销它;要退到更早,请写 citynerve rules history 中的版本号",
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


def _goes_to(wanted: "Entry", now: "Entry", plan: "Plan") -> str:
    """Return which publishing is brought back, and which one is in force."""
    from citynerve.published_lines import kind_word, reason_words
    from rules import message

    there, here = (
        f"#{each.entry} {message.time(each.time, plan)} {kind_word(each.kind)} {reason_words(each.reason)}".rstrip()
        for each in (wanted, now)
    )
    return say(
        en=f"back to {there}\n  ruleset {wanted.ruleset}, edition {wanted.edition}\nin force is {here}\n"
        f"  ruleset {now.ruleset}, edition {now.edition}",
        zh=f"退回到 {there}\n  规则集 {wanted.ruleset},版本 {wanted.edition}\n现在生效 {here}\n"
        f"  规则集 {now.ruleset},版本 {now.edition}",
    )
