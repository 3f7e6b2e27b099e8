"""What a run tells of rules that ask what is new: from when on it was known."""

from collections.abc import Iterator

from citynerve.text import say
from rules import message
from rules.patterns.plan import Change
from rules.plan import Plan


def told(epoch: int | None, last: int | None, plan: Plan) -> Iterator[str]:
    """Yield a line a rule with `first_seen`, of a log from `epoch` to `last` (epoch ms, None: without an event)."""
    for rule in plan.rules:
        if epoch is None or last is None or not isinstance(rule.pattern, Change) or not rule.pattern.first_seen:
            continue
        known = epoch + rule.pattern.window_ms
        since = message.time(known, plan)
        if last < known:
            yield say(
                en=f"warning: {rule.rule} told nothing as new: that is known from {since} on, behind the last event",
                zh=f"警告:{rule.rule} 没有报出任何“首次”:{since} 起才能知道,晚于最后一个事件",
            )
        else:
            yield say(
                en=f"{rule.rule}: what is new is known from {since} on, nothing was told as new before",
                zh=f"{rule.rule}:{since} 起才知道什么是首次出现,此前不报",
            )
