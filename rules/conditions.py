"""The expressions of one rule: read, checked, and what is wrong with them kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules.aggregates import AGGREGATES
from rules.broken import Broken
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.parse import parse
from rules.expression.scope import Scope
from rules.expression.typed import Typed, leaves
from rules.expression.types import check, condition
from rules.texts import not_filled, split
from rules.vocabulary import Vocabulary
from rules.yaml import Scalar

T = TypeVar("T")
Leaf = TypeVar("Leaf", bound=Typed)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes, checked: one literal piece more than values."""

    pieces: tuple[str, ...]
    values: tuple[Typed, ...]


class Conditions:
    """Checks what a rule says, against schemas and vocabulary; problems, warnings among them, go to `problems`.

    Of names that are `broken` nothing is said.
    """

    def __init__(self, schemas: Schemas, vocabulary: Vocabulary, broken: Broken | None = None) -> None:
        self.schemas = schemas
        self.vocabulary = vocabulary
        self.broken = vocabulary.broken if broken is None else broken
        self.problems: list[Problem] = []

    def report(self, code: str, place: Place, /, *, note: str = "", **holes: object) -> None:
        """Keep a problem."""
        self.problems.append(problem(code, place, note=note, **holes))

    def guarded(self, work: Callable[[], T]) -> T | None:
        """Return what comes of `work`, None where it raises problems, which are kept."""
        try:
            return work()
        except Problems as problems:
            self.problems += problems.problems
            return None

    def condition(self, scalar: Scalar | None, scope: Scope) -> Typed | None:
        """Return an expression that is true or false, None where it is wrong or there is none."""
        if scalar is None:
            return None
        typed = self.guarded(lambda: condition(parse(scalar.text, scalar.at), scope))
        self.take_warnings(scope)
        return typed

    def value(self, scalar: Scalar, scope: Scope) -> Typed | None:
        """Return an expression of any type, None where it is wrong."""
        typed = self.guarded(lambda: check(parse(scalar.text, scalar.at), scope))
        self.take_warnings(scope)
        return typed

    def texts(self, texts: Mapping[str, Scalar], scope: Scope) -> dict[str, Template]:
        """Return texts with what stands in their holes; what is wrong is left out."""
        found = {}
        for name, scalar in texts.items():
            said = replace(scope, in_text=True)
            pieces, nodes = self.guarded(lambda: split(scalar)) or ([], [])  # noqa: B023 - called at once
            names = {*scope.field_names(), *(name for name, each in AGGREGATES.items() if each.short)}
            self.problems += not_filled(scalar, names)
            values = []
            for node in nodes:
                typed = self.guarded(lambda: check(node, said))  # noqa: B023 - called at once
                if typed is not None:
                    values.append(typed)
            self.take_warnings(said)
            found[name] = Template(tuple(pieces), tuple(values))
        return found

    def take_warnings(self, scope: Scope) -> None:
        """Keep the warnings that checks have left in a scope."""
        self.problems += scope.warnings
        scope.warnings.clear()


def named(kind: type[Leaf], expressions: Iterable[Typed]) -> dict[str, Leaf]:
    """Return the leaves of one kind that expressions read, by canonical spelling, in the order of these."""
    found = {canonical(leaf.node): leaf for typed in expressions for leaf in leaves(typed) if isinstance(leaf, kind)}
    return dict(sorted(found.items()))


def is_computed(typed: Typed) -> bool:
    """Tell whether a value is computed by a program; texts and kinds are read again where they stand."""
    return typed.type.base not in ("text", "string", "kind")
