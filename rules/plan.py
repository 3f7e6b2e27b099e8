"""The plan: what a ruleset compiles to. Data only, read by shards; editing a rule never compiles a kernel."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from events.alert import Severity
from events.batch import Layout
from events.schema import FieldType, Schemas, Text

DEVICES = "devices"  # the set that fills what an event leaves out
FILLED = ("site", "lon", "lat", "person")  # the columns that it fills

ValueType = Literal["time", "duration", "number", "flag", "enum", "text"]
Language = str


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled expression (`kernels.opcodes`): `code` is `int64[n, 2]`, `depth` the stack it needs."""

    code: NDArray[np.int64]
    depth: int
    text: str  # the expression in canonical spelling, macros expanded


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

    A set's row is found by the set's key fields in the event, else in the rule's key.
    """

    set: str | None
    column: str


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


@dataclass(frozen=True, eq=False)
class Count:
    """`threshold` with `count()` over a window of event time, (t - window, t].

    EXTRA 0 of its programs is count(), saturated at `ring`. `needed` is the least count that can satisfy the
    condition (its conjunct `count() >= k`), 1 where none says so. `tumbling` panes are aligned to the epoch in
    the city's timezone and judged once, at their end; `day` panes are civil days.
    """

    window_ms: int
    panes: Literal["sliding", "tumbling", "day"]
    condition: Program
    needed: int
    ring: int


@dataclass(frozen=True, eq=False)
class Absence:
    """`absence`: a deadline for every key, `silence_ms` after its last sight. EXTRA 0 is the last sight.

    `expect` is the number of the set whose rows are awaited, seen or never seen; `since` the pool lane of its
    column of that name, if it has one. Without `expect` a key is awaited from its first event.
    """

    silence_ms: int
    expect: int | None
    since: int | None


Pattern = Count | Absence | None


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
    annotations: dict[str, str] = field(default_factory=dict)
    mode: Literal["live", "shadow", "disabled"] = "live"


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
