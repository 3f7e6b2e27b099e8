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
    from citynerve.again import Again
    from citynerve.in_force import Then
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
        params=_params(),
        short_help=say(
            en="say how a rule runs, why an alert fired, why an event did not",
            zh="说明规则如何运行、告警为何触发或未触发",
        ),
        help=say(
            en="Say how a rule runs: what it reads, when it is judged, what it keeps of each key and what that costs. "
            "With --event: why that event did not make it fire. For an alert's id: why it fired; with --log by the "
            "rules and sets that were in force then, unless --rules names others. The events are read again; "
            "identifiers are shown as the events have them.",
            zh="说明规则如何运行:读取什么、何时判定、每个主键保存多少状态、开销多大。给出 --event 时:该事件为何没有使"
            "规则触发。给出告警 id 时:它为何触发;与 --log 同用时按当时生效的规则和参考集,除非用 --rules 另行指定。"
            "会重新读取事件;标识按事件原样显示。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _params() -> list[click.Parameter]:
    return [
        Argument(
            ["what"],
            metavar="RULE|ALERT",
            help=say(en="name of a rule, or id of an alert", zh="规则名,或告警 id"),
        ),
        options.rules(),
        Option(
            ["--events"],
            multiple=True,
            metavar="FILE",
            help=say(
                en="NDJSON file, may be given several times; each is a feed",
                zh="NDJSON 文件,可重复给出;每个是一个数据源",
            ),
        ),
        *options.log(),
        Option(
            ["--event"],
            metavar="ID",
            help=say(en="id of the event that did not make the rule fire", zh="没有使规则触发的事件 id"),
        ),
        Option(
            ["--reference"],
            type=options.FilePath(),
            metavar="DIR",
            help=say(en="folder with the reference sets", zh="参考集目录"),
        ),
        Option(
            ["--mapping"],
            metavar="FILE",
            help=say(
                en="mapping that turns a foreign feed into events: a file, or the name of a shipped one",
                zh="把外部数据转换为事件的映射:文件,或自带映射的名称",
            ),
        ),
        Option(
            ["--until"],
            type=options.Instant(),
            metavar="TIME",
            help=say(
                en="go on to this instant after the last event, as the run did; "
                f"{options.EXAMPLE}, or epoch milliseconds",
                zh=f"最后一个事件之后继续推进到该时刻(与原运行一致);写成 {options.EXAMPLE} 或毫秒时间戳",
            ),
        ),
        options.schemas(),
        Option(
            ["--format"],
            type=click.Choice(FORMATS),
            default=FORMATS[0],
            show_default=True,
            help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
        ),
        options.progress(),
    ]


def _explain(
    what: str,
    rules: Sequence[Path],
    events: Sequence[str],
    log: Path | None,
    since: int | None,
    to: int | None,
    event: str | None,
    reference: Path | None,
    mapping: str | None,
    until: int | None,
    schemas: Sequence[Path],
    format: str,
    progress: bool,
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve import engine
    from citynerve.in_force import rules_of, when_raised
    from citynerve.located import located
    from events.place import Problems
    from rules import errors

    is_alert = ALERT.fullmatch(what) is not None
    if is_alert and event is not None:
        raise click.UsageError(
            say(
                en="--event goes with the name of a rule, not of an alert",
                zh="--event 须与规则名同用,不能与告警 id 同用",
            )
        )
    if is_alert and "-" in events:
        raise click.UsageError(
            say(en="files are read twice; standard input cannot be", zh="文件要读两遍,不能用标准输入")
        )
    try:
        then = when_raised(located(log), what, schemas) if is_alert and log and not rules else None
        if then is not None:
            _tell_then(then, has_sets=then.ruleset is not None or reference is not None)
            ruleset = then.checked
        else:
            ruleset = rules_of(located(log), rules, schemas) if log else engine.load_rules(rules, schemas)
        if not is_alert and event is None:
            return _rule(ruleset, what, reference, format)
        from citynerve import wiring
        from citynerve.again import Again
        from citynerve.cli.past import recorded

        mapped = wiring.load_mapping(mapping, ruleset.plan) if mapping else None
        past, found = recorded(events, log, since, to, mapped, until)
        joined = then.ruleset if then is not None and reference is None else None
        joined = joined or engine.Ruleset.joined(ruleset, reference or found, force_empty=True)
        again = Again(joined, ruleset, past)
        return _alert(again, what, format, progress) if is_alert else _event(again, what, event or "", format, progress)
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return FOUND


def _tell_then(then: "Then", *, has_sets: bool) -> None:
    """Say that an alert is explained by other rules or sets than those of now, and where sets are those of now."""
    from rules import message

    entry = then.entry
    if not then.is_now:
        when = message.time(entry.time, then.checked.plan)
        click.echo(
            say(
                en=f"by what was in force when it was raised: ruleset {entry.ruleset}, edition {entry.edition}, "
                f"published {when}; other rules or sets are in force now",
                zh=f"按告警产生时生效的内容说明:规则集 {entry.ruleset},版本 {entry.edition},发布于 {when};"
                "现在生效的规则或参考集已不同",
            ),
            err=True,
        )
    if not has_sets:
        click.echo(
            say(
                en="the reference sets of then are no longer kept; this goes by those of now, name others with "
                "--reference",
                zh="当时的参考集已不再保留,此处用现在的;可用 --reference 指定",
            ),
            err=True,
        )


def _event(again: "Again", name: str, event: str, format: str, progress: bool) -> int:
    from citynerve.explained import event as words
    from streams.explain.event import Explainer

    checked, rule = named(again.checked, name)
    with again.memory(checked, rule, [event], progress) as (memory, run):
        explainer = Explainer(memory, event)
        for _ in run:
            explainer.follow()
        story = explainer.story()
    if format == "json":
        _tell(words.told(story, rule, again.plan))
    else:
        for line in words.lines(story, rule, again.plan, again.checked.sources):
            click.echo(harmless(line))
    return FOUND if story.seen is None else OK


def _alert(again: "Again", name: str, format: str, progress: bool) -> int:
    from citynerve.explained import alert as words
    from citynerve.text import current
    from streams.explain.alert import AlertExplainer

    found = again.find(name, progress)
    if found is None:
        raise Failure(
            say(
                en=f"these rules raise no alert {name} of these events; a ruleset, --reference, --until or key of the "
                "city other than those of the run names alerts otherwise",
                zh=f"用这些规则和事件没有产生告警 {name};规则集、--reference、--until 或城市密钥与原运行不同时,"
                "告警 id 也不同",
            )
        )
    checked, rule = named(again.checked, found.rule)
    with again.memory(checked, rule, found.evidence, progress) as (memory, run):
        explainer = AlertExplainer(memory, found)
        for raised in run:
            explainer.follow(raised)
        story = explainer.story()
    if format == "json":
        _tell(words.told(story, rule))
    else:
        message = again.ruleset.lines.message(found, current())
        for line in words.lines(story, rule, again.plan, message):
            click.echo(harmless(line))
    return OK


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


def harmless(line: str) -> str:
    """Return a line without what a terminal obeys: texts of events stand in it."""
    from rules.excerpt import harmless as plain

    return plain(line)


def _tell(document: object) -> None:
    import orjson

    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
