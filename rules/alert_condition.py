"""Conditions on alerts: the language's expressions, over what an alert says instead of an event.

They are asked once an alert, so they are walked and not compiled. Three-valued, as everywhere: a label that an alert
lacks makes a comparison unknown, and only *true* selects.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from events.alert import SEVERITIES
from events.place import Problem
from rules.errors import nearest, problem
from rules.expression.canonical import canonical
from rules.expression.nodes import And, Call, Compare, In, Name, Node, Not, Or, String, Truth, Tuple
from rules.purpose import PURPOSES

About = Mapping[str, str | tuple[str, ...] | None]  # by name; `route` has all that the rule names

PLAIN = ("rule", "severity", "transition", "purpose", "site", "route")
TRANSITIONS = ("firing", "raised", "lowered", "resolved", "expired", "not_expected", "rule_removed", "corrected")
_NAMED = {
    "rule": "规则",
    "severity": "级别",
    "transition": "变化",
    "purpose": "用途",
    "route": "路由",
}


@dataclass(frozen=True)
class Words:
    """What conditions may name: rules, routes, labels and key fields of rules."""

    rules: Collection[str]
    routes: Collection[str]
    labels: Collection[str]
    keys: Collection[str] = field(default=())

    def of(self, name: str) -> Collection[str] | None:
        """Return the words that a name can be, None where it can be any."""
        return {
            "rule": self.rules,
            "severity": SEVERITIES,
            "transition": TRANSITIONS,
            "purpose": tuple(PURPOSES),
            "route": self.routes,
        }.get(name)


def problems(node: Node, words: Words) -> Iterator[Problem]:
    """Yield what is wrong with a condition."""
    match node:
        case And() | Or():
            for item in node.items:
                yield from problems(item, words)
        case Not():
            yield from problems(node.item, words)
        case Truth():
            pass
        case Compare(sign="==" | "!=", left=Name() as name, right=String() as text):
            yield from _name(name, words)
            yield from _word(name, text, words)
        case In(item=Name() as name, choices=Tuple(items=items)) if all(isinstance(item, String) for item in items):
            yield from _name(name, words)
            for item in items:
                if isinstance(item, String):
                    yield from _word(name, item, words)
        case Call(name="known" | "missing", args=(Name() as name,)):
            yield from _name(name, words)
        case _:
            yield problem("E089", node.place, text=canonical(node))


def _name(name: Name, words: Words) -> Iterator[Problem]:
    first = name.path[0]
    if len(name.path) == 1 and first in PLAIN:
        return
    if len(name.path) == 2 and first in ("label", "key"):
        known, what, what_zh = (
            (words.labels, "label", "标签") if first == "label" else (words.keys, "key field", "主键字段")
        )
        if name.path[1] not in known:
            shown = f"{what} / {what_zh}: " + (" ".join(sorted(known)[:40]) or "none / 没有")
            word = name.path[1]
            near = nearest(word, known)
            yield problem("E008", name.place, word=word, what=what, what_zh=what_zh, near=near, note=shown)
        return
    known = (*PLAIN, "label.NAME", "key.FIELD")
    text = ".".join(name.path)
    note = "of alerts / 告警内容: " + " ".join(known)
    yield problem(
        "E008",
        name.place,
        word=text,
        what="name of what an alert says",
        what_zh="告警内容名称",
        near=nearest(text, known),
        note=note,
    )


def _word(name: Name, text: String, words: Words) -> Iterator[Problem]:
    known = words.of(name.path[0]) if len(name.path) == 1 else None
    if known is not None and text.text not in known:
        what, what_zh = name.path[0], _NAMED[name.path[0]]
        note = f"{what} / {what_zh}: " + (" ".join(sorted(known)[:40]) or "none / 没有")
        near = nearest(text.text, known)
        yield problem("E008", text.place, word=text.text, what=what, what_zh=what_zh, near=near, note=note)


def holds(node: Node, about: About) -> bool:
    """Tell whether a condition is true of an alert."""
    return _truth(node, about) is True


def _truth(node: Node, about: About) -> bool | None:
    match node:
        case And():
            found = [_truth(item, about) for item in node.items]
            return False if False in found else None if None in found else True
        case Or():
            found = [_truth(item, about) for item in node.items]
            return True if True in found else None if None in found else False
        case Not():
            inner = _truth(node.item, about)
            return None if inner is None else not inner
        case Truth():
            return node.value
        case Compare(left=Name() as name, right=String(text=text)):
            return _among(name, (text,), about, negated=node.sign == "!=")
        case In(item=Name() as name, choices=Tuple(items=items)):
            texts = tuple(item.text for item in items if isinstance(item, String))
            return _among(name, texts, about, negated=node.negated)
        case Call(args=(Name() as name,)):
            is_known = bool(about.get(".".join(name.path)))
            return is_known if node.name == "known" else not is_known
        case _:
            raise AssertionError("a condition is checked before it is asked")


def _among(name: Name, texts: tuple[str, ...], about: About, *, negated: bool) -> bool | None:
    value = about.get(".".join(name.path))
    if value is None:
        return None
    values = value if isinstance(value, tuple) else (value,)
    return any(each in texts for each in values) is not negated
