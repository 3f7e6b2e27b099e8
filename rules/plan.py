"""The plan: what a ruleset compiles to. Data only, read by shards; editing a rule never compiles a kernel."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from events.alert import Severity
from events.batch import Layout
from events.schema import FieldType, Schemas, Text
from rules.expression.compiled import Program
from rules.expression.typed import DECIMALS
from rules.patterns.plan import Pattern

DEVICES = "devices"  # the set that fills what an event leaves out
HEARTBEAT = "heartbeat"  # the kind that says of a device only that it is heard
FILLED = ("site", "lon", "lat", "person")  # the columns that it fills

ValueType = Literal["time", "duration", "number", "flag", "enum", "text"]
Language = str


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
    decimals: int = DECIMALS  # of a number that texts show, at most


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
    memory_ms: int  # a key that was not touched for longer is as if it were new
    signature: str  # names what its memory says: equal ones score alike
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
    signature: str  # names the state: kinds, selection, key, capacity, window; equal signatures share it
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
