"""`citynerve inspect key RULE|KIND KEY`: what the newest snapshot of an engine remembers of a key."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, OK, Failure
from citynerve.cli.inspect import format as format_option
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from citynerve.restored import Restored
    from rules.plan import Plan, RulePlan
    from streams.explain.remembered import Remembered

SHOWN = 5  # events that are shown of each rule, the last ones; a document has all
WORDS = {
    "last_seen": ("last seen", "最近出现"),
    "awaited_since": ("never seen, awaited since", "从未出现,等待始于"),
    "true_since": ("true since", "条件成立始于"),
    "open_since": ("alert open since", "告警持续始于"),
    "gap_until": ("no new alert until", "在此之前不再告警"),
    "fired": ("last fired", "最近触发"),
    "waits_until": ("waits until", "等待至"),
    "last": ("last event", "最近事件"),
    "usual_since": ("baseline since", "基线始于"),
}


def command() -> click.Command:
    """Build the command."""
    return Command(
        "key",
        callback=_key,
        params=[
            Argument(
                ["what"],
                metavar="RULE|KIND",
                help=say(
                    en="a rule, or a kind of events: all rules that take it",
                    zh="规则名,或事件类型(取用它的所有规则)",
                ),
            ),
            Argument(
                ["key"],
                nargs=-1,
                metavar="[KEY]...",
                help=say(
                    en="the key, a field after the other as the rule has them; none for a rule without key",
                    zh="主键的值,按规则的主键字段顺序;没有主键的规则不写",
                ),
            ),
            options.data(),
            options.rules_of_engine(),
            options.reference(),
            format_option(),
        ],
        short_help=say(en="what is remembered of a key", zh="某个主键记住了什么"),
        help=say(
            en="Tell what the newest snapshot of an engine remembers of a key for each rule: last sights, open alerts, "
            "counts, what a sequence waits for, and the events behind it. Identifiers are shown as events have them.",
            zh="说明引擎最新快照中每条规则对某个主键的记忆:最近出现、持续中的告警、计数、序列在等待什么,以及相关事件。"
            "标识按事件原样显示。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _key(
    what: str, key: Sequence[str], data: Path | None, rules: Sequence[Path], reference: Path | None, format: str
) -> int:
    from citynerve import warm

    warm.ensure()
    from citynerve.located import located
    from citynerve.restored import Restored

    restored = Restored(located(data), rules, reference)
    named = _named(restored.ruleset.plan, what)
    wanted = [rule for rule in named if len(rule.key_fields) == len(key)]
    others = [rule for rule in named if len(rule.key_fields) != len(key)]
    if not wanted:
        fields = dict.fromkeys(", ".join(rule.key_fields) or "–" for rule in named)
        raise Failure(
            say(
                en=f"the key of {what} is ({'), ('.join(fields)}): name each of its fields",
                zh=f"{what} 的主键是 ({'), ('.join(fields)}),请逐个给出",
            )
        )
    found = [(rule, _of(restored, rule, key)) for rule in wanted]
    if format == "json":
        import orjson

        rows = [_document(restored, rule, each) for rule, each in found]
        document = {
            "key": list(key),
            "positions": restored.positions,
            "damaged": restored.damaged,
            "rules": rows,
            "other_keys": {rule.rule: list(rule.key_fields) for rule in others},
        }
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
    else:
        _show(restored, found)
        for line in _besides(restored, others):
            click.echo(line, err=True)
    return OK


def _besides(restored: "Restored", others: "Sequence[RulePlan]") -> Iterator[str]:
    """Yield what the table does not show: newer snapshots that are damaged, rules of another key."""
    for each in restored.damaged:
        yield say(
            en=f"a newer snapshot is damaged, this is of the one before: {each}; look at the disk",
            zh=f"更新的快照已损坏,以上为前一个的内容: {each};请检查磁盘",
        )
    if others:
        named = "; ".join(f"{rule.rule} ({', '.join(rule.key_fields) or '–'})" for rule in others)
        yield say(en=f"not shown, of another key: {named}", zh=f"主键不同,未列出: {named}")


def _named(plan: "Plan", what: str) -> "list[RulePlan]":
    """Return the rule of a name, or the rules that take a kind."""
    from rules.errors import nearest

    if what in plan.schemas.kinds:
        code = plan.schemas.code(what)
        return [rule for rule in plan.rules if code in rule.kinds]
    if found := [rule for rule in plan.rules if rule.rule == what]:
        return found
    near = nearest(what, [*plan.schemas.kinds, *(rule.rule for rule in plan.rules)])
    raise Failure(
        say(
            en=f"there is no rule and no kind `{what}`{f'; did you mean `{near}`?' if near else ''}",
            zh=f"没有规则或事件类型 {what}{f',是否想写 {near}?' if near else ''}",
        )
    )


def _of(restored: "Restored", rule: "RulePlan", key: Sequence[str]) -> "Remembered | None":
    from citynerve import config
    from streams.explain.remembered import remembered, token_of

    token = token_of(restored.ruleset.plan, config.city(), rule, key)
    if token is None:
        return None
    return next((found for shard in restored.shards if (found := remembered(shard, rule, token))), None)


def _show(restored: "Restored", found: "Sequence[tuple[RulePlan, Remembered | None]]") -> None:
    from citynerve.tables import show

    head = (
        ("rule", "规则"),
        ("seen up to", "已判断至"),
        ("remembers", "记忆"),
        ("events, the last ones behind", "事件(最近的在后)"),
    )
    rows = [
        [
            rule.rule,
            _time(restored, each.reached) if each else "–",
            "; ".join(_facts(restored, rule, each)),
            " ".join(id for id, _ in _events(restored, each)[-SHOWN:]) if each else "",
        ]
        for rule, each in found
    ]
    show("", head, rows)


def _facts(restored: "Restored", rule: "RulePlan", found: "Remembered | None") -> Iterator[str]:
    from citynerve.alert_words import severity_word

    if found is None or not found.is_held:
        yield (
            say(en="nothing: it fires at once", zh="无:即时触发")
            if not rule.ordered
            else say(en="nothing of this key", zh="没有该主键")
        )
        return
    for name, time in found.instants.items():
        en, zh = WORDS[name]
        yield f"{say(en=en, zh=zh)} {_time(restored, time)}"
    if found.count is not None:
        yield say(en=f"{many(found.count, 'event')} in its window", zh=f"窗口内 {found.count} 个事件")
    if found.chains is not None:
        yield say(en=f"{many(found.chains, 'step')} begun", zh=f"已开始 {found.chains} 步")
    if found.severity is not None:
        yield say(en=f"severity {severity_word(found.severity)}", zh=f"级别 {severity_word(found.severity)}")


def _time(restored: "Restored", instant: int) -> str:
    from rules import message
    from streams.time.watermark import BEGINNING

    return message.time(instant, restored.ruleset.plan) if instant > BEGINNING else "–"


def _events(restored: "Restored", found: "Remembered") -> list[tuple[str, int]]:
    """Return ids and log positions of the events behind what is remembered; what a terminal obeys is left out."""
    from rules.excerpt import harmless

    return [(harmless(restored.id_at(position)), position) for position in found.positions]


def _document(restored: "Restored", rule: "RulePlan", found: "Remembered | None") -> dict[str, Any]:
    told: dict[str, Any] = {"rule": rule.rule, "key": list(rule.key_fields), "held": bool(found and found.is_held)}
    if found is not None:
        told |= {
            "reached": found.reached,
            **{str(name): time for name, time in found.instants.items()},
            "count": found.count,
            "severity": found.severity,
            "chains": found.chains,
            "events": [{"id": id, "position": position} for id, position in _events(restored, found)],
        }
    return told
