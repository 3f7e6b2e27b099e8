"""How long a rule remembers events: whoever reads a log again that keeps less cannot see all that an alert hangs on.

State knows events by their log positions, and an alert reads these lines again: its evidence, and the texts of its key.
Those lines an engine keeps; the events around them it does not.
"""

from kernels.instants import HOUR_MS
from kernels.limits import EVIDENCE_MAX
from rules.checked import CheckedRule
from rules.patterns.empty import ends
from rules.patterns.plan import Absence, Change, Sequence, Threshold
from rules.patterns.threshold import CheckedThreshold
from rules.plan import Plan, RulePlan


def memory_ms(checked: CheckedRule, rule: RulePlan, plan: Plan) -> int | None:
    """Return how old an event may be (ms of event time) that an alert of a rule still needs; None: as old as any.

    Time in which all feeds of the rule are blind comes on top.
    """
    match rule.pattern:
        case Threshold() as threshold:
            assert isinstance(checked.pattern, CheckedThreshold)
            return _of_window(checked.pattern, threshold)
        case Absence() as absence:
            return _of_absence(absence, rule, plan)
        case Sequence() as sequence:
            return _of_sequence(sequence)
        case Change() as change:
            return change.window_ms
        case _:
            return 0


def _of_window(checked: CheckedThreshold, threshold: Threshold) -> int | None:
    window = threshold.window
    length = window.length_ms
    if window.panes == "session":
        longest = EVIDENCE_MAX * length  # so many events are remembered, however long it goes on
        length = longest if window.max_ms is None else min(longest, window.max_ms + length)
    elif window.panes == "day":
        length += HOUR_MS  # a civil day may be longer
    if not threshold.is_state:
        return length
    length += threshold.hold_ms or 0
    if threshold.baseline is not None:  # panes without an event are judged for so long
        length += threshold.baseline.learn_ms
    ended = ends(checked.condition, checked.clear)
    if ended == {True}:
        return length
    if False in ended or True in ended or threshold.resolve_after_ms is None:
        return None  # it may be open for ever while no event comes, and its key is that of the last one
    return length + threshold.resolve_after_ms


def _of_absence(absence: Absence, rule: RulePlan, plan: Plan) -> int | None:
    if absence.unless is not None:
        return None  # what stops the clock may do so for ever
    longest = max(absence.silence_ms, rule.cooldown_ms)
    if rule.active is not None:
        edges = plan.calendars[rule.active].edges
        shut = edges[2::2] - edges[1::2][: len(edges[2::2])]  # it opens at the first edge
        longest += int(shut.max(initial=0))
    return max(longest, absence.forget_ms or 0)


def _of_sequence(sequence: Sequence) -> int | None:
    behind = [step.within_ms for step in sequence.steps if step.role == "then"]
    last = sequence.steps[-1]
    waits = last.within_ms or 0 if last.role == "not" else 0
    if sequence.within_ms is not None:
        return sequence.within_ms + waits
    if any(within is None for within in behind):
        return None
    return sum(within or 0 for within in behind) + waits
