"""Nodes to the checked tree: what names mean, what types and units fit, against schemas and vocabulary.

A finding does not stop the check: what depends on it is skipped (`None`), the rest is still looked at, so that one
run shows all errors of an expression.
"""

from dataclasses import replace

from events.place import Problems
from rules.aggregates import AGGREGATES
from rules.expression import findings as say
from rules.expression import misfits
from rules.expression.calls.windows import aggregated
from rules.expression.findings import Findings
from rules.expression.functions import FUNCTIONS
from rules.expression.naming import SIGNATURES, Naming
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
    rebuilt,
    walk,
)
from rules.expression.scope import Scope, SetShape
from rules.expression.typed import (
    DURATION,
    STRING,
    TRUTH,
    Constant,
    Type,
    Typed,
    all_of,
    any_of,
    negated,
    truth,
)

__all__ = ["Scope", "SetShape", "check", "condition"]

EXPANDED_MAX = 1024  # nodes after macros are expanded


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


class _Checker(Naming):
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
        self.found.add(misfits.no_condition(node.place, typed, self.scope.pattern))
        return None

    def value(self, node: Node) -> Typed | None:
        """Check a node that stands for itself, not compared with anything."""
        typed = self.any(node)
        if typed is not None and typed.type == STRING:
            text = node.text if isinstance(node, String) else ""
            self.found.add(misfits.lonely_text(node.place, text if self.scope.fields(text) else ""))
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
                if self.lacks_quotes(node):
                    return None
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

    # functions

    def call(self, node: Call) -> Typed | None:
        name = node.name
        function = FUNCTIONS.get(name)
        aggregate = next((known for known in AGGREGATES if known == name), None)
        if aggregate is not None and (function is None or len(node.args) == 1):  # min(x) is over the window
            return aggregated(self, node, aggregate)
        if function is None:
            is_lower = name in ("lower", "upper")
            self.found.add(say.no_lower(node.place) if is_lower else say.unknown_function(node.place, name, SIGNATURES))
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
