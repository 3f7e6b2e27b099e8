"""Checked trees to postfix code for `kernels.expression`.

Two passes, since lanes are only known once every rule was looked at: `require` collects what expressions read into
a `LayoutBuilder`, `compile` emits code for the sealed `Layout`. Texts become tokens of one city here, so a program
belongs to the city whose key it was compiled with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from events.batch import KIND, REPLAYED, TIME, Column, Layout
from events.identity import CityKey
from events.schema import FieldType, Schemas
from kernels import opcodes as op
from rules.expression import typed as tree
from rules.expression.canonical import canonical
from rules.expression.compiled import Program
from rules.expression.typed import Apply, Constant, Typed, all_of, leaves, parts
from rules.plan import SetPlan

# what a batch has without any column for it
FIXED: dict[str, int] = {"time": TIME, "kind": KIND, "replayed": REPLAYED}

_BINARY = {
    "+": op.ADD,
    "-": op.SUBTRACT,
    "*": op.MULTIPLY,
    "/": op.DIVIDE,
    "min": op.LEAST,
    "max": op.GREATEST,
    "otherwise": op.OTHERWISE,
    "==": op.EQUAL,
    "!=": op.NOT_EQUAL,
    "<": op.LESS,
    "<=": op.LESS_EQUAL,
    ">": op.GREATER,
    ">=": op.GREATER_EQUAL,
    "same": op.SAME,
    "not_same": op.NOT_SAME,
    "and": op.AND,
    "or": op.OR,
}
_UNARY = {"negate": op.NEGATE, "abs": op.ABSOLUTE, "flag": op.FLAG, "not": op.NOT, "sure": op.SURE}
_NUMERIC = ("number", "duration", "time")


class LayoutBuilder:
    """Collects the columns that expressions read; `seal` gives each its lane."""

    def __init__(self) -> None:
        self._columns: set[tuple[str, FieldType]] = set()

    def column(self, name: str, type: FieldType) -> None:
        """Ask for a column. What every batch has is not asked for."""
        if name not in FIXED:
            self._columns.add((name, type))

    def require(self, typed: Typed) -> None:
        """Ask for all that an expression reads."""
        for leaf in leaves(typed):
            if isinstance(leaf, tree.Field):
                self.column(leaf.name, leaf.field_type)
            elif isinstance(leaf, tree.Coverage):
                self.column("device", "id")  # by which it hears

    def seal(self) -> Layout:
        """Return the layout: columns sorted by name and type, so that it does not go by the order of rules."""
        return Layout(tuple(Column(name, type) for name, type in sorted(self._columns)))


def field_lane(name: str, type: FieldType, layout: Layout) -> int:
    """Return the lane of an event's field."""
    return FIXED[name] if name in FIXED else layout.lane(name, type)


@dataclass(frozen=True)
class Target:
    """What programs are compiled for. `calendars` gives their numbers in the plan, `city` keys the tokens of texts.

    `areas` are numbered as in the plan, `coverages` by the kinds that they hear. `extras` gives the EXTRA row of what
    the rule's pattern gives (`rules.expression.typed.Given`), by its canonical spelling. `scores` has the lanes of what
    scores say, by their names, and `words` those values of enums that only they have.
    """

    layout: Layout
    sets: Mapping[str, SetPlan]
    calendars: Mapping[str, int]
    schemas: Schemas
    city: CityKey
    areas: Mapping[str, int] = field(default_factory=dict)
    coverages: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    extras: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[tuple[str, str], int] = field(default_factory=dict)
    words: Sequence[str] = ()

    def symbol(self, word: str) -> int:
        """Return the code of an enum's value."""
        codes = self.schemas.symbol_codes
        return codes[word] if word in codes else len(codes) + self.words.index(word)


def compile(typed: Typed, target: Target) -> Program:
    """Compile a checked expression.

    A condition or a flag leaves a truth value (FALSE, TRUE, UNKNOWN), a number, time or duration float64 bits
    (NaN is null), an enum its code, a text its token (NULL is null).

    Raises
    ------
    KeyError
        the target lacks a column, set, calendar, area, coverage, score or extra that the expression reads
    """
    code: list[tuple[int, int]] = []
    _emit(tree.truth(typed), target, code)
    return Program(np.array(code, np.int64).reshape(-1, 2), _depth(code), canonical(typed.node))


def conjuncts(typed: Typed) -> list[Typed]:
    """Return what must all be true, the cheapest and most selective first; nothing where the condition is always true.

    The order is by a fixed estimate, then as written, so that the same rule always compiles to the same plan.
    """
    whole = all_of((typed,), typed.node)
    if isinstance(whole, Constant):
        return [] if whole.value is True else [whole]
    items = whole.args if isinstance(whole, Apply) and whole.operation == "and" else (whole,)
    return sorted(dict.fromkeys(items), key=_rank)


def _rank(typed: Typed) -> tuple[int, int]:
    """How late to judge a condition: by what it selects (an equality little, the rest more), then by its cost."""
    cost = _cost(typed)
    equality = isinstance(typed, Apply) and typed.operation == "same"
    choice = (
        isinstance(typed, Apply)
        and typed.operation == "or"
        and all(isinstance(arg, Apply) and arg.operation == "same" for arg in typed.args)
    )
    if cost >= _COST_JOIN:
        return 3, cost
    return (0 if equality else 1 if choice else 2), cost


_COST_JOIN = 16  # a look-up that misses the cache, in instructions


def _cost(typed: Typed) -> int:
    own = (
        _COST_JOIN
        if isinstance(typed, tree.Column | tree.Member | tree.Inside | tree.Near | tree.Coverage)
        else 4
        if isinstance(typed, tree.InCalendar | tree.Hour)
        or (isinstance(typed, Apply) and typed.operation == "distance")
        else 1
    )
    return own + sum(_cost(part) for part in parts(typed))


def _emit(typed: Typed, target: Target, code: list[tuple[int, int]]) -> None:
    match typed:
        case Constant():
            code.append(_constant(typed, target))
        case tree.Field():
            lane = field_lane(typed.name, typed.field_type, target.layout)
            code.append((op.TIME_LANE if typed.type.base == "time" else op.LANE, lane))
        case tree.Score():
            code.append((op.SCORE, target.scores[typed.score, typed.output]))
        case tree.Now():
            code.append((op.TIME_LANE, TIME))
        case tree.Hour():
            code.append((op.HOUR, 0))
        case tree.FirstSeen():  # 1, 0 or null
            code += [(op.EXTRA, _extra(typed, target)), (op.NUMBER, 0), (op.NOT_EQUAL, 0)]
        case _ if isinstance(typed, tree.Given):
            code.append((op.EXTRA, _extra(typed, target)))
        case tree.Inside() | tree.Near():
            for part in parts(typed):
                _emit(part, target, code)
            near = isinstance(typed, tree.Near) and (op.NEAR_ON_EARTH if typed.on_earth else op.NEAR)
            code.append((near or op.INSIDE, target.areas[typed.name]))
        case tree.Coverage():
            _emit(typed.site, target, code)
            code.append((op.COVERAGE, target.coverages[typed.kinds]))
        case tree.InCalendar():
            code.append((op.CALENDAR, target.calendars[typed.name]))
        case tree.Column():
            _column(typed, target, code)
        case tree.Member():
            _key(typed.key, target, code)
            code.append((op.MEMBER, target.sets[typed.set].number))
        case Apply():
            _operation(typed, target, code)


def _extra(typed: Typed, target: Target) -> int:
    return target.extras[canonical(typed.node)]


def _operation(typed: Apply, target: Target, code: list[tuple[int, int]]) -> None:
    if typed.operation == "distance":
        for arg in typed.args:
            _emit(arg, target, code)
        code.append((op.DISTANCE, 0))
        return
    _emit(typed.args[0], target, code)
    if typed.operation == "known":
        code.append((op.KNOWN_NUMBER if typed.args[0].type.base in _NUMERIC else op.KNOWN_INTEGER, 0))
    elif typed.operation in _UNARY:
        code.append((_UNARY[typed.operation], 0))
    else:
        for arg in typed.args[1:]:
            _emit(arg, target, code)
            code.append((_BINARY[typed.operation], 0))


def _constant(typed: Constant, target: Target) -> tuple[int, int]:
    base, value = typed.type.base, typed.value
    if base in _NUMERIC:
        return op.NUMBER, int(np.float64(value).view(np.int64))
    if base == "truth":
        return op.TRUTH, op.TRUE if value else op.FALSE
    if base == "enum":
        return op.INTEGER, target.symbol(str(value))
    if base == "kind":
        return op.INTEGER, target.schemas.code(str(value))
    return op.INTEGER, target.city.token(str(value))


def _key(key: tuple[Typed, ...], target: Target, code: list[tuple[int, int]]) -> None:
    _emit(key[0], target, code)
    for part in key[1:]:
        _emit(part, target, code)
        code.append((op.COMBINE, 0))


def _column(typed: tree.Column, target: Target, code: list[tuple[int, int]]) -> None:
    plan = target.sets[typed.set]
    lane = next((column.lane for column in plan.columns if column.name == typed.column), None)
    if lane is None:
        raise KeyError(f"{typed.set}.{typed.column}")
    _key(typed.key, target, code)
    code.append((op.ROW, plan.number))
    code.append(({"number": op.SET_NUMBER, "time": op.SET_TIME}.get(typed.column_type, op.SET_LANE), lane))


def _depth(code: list[tuple[int, int]]) -> int:
    depth = most = 0
    for opcode, _ in code:
        depth += op.GROWTH.get(opcode, 0)
        most = max(most, depth)
    return most
