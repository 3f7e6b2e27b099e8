"""What was published, as people read it: the answer to a change, the edits of a rule set, reasons."""

from collections.abc import Mapping
from typing import Any

from citynerve.alert_words import mode_word
from citynerve.text import say
from events.place import Problem
from events.schema import Text
from rules import errors, message
from rules.plan import Plan
from streams.control.activation import Pending
from streams.control.entry import Kind
from streams.control.proposal import Answer

RULES_FOLDER, REFERENCE_FOLDER = "rules folder", "reference folder"  # reasons of what is published by itself
_REASONS: Mapping[str, Text] = {
    RULES_FOLDER: {"en": RULES_FOLDER, "zh": "规则目录有变化"},
    REFERENCE_FOLDER: {"en": REFERENCE_FOLDER, "zh": "参考集目录有变化"},
}
_KINDS: Mapping[Kind, str] = {
    "start": "启动",
    "publish": "发布",
    "rollback": "退回",
    "disable": "停用",
    "references": "参考集",
}


def told(answer: Answer, by: str, plan: Plan) -> list[str]:
    """Return what came of a change as lines for people, problems first."""
    lines = [errors.format(_worth_telling(answer))] if _worth_telling(answer) else []
    if answer.result == "refused":
        why = f": {say(**answer.why)}" if answer.why else ""
        return [*lines, say(en=f"refused what {by} publishes{why}", zh=f"未采用 {by} 发布的内容{why}")]
    when = message.time(answer.at, plan) if answer.at is not None and answer.at > 0 else ""
    lines.append(
        say(
            en=f"{by} publishes ruleset {answer.ruleset}, edition {answer.edition}"
            + (f": in force from {when}" if when else ""),
            zh=f"{by} 发布规则集 {answer.ruleset},版本 {answer.edition}" + (f",自 {when} 起生效" if when else ""),
        )
    )
    return lines + [edit_line(edit) for edit in answer.edits]


def in_order_again(reason: str, ruleset: str) -> str:
    """Return that a folder that was refused is right again, and says what is in force."""
    sets = reason == REFERENCE_FOLDER
    return say(
        en=f"the {reason} is in order again; what it says is in force: ruleset {ruleset}",
        zh=f"{'参考集' if sets else '规则'}目录已恢复正常,其内容就是生效的内容:规则集 {ruleset}",
    )


def waits(pending: Pending, plan: Plan) -> str:
    """Return that a change waits for its instant, since when, and for which feeds."""
    since, at = message.time(pending.activation.received, plan), message.time(pending.activation.at or 0, plan)
    feeds = ", ".join(pending.feeds) or "–"
    version = pending.activation.version
    return say(
        en=f"edition {version} waits since {since} for feeds to come to {at} (event time): {feeds}",
        zh=f"版本 {version} 自 {since} 起等待数据源到达 {at}(事件时间):{feeds}",
    )


def edit_line(edit: Mapping[str, Any]) -> str:
    """Return one edit of the history as a line: its class, and the mode that a rule goes into."""
    words = {
        "added": say(en="added", zh="新增"),
        "removed": say(en="removed", zh="删除"),
        "cosmetic": say(en="cosmetic", zh="外观"),
        "judgement": say(en="judgement", zh="判定"),
        "selection": say(en="selection", zh="选取"),
    }
    mark = {"added": "+", "removed": "-"}.get(edit["change"], "~")
    mode = f" -> {mode_word(edit['mode'])}" if "mode" in edit else ""
    return f"  {mark} {edit['rule']}  {words[edit.get('class', edit['change'])]}{mode}"


def _worth_telling(answer: Answer) -> list[Problem]:
    """Return what is new: warnings of rules were told when they were checked."""
    return [p for p in answer.problems if p.level == "error" or p.code == "W414"]


def kind_word(kind: Kind) -> str:
    """Return what a kind of publishing is called."""
    return say(en=kind, zh=_KINDS[kind])


def reason_words(reason: str) -> str:
    """Return a reason: a folder's is told in the reader's language, a person's as it is."""
    return say(**_REASONS[reason]) if reason in _REASONS else reason
