"""Windows that rules share: what accumulates is kept once for all rules that take the same events by the same key.

A rule says what accumulates (selection, key, window, aggregates) and how that is judged (condition, `for`, `clear`,
severity, cooldown, baseline). What accumulates is shared by whoever asks for it, with all aggregates that one of them
asks for; judging goes by families. Rules share where the signatures of their state are equal (`rules.signature`), and
what they share runs as a family with what differs from it in constants (`rules.family`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME
from kernels import opcodes as op
from rules.expression.compiled import reads
from rules.family import FamilyPlan, families, limits, programs
from rules.patterns.plan import Accumulation, Aggregate, Looks, Threshold
from rules.plan import RulePlan

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
WIDER: tuple[Looks, ...] = ("events", "changes", "edges")  # each sees what those before it see


@dataclass(frozen=True, eq=False)
class Looking:
    """A family of rules that look at windows.

    Attributes
    ----------
    family
        the rules
    looks
        at what instants, at the least
    sources
        int64[members], which member of the windows' family each looks at
    rows
        int64[aggregates], of each of the rules' aggregates which of the windows' it is
    limits
        float64[aggregates, members], how far each tells them apart; without rows if windows go no further
    """

    family: FamilyPlan
    looks: Looks
    sources: Ints
    rows: Ints
    limits: Floats


@dataclass(frozen=True, eq=False)
class WindowsPlan:
    """Windows, and who looks at them: `source` has a member for each selection, with an `Accumulation` as pattern."""

    source: FamilyPlan
    looking: tuple[Looking, ...]

    @property
    def families(self) -> tuple[FamilyPlan, ...]:
        """The families of rules that look at them."""
        return tuple(each.family for each in self.looking)


def running(rules: Iterable[RulePlan]) -> Iterator[FamilyPlan | WindowsPlan]:
    """Put rules together that run as one: those that look at windows, or single events in order, by these windows."""
    own: list[RulePlan] = []
    shared: dict[str, list[RulePlan]] = {}
    for rule in rules:
        if rule.ordered and (rule.pattern is None or isinstance(rule.pattern, Threshold)):
            shared.setdefault(rule.signature, []).append(rule)
        else:
            own.append(rule)
    yield from families(own)
    found = {_accumulating(some): some for some in shared.values()}
    for source in families(found):
        looking: dict[tuple[Looks, tuple[int, ...]], list[tuple[RulePlan, int]]] = {}
        for member, accumulating in enumerate(source.rules):
            for rule in found[accumulating]:
                looking.setdefault((_looks(rule), _rows(rule, accumulating)), []).append((rule, member))
        yield WindowsPlan(
            source,
            tuple(
                _looking(source, family, looks, rows, dict(some))
                for (looks, rows), some in looking.items()
                for family in families(rule for rule, _ in some)
            ),
        )


def _accumulating(rules: list[RulePlan]) -> RulePlan:
    """Return what accumulates for some rules that share it, as a rule that judges nothing."""
    patterns = [rule.pattern for rule in rules if isinstance(rule.pattern, Threshold)]
    needed = min((1 if each.is_state else each.needed for each in patterns), default=1)
    window = None
    if patterns:
        asked: dict[tuple[str, str, float], Aggregate] = {}
        for each in (each for pattern in patterns for each in pattern.window.aggregates):
            known = asked.setdefault(name(each), each)
            asked[name(each)] = each if each.parameter > known.parameter else known
        window = replace(patterns[0].window, aggregates=tuple(asked[each] for each in sorted(asked)))
    looks = max(map(_looks, rules), key=WIDER.index)
    return replace(
        rules[0],
        pattern=Accumulation(window, needed, looks),
        cooldown_ms=0,
        severity=(),
        values=(),
        canary=None,
    )


def name(aggregate: Aggregate) -> tuple[str, str, float]:
    """Return what tells an aggregate from others over a window, in any plan; how far it tells apart may differ."""
    counts = aggregate.function in ("count", "distinct")
    argument = "" if aggregate.argument is None else aggregate.argument.text  # lanes are others in another plan
    return aggregate.function, argument, 0.0 if counts else aggregate.parameter


def covers(kept: Accumulation, asked: Accumulation) -> bool:
    """Return whether windows of one selection, key and length keep all that is asked of such windows in any plan."""
    known = {name(each): each.parameter for each in (kept.window.aggregates if kept.window else ())}
    return WIDER.index(kept.looks) >= WIDER.index(asked.looks) and all(
        known.get(name(each), -1.0) >= each.parameter for each in (asked.window.aggregates if asked.window else ())
    )


def _looks(rule: RulePlan) -> Looks:
    """Return at what instants a rule looks at its windows. With a baseline its judge looks at empty panes by itself."""
    pattern = rule.pattern
    if not isinstance(pattern, Threshold) or not pattern.is_state or pattern.baseline:
        return "events"
    judged = list(programs((pattern.condition, pattern.clear, rule.severity)))
    goes_by_clock = reads(judged, *op.CLOCKS) or TIME in reads(judged, op.TIME_LANE)
    return "edges" if goes_by_clock and pattern.window.panes == "sliding" else "changes"


def _rows(rule: RulePlan, accumulating: RulePlan) -> tuple[int, ...]:
    if not isinstance(rule.pattern, Threshold):
        return ()
    kept = [name(each) for each in _aggregates(accumulating)]
    return tuple(kept.index(name(each)) for each in rule.pattern.window.aggregates)


def _aggregates(accumulating: RulePlan) -> tuple[Aggregate, ...]:
    pattern = accumulating.pattern
    assert isinstance(pattern, Accumulation)
    return pattern.window.aggregates if pattern.window else ()


def _looking(
    source: FamilyPlan, family: FamilyPlan, looks: Looks, rows: tuple[int, ...], members: dict[RulePlan, int]
) -> Looking:
    bounds = limits(family)
    kept = np.array([each.parameter for each in _aggregates(source.rule)], np.float64)[list(rows), None]
    return Looking(
        family,
        looks,
        np.array([members[rule] for rule in family.rules], np.int64),
        np.array(rows, np.int64),
        bounds if (bounds < kept).any() else bounds[:0],
    )
