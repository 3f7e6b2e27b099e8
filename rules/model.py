"""A rule as it was written: typed, complete, every value with its place, expressions still text."""

from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from events.alert import Severity
from events.place import Place
from rules.patterns.plan import Panes, Role, Season
from rules.yaml import Scalar

Mode = Literal["live", "shadow", "disabled"]


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception: events for which `when` is true do not count, until the end of the civil day `until`."""

    when: Scalar
    reason: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a threshold; a day's length is 24 h here, its panes are civil days.

    A session ends `length_ms` after its last event, or `max_ms` after its first.
    """

    length_ms: int
    panes: Panes
    place: Place = field(compare=False)
    max_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, learned from a key's own panes."""

    season: Season
    learn_ms: int
    min_samples: int
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A condition over a window. With `hold_ms` (`for`), `clear` or `baseline` it is a state.

    `once` tells that it fires once a session, however long that lasts.
    """

    condition: Scalar
    window: Window
    hold_ms: int | None = None
    clear: Scalar | None = None
    baseline: Baseline | None = None
    resolve_after_ms: int | None = None
    once: bool = False

    @property
    def is_state(self) -> bool:
        """Whether its alerts are episodes."""
        return self.hold_ms is not None or self.clear is not None or self.baseline is not None


@dataclass(frozen=True, slots=True)
class Silence:
    """An absence: silent for so long; `expect` names the set whose rows are awaited.

    Where it is silent for longer than is usual `silence_ms` is None, and `unusual` what is written: that word, which
    may stand behind the name of a score.
    """

    silence_ms: int | None
    expect: Scalar | None
    place: Place
    unless: Scalar | None = None
    forget_ms: int | None = None
    unusual: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How many matches a step needs; of different values of `distinct`, an expression, where it is given."""

    count: int
    distinct: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence; `key` is empty where it is the rule's."""

    role: Role
    kinds: tuple[Scalar, ...]
    when: Scalar | None
    key: tuple[Scalar, ...]
    times: Times
    within_ms: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps one after the other, `within_ms` from the first match to the last."""

    steps: tuple[Step, ...]
    within_ms: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Change:
    """A condition over an event and the one before it, remembered for `window_ms`."""

    condition: Scalar
    window_ms: int


Pattern = Threshold | Silence | Sequence | Change


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a severity ladder; the default has no condition."""

    severity: Severity
    when: Scalar | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who hears of an alert that nobody acknowledged for so long."""

    after_ms: int
    to: Scalar


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Durations are ms; `cooldown_ms` is None where the rule names none.

    `kinds` are those of `from`, or of all steps of a sequence. Where `pattern` cannot be read it is None.
    """

    name: Scalar
    title: Names[str, Scalar]
    message: Names[str, Scalar]
    kinds: tuple[Scalar, ...]
    when: Scalar | None
    active: Scalar | None
    key: tuple[Scalar, ...]
    exemptions: tuple[Exemption, ...]
    pattern: Pattern | None
    capacity: int | None
    severity: tuple[Rung, ...]
    labels: Names[str, Scalar]
    annotations: Names[str, str]
    routes: tuple[Scalar, ...]
    cooldown_ms: int | None
    cooldown_place: Place | None
    escalate: tuple[Escalation, ...]
    mode: Mode
    canary: Scalar | None
    purpose: str | None
    legal_basis: str | None


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one file and the macros that they may use; `words` are all that its rules say.

    `unread` are macros that cannot be read.
    """

    path: str
    macros: Names[str, Scalar] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    words: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
