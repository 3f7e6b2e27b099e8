"""What a file names in `let`: circles among macros, and what no rule uses, which no rule's check looks at."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Literal

from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules.broken import Broken
from rules.errors import problem
from rules.expression import findings as say
from rules.expression.nodes import Name, Node, walk
from rules.expression.scope import Scope
from rules.expression.types import check
from rules.model import RuleFile
from rules.vocabulary import Vocabulary

_PATTERNS: tuple[Literal["window", "absence", "change"], ...] = ("window", "absence", "change")


def problems(
    file: RuleFile,
    macros: Mapping[str, Node],
    vocabulary: Vocabulary,
    broken: Broken,
    schemas: Schemas,
    known: list[Problem],
) -> Iterator[Problem]:
    """Yield what is wrong with the macros of a file beyond what its rules have found (`known`)."""
    circles = _circles(macros)
    yield from (found for places, found in circles if not places & {each.place for each in known})
    used = _used(file.words, macros)
    # a rule that is wrong may have meant one of them
    is_right = not any(each.level == "error" and each.place.path == file.path for each in known)
    for name, scalar in file.macros.items():
        if name in used or name not in macros:
            continue
        if is_right:
            yield problem("W362", scalar.place, name=name)
        if not circles:
            yield from _checked(macros[name], macros, vocabulary, broken, schemas)


def _macros_in(node: Node, macros: Mapping[str, Node]) -> list[Name]:
    names = (part for part in walk(node) if isinstance(part, Name))
    return [part for part in names if len(part.path) == 1 and part.path[0] in macros]


def _used(words: frozenset[str], macros: Mapping[str, Node]) -> set[str]:
    """Return the macros that stand in a rule, and those that these use."""
    used: set[str] = set()
    left = [name for name in macros if name in words]
    while left:
        name = left.pop()
        if name not in used:
            used.add(name)
            left += [part.path[0] for part in _macros_in(macros[name], macros)]
    return used


def _circles(macros: Mapping[str, Node]) -> list[tuple[set[Place], Problem]]:
    """Return each circle once, with the places of the names in it."""
    found: list[tuple[set[Place], Problem]] = []
    done: set[str] = set()

    def follow(name: str, path: list[str], places: list[Place]) -> None:
        for part in _macros_in(macros[name], macros):
            after = part.path[0]
            if after in path:
                start = path.index(after)
                circle = {*places[start:], part.place}
                found.append((circle, say.recursion(part.place, [*path[start:], after])))
            elif after not in done:
                follow(after, [*path, after], [*places, part.place])
        done.add(name)

    for name in macros:
        if name not in done:
            follow(name, [name], [])
    return found


def _checked(
    node: Node, macros: Mapping[str, Node], vocabulary: Vocabulary, broken: Broken, schemas: Schemas
) -> list[Problem]:
    """Return what is wrong with a macro wherever it may stand: the least that any kinds and pattern leave."""
    kinds = schemas.kinds
    least: list[Problem] | None = None
    for some in (*combinations(kinds, 1), *combinations(kinds, 2), kinds):
        for pattern in _PATTERNS:
            scope = Scope(
                schemas,
                some,
                vocabulary.sets,
                tuple(vocabulary.calendars),
                macros,
                pattern=pattern,
                baseline=True,
                first_kinds=some,
                areas=vocabulary.areas,
                scores=vocabulary.scores,
                silences=tuple(vocabulary.silences),
                broken=broken,
            )
            try:
                check(node, scope)
            except Problems as found:
                least = found.problems if least is None else min(least, found.problems, key=_strange)
            else:
                return []
    return least or []


def _strange(found: list[Problem]) -> tuple[int, int]:
    """Rank what kinds and patterns leave: those that know the fields are the ones that were meant."""
    return sum(each.code == "E104" for each in found), len(found)
