"""The tree of an expression as it was written. Equal meaning compares equal: places are not compared."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from events.place import Place

CompareSign = Literal["==", "!=", "<", "<=", ">", ">="]
ArithmeticSign = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has: the span of text that it was written as."""

    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number in base units: durations in ms (unit `ms`), distances in m (unit `m`), percentages as fractions."""

    value: float
    unit: Literal["ms", "m"] | None = None


@dataclass(frozen=True, slots=True)
class String(Node):
    """A text in single quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Truth(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A field, macro or calendar (one part), or a column of a set (two parts)."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the language with its arguments; `place` is the name's."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """`(site, person)`: the parts of a set's key, or the choices of `in`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Minus a number."""

    item: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * /`."""

    sign: ArithmeticSign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """One comparison; they do not chain."""

    sign: CompareSign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`item in choices`: a `Tuple` of constants, or the `Name` of a set."""

    item: Node
    choices: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not(Node):
    """Kleene negation."""

    item: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of two or more items, none of which is an `And`: build it with `conjunction`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Any of two or more items, none of which is an `Or`: build it with `disjunction`."""

    items: tuple[Node, ...]


def conjunction(place: Place, items: tuple[Node, ...]) -> Node:
    """Return the `And` of items, flat."""
    flat = tuple(part for item in items for part in (item.items if isinstance(item, And) else (item,)))
    return And(place, flat) if len(flat) != 1 else flat[0]


def disjunction(place: Place, items: tuple[Node, ...]) -> Node:
    """Return the `Or` of items, flat."""
    flat = tuple(part for item in items for part in (item.items if isinstance(item, Or) else (item,)))
    return Or(place, flat) if len(flat) != 1 else flat[0]


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of a node, in the order they are written."""
    match node:
        case And() | Or() | Tuple():
            return node.items
        case Not() | Negate():
            return (node.item,)
        case Arithmetic() | Compare():
            return node.left, node.right
        case In():
            return node.item, node.choices
        case Call():
            return node.args
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, as written."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuilt(node: Node, parts: tuple[Node, ...]) -> Node:
    """Return the node with other parts in place of `children(node)`; `And` and `Or` stay flat."""
    match node:
        case And():
            return conjunction(node.place, parts)
        case Or():
            return disjunction(node.place, parts)
        case Tuple():
            return Tuple(node.place, parts)
        case Not() | Negate():
            return replace(node, item=parts[0])
        case Arithmetic() | Compare():
            return replace(node, left=parts[0], right=parts[1])
        case In():
            return replace(node, item=parts[0], choices=parts[1])
        case Call():
            return replace(node, args=parts)
        case _:
            return node
