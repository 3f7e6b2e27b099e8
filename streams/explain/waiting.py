"""What became of the chains of a sequence that ends in `not ... within`: answered, told, or still waiting.

It is asked of the engine: the events of the key up to one of them are replayed as if nothing had come after. The alert
that falls due then is the chain that waits behind that event, and its time is when the wait has lasted.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from events.alert import Alert
from rules.patterns.plan import Sequence as SequencePlan
from streams.explain.listener import Taken

FOLLOWED = 64  # events of the key behind one, by which its chain may be complete

Fate = Literal["answered", "lasted", "waiting", "behind", "answers", "answers_nothing"]
Ask = Callable[[Sequence[Taken], int], Sequence[Alert]]  # the firings of some events, of a log that ends at an instant


@dataclass(frozen=True, slots=True)
class Waited:
    """What became of one event. Times are epoch ms.

    `other` is the event that answered it, or the id of that with which the chain began behind which it stands, or which
    it answers. `due` is when the wait that it is part of has lasted; `begins` tells that its chain begins with it.
    """

    fate: Fate
    other: Taken | str | None = None
    due: int | None = None
    begins: bool = True


def is_followed(pattern: SequencePlan) -> bool:
    """Tell whether a sequence ends by waiting for what does not come."""
    return pattern.steps[-1].role == "not"


def waited(
    pattern: SequencePlan, taken: Sequence[Taken], position: int, id: str, reached: int, ask: Ask
) -> Waited | None:
    """Return what became of an event, by its log position and id, of a sequence that is followed.

    `taken` are the events of its key in the order of event time, those that came late left out; `reached` is how far
    the rule has seen everything (epoch ms, inclusive).
    """
    events = list({each.position: each for each in taken}.values())
    at = next((i for i, each in enumerate(events) if each.position == position), None)
    if at is None:
        return None
    longest, last = pattern.steps[-1].within_ms or 0, len(pattern.steps) - 1

    def pending(count: int, now: int = events[at].time) -> Alert | None:
        """Return the chain that waits at an instant, if the first `count` events are all that come."""
        firings = ask(events[:count], now + longest)
        return next((alert for alert in firings if alert.time >= now), None)

    before, after = pending(at), pending(at + 1)
    is_answer = any(each.entry == last for each in taken if each.position == position)
    if is_answer and before is not None and (after is None or after.alert != before.alert):
        return Waited("answers", before.evidence[0], before.time)
    if is_answer and (after is None or id not in after.evidence):
        return Waited("answers_nothing")
    for end in range(at + 1, min(at + 1 + FOLLOWED, len(events) + 1)):  # which event completes its chain, if any does
        whole = after if end == at + 1 else pending(end, events[end - 1].time)
        if whole is None or id not in whole.evidence:
            continue
        due, begins = whole.time, whole.evidence[0] == id
        name, until = whole.alert, [each for each in events[end:] if each.time <= due]
        first = bisect_left(
            range(1, len(until) + 1),
            True,
            key=lambda more: all(alert.alert != name for alert in ask(events[: end + more], due)),
        )
        if first < len(until):
            return Waited("answered", until[first], due, begins)
        return Waited("lasted" if due <= reached else "waiting", None, due, begins)
    if before is not None and after is not None and before.alert == after.alert:
        return Waited("behind", before.evidence[0], before.time)
    return None
