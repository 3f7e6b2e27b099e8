"""Why an alert fired: what was compared with what, exceptions, evidence, watermark, cooldown, severity."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from events.alert import Alert, Severity
from rules.checked import CheckedRule
from rules.expression.compiled import Program
from rules.expression.typed import Field, leaves
from rules.patterns.change import CheckedChange
from rules.patterns.plan import Change, Threshold
from rules.patterns.threshold import CheckedThreshold
from streams.explain.asked import Entrance, entrances
from streams.explain.event import Answer, Judgement
from streams.explain.judged import Judged, Look
from streams.explain.listener import Heard, Sighting
from streams.explain.memory import Memory
from streams.shard.reread import Event


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event that caused an alert: the fields of it that the rule read, and by which entrance it was taken.

    `time` is None where the line is no longer there.
    """

    id: str
    time: int | None
    kind: str | None
    device: str | None
    fields: dict[str, str]
    entry: int | None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the severity ladder; `judged` None: the default, or it could not be asked again."""

    severity: Severity
    judged: Judged | None
    is_default: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class AlertStory:
    """An alert. Times are epoch ms.

    `judgement` is that of the pattern's condition, of an end by `clear` that of `clear`. `watermark` is how far the
    rule had seen everything when the alert was certain. `last_firing` is that of its key before, `suppressed` how many
    matches a cooldown kept from firing between the two. `others` are the other transitions of the episode.
    """

    alert: Alert
    judgement: Judgement | None
    evidence: tuple[Evidence, ...]
    ladder: tuple[Rung, ...]
    watermark: int
    last_firing: Alert | None
    suppressed: int
    others: tuple[Alert, ...]


def transition(alerts: Iterable[Alert], name: str) -> Alert | None:
    """Return a transition by its id, or the first one of an episode by the alert's name."""
    return next((alert for alert in alerts if name in (alert.alert, alert.id)), None)


@dataclass
class AlertExplainer:
    """Makes the story of an alert while its rule is replayed."""

    memory: Memory
    alert: Alert
    _watermark: int | None = None
    _fields: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        rule, listener = self.memory.subject.rule, self.memory.listener
        listener.time = self.alert.time
        listener.key = self.memory.key_lanes(list(self.alert.key.values()), rule.key)
        self.memory.arrived = self._arrived
        self._fields = tuple(dict.fromkeys(_read(self.memory.subject.checked, rule.key_fields)))

    def _arrived(self) -> None:
        """Say which event is in hand as soon as it is there: there may be others of its key and instant."""
        if self.memory.listener.position is None and self.alert.evidence:
            seen = self._sighting(self.alert.evidence[-1])
            if seen is not None and seen.time == self.alert.time:
                self.memory.listener.position = seen.position

    def _entrances(self) -> tuple[Entrance, ...]:
        return entrances(self.memory.subject.checked)

    def follow(self, raised: Iterable[Alert]) -> None:
        """Look at what a step of the replay has brought; called after each."""
        if self._watermark is None and transition(raised, self.alert.id):
            self._watermark = self.memory.reached

    def story(self) -> AlertStory:
        """Return the story, when the replay is over."""
        memory, alert = self.memory, self.alert
        of_key = [each for each in memory.alerts if each.key == alert.key]
        starts = [each for each in of_key if each.transition == "firing" and each.alert != alert.alert]
        before = [each for each in starts if each.time <= alert.time]
        evidence = tuple(self._evidence(id) for id in alert.evidence)
        last = before[-1] if before else None
        return AlertStory(
            alert,
            self._judgement(),
            evidence,
            self._ladder(),
            memory.reached if self._watermark is None else self._watermark,
            last,
            self._suppressed(last),
            tuple(each for each in memory.alerts if each.alert == alert.alert and each.n != alert.n),
        )

    def _sighting(self, id: str) -> Sighting | None:
        """Return the event of an id that the rule took, else any of that id."""
        found = self.memory.arrivals.sightings.get(id, [])
        taken = [each for each in found if any(key is not None for key in each.keys)]
        near = [each for each in (taken or found) if each.time <= self.alert.time]
        return next(iter(near or taken or found), None)

    def _evidence(self, id: str) -> Evidence:
        seen = self._sighting(id)
        if seen is None:
            return Evidence(id, None, None, None, {}, None)
        event = self.memory.event(seen.position)
        entry = next((i for i, key in enumerate(seen.keys) if key is not None), None)
        fields = {name: text for name in self._fields if (text := event.text(name)) is not None}
        look = self.memory.look(seen.lanes, np.full(len(self.memory.target.extras), np.nan), event, {})
        asked = self._entrances()[entry].conditions if entry is not None else ()
        answers = tuple(Answer(each, look.judge(each.typed)) for each in asked if not each.refers)
        kind = self.memory.subject.plan.schemas.kinds[seen.kind]
        return Evidence(id, seen.time, kind, seen.device, fields, entry, answers)

    # what was compared

    def _heard(self) -> tuple[Heard | None, Any]:
        """Return what was seen when the alert was judged, and the condition that decided it."""
        listener, subject = self.memory.listener, self.memory.subject
        checked, pattern = subject.checked.pattern, subject.rule.pattern
        if isinstance(pattern, Threshold) and isinstance(checked, CheckedThreshold):
            ended = self.alert.transition == "resolved" and pattern.clear is not None
            program = pattern.clear if ended and pattern.clear is not None else pattern.condition
            return listener.last(program), checked.clear if ended else checked.condition
        if isinstance(pattern, Change) and isinstance(checked, CheckedChange):
            return listener.last(pattern.condition), checked.condition
        return next((heard for each in self._rungs() if (heard := listener.last(each))), None), None

    def _rungs(self) -> list[Program]:
        return [step.when for step in self.memory.subject.rule.severity if step.when is not None]

    def _look(self) -> Look | None:
        heard, _ = self._heard()
        return None if heard is None else self._seen_by(heard)

    def _seen_by(self, heard: Heard) -> Look:
        return self.memory.look(heard.lanes, heard.extra, self._in_hand(heard), dict(self.alert.key))

    def _in_hand(self, heard: Heard) -> Event | None:
        """Return the event of a look; where it does not say which, the last of the evidence if that is of its time."""
        if heard.position is not None:
            return self.memory.event(heard.position)
        seen = self._sighting(self.alert.evidence[-1]) if self.alert.evidence else None
        return self.memory.event(seen.position) if seen is not None and seen.time == heard.time else None

    def _judgement(self) -> Judgement | None:
        heard, typed = self._heard()
        if heard is None or typed is None:
            return None
        return Judgement(heard.time, self._seen_by(heard).judge(typed))

    def _ladder(self) -> tuple[Rung, ...]:
        look = self._look()
        rungs: list[Rung] = []
        for severity, when in self.memory.subject.checked.severity:
            judged = look.judge(when) if look is not None and when is not None else None
            fits = severity == self.alert.severity and (judged is None or judged.truth is True)
            rungs.append(Rung(severity, judged, when is None, fits and not any(each.chosen for each in rungs)))
        return tuple(rungs)

    def _suppressed(self, last: Alert | None) -> int:
        """Return how many matches came between the last firing of the key and this one."""
        pattern = self.memory.subject.rule.pattern
        if last is None:
            return 0
        if isinstance(pattern, Threshold | Change):
            instants: Sequence[int] = self.memory.listener.true(pattern.condition)
        elif pattern is not None:
            return 0
        else:
            seen = self._sighting(self.alert.evidence[-1]) if self.alert.evidence else None
            token = next((key for key in seen.keys if key is not None), None) if seen is not None else None
            instants = [] if token is None else [each.time for each in self.memory.arrivals.of_key(token)]
        return sum(last.time < instant < self.alert.time for instant in instants)


def _read(checked: CheckedRule, key: Sequence[str]) -> Iterator[str]:
    """Yield the fields of events that a rule reads: the key's, then what chose, what decided, and what texts say."""
    yield from key
    chose = (condition.typed for each in entrances(checked) for condition in each.conditions)
    accumulated = checked.pattern.accumulated if checked.pattern else ()
    for typed in (*chose, *accumulated, *checked.conditions, *checked.shown):
        yield from (leaf.name for leaf in leaves(typed) if isinstance(leaf, Field) and leaf.name != "kind")
