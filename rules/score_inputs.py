"""What a score reads of its events: its kernel's inputs, as expressions over an event of its kinds."""

import math
from collections.abc import Iterator, Mapping

from events.place import Problem, Problems
from events.schema import Schemas
from rules.errors import problem
from rules.expression.comparing import converted
from rules.expression.nodes import Call, Name
from rules.expression.scope import Scope
from rules.expression.typed import NUMBER, Constant, Typed
from rules.expression.types import check
from rules.expression.units import comparable
from rules.score_declarations import ScoreDeclaration
from rules.scores import HOUR, SCORES, Input
from rules.vocabulary import SetDeclaration

Sets = Mapping[str, SetDeclaration]


def inputs(declared: ScoreDeclaration, sets: Sets, schemas: Schemas) -> tuple[Typed, ...]:
    """Return the inputs in the kernel's order, in its units; a column that no set declares is null.

    Raises
    ------
    Problems
        as `problems` has them
    """
    return tuple(_input(each, declared, sets, schemas) for each in SCORES[declared.kernel].inputs)


def problems(declared: ScoreDeclaration, sets: Sets, schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with columns that it reads: a set without a row for its events, a column of another type."""
    for each in SCORES[declared.kernel].inputs:
        if "." in each.name and declared.kinds:
            try:
                _input(each, declared, sets, schemas)
            except Problems as found:
                yield from found.problems


def _input(each: Input, declared: ScoreDeclaration, sets: Sets, schemas: Schemas) -> Typed:
    place, path = declared.place, tuple(each.name.split("."))
    node = Call(place, "hour", ()) if each.name == HOUR else Name(place, path)
    if len(path) == 2 and (path[0] not in sets or path[1] not in sets[path[0]].columns):
        return Constant(node, NUMBER, math.nan)
    typed = check(node, Scope(schemas, declared.kinds, sets))
    unit = typed.type.unit
    if typed.type.base not in ("number", "duration") or (unit and each.unit and not comparable(unit, each.unit)):
        shown = f" ({each.unit})" if each.unit else ""
        raise Problems([problem("E083", place, kernel=declared.kernel, name=each.name, unit=shown)])
    return converted(typed, each.unit) if unit and each.unit else typed


def personal(declared: ScoreDeclaration, sets: Sets, schemas: Schemas) -> Iterator[str]:
    """Yield what its key and its kernel read that is personal."""
    for name in (*declared.key, *(each.name for each in SCORES[declared.kernel].inputs)):
        first, _, column = name.partition(".")
        if not column:
            fields = (schemas[kind].fields.get(name) for kind in declared.kinds)
            if any(field is not None and field.sensitivity == "personal" for field in fields):
                yield name
        elif first in sets and column in sets[first].columns and sets[first].columns[column].personal:
            yield name
