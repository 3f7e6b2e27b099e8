"""What became of a ruleset: each rule's edit with its class, by what is judged and remembered, not by what was typed.

*Cosmetic*: nothing is judged differently; open alerts keep their names. *Judgement*: the same state, judged by other
constants. *Selection*: other state, which is filled from the log before the new version takes over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from events.place import Place, Problems
from rules import signature, written
from rules.check import UTC, Ruleset
from rules.checked import CheckedRule
from rules.expression.nodes import Name, walk
from rules.expression.parse import parse
from rules.keys import RULE, Key
from rules.layout import inside
from rules.patterns.threshold import CheckedThreshold
from rules.respell import respelled, text_respelled
from rules.texts import holes
from rules.vocabulary import Vocabulary
from rules.written import WrittenRule, spelled
from rules.yaml import Items, Node, Scalar
from rules.yaml import Mapping as Document

Class = Literal["cosmetic", "judgement", "selection"]
CLASSES: tuple[Class, ...] = ("cosmetic", "judgement", "selection")
# what changes who hears of an alert and what it says, not when there is one
COSMETIC = frozenset(
    {"title", "message", "labels", "annotations", "route", "escalate", "mode", "canary", "purpose", "legal_basis"}
)
_WHOLE = Key("mapping", {}, "", keys=RULE)
_NOWHERE = Place("", 1)


@dataclass(frozen=True)
class KeyEdit:
    """One key of a rule as it was and is written; None where it was not there."""

    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Edit:
    """What became of one rule.

    `kind` is the class of a change; `macros` and `declared` name what changed elsewhere and changes this rule.
    """

    rule: str
    change: Literal["added", "removed", "changed"]
    kind: Class | None = None
    keys: tuple[KeyEdit, ...] = ()
    macros: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edits:
    """The edits of a ruleset, by the names of rules, and the declarations that are not the same."""

    old: str  # versions
    new: str
    edits: tuple[Edit, ...]
    declared: tuple[KeyEdit, ...] = field(default=())

    @property
    def is_same(self) -> bool:
        """Whether both mean the same."""
        return self.old == self.new

    @property
    def macros(self) -> dict[str, tuple[str, ...]]:
        """Return the rules that each changed macro changes."""
        names = sorted({macro for edit in self.edits for macro in edit.macros})
        return {name: tuple(edit.rule for edit in self.edits if name in edit.macros) for name in names}


def edits(old: Ruleset, new: Ruleset) -> Edits:
    """Compare two rulesets."""
    before, after = _Side(old), _Side(new)
    names = sorted({*before.rules, *after.rules})
    found = (_edit(name, before, after) for name in names)
    return Edits(
        old.plan.version, new.plan.version, tuple(edit for edit in found if edit), tuple(_declared(before, after))
    )


class _Side:
    """A ruleset with its rules as they are written."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.vocabulary = ruleset.vocabulary
        self.rules = {rule.rule.name.text: rule for rule in ruleset.rules}
        self.documents = written.documents(ruleset.sources)
        self.texts = written.rules(self.documents)
        self.macros: dict[str, dict[str, str]] = {}  # of each file
        for (path, name), text in written.macros(self.documents).items():
            self.macros.setdefault(path, {})[name] = respelled(text)

    def macros_of(self, name: str) -> dict[str, str]:
        """Return the macros that a rule uses, directly or through others, with their expressions."""
        rule = self.texts[name]
        known = self.macros.get(rule.place.path, {})
        used: dict[str, str] = {}
        left = list(_expressions(rule.document, _WHOLE))
        while left:
            for macro in _names(left.pop()) & known.keys() - used.keys():
                used[macro] = known[macro]
                left.append(known[macro])
        return used

    def named(self, name: str) -> dict[str, Any]:
        """Return the declarations that a rule rests on."""
        rule = self.rules[name]
        resting = signature.named(rule.read, self.vocabulary)
        return resting | ({"timezone": self.vocabulary.timezone or UTC} if rule.is_civil else {})


def _edit(name: str, before: _Side, after: _Side) -> Edit | None:
    old, new = before.rules.get(name), after.rules.get(name)
    if old is None or new is None:
        return Edit(name, "removed" if new is None else "added")
    resting = _changed(before.named(name), after.named(name))
    apart = {*_changed(signature.form(old), signature.form(new))}
    was, now = _kept(old, before.vocabulary), _kept(new, after.vocabulary)
    if was == now and not apart and not resting:
        return None
    return Edit(
        name,
        "changed",
        _class(old, new, was != now or "timezone" in resting, bool(resting or apart - COSMETIC)),
        tuple(_keys(before.texts[name], after.texts[name])),
        _changed(before.macros_of(name), after.macros_of(name), both=True),
        resting,
    )


def _kept(rule: CheckedRule, vocabulary: Vocabulary) -> tuple[str, object]:
    """Return what a rule needs to have been kept: its state, and what it asks of a window that others share."""
    asked = rule.pattern.asked() if isinstance(rule.pattern, CheckedThreshold) else None
    return signature.state(rule, vocabulary), asked


def _class(old: CheckedRule, new: CheckedRule, is_other_state: bool, is_judged: bool) -> Class:
    modes = old.rule.mode, new.rule.mode
    if is_other_state or (modes[0] != modes[1] and "disabled" in modes):  # a disabled rule keeps no state
        return "selection"
    return "judgement" if is_judged else "cosmetic"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], *, both: bool = False) -> tuple[str, ...]:
    """Return the names whose values differ, sorted; with `both` only those that are on both sides."""
    names = old.keys() & new.keys() if both else old.keys() | new.keys()
    return tuple(sorted(name for name in names if old.get(name) != new.get(name)))


def _keys(old: WrittenRule, new: WrittenRule) -> Iterator[KeyEdit]:
    for name, key in RULE.items():
        before, after = (_shown(rule.document.get(name), key) for rule in (old, new))
        if before != after:
            yield KeyEdit(name, before, after)


def _shown(node: Node | None, key: Key) -> str | None:
    """Return a value on one line, its expressions in one spacing, so that only what was changed differs."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        if key.shape == "expression":
            return respelled(node.text)
        return text_respelled(spelled(node)) if key.shape == "texts" else spelled(node)
    if isinstance(node, Items):
        return f"[{', '.join(str(_shown(item, inside(key, None))) for item in node.items)}]"
    return f"{{{', '.join(f'{name.text}: {_shown(value, inside(key, name.text))}' for name, value in node.entries)}}}"


def _expressions(node: Node, key: Key) -> Iterator[str]:
    """Yield every expression of a part of a rule, those in the holes of texts too."""
    if isinstance(node, Scalar):
        if key.shape == "expression":
            yield node.text
        else:
            yield from (node.text[start:end] for start, end in holes(node.text)[0])
    elif isinstance(node, Document):
        for name, value in node.entries:
            yield from _expressions(value, inside(key, name.text))
    else:
        for item in node.items:
            yield from _expressions(item, inside(key, None))


def _names(expression: str) -> set[str]:
    """Return the names without a point in an expression."""
    try:
        top = parse(expression, _NOWHERE)
    except Problems:
        return set()
    return {node.path[0] for node in walk(top) if isinstance(node, Name) and len(node.path) == 1}


def _declared(old: _Side, new: _Side) -> Iterator[KeyEdit]:
    before, after = (written.declarations(side.documents) for side in (old, new))
    for name in _changed(before, after):
        yield KeyEdit(name, before.get(name), after.get(name))
