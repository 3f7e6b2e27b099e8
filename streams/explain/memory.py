"""A replay of one rule that is listened to: alerts, what was taken of a key, and what conditions saw of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from events.alert import Alert
from events.batch import Lanes
from events.block import Events
from events.identity import CityKey
from rules.checked import CheckedRule
from rules.explain import target_of
from rules.expression.program import Target
from rules.message import bounds
from rules.patterns.plan import Threshold
from rules.plan import Plan, RulePlan
from streams.control.references import References
from streams.explain.asked import entrances
from streams.explain.judged import Look
from streams.explain.keys import key_lanes
from streams.explain.listener import Arrivals, DeadLetters, Listener, Taken
from streams.past import Files, Past
from streams.replaying import Progress
from streams.shard.choose import Chooser, Slice, null_lanes
from streams.shard.family import Family
from streams.shard.group import TimeGroup
from streams.shard.intake import Arrival
from streams.shard.patterns.absence import Absence
from streams.shard.reread import Event, SetTexts


@dataclass(frozen=True, slots=True)
class Subject:
    """What is explained: a rule as it was checked and as it runs, beside what it looks at."""

    checked: CheckedRule
    rule: RulePlan
    plan: Plan
    references: References
    city: CityKey


@dataclass
class Memory:
    """One rule's replay. Alerts depend on no other rule, so it is replayed alone.

    Attributes
    ----------
    arrivals, dead, listener
        what was found in the log, what was refused of it, and what was asked
    alerts
        all of the rule, in order
    arrived
        is called when events have come, before the rule sees them
    """

    subject: Subject
    past: Past
    ids: Sequence[str]
    alerts: list[Alert] = field(default_factory=list)
    arrived: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        subject = self.subject
        self.dead, self.listener = DeadLetters(self.ids), Listener()
        self._texts = SetTexts(subject.references.surroundings, subject.city)
        alone = replace(subject.plan, rules=(_asked_always(subject.rule),))
        references = References(alone, subject.references.sets)
        self._replay = self.past.replay(
            alone, references, subject.city, on_dead_letters=self.dead, on_arrival=self._arrive
        )
        (self.group,) = self._replay.shards[0].groups
        own = self.group.entries[: len(entrances(subject.checked))]
        chooser = Chooser([replace(entry, hangs_on=None) for entry in own], references.surroundings, Slice())
        self.arrivals = Arrivals(self.ids, null_lanes(subject.plan, 1), chooser)
        self._family.witness = self.listener
        for score in self.group.scores:
            score.witness = partial(self.arrivals.score, [output.lane for output in score.plan.outputs])
        self.target: Target = target_of(subject.plan, subject.checked, subject.city)

    def _arrive(self, arrival: Arrival) -> None:
        self.arrivals(arrival)
        self.arrived()

    @property
    def _family(self) -> Family:
        group: TimeGroup = self.group
        return group.at_once[0].family if group.at_once else group.ordered[0].families[0]

    @property
    def absence(self) -> Absence | None:
        """What an absence keeps of its keys; None of another rule."""
        found = self.group.ordered[0] if self.group.ordered else None
        return found if isinstance(found, Absence) else None

    def run(self, progress: Progress | None = None) -> Iterator[list[Alert]]:
        """Run the replay, and yield after each of its steps what alerts are new."""
        for raised in self._replay.run(progress):
            self.alerts += raised
            yield raised

    def firings(self, taken: Sequence[Taken], until: int) -> list[Alert]:
        """Return what fires of some events alone, none of them late, in a log that ends at an instant (epoch ms)."""
        subject = self.subject
        lines = b"".join(self.past.line(each.position) + b"\n" for each in taken)
        rule = replace(subject.rule, cooldown_ms=0)
        alone = Memory(replace(subject, rule=rule), Files([_Told(lines)] if taken else [], until), [])
        return [alert for raised in alone.run() for alert in raised if alert.transition == "firing"]

    @property
    def reached(self) -> int:
        """Event time up to which the rule has seen everything (epoch ms)."""
        clock = self.group.clock
        return clock.reached if clock.ended is None else max(clock.reached, clock.ended)

    def event(self, position: int) -> Event:
        """Return the event at a log position."""
        return Event(self.past.line(position), self._texts)

    def look(self, lanes: Lanes, extra: NDArray[np.float64], event: Event | None, key: dict[str, str | None]) -> Look:
        """Return how conditions of the rule see a row, with the texts of its event, else of its key."""

        def column(name: str, parts: tuple[str | None, ...], column: str) -> str | None:
            number = next(each.number for each in self.subject.plan.sets if each.name == name)
            return self._texts.of_key(number, parts, column)

        return Look(
            lanes,
            extra,
            self.target,
            self._family.surroundings,
            key.get if event is None else event.text,
            column,
            bounds(self.subject.rule),
        )

    def key_lanes(self, texts: Sequence[str | None], lanes: Sequence[int]) -> dict[int, int]:
        """Return what stands in the lanes of a key's fields, by their texts."""
        return key_lanes(self.subject.plan, self.subject.city, texts, lanes)


class _Told:
    """A feed of lines in hand."""

    feed = "told"

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._blocks = [Events.of(lines, feed=self.feed, position=0)]

    def next_block(self) -> Events | None:
        return self._blocks.pop() if self._blocks else None

    def line(self, position: int) -> bytes:
        return self._lines[position:].split(b"\n", 1)[0]

    def close(self) -> None:
        pass


def _asked_always(rule: RulePlan) -> RulePlan:
    """Return a rule whose condition is asked of every window, too small ones too, which it must be false of anyway."""
    if not isinstance(rule.pattern, Threshold):
        return rule
    return replace(rule, pattern=replace(rule.pattern, needed=1))
