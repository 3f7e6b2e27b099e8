"""The checked tree: every node knows its type, macros are expanded, names are resolved.

`node` is what it was written as, macros expanded: its canonical spelling names the value and signs the state.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal

from events.schema import FieldType
from rules.expression.nodes import Call, Node, Not, String, conjunction, disjunction

DECIMALS: Final = 3  # of a number that texts show, at most

Base = Literal["number", "time", "duration", "truth", "flag", "enum", "kind", "text", "string"]
Operation = Literal[
    "+",
    "-",
    "*",
    "/",
    "negate",
    "abs",
    "min",
    "max",
    "otherwise",
    "distance",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "same",
    "not_same",
    "known",
    "flag",
    "and",
    "or",
    "not",
    "sure",
]


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is. Durations are numbers in ms; `text` is an id, ephemeral or text: in lanes a token.

    `flag` is a field's 0 or 1, `truth` the outcome of a condition; `string` a constant not yet compared. `range` is
    between what a number lies, both included, where that is known; it makes no other type of it.
    """

    base: Base
    unit: str | None = None
    values: tuple[str, ...] = ()
    range: tuple[float, float] | None = field(default=None, compare=False)


NUMBER = Type("number")
SHARE = Type("number", range=(0.0, 1.0))
DURATION = Type("duration", "ms")
TIME = Type("time")
TRUTH = Type("truth")
FLAG = Type("flag")
TEXT = Type("text")
STRING = Type("string")


@dataclass(frozen=True, slots=True)
class Typed:
    """What every checked node has."""

    node: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Constant(Typed):
    """A number (NaN is null), a truth, or a text that is to be an enum's value, a kind or an identifier."""

    value: float | bool | str


@dataclass(frozen=True, slots=True)
class Field(Typed):
    """A field of the event; `kind` is one too."""

    name: str
    field_type: FieldType
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Column(Typed):
    """A column of the set's row that `key` finds; null where there is none."""

    set: str
    column: str
    column_type: FieldType
    key: tuple[Typed, ...]
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Member(Typed):
    """Whether the set has a row of this key; unknown if a part is null."""

    set: str
    key: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class InCalendar(Typed):
    """Whether the event's time is within a calendar."""

    name: str


@dataclass(frozen=True, slots=True)
class Inside(Typed):
    """Whether a point lies in an area; unknown without a coordinate. `x`, `y` are as the area has them."""

    name: str
    x: Typed
    y: Typed


@dataclass(frozen=True, slots=True)
class Near(Typed):
    """Whether a point lies in an area or at most `distance` metres from it; `on_earth` x and y are degrees."""

    name: str
    x: Typed
    y: Typed
    distance: Typed
    on_earth: bool


@dataclass(frozen=True, slots=True)
class Score(Typed):
    """What a score says of the event; null until it says something, and of events of other kinds."""

    score: str
    output: str
    decimals: int = field(default=DECIMALS, compare=False)  # that texts show of it


@dataclass(frozen=True, slots=True)
class Coverage(Typed):
    """Share of the devices of a site that are heard, by events of `kinds` (sorted); null where there is no device."""

    site: Typed
    kinds: tuple[str, ...]


# what patterns give beside the event in hand: a row of EXTRA each, found by the canonical spelling


@dataclass(frozen=True, slots=True)
class Aggregated(Typed):
    """An aggregate of the window. `argument` is evaluated over each event, `parameter` is the share of a quantile."""

    function: str
    argument: Typed | None = None
    parameter: float = 0.0


@dataclass(frozen=True, slots=True)
class ZScore(Typed):
    """How far an aggregate is from what is usual."""

    of: Aggregated


@dataclass(frozen=True, slots=True)
class Expected(Typed):
    """What an aggregate usually is."""

    of: Aggregated


@dataclass(frozen=True, slots=True)
class Prev(Typed):
    """A field of the event before this one, of the same key."""

    field: Field


@dataclass(frozen=True, slots=True)
class First(Typed):
    """A field of the event that a sequence began with."""

    field: Field


@dataclass(frozen=True, slots=True)
class FirstSeen(Typed):
    """Whether a value is new to the key; unknown where it is null."""

    argument: Typed


@dataclass(frozen=True, slots=True)
class LastSeen(Typed):
    """Last sight of an absence's key."""


@dataclass(frozen=True, slots=True)
class OfSilence(Typed):
    """What is known of a silence that was unusual: one of `rules.scores.OF_SILENCE`."""


Given = Aggregated | ZScore | Expected | Prev | First | FirstSeen | LastSeen | OfSilence


@dataclass(frozen=True, slots=True)
class Hour(Typed):
    """Civil hour of the event's time."""


@dataclass(frozen=True, slots=True)
class Now(Typed):
    """Event time at which the condition is judged."""


@dataclass(frozen=True, slots=True)
class Apply(Typed):
    """An operation on values; `and`, `or`, `min`, `max` take two or more.

    `otherwise` is the first number, or the second where that is null; `distance` takes lon, lat, lon, lat.
    """

    operation: Operation
    args: tuple[Typed, ...]


def anywhere(type: Type) -> Type:
    """Return the type of what is reckoned from a number: where that lies says nothing of it."""
    return replace(type, range=None)


def parts(typed: Typed) -> tuple[Typed, ...]:
    """Return the direct parts of a checked node."""
    match typed:
        case Apply():
            return typed.args
        case Column() | Member():
            return typed.key
        case Inside():
            return typed.x, typed.y
        case Near():
            return typed.x, typed.y, typed.distance
        case Coverage():
            return (typed.site,)
        case Aggregated():
            return () if typed.argument is None else (typed.argument,)
        case ZScore() | Expected():
            return (typed.of,)
        case Prev() | First():
            return (typed.field,)
        case FirstSeen():
            return (typed.argument,)
        case _:
            return ()


def leaves(typed: Typed) -> Iterator[Typed]:
    """Yield all that an expression reads, in order: fields, calendars, constants, what patterns give.

    What has parts comes before them: joins before their keys, aggregates before what they are over.
    """
    if not isinstance(typed, Apply):
        yield typed
    for part in parts(typed):
        yield from leaves(part)


def compared(typed: Typed) -> Iterator[Typed]:
    """Yield what an expression compares, as people named it: fields, columns, what patterns give, whole calls.

    Neither the keys of joins, nor what an aggregate is over, nor what a function reads.
    """
    if isinstance(typed, Field | Column | Coverage | Score | Given) or (
        isinstance(typed, Apply) and isinstance(typed.node, Call) and typed.type.base != "truth"
    ):
        yield typed
    elif isinstance(typed, Apply):
        for part in typed.args:
            yield from compared(part)


def truth(typed: Typed) -> Typed:
    """Return a flag as a condition; a condition is returned as it is."""
    return Apply(typed.node, TRUTH, "flag", (typed,)) if typed.type.base == "flag" else typed


def all_of(items: tuple[Typed, ...], node: Node | None = None) -> Typed:
    """Return the conjunction of one or more conditions, flat, constants folded."""
    node = node or conjunction(items[0].node.place, tuple(item.node for item in items))
    return _joined("and", items, node, unit=True)


def any_of(items: tuple[Typed, ...], node: Node | None = None) -> Typed:
    """Return the disjunction of one or more conditions, flat, constants folded."""
    node = node or disjunction(items[0].node.place, tuple(item.node for item in items))
    return _joined("or", items, node, unit=False)


def _joined(operation: Literal["and", "or"], items: tuple[Typed, ...], node: Node, unit: bool) -> Typed:
    flat: list[Typed] = []
    for item in items:
        nested = isinstance(item, Apply) and item.operation == operation
        flat.extend(item.args if isinstance(item, Apply) and nested else (item,))
    if any(isinstance(item, Constant) and item.value is not unit for item in flat):
        return Constant(node, TRUTH, not unit)
    left = tuple(item for item in flat if not isinstance(item, Constant))
    if not left:
        return Constant(node, TRUTH, unit)
    return left[0] if len(left) == 1 else Apply(node, TRUTH, operation, left)


def negated(item: Typed, node: Node | None = None) -> Typed:
    """Return the negation of a condition: pushed down to what `and` and `or` join, doubled ones cancelled."""
    node = node or Not(item.node.place, item.node)
    if isinstance(item, Constant):
        return Constant(node, TRUTH, not item.value)
    if isinstance(item, Apply) and item.operation == "not":
        return item.args[0]
    if isinstance(item, Apply) and item.operation == "or":
        return all_of(tuple(negated(arg) for arg in item.args), node)
    if isinstance(item, Apply) and item.operation == "and":
        return any_of(tuple(negated(arg) for arg in item.args), node)
    return Apply(node, TRUTH, "not", (item,))


def surely(item: Typed) -> Typed:
    """Return a condition that is false where the given one is unknown."""
    if isinstance(item, Constant):
        return item
    return Apply(Call(item.node.place, "sure", (item.node,)), TRUTH, "sure", (item,))


def exempting(condition: Typed, until_ms: int | None) -> Typed:
    """Return what selects events that an exception does not exempt.

    The exception holds where `condition` is true and, with `until_ms`, before that instant (epoch ms).
    """
    if until_ms is not None:
        place = condition.node.place
        end = String(place, datetime.fromtimestamp(until_ms / 1000, UTC).isoformat())
        now = Now(Call(place, "now", ()), TIME)
        ends = Apply(Call(place, "before", (end,)), TRUTH, "<", (now, Constant(end, TIME, float(until_ms))))
        condition = all_of((condition, ends))
    return negated(surely(condition))
