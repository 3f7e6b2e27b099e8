"""Why an event did not make a rule fire: kind, conditions node by node, key, place in the order, then the pattern."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from events.alert import Alert
from events.batch import POSITION
from kernels.nulls import NULL
from rules.expression.compiled import Program
from rules.expression.typed import Typed
from rules.patterns.change import CheckedChange
from rules.patterns.plan import Absence, Threshold
from rules.patterns.plan import Change as ChangePlan
from rules.patterns.plan import Sequence as SequencePlan
from rules.patterns.threshold import CheckedThreshold
from streams.explain.asked import Condition, Entrance, entrances
from streams.explain.judged import Judged, Look
from streams.explain.listener import Heard, Sighting, Taken
from streams.explain.memory import Memory
from streams.explain.waiting import Fate, is_followed, waited
from streams.shard.patterns.unusual import Unusual
from streams.shard.reread import Event

Reason = Literal[
    "not_found",
    "dead_letter",
    "other_kind",
    "condition",
    "exception",
    "no_key",
    "fired",
    "late",
    "duplicate",
    "replayed",
    "threshold",
    "held",
    "open",
    "cooldown",
    "counted",
    "change",
    "sequence",
    "not_expected",
    "seen",
    "repeated",
    "quiet",
]
SHOWN = 20  # of the key's earlier events


@dataclass(frozen=True, slots=True)
class Answer:
    """A condition and what it was of an event."""

    condition: Condition
    judged: Judged


@dataclass(frozen=True, slots=True)
class Gate:
    """What one entrance of the rule made of the event: `passed` is what the engine chose; `None` key: missing."""

    entrance: Entrance
    is_of_kinds: bool
    answers: tuple[Answer, ...]
    key: dict[str, str | None]
    passed: bool

    @property
    def stopped(self) -> Answer | None:
        """The first condition that was not true."""
        return next((each for each in self.answers if each.judged.truth is not True), None)

    @property
    def has_key(self) -> bool:
        """Whether every field of the key is there."""
        return all(text is not None for text in self.key.values())


@dataclass(frozen=True, slots=True)
class Earlier:
    """An event of the same key that the rule took: when, by which entrance, and its id."""

    time: int
    entry: int
    id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What became of an event of a sequence that ends in `not`: `streams.explain.waiting`, told with ids.

    `reached` is how far the rule had seen everything at the end of the log (epoch ms).
    """

    fate: Fate
    other: Earlier | None
    due: int | None
    reached: int
    begins: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the pattern's condition was, and when it was asked (epoch ms)."""

    time: int
    judged: Judged


@dataclass(frozen=True, slots=True)
class Allowed:
    """How long the silence behind a sight may last (ms), and whether that was learned or is the ceiling."""

    silence_ms: int
    is_learned: bool


@dataclass(frozen=True, slots=True)
class EventStory:
    """An event and a rule. Times are epoch ms; `reason` is the conclusion.

    `fired` are the alerts that it caused, `counted` those that it is evidence of; `last_firing` and `open_since` are of
    its key before it. `earlier` are the last events of its key that were taken before it, `following` is the time of
    the next one. `refused` is why its line is a dead letter. `waiting` is told of a sequence that ends in `not`,
    `allowed` of the last sight of an absence with `for: unusual`.
    """

    id: str
    reason: Reason
    seen: Sighting | None = None
    kind: str | None = None
    times_seen: int = 0
    gates: tuple[Gate, ...] = ()
    judgement: Judgement | None = None
    earlier: tuple[Earlier, ...] = ()
    following: int | None = None
    fired: tuple[Alert, ...] = ()
    counted: tuple[Alert, ...] = ()
    last_firing: Alert | None = None
    open_since: int | None = None
    refused: str | None = None
    waiting: Waiting | None = None
    allowed: Allowed | None = None

    @property
    def gate(self) -> Gate | None:
        """The gate that says most: one that it passed, else one of its kind."""
        of_kind = [gate for gate in self.gates if gate.is_of_kinds]
        return next((gate for gate in of_kind if gate.passed), next(iter(of_kind), None))


@dataclass
class Explainer:
    """Makes the story of an event while the log is replayed."""

    memory: Memory
    id: str
    _gates: tuple[Gate, ...] | None = None
    _seen: Sighting | None = None
    _event: Event | None = field(default=None, repr=False)
    _allowed: Allowed | None = None

    def __post_init__(self) -> None:
        self.memory.arrived = self._find

    def follow(self) -> None:
        """Look at what a step of the replay has brought; called after each."""
        if self._seen is not None and self._gates is None and self.memory.reached > self._seen.time:
            self._gates = self._asked(self._seen)
            self._allowed = self._allows(self._seen)

    def _allows(self, seen: Sighting) -> Allowed | None:
        """Return how long the silence may last that begins here; what began before or later says nothing of it."""
        pattern, kept = self.memory.subject.rule.pattern, self.memory.absence
        if not isinstance(kept, Unusual) or not isinstance(pattern, Absence) or not self._is_awaited(pattern, seen):
            return None
        row = self._row(pattern, seen)
        if kept.state["seen"][row] != seen.position:
            return None
        return Allowed(int(kept.state["silences"][row]), bool(kept.state["lasts"][row] != NULL))

    def _find(self) -> None:
        if self._seen is not None:
            return
        found = self.memory.arrivals.sightings.get(self.id, [])
        kinds = self._kinds()
        best = next((each for each in found if each.kind in kinds), next(iter(found), None))
        if best is None:
            return
        self._seen, self._event = best, self.memory.event(best.position)
        rule = self.memory.subject.rule
        listener = self.memory.listener
        listener.time, listener.position = best.time, best.position
        listener.key = self._key_lanes(best, rule.key)

    def _kinds(self) -> set[int]:
        return set(self.memory.subject.rule.kinds)

    def _key_lanes(self, seen: Sighting, key: Sequence[int]) -> dict[int, int]:
        pattern = self.memory.subject.rule.pattern
        if isinstance(pattern, SequencePlan):  # lanes without an event in hand have the names of the first step
            taken = next((i for i, token in enumerate(seen.keys) if token is not None), 0)
            own = pattern.steps[taken].key
            return {lane: int(seen.lanes[at, 0]) for lane, at in zip(key, own, strict=True)}
        return {lane: int(seen.lanes[lane, 0]) for lane in key}

    def _look(self, seen: Sighting, extra: int) -> Look:
        return self.memory.look(seen.lanes, np.full(extra, np.nan), self._event, {})

    def _asked(self, seen: Sighting) -> tuple[Gate, ...]:
        assert self._event is not None
        schemas = self.memory.subject.plan.schemas
        gates = []
        for number, entrance in enumerate(entrances(self.memory.subject.checked)):
            look = self._look(seen, len(self.memory.target.extras))
            is_of_kinds = schemas.kinds[seen.kind] in entrance.kinds
            asked = [each for each in entrance.conditions if not each.refers] if is_of_kinds else []
            answers = tuple(Answer(each, look.judge(each.typed)) for each in asked)
            key = {name: self._event.text(name) for name, _ in entrance.key} if is_of_kinds else {}
            # what is asked on release alone (coverage) is not in the engine's answer on arrival
            passed = seen.keys[number] is not None and all(each.judged.truth is True for each in answers)
            gates.append(Gate(entrance, is_of_kinds, answers, key, passed))
        return tuple(gates)

    def story(self) -> EventStory:
        """Return the story, when the replay is over."""
        memory, seen = self.memory, self._seen
        if seen is None:
            refused = memory.dead.reasons.get(self.id)
            return EventStory(self.id, "dead_letter" if refused else "not_found", refused=refused)
        gates = self._gates or self._asked(seen)
        story = EventStory(
            self.id,
            "quiet",
            seen,
            memory.subject.plan.schemas.kinds[seen.kind],
            self._times_seen(seen),
            gates,
        )
        gate = story.gate
        if gate is None:
            return replace(story, reason="other_kind")
        if not gate.passed:
            return replace(story, reason=self._turned_away(gate))
        return self._of_pattern(story, gate, seen)

    def _turned_away(self, gate: Gate) -> Reason:
        stopped = gate.stopped
        if stopped is not None:
            return "exception" if stopped.condition.kind == "exception" else "condition"
        return "no_key"

    def _times_seen(self, seen: Sighting) -> int:
        """How often the same event stands in the log: of the same feed, kind, device and time."""
        same = (seen.feed, seen.kind, seen.device, seen.time)
        return sum(
            (each.feed, each.kind, each.device, each.time) == same
            for each in self.memory.arrivals.sightings.get(self.id, ())
        )

    def _of_pattern(self, story: EventStory, gate: Gate, seen: Sighting) -> EventStory:
        memory, rule = self.memory, self.memory.subject.rule
        texts = tuple(gate.key.values())
        of_key = [alert for alert in memory.alerts if tuple(alert.key.values()) == texts]
        counted = tuple(alert for alert in of_key if self.id in alert.evidence and alert.time >= seen.time)
        starts = [alert for alert in of_key if alert.transition == "firing"]
        fired = tuple(
            a for a in counted if a.transition == "firing" and a.time == seen.time and self.id == a.evidence[-1]
        )
        before = [alert for alert in starts if alert.time <= seen.time and alert not in fired]
        token = next((key for key in seen.keys if key is not None), int(NULL))
        taken = [each for each in memory.arrivals.of_key(token) if not each.late or isinstance(rule.pattern, Absence)]
        earlier = [each for each in taken if each.time <= seen.time and each.position != seen.position]
        story = replace(
            story,
            earlier=tuple(self._earlier(each) for each in earlier[-SHOWN:]),
            following=next((each.time for each in taken if each.time > seen.time), None),
            fired=fired,
            counted=counted,
            last_firing=before[-1] if before else None,
            open_since=self._open_since(of_key, seen.time),
            judgement=self._judgement(seen),
            waiting=self._waiting(taken, seen),
            allowed=self._allowed,
        )
        return replace(story, reason=self._reason(story, seen))

    def _earlier(self, taken: Taken) -> Earlier:
        return Earlier(taken.time, taken.entry, self.memory.event(taken.position).id)

    def _waiting(self, taken: Sequence[Taken], seen: Sighting) -> Waiting | None:
        pattern, reached = self.memory.subject.rule.pattern, self.memory.reached
        if not isinstance(pattern, SequencePlan) or not is_followed(pattern):
            return None
        found = waited(pattern, taken, seen.position, self.id, reached, self.memory.firings)
        if found is None:
            return None
        other = found.other
        if isinstance(other, str):
            known = (self._earlier(each) for each in taken)
            told = next((each for each in known if each.id == other), None)
        else:
            told = self._earlier(other) if other else None
        return Waiting(found.fate, told, found.due, reached, found.begins)

    def _open_since(self, of_key: Sequence[Alert], time: int) -> int | None:
        """Return when the episode began that was open before an instant, None where none was."""
        last = next((alert for alert in reversed(of_key) if alert.time < time), None)
        ended = last is None or last.transition not in ("firing", "raised", "lowered")
        return None if ended or last is None else last.since

    def _reason(self, story: EventStory, seen: Sighting) -> Reason:
        rule = self.memory.subject.rule
        pattern = rule.pattern
        if story.fired:
            return "fired"
        if seen.replayed and not isinstance(pattern, Absence):
            return "replayed"
        if not rule.ordered:
            return "repeated"
        if isinstance(pattern, Absence):
            return "seen" if self._is_awaited(pattern, seen) else "not_expected"
        if seen.late:
            return "late"
        if story.times_seen > 1 and min(self._positions(seen)) < seen.position:
            return "duplicate"
        if isinstance(pattern, SequencePlan):
            return "sequence"
        if story.judgement is not None and story.judgement.judged.truth is not True:
            return "change" if isinstance(pattern, ChangePlan) else "threshold"
        if isinstance(pattern, Threshold) and pattern.is_state:
            return "open" if story.open_since is not None else "held"
        last = story.last_firing
        if last is not None and seen.time - last.time < rule.cooldown_ms:
            return "cooldown"
        return "counted" if any(alert.transition == "firing" for alert in story.counted) else "quiet"

    def _positions(self, seen: Sighting) -> list[int]:
        return [each.position for each in self.memory.arrivals.sightings[self.id] if each.time == seen.time]

    def _is_awaited(self, pattern: Absence, seen: Sighting) -> bool:
        return pattern.expect is None or self._row(pattern, seen) >= 0

    def _row(self, pattern: Absence, seen: Sighting) -> int:
        """Return the row of the expected set that a sight is of, below 0 where it is of none."""
        assert pattern.expect is not None
        token = next((key for key in seen.keys if key is not None), int(NULL))
        surroundings = self.memory.subject.references.surroundings
        return int(surroundings.rows(pattern.expect, np.array([token], np.int64))[0])

    # the pattern's condition

    def _judgement(self, seen: Sighting) -> Judgement | None:
        checked, pattern = self.memory.subject.checked.pattern, self.memory.subject.rule.pattern
        if isinstance(pattern, Threshold) and isinstance(checked, CheckedThreshold):
            return self._told(checked.condition, self._heard(pattern.condition), seen)
        if isinstance(pattern, ChangePlan) and isinstance(checked, CheckedChange):
            return self._told(checked.condition, self._heard(pattern.condition), seen)
        return None

    def _heard(self, program: Program) -> Heard | None:
        listener = self.memory.listener
        return listener.at(program) or listener.next(program)

    def _told(self, typed: Typed, heard: Heard | None, seen: Sighting) -> Judgement | None:
        if heard is None:
            return None
        in_hand = heard.position == seen.position or int(heard.lanes[POSITION, 0]) == seen.position
        gate_key = {name: self._event.text(name) for name in self.memory.subject.rule.key_fields} if self._event else {}
        event = self._event if in_hand or heard.time == seen.time else None
        look = self.memory.look(heard.lanes, heard.extra, event, gate_key)
        return Judgement(heard.time, look.judge(typed))
