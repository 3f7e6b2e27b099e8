"""Expressions evaluated straight from the tree that was written: Python values, None where something is missing.

Nothing of the checker, of opcodes or of tokens is used; texts are compared as texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from events.schema import Schemas
from rules.expression.canonical import canonical
from rules.expression.nodes import (
    And,
    Arithmetic,
    Call,
    Compare,
    In,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Or,
    String,
    Truth,
    Tuple,
)
from rules.scores import SCORES
from tests.naive import geo
from tests.naive.rule import Event, Expression, Row, Scope

BASE = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "m": 1, "km": 1000, "km/h": 1, "m/s": 3.6}


@dataclass(frozen=True)
class World:
    """What names mean. `sets` gives key fields, units of columns, and rows; of equal keys the last row counts.

    `areas` gives the site, if any, and the rings of each.
    """

    schemas: Schemas
    macros: Mapping[str, Node] = field(default_factory=dict)
    sets: Mapping[str, tuple[tuple[str, ...], Mapping[str, str], Sequence[Row]]] = field(default_factory=dict)
    calendars: Mapping[str, Callable[[int], bool]] = field(default_factory=dict)
    areas: Mapping[str, tuple[str | None, Sequence[geo.Ring]]] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)  # to their kernels
    timezone: str = "Asia/Shanghai"


def expression(node: Node, world: World) -> Expression:
    """Return an expression as the naive engine takes it."""
    return lambda scope: evaluate(node, scope, world)


def evaluate(node: Node, scope: Scope, world: World) -> Any:
    """Return what an expression is: a number, a text, a truth, or None."""

    def of(part: Node) -> Any:
        return evaluate(part, scope, world)

    match node:
        case Number():
            return node.value
        case String():
            return node.text
        case Truth():
            return node.value
        case Name():
            return name(node.path, scope, world)
        case Not():
            item = of(node.item)
            return None if item is None else not item
        case And():
            items = [of(item) for item in node.items]
            return False if False in items else None if None in items else True
        case Or():
            items = [of(item) for item in node.items]
            return True if True in items else None if None in items else False
        case Negate():
            item = of(node.item)
            return None if item is None else -item
        case Arithmetic():
            return arithmetic(node, of(node.left), of(node.right), world, scope)
        case Compare():
            left, right = of(node.left), of(node.right)
            if left is None or right is None:
                return None
            return compare(node.sign, *alike(node.left, left, node.right, right, world, scope))
        case In():
            found = membership(node, of, world) if isinstance(node.choices, Name) else choice(node, scope, world)
            return None if found is None else found != node.negated
        case Call():
            return call(node, of, scope, world)
    raise TypeError(node)


def name(path: tuple[str, ...], scope: Scope, world: World) -> Any:
    if path[0] in ("prev", "first"):
        other = other_event(path[0], scope)
        return None if other is None else name(path[1:], replace(scope, event=other), world)
    if ".".join(path) in scope.given:
        return scope.given[".".join(path)]
    if len(path) == 2 and path[0] in world.scores:
        said = scope.event.get("scores", {}).get(path[0], {})
        return said.get(path[1])
    if len(path) == 2:
        key, _, rows = world.sets[path[0]]
        wanted = [name((part,), scope, world) for part in key]
        found = [row for row in rows if None not in wanted and [row.get(part) for part in key] == wanted]
        return found[-1].get(path[1]) if found else None
    (word,) = path
    if word in world.macros:
        return evaluate(world.macros[word], scope, world)
    if word == "kind":
        return scope.event.get("kind")
    if word == "replayed":
        return scope.event.get("replayed", False)
    if any(word in world.schemas[kind].fields for kind in world.schemas.kinds):
        return value(word, scope, world)
    if word == "last_seen":
        return scope.last_seen
    return world.calendars[word](scope.now)


def value(word: str, scope: Scope, world: World) -> Any:
    """Return a field of the event, else of the key."""
    if not scope.event:
        return scope.key.get(word)
    declared = world.schemas[scope.event["kind"]].fields.get(word)
    found = scope.event.get(word)
    if declared is None or found is None:
        return None
    if declared.type == "enum":
        return found if found in declared.values else None
    return str(found) if declared.type in ("id", "ephemeral", "text") else found


def membership(node: In, of: Callable[[Node], Any], world: World) -> bool | None:
    assert isinstance(node.choices, Name)
    key, _, rows = world.sets[node.choices.path[0]]
    wanted = [of(item) for item in (node.item.items if isinstance(node.item, Tuple) else (node.item,))]
    if None in wanted:
        return None
    return any([row.get(part) for part in key] == wanted for row in rows)


def choice(node: In, scope: Scope, world: World) -> bool | None:
    assert isinstance(node.choices, Tuple)
    found = [evaluate(Compare(item.place, "==", node.item, item), scope, world) for item in node.choices.items]
    return True if True in found else None if None in found else False


def arithmetic(node: Arithmetic, left: Any, right: Any, world: World, scope: Scope) -> Any:
    if left is None or right is None:
        return None
    if node.sign in "+-" or (node.sign == "/" and unit(node.left, world, scope) and unit(node.right, world, scope)):
        left, right = alike(node.left, left, node.right, right, world, scope)
    match node.sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return None if right == 0 else left / right


def compare(sign: str, left: Any, right: Any) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        "<": sign == "<" and left < right,
        "<=": sign == "<=" and left <= right,
        ">": sign == ">" and left > right,
        ">=": sign == ">=" and left >= right,
    }[sign]


def call(node: Call, of: Callable[[Node], Any], scope: Scope, world: World) -> Any:
    match node.name:
        case "missing":
            return of(node.args[0]) is None
        case "known":
            return of(node.args[0]) is not None
        case "now":
            return scope.now
        case "hour":
            return datetime.fromtimestamp(scope.now / 1000, ZoneInfo(world.timezone)).hour
        case "coverage":
            return scope.coverage(of(node.args[0]), scope.now)
        case "count" | "distinct" | "sum" | "avg" | "quantile" | "ratio" | "rate" | "duration" | "zscore" | "expected":
            return scope.given[canonical(node)]
        case "min" | "max" if len(node.args) == 1:
            return scope.given[canonical(node)]
        case "inside" | "near":
            return place(node, of, scope, world)
        case "distance_m" | "elapsed" | "implied_kmh":
            assert isinstance(node.args[0], Name)
            return compared(node.name, other_event(node.args[0].path[0], scope), scope, world)
        case "first_seen":
            value = of(node.args[0])
            earlier = [evaluate(node.args[0], replace(scope, event=event), world) for event in scope.before]
            return None if value is None else False if value in earlier else True if scope.whole else None
    args = [of(arg) for arg in node.args]
    if None in args:
        return None
    return {"abs": lambda: abs(args[0]), "min": lambda: min(args), "max": lambda: max(args)}[node.name]()


def other_event(which: str, scope: Scope) -> Event | None:
    """Return the event before, or the first of a sequence."""
    return scope.first if which == "first" else scope.before[-1] if scope.before else None


def place(node: Call, of: Callable[[Node], Any], scope: Scope, world: World) -> bool | None:
    """`inside` and `near`: of an area with a site by x and y, and nowhere but there."""
    assert isinstance(node.args[0], String)
    site, rings = world.areas[node.args[0].text]
    x, y = (value(word, scope, world) for word in (("lon", "lat") if site is None else ("x", "y")))
    distance = of(node.args[1]) if node.name == "near" else 0
    here = True if site is None else None if (at := value("site", scope, world)) is None else at == site
    if here is False:
        return False
    if x is None or y is None or distance is None:
        inside = None
    elif node.name == "inside":
        inside = geo.contains(x, y, rings)
    elif site is None:
        inside = geo.contains(x, y, rings) or geo.within(0, 0, distance, geo.on_earth(x, y, rings))
    else:
        inside = geo.within(x, y, distance, rings)
    return None if here is None and inside is not False else inside


def compared(what: str, other: Event | None, scope: Scope, world: World) -> float | None:
    """Compare the event in hand with another one: metres, ms, or the least km/h that explains both."""
    if other is None:
        return None
    there = replace(scope, event=other)
    time_ms = scope.now - other["time"]
    if what == "elapsed":
        return time_ms
    ends = [value(word, at, world) for at in (scope, there) for word in ("lon", "lat")]
    if None in ends:
        return None
    metres = geo.distance_m(*ends)
    if what == "distance_m":
        return metres
    for at in (scope, there):
        if "eps_s" in world.sets.get("devices", ((), {}, ()))[1]:
            doubt = name(("devices", "eps_s"), at, world)
            time_ms += 0 if doubt is None else 1000 * doubt
    return None if time_ms == 0 else metres / time_ms * 3600


def alike(left_node: Node, left: Any, right_node: Node, right: Any, world: World, scope: Scope) -> tuple[Any, Any]:
    """Bring two values to base units where both have one, and they differ."""
    here, there = unit(left_node, world, scope), unit(right_node, world, scope)
    if here and there and here != there:
        return left * BASE[here], right * BASE[there]
    return left, right


def unit(node: Node, world: World, scope: Scope) -> str | None:
    """Return the unit that a value is in."""
    match node:
        case Number():
            return node.unit
        case Name(path=(word,)) if word not in world.macros:
            found = [
                world.schemas[kind].fields[word].unit
                for kind in world.schemas.kinds
                if word in world.schemas[kind].fields
            ]
            return found[0] if found else None
        case Name(path=("prev" | "first", second)):
            return unit(Name(node.place, (second,)), world, scope)
        case Name(path=path) if ".".join(path) in scope.given:
            return "ms" if path[-1] == "silence" else None
        case Name(path=(first, second)) if first in world.scores:
            return SCORES[world.scores[first]].outputs[second].unit
        case Name(path=(first, second)):
            return world.sets[first][1].get(second)
        case Negate():
            return unit(node.item, world, scope)
        case Call(name="distance_m"):
            return "m"
        case Call(name="implied_kmh"):
            return "km/h"
        case Call(name="elapsed" | "duration"):
            return "ms"
        case Call(name="sum" | "avg" | "quantile" | "expected"):
            return unit(node.args[0], world, scope)
        case Call(name="abs" | "min" | "max"):
            return next(filter(None, (unit(arg, world, scope) for arg in node.args)), None)
        case Arithmetic(sign="+" | "-"):
            return unit(node.left, world, scope) or unit(node.right, world, scope) or _span(node, world)
        case Arithmetic():
            return unit(node.left, world, scope) or unit(node.right, world, scope)
    return None


def _span(node: Arithmetic, world: World) -> str | None:
    """A difference of two times is in ms."""
    times = [
        part
        for part in (node.left, node.right)
        if (isinstance(part, Call) and part.name == "now") or part == Name(part.place, ("time",))
    ]
    return "ms" if node.sign == "-" and len(times) == 2 else None
