"""What names mean where an expression stands: kinds, sets, calendars, macros, and what the pattern offers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from events.place import Problem
from events.schema import Field, FieldType, Schemas
from rules.broken import Broken
from rules.expression.nodes import Node


class ColumnShape(Protocol):
    """What an expression needs to know of a set's column."""

    @property
    def type(self) -> FieldType:
        """Type as in schemas."""
        ...

    @property
    def unit(self) -> str | None:
        """Unit of a number."""
        ...

    @property
    def personal(self) -> bool:
        """Whether it says something about a person."""
        ...


class SetShape(Protocol):
    """A declared reference set; its key columns are among `columns` (`rules.vocabulary.SetDeclaration` is one)."""

    @property
    def name(self) -> str:
        """Name of the set."""
        ...

    @property
    def key(self) -> tuple[str, ...]:
        """Its key columns in order."""
        ...

    @property
    def columns(self) -> Mapping[str, ColumnShape]:
        """All columns by name."""
        ...


class OutputShape(Protocol):
    """What an expression needs to know of what a score says (`rules.scores.Output` is one)."""

    @property
    def unit(self) -> str | None:
        """Unit of a number."""
        ...

    @property
    def range(self) -> tuple[float, float] | None:
        """Between what a number lies, both included, where that is known."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """The values of an enum; none of a number."""
        ...

    @property
    def decimals(self) -> int:
        """Decimals of a number that texts show at most."""
        ...


class ScoreShape(Protocol):
    """A declared score (`rules.score_declarations.ScoreDeclaration` is one)."""

    @property
    def name(self) -> str:
        """Name of the score."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the events that it is about; none where they are not known."""
        ...

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that its memory is kept by; none where they are not known."""
        ...

    @property
    def outputs(self) -> Mapping[str, OutputShape]:
        """What it says, by name."""
        ...


class AreaShape(Protocol):
    """A declared area (`rules.plan.Polygon` is one)."""

    @property
    def name(self) -> str:
        """Name of the area."""
        ...

    @property
    def site(self) -> str | None:
        """The site on whose ground plane it is drawn, None where it has longitudes and latitudes."""
        ...


@dataclass
class Scope:
    """Where an expression stands.

    `kinds` are those of the event in hand, and `key` the rule's key fields. `pattern` says which further names there
    are: `window` has aggregates, with `baseline` also `zscore()` and `expected()`; `absence` has `last_seen`; `change`
    has `prev`, `first_seen()` and what compares with the event before; `sequence` has `first`, the first event, which
    is of `first_kinds`. `in_hand=False` is where no event is at hand (panes, absence): only key fields may be read,
    and columns of sets that they find. `in_text` allows the short forms of texts, such as `count` for `count()`.
    `kinds` is empty where only calendars make sense (`active`). `rule_kinds` are those of the whole rule where they
    are more (a step of a sequence, `active`). Of the scores `silences` are those that say how long a silence may last,
    and `silence` is the one that an absence goes by. Of what is `broken` nothing is known but its name. Checks append
    what is worth a warning to `warnings`.
    """

    schemas: Schemas
    kinds: tuple[str, ...]
    sets: Mapping[str, SetShape] = field(default_factory=dict)
    calendars: Collection[str] = ()
    macros: Mapping[str, Node] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    pattern: Literal["none", "window", "absence", "sequence", "change"] = "none"
    baseline: bool = False
    first_kinds: tuple[str, ...] = ()
    rule_kinds: tuple[str, ...] = ()
    areas: Mapping[str, AreaShape] = field(default_factory=dict)
    in_hand: bool = True
    in_text: bool = False
    scores: Mapping[str, ScoreShape] = field(default_factory=dict)
    broken: Broken = field(default_factory=Broken)
    silences: Collection[str] = ()
    silence: str | None = None
    warnings: list[Problem] = field(default_factory=list)

    def fields(self, name: str, kinds: tuple[str, ...] | None = None) -> dict[str, Field]:
        """Return the field of this name in each of the kinds (those of the event in hand) that have it."""
        found = {kind: self.schemas[kind].fields.get(name) for kind in (self.kinds if kinds is None else kinds)}
        return {kind: body for kind, body in found.items() if body is not None}

    def field_names(self, kinds: tuple[str, ...] | None = None) -> list[str]:
        """Return all field names of the kinds (those of the event in hand), sorted, `kind` among them."""
        kinds = self.kinds if kinds is None else kinds
        names = {name for kind in kinds for name in self.schemas[kind].fields}
        return sorted(names | {"kind"}) if kinds else []
