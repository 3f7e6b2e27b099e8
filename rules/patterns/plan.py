"""The plans of patterns: what a threshold, an absence, a sequence or a change compiles to. Data only."""

from dataclasses import dataclass
from typing import Literal

from rules.expression.compiled import Program

Panes = Literal["sliding", "tumbling", "session", "day"]
Season = Literal["none", "day", "week"]


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One aggregate over a window, one of `rules.aggregates`.

    `argument` is run over each event: a number, for `distinct` a token or enum code, for `ratio` a truth; `count`,
    `rate` and `duration` have none. `parameter` is the quantile, and for `distinct` and a sliding `count` the most that
    is told apart.
    """

    function: str
    argument: Program | None = None
    parameter: float = 0.0


@dataclass(frozen=True, eq=False)
class Window:
    """A window of event time, (t - length, t], and what is accumulated over it: EXTRA i is `aggregates[i]`.

    `tumbling` panes are aligned to the epoch in the city's timezone and judged once, at their end; `day` panes are
    civil days; a `session` ends `length_ms` after its last event, or `max_ms` after its first.
    """

    length_ms: int
    panes: Panes
    aggregates: tuple[Aggregate, ...]
    max_ms: int | None = None


@dataclass(frozen=True, eq=False)
class Baseline:
    """What is usual, learned from a key's own panes.

    EXTRA len(aggregates) + 2 i is the z-score of aggregate `of[i]`, the next one its expected value; both are null
    before a baseline is established.
    """

    season: Season
    learn_ms: int
    min_samples: int
    of: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Threshold:
    """`threshold` over a window.

    `needed` is the least count() that can satisfy the condition (its conjunct `count() >= k`), 1 where none says so.
    With `hold_ms`, `clear` or `baseline` it is a state: one alert an episode; else each firing is an alert.
    With `once` a session fires once, however long it goes on; `cooldown_ms` is then 0.
    """

    window: Window
    condition: Program
    needed: int
    hold_ms: int | None = None  # `for`
    clear: Program | None = None
    resolve_after_ms: int | None = None
    baseline: Baseline | None = None
    once: bool = False

    @property
    def is_state(self) -> bool:
        """Whether its alerts are episodes."""
        return self.hold_ms is not None or self.clear is not None or self.baseline is not None


# when windows are looked at: at events and ends of panes with some, where they change, as civil time passes, too
Looks = Literal["events", "changes", "edges"]


@dataclass(frozen=True, eq=False)
class Accumulation:
    """What accumulates for rules that look at the same windows; they ask for some of its aggregates each.

    Without a `window` they look at single events. `needed` is the least count() that is worth looking at.
    """

    window: Window | None
    needed: int
    looks: Looks


@dataclass(frozen=True, eq=False)
class Unusual:
    """`for: unusual`: a silence is too long when a person's chance of one that long falls below `alpha`.

    Silences of `least_ms` and more are asked for (`kernels.scores.inactivity`). `out` is run over each sign and is TRUE
    where that tells of going out. `consent_until` (epoch ms) and `ceiling_h` are the pool lanes of these columns of the
    expected set, if it has them: without consent no profile is kept.
    """

    alpha: float
    least_ms: int
    out: Program | None
    consent_until: int | None
    ceiling_h: int | None


@dataclass(frozen=True, eq=False)
class Absence:
    """`absence`: a deadline for every key, `silence_ms` after its last sight. EXTRA 0 is the last sight.

    With `unusual` each sight computes its own deadline, of which `silence_ms` is the ceiling, and `expect` is there.
    EXTRA 1 is then how long the silence was that became too long (ms), 2 the chance of one that long (NaN where there
    is no profile), 3 `alpha`.

    `expect` is the number of the set whose rows are awaited, seen or never seen; `since` the pool lane of its
    column of that name, if it has one. Without `expect` a key is awaited from its first event, and dropped when it
    has been silent for `forget_ms`. `unless` stops the clock; it is judged at each full minute of event time over
    lanes in which the key's fields, the time and nothing else are known.
    """

    silence_ms: int
    expect: int | None
    since: int | None
    unless: Program | None = None
    forget_ms: int | None = None
    unusual: Unusual | None = None

    @property
    def least_ms(self) -> int:
        """No silence that is shorter is too long."""
        if self.unusual is None:
            return self.silence_ms
        return 0 if self.unusual.ceiling_h is not None else min(self.unusual.least_ms, self.silence_ms)


Role = Literal["first", "then", "not"]


@dataclass(frozen=True, eq=False)
class SequenceStep:
    """One step: which events it takes, under which key, and how long after the step before.

    `times` matches are needed, of different values of `distinct` where it is given. EXTRA i of its programs is the
    field `Sequence.first[i]` of the event that the chain began with.
    """

    role: Role
    kinds: tuple[int, ...]
    select: tuple[Program, ...]
    key: tuple[int, ...]
    times: int = 1
    distinct: Program | None = None
    within_ms: int | None = None
    refers: bool = False  # whether its programs read the first event
    hangs_on: str | None = None  # a score: of events of which that says nothing `select` is never true


@dataclass(frozen=True, eq=False)
class Sequence:
    """Steps one after the other, `within_ms` from the first match to the last.

    `first` are the lanes of the first event that conditions, severities and texts read as EXTRA, 64 bits each (a time
    in ms as a number).
    """

    steps: tuple[SequenceStep, ...]
    within_ms: int | None
    first: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Change:
    """A condition over an event and the one before it of the same key, remembered for `window_ms`.

    EXTRA i is lane `previous[i]` of the event before, its 64 bits as they were (a time in ms as a number); after
    them, EXTRA len(previous) + j is 1.0 where the value of `first_seen[j]` is new to the key within the window,
    else 0.0, NaN for null.
    """

    condition: Program
    window_ms: int
    previous: tuple[int, ...]
    first_seen: tuple[Program, ...] = ()


Pattern = Threshold | Accumulation | Absence | Sequence | Change | None


def extras(pattern: Pattern) -> int:
    """Return how many rows of EXTRA a pattern gives to the programs of its rule."""
    match pattern:
        case Threshold():
            return len(pattern.window.aggregates) + (2 * len(pattern.baseline.of) if pattern.baseline else 0)
        case Accumulation():
            return len(pattern.window.aggregates) if pattern.window else 0
        case Absence():
            return 1 if pattern.unusual is None else 4
        case Sequence():
            return len(pattern.first)
        case Change():
            return len(pattern.previous) + len(pattern.first_seen)
        case None:
            return 0
