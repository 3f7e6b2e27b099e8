"""How a function of the language is declared, and what of the checker its meaning may use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from events.place import Place
from events.schema import Text
from rules.expression.findings import Findings
from rules.expression.nodes import Call, Node
from rules.expression.scope import Scope
from rules.expression.typed import Typed


class Checking(Protocol):
    """The checker of one expression, as functions see it. What returns None has said what is wrong."""

    @property
    def scope(self) -> Scope:
        """Where the expression stands."""
        ...

    @property
    def found(self) -> Findings:
        """Where errors and warnings go."""
        ...

    def any(self, node: Node) -> Typed | None:
        """Check a node of any type."""
        ...

    def truth(self, node: Node) -> Typed | None:
        """Check a node that must be a condition."""
        ...

    def over_event(self, node: Node, *, is_condition: bool) -> Typed | None:
        """Check a node that is evaluated over each event of a window."""
        ...

    def read(self, name: str, place: Place) -> Typed | None:
        """Return a field of the event in hand."""
        ...

    def other(self, event: str, name: str, place: Place) -> Typed | None:
        """Return a field of the event before (`prev`) or of a sequence's first (`first`)."""
        ...

    def alike(self, node: Node, left: Typed, right: Typed) -> tuple[Typed, Typed] | None:
        """Bring two numbers, durations or times to one unit."""
        ...


Meaning = Callable[[Checking, Call], Typed | None]


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `least` and `most` count its arguments; `null` says when its result is null, empty for never."""

    signature: str
    least: int
    most: int
    meaning: Meaning
    title: Text
    takes: Text
    gives: Text
    null: Text
    where: Text | None = None  # None: wherever a condition or value stands
