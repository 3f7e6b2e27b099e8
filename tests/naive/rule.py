"""What the naive engine knows of a rule: plain values, and a Python function for each expression."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.naive.baseline import Usual
from tests.naive.inactivity import Law
from tests.naive.windows import Window

Event = dict[str, Any]  # id, time (epoch ms), kind and the other fields that the line has
Row = dict[str, Any]  # a row of a reference set


@dataclass(frozen=True)
class Scope:
    """What an expression can see. `event` is empty where none is in hand, `key` has the text of each key field.

    `first` is the event that a sequence began with, `before` the events of the key in the window before the one in
    hand, oldest first, `whole` says whether the log has all of that window. `given` are aggregates, and what is usual
    of them, by canonical spelling.
    """

    event: Event
    key: dict[str, str | None]
    now: int
    last_seen: int | None = None
    coverage: Callable[[str | None, int], float | None] = lambda site, instant: None
    place: int | None = None  # where in event time it is judged, if that may be later than `now`
    first: Event | None = None
    before: Sequence[Event] = ()
    whole: bool = True
    given: Mapping[str, float | None] = field(default_factory=dict)


Expression = Callable[[Scope], Any]  # None is null; True, False or None where a truth is asked for


@dataclass(frozen=True)
class Threshold:
    """`threshold` that is judged in instants. `names` are the window's aggregates in canonical spelling.

    With `once` a session fires once, and again only where it is more severe.
    """

    window: Window
    names: tuple[str, ...]
    condition: Expression
    once: bool = False


@dataclass(frozen=True)
class State:
    """`threshold` with `for`, `clear` or `baseline`. `names` are the window's aggregates in canonical spelling.

    `usual_of` are those whose usual values are learned. Without `clear` it is over where the condition is false.
    """

    window: Window
    names: tuple[str, ...]
    condition: Expression
    clear: Expression | None = None
    hold_ms: int = 0
    resolve_after_ms: int | None = None
    usual: Usual | None = None
    usual_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unusual:
    """`for: unusual` by the score `name`: whose silence is too long is known of those who have consented.

    `out` is asked of each sign. `consent_until` and `ceiling_h` are columns of the expected set, if it has them.
    """

    name: str
    law: Law
    out: Expression | None = None
    consent_until: str | None = None
    ceiling_h: str | None = None


@dataclass(frozen=True)
class Absence:
    """`absence`; `expect` names a set, or every key that was ever seen is awaited. `since` is its column, if any.

    With `unusual` a silence of `silence_ms` is too long, whoever it is.
    """

    silence_ms: int
    expect: str | None
    since: str | None = None
    active: Expression | None = None
    unless: Expression | None = None
    forget_ms: int | None = None
    unusual: Unusual | None = None


@dataclass(frozen=True)
class SequenceStep:
    """A step of a sequence; `key` are the fields that its events have the rule's key in.

    `select` may ask for the first event of the chain; `takes` is what of it does not: these are the events it is about.
    """

    role: str
    kinds: frozenset[str]
    select: Expression
    takes: Expression
    key: tuple[str, ...]
    times: int = 1
    distinct: Expression | None = None
    within_ms: int | None = None
    refers: bool = False


@dataclass(frozen=True)
class InSequence:
    """`sequence`."""

    steps: tuple[SequenceStep, ...]
    within_ms: int | None = None


@dataclass(frozen=True)
class Change:
    """`change` over what is remembered for so long; `news`: it asks what is new, which the begin of a log hides."""

    condition: Expression
    window_ms: int
    news: bool


@dataclass(frozen=True)
class Rule:
    """One rule. `select` is `when` without exceptions and, but for an absence, `active`.

    `heard` are the kinds that tell of devices, where it reads coverage(), `scored` those of the scores that it reads.
    `mode` is live or shadow; where `canary` is not true of a key, its alerts are shadows.
    """

    rule: str
    kinds: frozenset[str]
    select: Expression
    key: tuple[str, ...] = ()
    pattern: Threshold | State | Absence | InSequence | Change | None = None
    ordered: bool = False
    cooldown_ms: int = 0
    severity: tuple[tuple[str, Expression | None], ...] = (("medium", None),)
    values: dict[str, Expression] = field(default_factory=dict)
    purpose: str = "public_safety"
    heard: frozenset[str] = frozenset()
    scored: frozenset[str] = frozenset()
    mode: str = "live"
    canary: Expression | None = None


def severity(rule: Rule, scope: Scope) -> str:
    """Return the first rung that is true, else the default."""
    for name, condition in rule.severity:
        if condition is None or condition(scope) is True:
            return name
    raise AssertionError("a ladder ends with a default")
