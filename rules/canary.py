"""`canary`: where a rule is live, asked of a firing's key and labels; elsewhere its alerts are shadows."""

from collections.abc import Mapping

from events.place import Problems
from rules.conditions import Conditions
from rules.errors import nearest
from rules.expression.nodes import Name, Node, children, rebuilt
from rules.expression.parse import parse
from rules.expression.scope import Scope
from rules.expression.typed import Typed
from rules.expression.types import condition
from rules.texts import split
from rules.yaml import Scalar

LABEL = "label"


def check(canary: Scalar | None, labels: Mapping[str, Scalar], keyed: Scope, conditions: Conditions) -> Typed | None:
    """Return the condition, None where it is wrong or there is none.

    `keyed` is where only the key is known: an episode is live or a shadow from its beginning to its end. A label
    stands for the expression in its text: `label.district == 'north'`.
    """
    if canary is None:
        return None
    node = conditions.guarded(lambda: _with_labels(parse(canary.text, canary.at), labels, conditions))
    typed = None if node is None else conditions.guarded(lambda: condition(node, keyed))
    conditions.take_warnings(keyed)
    return typed


def _with_labels(node: Node, labels: Mapping[str, Scalar], conditions: Conditions) -> Node | None:
    """Put the labels' expressions in place of their names, None where one has none."""
    if isinstance(node, Name) and len(node.path) == 2 and node.path[0] == LABEL:
        return _label(node, labels, conditions)
    parts = [_with_labels(part, labels, conditions) for part in children(node)]
    good = tuple(part for part in parts if part is not None)
    return rebuilt(node, good) if len(good) == len(parts) else None


def _label(node: Name, labels: Mapping[str, Scalar], conditions: Conditions) -> Node | None:
    name = node.path[1]
    if name not in labels:
        note = "labels / 标签: " + (" ".join(labels) or "none / 没有")
        conditions.report(
            "E008", node.place, word=name, what="label", what_zh="标签", near=nearest(name, labels), note=note
        )
        return None
    try:
        pieces, nodes = split(labels[name])
    except Problems:
        return None  # said where the label stands
    if len(nodes) == 1 and not any(pieces):
        return nodes[0]
    conditions.report("E058", node.place, name=name)
    return None
