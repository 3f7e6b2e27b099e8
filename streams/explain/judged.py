"""A condition as it was judged, node by node: each part is compiled by itself and run by the engine's interpreter.

So an explanation cannot say anything else than the engine did.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from events.place import Place
from kernels.opcodes import FALSE, TRUE
from rules.expression.canonical import canonical
from rules.expression.program import Target, compile
from rules.expression.typed import (
    Apply,
    Column,
    Coverage,
    Field,
    First,
    Inside,
    Member,
    Near,
    Prev,
    Typed,
    compared,
    parts,
)
from streams.shard.surroundings import Surroundings

Truth = bool | None  # None: unknown
Joined = Literal["and", "or", "not"]
ROW = np.zeros(1, np.int64)
EXACT = 2**53
NOT_TOLD = "…"  # what an event does not say itself and is personal


@dataclass(frozen=True, slots=True)
class Compared:
    """What a condition compared, by its canonical spelling; `type` is a base type of expressions.

    With `at_least` the window remembers no more than `value`: there may be more.
    """

    name: str
    type: str
    value: Any
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One node: how it is spelled, where it is written, and what it was; what it compared, or its parts."""

    text: str
    place: Place
    truth: Truth
    values: tuple[Compared, ...] = ()
    joined: Joined | None = None
    parts: tuple["Judged", ...] = ()

    def first_not_true(self) -> "Judged | None":
        """Return the first node that is false or unknown, as deep as one alone decides; None where all is true."""
        if self.truth is True:
            return None
        if self.joined == "and":
            return next((found for part in self.parts if (found := part.first_not_true())), self)
        return self

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Judged"]]:
        """Yield this node and all below it, with their depths."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)


@dataclass(frozen=True, eq=False)
class Look:
    """What conditions see at one instant: a row, what the pattern gives (`extra`, float64[e]), and texts.

    `field` returns a field's text; `column` that of a set's column for the texts of a key. `bounds` says by their
    spelling how much the aggregates of a window tell apart.
    """

    lanes: Lanes
    extra: NDArray[np.float64]
    target: Target
    surroundings: Surroundings
    field: Callable[[str], str | None]
    column: Callable[[str, tuple[str | None, ...], str], str | None]
    bounds: Mapping[str, int]

    def judge(self, typed: Typed) -> Judged:
        """Return a condition as it is judged here."""
        text, place, truth = canonical(typed.node), typed.node.place, self._truth(typed)
        if isinstance(typed, Apply) and typed.operation in ("and", "or", "not"):
            inner = typed.args[0]
            if typed.operation != "not":
                joined: Joined = "and" if typed.operation == "and" else "or"
                return Judged(text, place, truth, joined=joined, parts=tuple(map(self.judge, typed.args)))
            if isinstance(inner, Apply) and inner.operation in ("and", "or", "sure"):
                return Judged(text, place, truth, joined="not", parts=(self.judge(inner),))
        if isinstance(typed, Apply) and typed.operation == "sure":
            return self.judge(typed.args[0])
        return Judged(text, place, truth, tuple(self._compared(typed)))

    def _truth(self, typed: Typed) -> Truth:
        bits = self._bits(typed)
        return True if bits == TRUE else False if bits == FALSE else None

    def _bits(self, typed: Typed) -> int:
        extra = np.ascontiguousarray(self.extra.reshape(-1, 1))
        return int(self.surroundings.evaluate(compile(typed, self.target), self.lanes, ROW, extra)[0])

    def _compared(self, typed: Typed) -> Iterator[Compared]:
        seen: set[str] = set()
        for leaf in _looked_at(typed):
            if (name := canonical(leaf.node)) not in seen:
                seen.add(name)
                value, most = self.value(leaf), self.bounds.get(name)
                yield Compared(name, leaf.type.base, value, most is not None and value is not None and value >= most)

    def value(self, typed: Typed) -> Any:
        """Return what an expression is: a number, truth or text; None where it is null."""
        base = typed.type.base
        if base in ("text", "string"):
            return self._text(typed)
        bits = self._bits(typed)
        schemas = self.target.schemas
        if base in ("truth", "flag"):
            return {TRUE: True, FALSE: False}.get(bits)
        if base in ("enum", "kind"):
            names = schemas.kinds if base == "kind" else (*schemas.symbols, *self.target.words)
            return names[bits] if 0 <= bits < len(names) else None
        number = float(np.int64(bits).view(np.float64))
        if math.isnan(number):
            return None
        return int(number) if abs(number) < EXACT and number == int(number) else number

    def _text(self, typed: Typed) -> str | None:
        match typed:
            case Field():
                return self.field(typed.name)
            case Column():
                text = self.column(typed.set, tuple(map(self._text, typed.key)), typed.column)
                return NOT_TOLD if typed.personal and text is not None else text
            case Prev() | First():  # state has no texts, only tokens: equal ones have equal texts
                return self.field(typed.field.name) if self._bits(typed) == self._bits(typed.field) else NOT_TOLD
            case _:
                return None


def _looked_at(typed: Typed) -> Iterator[Typed]:
    """Yield what a condition without parts is about."""
    if isinstance(typed, Member | Inside | Near | Coverage):
        yield from (part for part in parts(typed) if isinstance(part, Field | Column))
        if isinstance(typed, Coverage):
            yield typed
        return
    yield from compared(typed)
    if isinstance(typed, Apply):
        for part in typed.args:
            if isinstance(part, Member | Inside | Near):
                yield from _looked_at(part)


__all__ = ["Compared", "Judged", "Look"]
