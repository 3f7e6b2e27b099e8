"""How much of the log a ruleset reads back before it takes effect: what fills the state of rules that are new."""

from collections.abc import Iterable, Iterator

from events.block import FUTURE_MS
from kernels.instants import DAY_MS, HOUR_MS
from rules.patterns.plan import Absence, Accumulation, Change, Sequence, Threshold
from rules.plan import Plan, RulePlan
from rules.windows import WindowsPlan, covers, running

WARM_MAX_MS = 48 * HOUR_MS  # older memory is empty
ALWAYS_MS = FUTURE_MS + 5 * 60_000  # events may lie so far ahead of their arrival, and wait in the order


def read_back_ms(old: Plan, new: Plan) -> int:
    """Return how far back (ms) the log has to be read for a ruleset that follows another one, at most `WARM_MAX_MS`.

    What goes on from the old one needs no more than the rows that wait in the order.
    """
    kept = {rule.rule: rule for rule in old.rules if rule.mode != "disabled"}
    windows = {rule.signature: pattern for rule, pattern in _windows(old.rules)}
    scores = {score.signature for score in old.scores}
    needed = [ALWAYS_MS]
    for rule in new.rules:
        before = kept.get(rule.rule)
        goes_on = before is not None and before.signature == rule.signature
        for _, asked in _windows([rule]):  # whatever rules looked at them
            goes_on = rule.signature in windows and covers(windows[rule.signature], asked)
        if rule.mode != "disabled" and not goes_on:
            needed.append(_filled_by_ms(rule))
        needed += [
            new.scores[number].memory_ms for number, _ in rule.scores if new.scores[number].signature not in scores
        ]
    return min(max(needed), WARM_MAX_MS)


def _filled_by_ms(rule: RulePlan) -> int:
    """Return how much of the log (ms) makes the state of a rule what it would be had it always been there."""
    match rule.pattern:
        case Threshold(window=window):
            longest = window.max_ms or WARM_MAX_MS if window.panes == "session" else 0
            return max(window.length_ms, longest, DAY_MS + HOUR_MS if window.panes == "day" else 0) + ALWAYS_MS
        case Absence(silence_ms=silence):
            return silence + ALWAYS_MS
        case Change(window_ms=window):
            return window + ALWAYS_MS
        case Sequence(within_ms=within, steps=steps):
            each = [WARM_MAX_MS if step.within_ms is None else step.within_ms for step in steps[1:]]
            return (sum(each) if within is None else within + max(each)) + ALWAYS_MS
        case _:
            return 0


def _windows(rules: Iterable[RulePlan]) -> Iterator[tuple[RulePlan, Accumulation]]:
    """Yield what accumulates in the windows that rules look at, with a rule for each signature."""
    for runs in running(rule for rule in rules if rule.ordered and rule.mode != "disabled"):
        if isinstance(runs, WindowsPlan):
            for rule in runs.source.rules:
                assert isinstance(rule.pattern, Accumulation)
                yield rule, rule.pattern
