"""What names mean: fields, macros, calendars, columns of sets, other events, short forms of texts."""

from collections.abc import Collection
from dataclasses import replace

from events.place import Place, Problem
from events.schema import Field as SchemaField
from events.schema import FieldType
from rules.aggregates import AGGREGATES
from rules.expression import findings as say
from rules.expression import misfits, misplaced, scores
from rules.expression.comparing import Comparing
from rules.expression.functions import FUNCTIONS
from rules.expression.nodes import Call, Compare, In, Name, Node, Tuple
from rules.expression.scope import ScoreShape, SetShape
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
    OfSilence,
    Prev,
    Score,
    Type,
    Typed,
    negated,
)
from rules.expression.wording import near
from rules.scores import INACTIVITY, OF_SILENCE, SCORES

SIGNATURES = {name: aggregate.signature for name, aggregate in AGGREGATES.items()} | {
    name: function.signature for name, function in FUNCTIONS.items()
}
_SHORT = tuple(name for name, each in AGGREGATES.items() if each.short and each.takes == "nothing")  # ${count}
_SHORT_OF = tuple(name for name, each in AGGREGATES.items() if each.short and each.takes != "nothing")  # ${avg.f}
_BASES: dict[str, Type] = {
    "time": TIME,
    "flag": Type("flag"),
    "id": Type("text"),
    "ephemeral": Type("text"),
    "text": Type("text"),
}


class Naming(Comparing):
    """The part of the checker that looks up names."""

    open_macros: list[str]
    kind_tested: int  # how many enclosing junctions test the kind beside what is being checked

    def call(self, node: Call) -> Typed | None:
        """Check a call."""
        raise NotImplementedError

    def name(self, node: Name) -> Typed | None:
        """Check a name."""
        if len(node.path) == 2:
            return self.dotted(node)
        name = node.path[0]
        scope = self.scope
        if scope.in_text and scope.pattern == "window" and name in _SHORT:
            if scope.fields(name) or name in scope.macros:
                self.found.add(misplaced.ambiguous(node.place, name, f"{name}()"))
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
            self.found.add(misplaced.not_here(node.place, "last_seen", misplaced.IN_ABSENCE))
            return None
        if name in scope.calendars:
            return InCalendar(node, TRUTH, name)
        if not scope.broken.has(name, "let", "calendars"):
            self.found.add(self.unknown(node, name))
        return None

    def unknown(self, node: Name, name: str) -> Problem:
        """Say what a name that means nothing here might have meant."""
        scope = self.scope
        if name in scope.sets:
            return say.bare_set(node.place, scope.sets[name])
        if name in ("prev", "first"):
            return misplaced.bare_event(node.place, name)
        if name in scope.scores:
            return say.bare_score(node.place, name, scope.scores[name].outputs)
        if name in scope.silences:
            return say.bare_score(node.place, name, OF_SILENCE)
        if name in AGGREGATES and scope.kinds and scope.pattern != "window":
            return misplaced.not_here(node.place, AGGREGATES[name].signature, misplaced.IN_WINDOW)
        if name in SIGNATURES:
            return say.needs_call(node.place, name, SIGNATURES[name])
        candidates = [*scope.field_names(), *sorted(scope.macros), *sorted(scope.calendars)]
        candidates += ["last_seen"] if scope.pattern == "absence" else []
        columns = [f"{each.name}.{name}" for each in scope.sets.values() if name in each.columns]
        if not scope.kinds:
            if scope.fields(name, scope.rule_kinds):
                return say.no_calendar(node.place, name)
            return say.unknown_calendar(node.place, name, candidates, sorted(scope.calendars))
        if columns:
            return say.unknown_field(node.place, name, scope.kinds, columns[:1], scope.field_names(), is_sure=True)
        return say.unknown_field(node.place, name, scope.kinds, candidates, scope.field_names())

    def lacks_quotes(self, node: Compare) -> bool:
        """Report a value of an enum that stands without quotes beside it, and names nothing."""
        scope = self.scope
        for value, other in ((node.right, node.left), (node.left, node.right)):
            if not (isinstance(value, Name) and isinstance(other, Name) and len(value.path) == len(other.path) == 1):
                continue
            name, field = value.path[0], other.path[0]
            if name in scope.macros or name in scope.calendars or scope.fields(name) or field in scope.macros:
                continue
            values = scope.schemas.kinds if field == "kind" and scope.kinds else ()
            values = values or tuple(word for each in scope.fields(field).values() for word in each.values)
            types = {each.type for each in scope.fields(field).values()}
            if name in values:
                self.found.add(misfits.lacks_quotes(value.place, name, field, values))
                return True
            unlike = not any(near(name, [*scope.field_names(), *scope.macros, *scope.calendars]))
            if types and types <= {"id", "ephemeral", "text"} and name not in SIGNATURES and unlike:
                self.found.add(misfits.lacks_quotes(value.place, name, field, ()))
                return True
        return False

    def macro(self, node: Name, name: str) -> Typed | None:
        """Check what a macro stands for."""
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
        """Return a field of the event in hand, which some of its kinds have."""
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
        return Field(node, _type(body.type, body.unit, values, _range(fields.values())), name, body.type, personal)

    def other(self, event: str, name: str, place: Place) -> Typed | None:
        """Return a field of the event before (`prev`) or of a sequence's first (`first`)."""
        scope = self.scope
        node = Name(place, (event, name))
        if event in scope.sets:
            self.found.add(misplaced.ambiguous_event(place, event))
            return None
        if event == "prev" and scope.pattern != "change":
            self.found.add(misplaced.not_here(place, f"prev.{name}", misplaced.IN_CHANGE))
            return None
        if event == "first" and not scope.first_kinds:
            self.found.add(misplaced.not_here(place, f"first.{name}", misplaced.IN_SEQUENCE))
            return None
        kinds = scope.kinds if event == "prev" else scope.first_kinds
        if name == "kind":
            field: Field | None = Field(node, Type("kind", values=scope.schemas.kinds), name, "enum")
        elif fields := scope.fields(name, kinds):
            field = self.field_of(node, name, fields, kinds)
        else:
            names = scope.field_names(kinds)
            self.found.add(say.unknown_field(place, name, kinds, names, names, f"{event}.{{}}"))
            return None
        if field is None:
            return None
        return Prev(node, field.type, field) if event == "prev" else First(node, field.type, field)

    def dotted(self, node: Name) -> Typed | None:
        """Check a name with a point."""
        scope = self.scope
        first, second = node.path
        shape = scope.sets.get(first)
        if shape is None or first in ("prev", "first"):
            return self.dotted_otherwise(node, first, second)
        if scope.in_text and scope.pattern == "window" and first in _SHORT_OF:
            self.found.add(misplaced.ambiguous(node.place, f"{first}.{second}", f"{first}({second})"))
            return None
        body = shape.columns.get(second)
        if body is None:
            if not scope.broken.has(f"{first}.{second}", "sets"):
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
            if scope.pattern == "window":
                self.found.add(misplaced.short_form(node.place, first, second))
            else:
                self.found.add(misplaced.not_here(node.place, f"{first}({second})", misplaced.IN_WINDOW))
        elif first == scope.silence:
            return self.of_silence(node, second)
        elif first in scope.silences:
            self.found.add(misplaced.not_here(node.place, f"{first}.{second}", misplaced.IN_UNUSUAL))
        elif first in scope.scores:
            return self.score(node, scope.scores[first], second)
        elif first in scope.first_kinds or (first in scope.kinds and scope.fields(second)):
            of = "first." if first in scope.first_kinds and first not in scope.kinds else ""
            self.found.add(misplaced.kind_before_point(node.place, first, f"{of}{second}"))
        elif first == "then":
            self.found.add(misplaced.later_step(node.place, second))
        elif scope.fields(first):
            self.found.add(say.no_parts(node.place, first))
        elif not scope.broken.has(first, "sets", "scores"):
            events = [*(["prev"] if scope.pattern == "change" else []), *(["first"] if scope.first_kinds else [])]
            known, declared = [*scope.scores, *scope.silences], self.would_declare(first, second)
            self.found.add(
                say.unknown_set(
                    node.place, first, scope.sets, column=second, events=events, scores=known, score=declared
                )
            )
        return None

    def would_declare(self, name: str, output: str) -> str:
        """Return how a score is declared that says an output; empty where no kernel does."""
        if output in OF_SILENCE:
            return f"scores: {{{name}: {{kernel: {INACTIVITY}}}}}"
        scope = self.scope
        for kernel, score in SCORES.items():
            reads = [each.name for each in score.inputs if each.is_field]
            kinds = [kind for kind in scope.kinds if all(scope.fields(field, (kind,)) for field in reads)]
            if output in score.outputs and kinds:
                own = [field for field in ("device", "track") if scope.fields(field, (kinds[0],))]
                per = ", ".join(scope.key or own)
                return f"scores: {{{name}: {{kernel: {kernel}, from: {kinds[0]}, per: [{per}]}}}}"
        return ""

    def score(self, node: Name, shape: ScoreShape, name: str) -> Typed | None:
        """Return what a score says of the event in hand, whose memory must lie where the rule's key does."""
        scope = self.scope
        output = shape.outputs.get(name)
        if output is None:
            self.found.add(scores.unknown_output(node.place, name, shape.name, shape.outputs))
        elif not scope.in_hand or not scope.kinds:
            self.found.add(say.no_event(node.place, f"{shape.name}.{name}", scope.key))
        elif shape.kinds and not {*shape.kinds} & {*scope.kinds}:
            self.found.add(scores.other_kinds(node.place, shape, scope.kinds))
        elif shape.key and (strange := [field for field in scope.key if field not in shape.key]):
            self.found.add(scores.other_key(node.place, shape, scope.key, strange))
        else:
            lacking = [kind for kind in scope.kinds if kind not in shape.kinds]
            if shape.kinds and lacking and not self.kind_tested:
                self.found.warn(say.lacking(node.place, f"{shape.name}.{name}", lacking))
            type = _type("enum" if output.words else "number", output.unit, output.words, output.range)
            return Score(node, type, shape.name, name, output.decimals)
        return None

    def of_silence(self, node: Name, name: str) -> Typed | None:
        """Return what is known of a silence that was unusual."""
        if name not in OF_SILENCE:
            self.found.add(scores.unknown_output(node.place, name, node.path[0], OF_SILENCE))
            return None
        output = OF_SILENCE[name]
        return OfSilence(node, _type("number", output.unit, (), output.range))

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
        """Tell whether the parts of a key have the types of the set's."""
        for name, part in zip(shape.key, key, strict=True):
            body = shape.columns.get(name)
            wanted = "enum" if body is not None and body.type == "enum" else "text"
            if part.type.base != wanted:
                self.found.add(misfits.key_type(part.node.place, shape, name, part))
                return False
        return True

    # membership

    def member(self, node: In) -> Typed | None:
        """Check `(a, b) in set`."""
        assert isinstance(node.choices, Name)
        name = node.choices.path[0]
        items = node.item.items if isinstance(node.item, Tuple) else (node.item,)
        shape = self.scope.sets.get(name) if len(node.choices.path) == 1 else None
        if shape is None:
            if not self.scope.broken.has(name, "sets"):
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


def _type(type: FieldType, unit: str | None, values: tuple[str, ...], range: tuple[float, float] | None = None) -> Type:
    if type == "number":
        return replace(DURATION if unit == "ms" else Type("number", unit), range=range)
    return Type("enum", values=values) if type == "enum" else _BASES[type]


def _range(fields: Collection[SchemaField]) -> tuple[float, float] | None:
    """Return between what a field lies in all of its kinds, None where one of them does not say."""
    ranges = [each.range for each in fields if each.range is not None]
    if len(ranges) < len(fields):
        return None
    return min(least for least, _ in ranges), max(most for _, most in ranges)
