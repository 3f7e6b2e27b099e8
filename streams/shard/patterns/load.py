"""What the patterns and scores of a plan are made of. Each brings its kernels with it, and a plan needs few of them.

So a part is imported here, where a shard is built that needs it, and nowhere at the head of a file that all shards
read. That is before the first event: none ever waits for a kernel.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.family import FamilyPlan
from rules.patterns.plan import Absence as AbsencePlan
from rules.patterns.plan import Accumulation as AccumulationPlan
from rules.patterns.plan import Sequence as SequencePlan
from rules.patterns.plan import Threshold
from rules.plan import RulePlan
from rules.windows import WindowsPlan
from streams.shard.choose import Slice
from streams.shard.family import Family
from streams.shard.patterns.pattern import Pattern
from streams.shard.surroundings import Surroundings

if TYPE_CHECKING:
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


def pattern_of(plan: FamilyPlan | WindowsPlan, surroundings: Surroundings, part: Slice) -> Pattern:
    """Give rules that run as one their state."""
    if isinstance(plan, WindowsPlan):
        from streams.shard.patterns.window import Window

        return Window(plan, surroundings, part)
    family = Family(plan, surroundings, part)
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
        case _:
            from streams.shard.patterns.change import Change

            return Change(family)


def source_of(family: Family, lanes: frozenset[int]) -> "Source":
    """Give windows what is found of their keys, or of single events; rules read some lanes where nobody is in hand."""
    pattern = family.rule.pattern
    assert isinstance(pattern, AccumulationPlan)
    if pattern.window is None:
        from streams.shard.patterns.matches import Matches

        return Matches()
    functions = [each.function for each in pattern.window.aggregates]
    if functions == ["count"] and pattern.window.panes == "sliding" and pattern.looks == "events":
        from streams.shard.patterns.recent import Recent

        return Recent(pattern, pattern.window)
    from streams.shard.patterns.accumulation import Accumulation

    return Accumulation(family, pattern, pattern.window, lanes)


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
