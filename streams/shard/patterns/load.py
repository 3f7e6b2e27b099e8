"""What the patterns and scores of a plan are made of. Each brings its kernels with it, and a plan needs few of them.

So a part is imported here, where a shard is built that needs it, and nowhere at the head of a file that all shards
read. That is before the first event: none ever waits for a kernel.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.patterns.plan import Absence as AbsencePlan
from rules.patterns.plan import Change as ChangePlan
from rules.patterns.plan import Sequence as SequencePlan
from rules.patterns.plan import Threshold
from rules.plan import RulePlan
from streams.shard.family import Family
from streams.shard.patterns.pattern import Pattern
from streams.shard.surroundings import Surroundings

if TYPE_CHECKING:
    from streams.shard.patterns.audience import Audience
    from streams.shard.patterns.window import Judge, Source
    from streams.shard.scores import Score


def scores_of(rules: Sequence[RulePlan], surroundings: Surroundings) -> "list[Score]":
    """Give rules the scores that they read, each once."""
    if not any(rule.scores for rule in rules):
        return []
    from streams.shard.scores import Score

    read = sorted({each for rule in rules for each in rule.scores})
    keys: dict[int, list[tuple[int, ...]]] = {}
    for number, key in read:
        keys.setdefault(number, []).append(key)
    return [Score(surroundings.plan.scores[number], own, surroundings) for number, own in keys.items()]


def pattern_of(family: Family) -> Pattern:
    """Give a family its state."""
    match family.rule.pattern:
        case AbsencePlan() if family.rule.pattern.unusual is not None:
            from streams.shard.patterns.unusual import Unusual

            return Unusual(family)
        case AbsencePlan():
            from streams.shard.patterns.absence import Absence

            return Absence(family)
        case SequencePlan():
            from streams.shard.patterns.sequence import Sequence

            return Sequence(family)
        case ChangePlan():
            from streams.shard.patterns.change import Change

            return Change(family)
        case _:
            from streams.shard.patterns.window import Window

            return Window(family)


def source_of(family: Family) -> "Source":
    """Give a family what is found of its keys' windows, or of single events."""
    pattern = family.rule.pattern
    if not isinstance(pattern, Threshold):
        from streams.shard.patterns.matches import Matches

        return Matches()
    if _counts_alone(pattern):
        from streams.shard.patterns.recent import Recent

        return Recent(family)
    from streams.shard.patterns.accumulation import Accumulation

    return Accumulation(family)


def _counts_alone(pattern: Threshold) -> bool:
    """Whether a rule asks of the events of a sliding window how many they are, and nothing else."""
    functions = [each.function for each in pattern.window.aggregates]
    return functions == ["count"] and pattern.window.panes == "sliding" and not pattern.is_state


def audience_of(family: Family) -> "Audience":
    """Give a family what tells its rules of windows, or of single events."""
    from streams.shard.patterns.audience import Audience

    pattern = family.rule.pattern
    return Audience(family, judge_of(family), isinstance(pattern, Threshold) and _counts_alone(pattern))


def judge_of(family: Family) -> "Judge":
    """Give a family what makes alerts of that."""
    pattern = family.rule.pattern
    if not isinstance(pattern, Threshold) or not pattern.is_state:
        from streams.shard.patterns.point import PointJudge

        return PointJudge(family)
    if pattern.baseline:
        from streams.shard.patterns.baseline import BaselineJudge

        return BaselineJudge(family)
    from streams.shard.patterns.episode import EpisodeJudge

    return EpisodeJudge(family)
