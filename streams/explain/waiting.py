"""What became of the chains of a `first` that only a final `not ... within` follows: answered, told, or still waiting.

The first event that nobody has answered waits; those behind it share its fate. Other sequences are not followed here:
which of their events make a chain is the engine's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rules.plan import Sequence as SequencePlan
from streams.explain.listener import Taken

Fate = Literal["answered", "lasted", "waiting", "behind", "answers", "answers_nothing"]


@dataclass(frozen=True, slots=True)
class Waited:
    """What became of one event. Times are epoch ms.

    `other` is the event that answered it, whose chain it stands behind, or whose chain it answers. `due` is when the
    wait that the event begins or ends has lasted.
    """

    fate: Fate
    other: Taken | None = None
    due: int | None = None


def is_followed(pattern: SequencePlan) -> bool:
    """Tell whether a sequence is one event and then `not`, none of which asks for the first event."""
    first, *rest = pattern.steps
    plain = not any(step.refers for step in pattern.steps)
    return plain and first.times == 1 and bool(rest) and all(step.role == "not" for step in rest)


def waited(pattern: SequencePlan, taken: Sequence[Taken], position: int, reached: int) -> Waited | None:
    """Return what became of the event at a log position, of a sequence that is followed.

    `taken` are the events of its key in the order of event time, those that came late left out; `reached` is how far
    the rule has seen everything (epoch ms, inclusive).
    """
    within = {number: step.within_ms or 0 for number, step in enumerate(pattern.steps) if step.role == "not"}
    longest = max(within.values())
    waiting: Taken | None = None
    found: Waited | None = None
    for place, same in groupby(taken, key=lambda each: each.position):
        entries = list(same)
        now = entries[0].time
        if waiting is not None and waiting.time + longest < now:
            if waiting.position == position:
                return Waited("lasted", None, waiting.time + longest)
            waiting = None
        answer = next((each for each in entries if each.entry in within), None)
        if answer is not None:
            ends = waiting is not None and any(
                now - waiting.time <= within[each.entry] for each in entries if each.entry in within
            )
            if waiting is not None and ends:
                if waiting.position == position:
                    return Waited("answered", answer, waiting.time + longest)
                if place == position:
                    found = Waited("answers", waiting, waiting.time + longest)
                waiting = None
            elif place == position:
                found = Waited("answers_nothing")
        if any(each.entry == 0 for each in entries):
            if waiting is None:
                waiting = entries[0]
            elif place == position:
                found = Waited("behind", waiting, waiting.time + longest)
        if found is not None:
            return found
    if waiting is None or waiting.position != position:
        return None
    due = waiting.time + longest
    return Waited("lasted" if due <= reached else "waiting", None, due)
