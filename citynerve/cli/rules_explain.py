"""`citynerve rules explain WHAT`: how a rule runs, why an alert fired, why an event did not make a rule fire."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say

if TYPE_CHECKING:
    from rules.check import Ruleset
    from rules.checked import CheckedRule
    from rules.plan import RulePlan

FORMATS = ("text", "json")
ALERT = re.compile(r"[0-9a-f]{32}(\.[0-9]{1,9})?")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "explain",
        callback=_explain,
        params=[
            Argument(
                ["what"],
                metavar="RULE",
                help=say(en="name of a rule", zh="规则名"),
            ),
            options.rules(),
            Option(
                ["--reference"],
                type=options.FilePath(),
                metavar="DIR",
                help=say(en="folder with the reference sets", zh="参考集目录"),
            ),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
        ],
        short_help=say(en="say how a rule runs", zh="说明规则如何运行"),
        help=say(
            en="Say how a rule runs: what it reads, when it is judged, what it keeps of each key and what that costs.",
            zh="说明规则如何运行:读取什么、何时判定、每个主键保存多少状态、开销多大。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _explain(what: str, rules: Sequence[Path], reference: Path | None, schemas: Sequence[Path], format: str) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import engine
    from events.place import Problems
    from rules import errors

    try:
        ruleset = engine.load_rules(rules, schemas)
        return _rule(ruleset, what, reference, format)
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return FOUND


def _rule(ruleset: "Ruleset", name: str, reference: Path | None, format: str) -> int:
    from citynerve import config
    from citynerve.explained import rule as words
    from rules.explain import facts
    from streams.control.references import References
    from streams.explain.footprint import footprint

    checked, plan = named(ruleset, name)
    if reference is None:
        references = References.of(ruleset.plan, {}, config.city())
    else:
        references, _ = References.load(ruleset.plan, reference, config.city(), force_empty=True)
    found = facts(ruleset, checked, plan)
    taken = footprint(plan, ruleset.plan, references.surroundings)
    if format == "json":
        _tell(words.document(found, taken))
    else:
        for line in words.lines(found, taken):
            click.echo(line)
    return OK


def named(ruleset: "Ruleset", name: str) -> "tuple[CheckedRule, RulePlan]":
    """Return a rule by its name, as it was checked and as it runs."""
    from rules.errors import nearest

    checked = {rule.rule.name.text: rule for rule in ruleset.rules}
    if name not in checked:
        near = nearest(name, checked)
        raise Failure(
            say(
                en=f"there is no rule `{name}`{f'; did you mean `{near}`?' if near else ''}",
                zh=f"没有规则 {name}{f',是否想写 {near}?' if near else ''}",
            )
        )
    plan = next((rule for rule in ruleset.plan.rules if rule.rule == name), None)
    if plan is None:
        raise Failure(
            say(en=f"rule `{name}` is disabled: it does not run", zh=f"规则 {name} 已停用(disabled),不会运行")
        )
    return checked[name], plan


def _tell(document: object) -> None:
    import orjson

    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
