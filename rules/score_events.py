"""Which events a score takes: of its kinds, with its key and what its kernel needs, and what its `when` is true of."""

from collections.abc import Iterator

from events.place import Problem, Problems
from events.schema import Schemas
from rules.errors import problem
from rules.expression.canonical import canonical
from rules.expression.nodes import Call, Name, walk
from rules.expression.program import conjuncts
from rules.expression.scope import Scope
from rules.expression.typed import TRUTH, Apply, Coverage, Hour, InCalendar, Typed, all_of, leaves
from rules.expression.types import check, condition
from rules.score_declarations import ScoreDeclaration
from rules.scores import SCORES
from rules.vocabulary import Vocabulary


def chosen(declared: ScoreDeclaration, vocabulary: Vocabulary, schemas: Schemas) -> tuple[Typed, ...]:
    """Return the conditions that must all be true of an event, the cheapest and most selective first.

    Raises
    ------
    Problems
        as `problems` has them
    """
    place, scope = declared.place, _scope(declared, vocabulary, schemas)
    names = dict.fromkeys((*declared.key, *SCORES[declared.kernel].needs))
    read = [check(Name(place, (name,)), scope) for name in names]
    known = [Apply(Call(place, "known", (each.node,)), TRUTH, "known", (each,)) for each in read]
    return tuple(conjuncts(all_of((*known, *own(declared, vocabulary, schemas)))))


def own(declared: ScoreDeclaration, vocabulary: Vocabulary, schemas: Schemas) -> tuple[Typed, ...]:
    """Return its `when`, if it has one. Raises as `chosen`."""
    return () if declared.when is None else (condition(declared.when, _scope(declared, vocabulary, schemas)),)


def read(declared: ScoreDeclaration, vocabulary: Vocabulary, schemas: Schemas) -> Iterator[Typed]:
    """Yield what its `when` reads; nothing where that is wrong, which is reported where it stands."""
    try:
        yield from (leaf for typed in own(declared, vocabulary, schemas) for leaf in leaves(typed))
    except Problems:
        return


def problems(declared: ScoreDeclaration, vocabulary: Vocabulary, schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with its `when`, warnings too: what is known on release alone cannot choose its events."""
    if declared.when is None or not declared.kinds:
        return
    scores = {*vocabulary.scores, *vocabulary.silences} - {*vocabulary.sets}
    names = [node for node in walk(declared.when) if isinstance(node, Name) and len(node.path) > 1]
    if read := [node for node in names if node.path[0] in scores]:
        yield from (problem("E086", node.place, name=canonical(node)) for node in read)
        return
    scope = _scope(declared, vocabulary, schemas)
    try:
        typed = condition(declared.when, scope)
    except Problems as found:
        yield from found.problems
    else:
        for leaf in leaves(typed):
            if isinstance(leaf, Coverage):
                yield problem("E086", leaf.node.place, name=canonical(leaf.node))
            if isinstance(leaf, InCalendar | Hour) and not vocabulary.has_timezone:
                yield problem("E036", leaf.node.place)
    yield from scope.warnings


def _scope(declared: ScoreDeclaration, vocabulary: Vocabulary, schemas: Schemas) -> Scope:
    """Return where its `when` stands: at an event, outside of rules and their macros."""
    return Scope(
        schemas,
        declared.kinds,
        vocabulary.sets,
        tuple(vocabulary.calendars),
        areas=vocabulary.areas,
        broken=vocabulary.broken,
    )
