"""What a run tells of rules with a baseline: when it was established, and of how many keys."""

from collections.abc import Iterator, Mapping

from citynerve.text import current, say
from events.plural import many
from rules import message
from rules.patterns.plan import Threshold
from rules.patterns.threshold import SEASON_MS
from rules.plan import Plan, RulePlan
from streams.shard.patterns.pattern import Baselines


def told(held: Mapping[str, Baselines], plan: Plan) -> Iterator[str]:
    """Yield a line a rule with a baseline, where any event had its key."""
    for rule in plan.rules:
        of = held.get(rule.rule)
        if of is None or not of.keys:
            continue
        if of.since is None:
            yield say(
                en=f"warning: {rule.rule} had no baseline yet at the end, nothing was judged: {_needs(rule)}",
                zh=f"警告:{rule.rule} 直到结束仍未建立基线,没有做任何判定:{_needs(rule)}",
            )
            continue
        until = message.time(of.since, plan)
        first = say(
            en=f"{rule.rule}: baseline established by {until}, nothing was judged before",
            zh=f"{rule.rule}:基线建立于 {until},此前不做判定",
        )
        some = say(en=f"; {of.judged:,} of {many(of.keys, 'key')}", zh=f";{of.keys:,} 个主键中的 {of.judged:,} 个")
        yield first if of.judged == of.keys else first + some


def _needs(rule: RulePlan) -> str:
    """What a key needs before it is judged."""
    pattern = rule.pattern
    assert isinstance(pattern, Threshold)
    assert pattern.baseline is not None
    season, samples = pattern.baseline.season, pattern.baseline.min_samples
    length = message.duration(pattern.window.length_ms, current())
    if SEASON_MS[season]:
        word = {"day": "天", "week": "周"}[season]
        return say(
            en=f"`season: {season}` needs {many(samples, 'window')} of {length} "
            f"with values at the same time of the {season}",
            zh=f"`season: {season}` 要求{word}内同一时刻有 {samples} 个 {length} 的窗口有值",
        )
    return say(
        en=f"it needs {many(samples, 'window')} of {length} with values", zh=f"需要 {samples} 个 {length} 的窗口有值"
    )
