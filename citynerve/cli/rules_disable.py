"""`citynerve rules disable RULE --reason TEXT`: switch one rule off in a running engine."""

from pathlib import Path

import click

from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, OK, Failure
from citynerve.cli.rules_publish import published, show
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "disable",
        callback=_disable,
        params=[
            Argument(["rule"], metavar="RULE", help=say(en="its name", zh="规则名")),
            *published(),
        ],
        short_help=say(en="switch one rule off at once", zh="立即停用一条规则"),
        help=say(
            en="Publish the rules in force with `mode: disabled` in one of them: nobody hears of it from then on, and "
            "its open alerts end when the change takes effect. The file in the rules folder stays as it is: write the "
            "mode there too, else its next change brings the rule back.",
            zh="在生效的规则中给一条写上 mode: disabled 并发布:此后不再派发它的新告警,未结束的告警在变更生效时结束。"
            "规则目录中的文件不会被改动,请在那里也写上,否则目录下次变化时该规则会恢复。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _disable(
    rule: str, reason: str, author: str | None, yes: bool, preview: bool, timeout: int, data: Path | None
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import config, controlled, proposing
    from citynerve.located import located
    from citynerve.rehearsing import Wanted
    from events.schema import Schemas
    from rules.check import loads
    from rules.disabling import disabled
    from rules.edits import edits
    from rules.errors import nearest
    from streams.control.proposal import Proposal

    place, schemas = located(data), Schemas.load()
    history = controlled.history(place.data, schemas)
    now = controlled.current(history)
    ruleset = history.ruleset(now)
    texts = disabled(ruleset.sources, rule)
    if texts is None:
        near = nearest(rule, [each.rule.name.text for each in ruleset.rules])
        raise Failure(
            say(
                en=f"no rule `{rule}` is in force{f'; did you mean `{near}`?' if near else ''}",
                zh=f"生效的规则中没有 {rule}{f',是否想写 {near}?' if near else ''}",
            )
        )
    wanted = loads(texts, schemas, config.city())
    show(edits(ruleset, wanted), place, history, Wanted(wanted), preview=preview)
    proposing.confirmed(yes)
    proposal = Proposal("disable", author or proposing.user(), reason, rule=rule)  # whatever else has changed
    code = proposing.propose(place.data, proposal, ruleset.plan, timeout)
    if code == OK:
        click.echo(say(en=f"nobody hears of `{rule}` any more", zh=f"不再派发 {rule} 的新告警"))
    return code
