"""Nodes to the checked tree: what names mean, what types and units fit, against schemas and vocabulary.

A finding does not stop the check: what depends on it is skipped (`None`), the rest is still looked at, so that one
run shows all errors of an expression.
"""

from dataclasses import replace

from events.place import Place, Problem, Problems
from events.schema import Field as SchemaField
from events.schema import FieldType
from rules.aggregates import AGGREGATES
from rules.expression import findings as say
from rules.expression import misfits
from rules.expression.calls.windows import aggregated
from rules.expression.comparing import Comparing
from rules.expression.findings import Findings
from rules.expression.functions import FUNCTIONS
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
    rebuilt,
    walk,
)
from rules.expression.scope import Scope, SetShape
from rules.expression.typed import (
    DURATION,
    STRING,
    TIME,
    TRUTH,
    Column,
    Constant,
    Field,
    First,
    InCalendar,
    LastSeen,
    Member,
    Prev,
    Type,
    Typed,
    all_of,
    any_of,
    negated,
    truth,
)

__all__ = ["Scope", "SetShape", "check", "condition"]

_SIGNATURES = {name: aggregate.signature for name, aggregate in AGGREGATES.items()} | {
    name: function.signature for name, function in FUNCTIONS.items()
}
_SHORT = tuple(name for name, each in AGGREGATES.items() if each.short and each.takes == "nothing")  # ${count}
_SHORT_OF = tuple(name for name, each in AGGREGATES.items() if each.short and each.takes != "nothing")  # ${avg.f}
EXPANDED_MAX = 1024  # nodes after macros are expanded
_BASES: dict[str, Type] = {
    "time": TIME,
    "flag": Type("flag"),
    "id": Type("text"),
    "ephemeral": Type("text"),
    "text": Type("text"),
}


def check(node: Node, scope: Scope) -> Typed:
    """Check an expression of any type; warnings go to `scope.warnings`.

    Raises
    ------
    Problems
        with all that is wrong
    """
    return _checked(node, scope, False)


def condition(node: Node, scope: Scope) -> Typed:
    """Check an expression that is to be true or false; a flag is one. Raises as `check`."""
    return _checked(node, scope, True)


def _checked(node: Node, scope: Scope, is_condition: bool) -> Typed:
    checker = _Checker(scope)
    typed = checker.truth(node) if is_condition else checker.value(node)
    if checker.found.errors or typed is None:
        raise Problems(list(dict.fromkeys(checker.found.errors)))
    if isinstance(typed, Constant) and typed.value is False and not isinstance(node, Truth):
        checker.found.warn(misfits.never(node.place))
    scope.warnings.extend(checker.found.warnings)
    return typed


class _Checker(Comparing):
    """One expression in one scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.found = Findings()
        self.open_macros: list[str] = []
        self.expanded = 0
        self.kind_tested = 0  # how many enclosing junctions test the kind beside what is being checked

    # conditions

    def truth(self, node: Node) -> Typed | None:
        """Check a node that must be a condition."""
        typed = self.any(node)
        if typed is None or typed.type.base in ("truth", "flag"):
            return truth(typed) if typed else None
        self.found.add(misfits.no_condition(node.place, typed))
        return None

    def value(self, node: Node) -> Typed | None:
        """Check a node that stands for itself, not compared with anything."""
        typed = self.any(node)
        if typed is not None and typed.type == STRING:
            self.found.add(misfits.lonely_text(node.place))
            return None
        return typed

    def any(self, node: Node) -> Typed | None:
        """Check a node of any type, None where it is wrong."""
        self.expanded += 1
        if self.expanded > EXPANDED_MAX:
            if self.expanded == EXPANDED_MAX + 1:
                self.found.add(say.too_large(node.place, EXPANDED_MAX))
            return None
        match node:
            case Number():
                return Constant(node, Type("number", node.unit) if node.unit != "ms" else DURATION, node.value)
            case String():
                return Constant(node, STRING, node.text)
            case Truth():
                return Constant(node, TRUTH, node.value)
            case Name():
                return self.name(node)
            case Call():
                return self.call(node)
            case Not():
                item = self.truth(node.item)
                return negated(item, Not(node.place, item.node)) if item else None
            case And() | Or():
                return self.junction(node)
            case In():
                return self.member(node) if isinstance(node.choices, Name) else self.choice(node)
            case Compare():
                return self.compare(node.sign, node, self.any(node.left), self.any(node.right))
            case Negate():
                return self.minus(node)
            case Arithmetic():
                return self.arithmetic(node)
            case _:
                self.found.add(misfits.stray_tuple(node.place))
                return None

    def junction(self, node: And | Or) -> Typed | None:
        tests = [any(isinstance(part, Name) and part.path == ("kind",) for part in walk(item)) for item in node.items]
        items = []
        for i, item in enumerate(node.items):
            beside = any(tests[:i] + tests[i + 1 :])
            self.kind_tested += beside
            items.append(self.truth(item))
            self.kind_tested -= beside
        good = tuple(item for item in items if item is not None)
        if len(good) < len(items):
            return None
        whole = rebuilt(node, tuple(item.node for item in good))
        return all_of(good, whole) if isinstance(node, And) else any_of(good, whole)

    # names

    def name(self, node: Name) -> Typed | None:
        if len(node.path) == 2:
            return self.dotted(node)
        name = node.path[0]
        scope = self.scope
        if scope.in_text and scope.pattern == "window" and name in _SHORT:
            if scope.fields(name) or name in scope.macros:
                self.found.add(say.ambiguous(node.place, name, f"{name}()"))
                return None
            return self.call(Call(node.place, name, ()))
        if name in scope.macros:
            return self.macro(node, name)
        if name == "kind" and scope.kinds:
            return Field(node, Type("kind", values=scope.schemas.kinds), name, "enum")
        if fields := scope.fields(name):
            return self.field(node, name, fields)
        if name == "last_seen":
            if scope.pattern == "absence":
                return LastSeen(node, TIME)
            self.found.add(say.not_here(node.place, "last_seen", *say.IN_ABSENCE))
            return None
        if name in scope.calendars:
            return InCalendar(node, TRUTH, name)
        self.found.add(self.unknown(node, name))
        return None

    def unknown(self, node: Name, name: str) -> Problem:
        """Say what a name that means nothing here might have meant."""
        scope = self.scope
        if name in scope.sets:
            return say.bare_set(node.place, scope.sets[name])
        if name in ("prev", "first"):
            return say.bare_event(node.place, name)
        if name in _SIGNATURES:
            return say.needs_call(node.place, name, _SIGNATURES[name])
        candidates = [*scope.field_names(), *sorted(scope.macros), *sorted(scope.calendars)]
        if not scope.kinds:
            return say.unknown_calendar(node.place, name, candidates, sorted(scope.calendars))
        return say.unknown_field(node.place, name, scope.kinds, candidates, scope.field_names())

    def macro(self, node: Name, name: str) -> Typed | None:
        if name in self.open_macros:
            self.found.add(say.recursion(node.place, [*self.open_macros, name]))
            return None
        if len(self.open_macros) > len(self.scope.macros):
            return None
        self.open_macros.append(name)
        typed = self.any(self.scope.macros[name])
        self.open_macros.pop()
        return typed

    def read(self, name: str, place: Place) -> Typed | None:
        """Return a field of the event in hand."""
        fields = self.scope.fields(name)
        if not fields:
            names = self.scope.field_names()
            self.found.add(say.unknown_field(place, name, self.scope.kinds, names, names))
            return None
        return self.field(Name(place, (name,)), name, fields)

    def field(self, node: Name, name: str, fields: dict[str, SchemaField]) -> Typed | None:
        if not self.scope.in_hand and name not in self.scope.key:
            self.found.add(say.no_event(node.place, name, self.scope.key))
            return None
        return self.field_of(node, name, fields, self.scope.kinds)

    def field_of(self, node: Name, name: str, fields: dict[str, SchemaField], kinds: tuple[str, ...]) -> Field | None:
        """Return the field of an event that is of one of some kinds."""
        if len({body.type for body in fields.values()}) > 1 or len({body.unit for body in fields.values()}) > 1:
            self.found.add(say.two_types(node.place, name, fields))
            return None
        if (lacking := [kind for kind in kinds if kind not in fields]) and not self.kind_tested:
            self.found.warn(say.lacking(node.place, name, lacking))
        body = next(iter(fields.values()))
        values = tuple(dict.fromkeys(value for each in fields.values() for value in each.values))
        personal = any(each.sensitivity == "personal" for each in fields.values())
        return Field(node, _type(body.type, body.unit, values), name, body.type, personal)

    def other(self, event: str, name: str, place: Place) -> Typed | None:
        """Return a field of the event before (`prev`) or of a sequence's first (`first`)."""
        scope = self.scope
        node = Name(place, (event, name))
        if event in scope.sets:
            self.found.add(say.ambiguous_event(place, event))
            return None
        if event == "prev" and scope.pattern != "change":
            self.found.add(say.not_here(place, f"prev.{name}", *say.IN_CHANGE))
            return None
        if event == "first" and not scope.first_kinds:
            self.found.add(say.not_here(place, f"first.{name}", *say.IN_SEQUENCE))
            return None
        kinds = scope.kinds if event == "prev" else scope.first_kinds
        if name == "kind":
            field: Field | None = Field(node, Type("kind", values=scope.schemas.kinds), name, "enum")
        elif fields := scope.fields(name, kinds):
            field = self.field_of(node, name, fields, kinds)
        else:
            names = scope.field_names(kinds)
            self.found.add(say.unknown_field(place, name, kinds, names, names))
            return None
        if field is None:
            return None
        return Prev(node, field.type, field) if event == "prev" else First(node, field.type, field)

    def dotted(self, node: Name) -> Typed | None:
        scope = self.scope
        first, second = node.path
        shape = scope.sets.get(first)
        if shape is None or first in ("prev", "first"):
            return self.dotted_otherwise(node, first, second)
        if scope.in_text and scope.pattern == "window" and first in _SHORT_OF:
            self.found.add(say.ambiguous(node.place, f"{first}.{second}", f"{first}({second})"))
            return None
        body = shape.columns.get(second)
        if body is None:
            self.found.add(say.unknown_column(node.place, second, shape))
            return None
        key = self.join_key(node, shape)
        if key is None:
            return None
        return Column(
            node, _type(body.type, body.unit, self.scope.schemas.symbols), first, second, body.type, key, body.personal
        )

    def dotted_otherwise(self, node: Name, first: str, second: str) -> Typed | None:
        """Check a name with a point that is no column: another event's field, a short form, or nothing."""
        scope = self.scope
        if first in ("prev", "first"):
            return self.other(first, second, node.place)
        if first in _SHORT_OF:
            if scope.in_text and scope.pattern == "window":
                return self.call(Call(node.place, first, (Name(node.place, (second,)),)))
            self.found.add(say.short_form(node.place, first, second))
        elif first in scope.scores:
            self.found.add(say.later(node.place, ".".join(node.path)))
        elif first == "then":
            self.found.add(say.later_step(node.place, second))
        elif scope.fields(first):
            self.found.add(say.no_parts(node.place, first))
        else:
            self.found.add(say.unknown_set(node.place, first, scope.sets, column=second))
        return None

    def join_key(self, node: Node, shape: SetShape) -> tuple[Typed, ...] | None:
        """Return the event's fields that find a set's row."""
        key = []
        for name in shape.key:
            fields = self.scope.fields(name)
            if not fields or not (self.scope.in_hand or name in self.scope.key):
                self.found.add(say.no_join(node.place, shape, name, self.scope))
                return None
            part = self.field(Name(node.place, (name,)), name, fields)
            if part is None:
                return None
            key.append(part)
        return tuple(key) if self.key_fits(shape, tuple(key)) else None

    def key_fits(self, shape: SetShape, key: tuple[Typed, ...]) -> bool:
        for name, part in zip(shape.key, key, strict=True):
            body = shape.columns.get(name)
            wanted = "enum" if body is not None and body.type == "enum" else "text"
            if part.type.base != wanted:
                self.found.add(misfits.key_type(part.node.place, shape, name, part))
                return False
        return True

    # membership

    def member(self, node: In) -> Typed | None:
        assert isinstance(node.choices, Name)
        name = node.choices.path[0]
        items = node.item.items if isinstance(node.item, Tuple) else (node.item,)
        shape = self.scope.sets.get(name) if len(node.choices.path) == 1 else None
        if shape is None:
            self.found.add(say.no_set(node.choices, node.item, self.scope))
            return None
        names = tuple(item.path[0] if isinstance(item, Name) else "" for item in items)
        if len(items) != len(shape.key) or (names != shape.key and set(names) == set(shape.key)):
            self.found.add(say.other_key(node, shape))
            return None
        key = [self.any(item) for item in items]
        good = tuple(part for part in key if part is not None)
        if len(good) < len(key):
            return None
        good = tuple(
            Constant(part.node, Type("text"), part.value)
            if isinstance(part, Constant) and part.type == STRING
            else part
            for part in good
        )
        if not self.key_fits(shape, good):
            return None
        nodes = tuple(part.node for part in good)
        item = Tuple(node.item.place, nodes) if isinstance(node.item, Tuple) else nodes[0]
        whole = In(node.place, item, node.choices)
        member = Member(whole, TRUTH, name, good)
        return negated(member, In(node.place, item, node.choices, True)) if node.negated else member

    # functions

    def call(self, node: Call) -> Typed | None:
        name = node.name
        function = FUNCTIONS.get(name)
        aggregate = next((known for known in AGGREGATES if known == name), None)
        if aggregate is not None and (function is None or len(node.args) == 1):  # min(x) is over the window
            return aggregated(self, node, aggregate)
        if function is None:
            is_lower = name in ("lower", "upper")
            self.found.add(
                say.no_lower(node.place) if is_lower else say.unknown_function(node.place, name, _SIGNATURES)
            )
            return None
        if not function.least <= len(node.args) <= function.most:
            self.found.add(say.other_arguments(node.place, function.signature, function.title))
            return None
        return function.meaning(self, node)

    def over_event(self, node: Node, *, is_condition: bool) -> Typed | None:
        """Check a node that is evaluated over each event of a window, before there is anything of the pattern."""
        here = self.scope
        self.scope = replace(here, pattern="none", baseline=False, first_kinds=(), in_hand=True, in_text=False)
        typed = self.truth(node) if is_condition else self.value(node)
        self.scope = here
        return typed


def _type(type: FieldType, unit: str | None, values: tuple[str, ...]) -> Type:
    if type == "number":
        return DURATION if unit == "ms" else Type("number", unit)
    return Type("enum", values=values) if type == "enum" else _BASES[type]
