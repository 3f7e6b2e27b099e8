"""Comparisons and arithmetic of the checker: which types and units meet, and what they give."""

import math
from dataclasses import replace
from typing import cast

from rules.expression import misfits
from rules.expression.findings import Findings
from rules.expression.nodes import (
    Arithmetic,
    Compare,
    CompareSign,
    In,
    Negate,
    Node,
    Number,
    String,
    Truth,
    rebuilt,
)
from rules.expression.ranges import out_of_range
from rules.expression.scope import Scope
from rules.expression.typed import (
    DURATION,
    NUMBER,
    STRING,
    TIME,
    TRUTH,
    Apply,
    Constant,
    Type,
    Typed,
    any_of,
    anywhere,
    negated,
    truth,
)
from rules.expression.units import comparable, factor, is_time

_NUMERIC = ("number", "duration")


class Comparing:
    """The half of the checker that looks at two values at a time."""

    scope: Scope
    found: Findings

    def any(self, node: Node) -> Typed | None:
        """Check a node of any type, None where it is wrong."""
        raise NotImplementedError

    # comparisons

    def compare(self, sign: CompareSign, node: Node, left: Typed | None, right: Typed | None) -> Typed | None:
        """Compare two checked values; `node` is the comparison as it was written."""
        if left is None or right is None:
            return None
        whole = rebuilt(node, (left.node, right.node)) if isinstance(node, Compare) else node
        if STRING in (left.type, right.type):
            named = self.named(node, left, right)
            if named is None:
                return None
            left, right = named
        bases = {left.type.base, right.type.base}
        if bases <= {"truth", "flag"}:
            return self.compare_flags(sign, whole, left, right)
        if bases <= {"text"} or bases <= {"enum"} or bases <= {"kind"}:
            if sign not in ("==", "!="):
                self.found.add(misfits.no_order(node.place, sign, left))
                return None
            return Apply(whole, TRUTH, "same" if sign == "==" else "not_same", (left, right))
        pair = self.alike(node, left, right)
        if pair is None:
            return None
        left, right = pair
        if isinstance(left, Constant) and isinstance(right, Constant):
            a, b = float(left.value), float(right.value)
            if not (math.isnan(a) or math.isnan(b)):  # NaN is null, and what it is compared with unknown
                return Constant(whole, TRUTH, _compared(sign, a, b))
        elif (beyond := out_of_range(node.place, sign, left, right)) is not None:
            self.found.warn(beyond)
        return Apply(whole, TRUTH, sign, (left, right))

    def named(self, node: Node, left: Typed, right: Typed) -> tuple[Typed, Typed] | None:
        """Give the type of the one side to the text on the other."""
        if left.type == STRING:
            if right.type == STRING:
                self.found.add(misfits.two_constants(node.place))
                return None
            swapped = self.named(node, right, left)
            return (swapped[1], swapped[0]) if swapped else None
        assert isinstance(right, Constant)
        word = str(right.value)
        if left.type.base not in ("text", "enum", "kind"):
            self.found.add(misfits.text_with(right.node.place, left, word))
            return None
        if left.type.base != "text" and word not in left.type.values:
            self.found.add(misfits.no_value(right.node.place, left, word))
            return None
        return left, replace(right, type=left.type)

    def compare_flags(self, sign: CompareSign, node: Node, left: Typed, right: Typed) -> Typed | None:
        """Compare a condition with `true` or `false`, or two flags."""
        if isinstance(left, Constant):
            left, right = right, left
        flags = {left.type.base, right.type.base} == {"flag"}
        if sign not in ("==", "!=") or not (flags or isinstance(right, Constant)):
            self.found.add(misfits.no_order(node.place, sign, left))
            return None
        if isinstance(left, Constant) and isinstance(right, Constant):
            return Constant(node, TRUTH, (left.value == right.value) == (sign == "=="))
        if isinstance(right, Constant):
            is_so = truth(left)
            return is_so if right.value == (sign == "==") else negated(is_so, node)
        return Apply(node, TRUTH, "same" if sign == "==" else "not_same", (left, right))

    def choice(self, node: In) -> Typed | None:
        """`x in ('a', 'b')`: any of several comparisons."""
        item = self.any(node.item)
        choices = node.choices.items  # type: ignore[attr-defined]
        equal = []
        for choice in choices:
            number = choice.item if isinstance(choice, Negate) else choice
            if not isinstance(number, Number | String | Truth):
                self.found.add(misfits.no_constant(choice.place))
                return None
            equal.append(self.compare("==", Compare(choice.place, "==", node.item, choice), item, self.any(choice)))
        good = tuple(one for one in equal if one is not None)
        if item is None or len(good) < len(equal):
            return None
        either = any_of(good, In(node.place, item.node, node.choices))
        return negated(either, In(node.place, item.node, node.choices, True)) if node.negated else either

    # numbers

    def alike(self, node: Node, left: Typed, right: Typed) -> tuple[Typed, Typed] | None:
        """Bring two numbers, durations or times to one unit."""
        if left.type == TIME and right.type == TIME:
            return left, right
        if left.type.base not in _NUMERIC or right.type.base not in _NUMERIC:
            self.found.add(misfits.other_types(node.place, left, right, isinstance(node, Compare)))
            return None
        here, there = left.type.unit, right.type.unit
        if here == there:
            return left, right
        if here and there:
            if not comparable(here, there):
                self.found.add(misfits.other_units(node.place, left, right))
                return None
            return (left, converted(right, here)) if not isinstance(left, Constant) else (converted(left, there), right)
        if "duration" in (left.type.base, right.type.base):  # a bare number says nothing about time
            self.found.add(misfits.bare_duration(node.place, right if there is None else left))
            return None
        return left, right

    def minus(self, node: Negate) -> Typed | None:
        """The sign."""
        item = self.any(node.item)
        if item is None:
            return None
        whole = Negate(node.place, item.node)
        if item.type.base not in _NUMERIC:
            self.found.add(misfits.no_number(node.place, item))
            return None
        if isinstance(item, Constant):
            return Constant(whole, anywhere(item.type), -float(item.value))
        return Apply(whole, anywhere(item.type), "negate", (item,))

    def arithmetic(self, node: Arithmetic) -> Typed | None:
        """`+ - * /`."""
        left, right = self.any(node.left), self.any(node.right)
        if left is None or right is None:
            return None
        whole = cast(Arithmetic, rebuilt(node, (left.node, right.node)))
        return self.scaled(whole, left, right) if node.sign in "*/" else self.added(whole, left, right)

    def added(self, node: Arithmetic, left: Typed, right: Typed) -> Typed | None:
        """Add or subtract: times and durations by their own rules, numbers of one unit."""
        if left.type == TIME and right.type == TIME and node.sign == "-":
            return _applied(node, DURATION, (left, right))
        if left.type == TIME and is_time(right.type.unit):
            return _applied(node, TIME, (left, converted(right, "ms")))
        if right.type == TIME and is_time(left.type.unit) and node.sign == "+":
            return _applied(node, TIME, (converted(left, "ms"), right))
        if TIME in (left.type, right.type):
            self.found.add(misfits.time_arithmetic(node.place))
            return None
        pair = self.alike(node, left, right)
        if pair is None:
            return None
        left, right = pair
        return _applied(node, anywhere(left.type if left.type.unit else right.type), (left, right))

    def scaled(self, node: Arithmetic, left: Typed, right: Typed) -> Typed | None:
        """Multiply or divide: units go along."""
        for item in (left, right):
            if item.type.base not in _NUMERIC:
                self.found.add(misfits.no_number(item.node.place, item))
                return None
        here, there = left.type.unit, right.type.unit
        if node.sign == "/":
            if here and there and comparable(here, there):
                return _applied(node, NUMBER, (left, right if here == there else converted(right, here)))
            unit = here if there is None else f"{here or 1}/({there})"
        else:
            unit = (here or there) if here is None or there is None else f"{here}·{there}"
        return _applied(node, DURATION if unit == "ms" else Type("number", unit), (left, right))


def converted(typed: Typed, unit: str) -> Typed:
    """Return a value with a unit in another unit of the same dimension."""
    given = typed.type.unit
    assert given is not None
    kind = DURATION if unit == "ms" else Type("number", unit)
    if given == unit:
        return typed
    size, multiply = factor(given, unit)
    if isinstance(typed, Constant):
        return Constant(typed.node, kind, float(typed.value) * size if multiply else float(typed.value) / size)
    by = Constant(typed.node, NUMBER, size)
    return Apply(typed.node, kind, "*" if multiply else "/", (typed, by))


def _applied(node: Arithmetic, type: Type, args: tuple[Typed, Typed]) -> Typed:
    """Return the operation, folded where both sides are constants; x / 0 is null."""
    left, right = args
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return Apply(node, type, node.sign, args)
    a, b = float(left.value), float(right.value)
    match node.sign:
        case "+":
            value = a + b
        case "-":
            value = a - b
        case "*":
            value = a * b
        case "/":
            value = a / b if b else float("nan")
    return Constant(node, type, value)


def _compared(sign: CompareSign, a: float, b: float) -> bool:
    return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]
