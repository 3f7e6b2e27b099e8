"""The plan: what a ruleset compiles to. Data only, read by shards; editing a rule never compiles a kernel."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from events.alert import Severity
from events.batch import Layout
from events.schema import FieldType, Schemas, Text

DEVICES = "devices"  # the set that fills what an event leaves out
HEARTBEAT = "heartbeat"  # the kind that says of a device only that it is heard
FILLED = ("site", "lon", "lat", "person")  # the columns that it fills

ValueType = Literal["time", "duration", "number", "flag", "enum", "text"]
Language = str


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled expression (`kernels.opcodes`): `code` is `int64[n, 2]`, `depth` the stack it needs."""

    code: NDArray[np.int64]
    depth: int
    text: str  # the expression in canonical spelling, macros expanded


def reads(programs: Iterable[Program], *opcodes: int) -> list[int]:
    """Return what some instructions of programs name, each once, sorted: the lanes, sets or coverages read."""
    codes = (program.code.reshape(-1, 2) for program in programs)
    return sorted({argument for code in codes for argument in code[np.isin(code[:, 0], opcodes), 1].tolist()})


@dataclass(frozen=True)
class SetColumn:
    """A column of a reference set. `lane` is its place in the pool of all sets' columns."""

    name: str
    type: FieldType
    lane: int
    unit: str | None = None
    personal: bool = False


@dataclass(frozen=True)
class SetPlan:
    """A reference set that rules join with; `key` names its key columns, which are among `columns`."""

    name: str
    number: int
    key: tuple[str, ...]
    columns: tuple[SetColumn, ...]


@dataclass(frozen=True)
class Source:
    """Where a text comes from at alert rate: a field of the causing event (`set` None), or a set's column.

    A set's row is found by the set's key fields in the event, else in the rule's key. With `earlier` a field is that of
    `first` or `prev`: of the first event of the evidence, null where there is none.
    """

    set: str | None
    column: str
    earlier: bool = False


@dataclass(frozen=True, eq=False)
class Value:
    """One expression that a text names, or that a condition compared: what `values` of an alert says.

    A text (id or text column) has a `source`; all else has a `program`, run over the firing rows.
    """

    name: str  # the key in `values`: the expression in canonical spelling
    type: ValueType
    program: Program | None = None
    source: Source | None = None
    unit: str | None = None
    personal: bool = False  # never enters `values`; joined by the dispatcher for the routes that may see it


@dataclass(frozen=True)
class Message:
    """A text with holes, in one language: literal pieces and the names of values, in turn.

    `parts[0::2]` are literal, `parts[1::2]` name a `Value`.
    """

    parts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """One rung of a severity ladder; `when` None is the default, always last."""

    severity: Severity
    when: Program | None


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
    while learning.
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


Pattern = Threshold | Absence | Sequence | Change | None


def extras(pattern: Pattern) -> int:
    """Return how many rows of EXTRA a pattern gives to the programs of its rule."""
    match pattern:
        case Threshold():
            return len(pattern.window.aggregates) + (2 * len(pattern.baseline.of) if pattern.baseline else 0)
        case Absence():
            return 1 if pattern.unusual is None else 4
        case Sequence():
            return len(pattern.first)
        case Change():
            return len(pattern.previous) + len(pattern.first_seen)
        case None:
            return 0


@dataclass(frozen=True, eq=False)
class Escalation:
    """Whom an alert goes to while it is not acknowledged, `after_ms` of people's time from its sending."""

    after_ms: int
    to: str


@dataclass(frozen=True)
class Polygon:
    """One area: its rings, vertices in order, x and y in metres on the ground plane of `site`, else lon and lat.

    A point is inside where a ray from it crosses the rings an odd number of times: holes and islands are rings too.
    A ring is closed by itself; its last vertex is not its first.
    """

    name: str
    site: str | None
    rings: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, eq=False)
class ScoreOutput:
    """What of a score is read: output `place` of the kernel, written to `lane`.

    A number has no `codes`; of an enum they are those of its words, in the kernel's order.
    """

    name: str
    place: int
    lane: int
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class ScorePlan:
    """A score: kernel `kernel` (`rules.scores`) over events of `kinds` for which every program of `select` is TRUE.

    `per` are the lanes of the fields that its memory is kept by, `inputs` are run over each event, `parameters` are all
    of the kernel's, in its order. `network` is the number of the set of ways that it reads, and the lane of the event's
    device.
    """

    name: str
    number: int
    kernel: str
    kinds: tuple[int, ...]
    select: tuple[Program, ...]
    per: tuple[int, ...]
    inputs: tuple[Program, ...]
    parameters: tuple[float, ...]
    outputs: tuple[ScoreOutput, ...]
    capacity: int
    network: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class RulePlan:
    """One rule. An event is selected when its kind is in `kinds` and every program of `select` is TRUE."""

    rule: str
    number: int
    kinds: tuple[int, ...]  # codes, sorted
    select: tuple[Program, ...]  # conjuncts of `when`, `active` and `except`, the cheapest and most selective first
    key: tuple[int, ...]  # lanes of the key's tokens or enum codes; empty: one key for all
    key_fields: tuple[str, ...]
    active: int | None  # calendar that gates an absence; of other rules `active` is in `select`
    pattern: Pattern
    ordered: bool  # False: at once, on arrival
    cooldown_ms: int
    capacity: int
    severity: tuple[Step, ...]
    values: tuple[Value, ...]
    title: dict[Language, Message]
    message: dict[Language, Message]
    route: tuple[str, ...]
    purpose: str
    signature: str  # names the state: kinds, selection, key, window, aggregate; equal signatures share it
    labels: dict[str, Message] = field(default_factory=dict)
    escalate: tuple[Escalation, ...] = ()
    legal_basis: str | None = None
    canary: Program | None = None  # where it is not TRUE of a firing the alert is a shadow
    annotations: dict[str, str] = field(default_factory=dict)
    mode: Literal["live", "shadow", "disabled"] = "live"
    scores: tuple[tuple[int, tuple[int, ...]], ...] = ()  # that it reads, each with the key of who reads it
    hangs_on: str | None = None  # a score: of events of which that says nothing `select` is never true


@dataclass(frozen=True, eq=False)
class Calendar:
    """A function of civil time to true or false: false before `edges[0]`, turning at every edge (epoch ms, sorted)."""

    name: str
    edges: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a shard needs to know of a ruleset."""

    version: str  # hash of the rule files' meaning and of the timezone database
    schemas: Schemas
    layout: Layout
    rules: tuple[RulePlan, ...]
    sets: tuple[SetPlan, ...]
    calendars: tuple[Calendar, ...]
    timezone: str
    offset_edges: NDArray[np.int64]  # instants at which the city's UTC offset changes, first the least int64
    offsets_ms: NDArray[np.int64]  # the offset from each of them on
    routes: dict[str, Text]
    areas: tuple[Polygon, ...] = ()
    coverages: tuple[tuple[int, ...], ...] = ()  # for each COVERAGE argument the kinds, heartbeat included
    scores: tuple[ScorePlan, ...] = ()
    words: tuple[str, ...] = ()  # that scores say and no schema has: their codes follow those of the schemas' symbols

    @cached_property
    def lanes(self) -> int:
        """How many lanes released rows have: those of the layout, and behind them what scores say."""
        return self.layout.lanes + sum(len(score.outputs) for score in self.scores)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The values of enums by their codes."""
        return (*self.schemas.symbols, *self.words)
