"""Names for meaning: the signature of a rule's state, and the version of a whole ruleset.

Both are BLAKE2b of a canonical form in which names of files, order of rules, comments and spelling of expressions
are gone. Equal signatures accumulate the same, whatever the rules are called; see `docs/design.md`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from numpy.typing import NDArray

from rules.checked import CheckedRule
from rules.conditions import Template
from rules.expression.canonical import canonical
from rules.expression.typed import Column, Coverage, InCalendar, Inside, Member, Near, Score, Typed, leaves
from rules.patterns.threshold import CheckedThreshold
from rules.plan import DEVICES
from rules.vocabulary import Vocabulary

_OF_PATTERNS = (
    "window",
    "threshold",
    "for",
    "clear",
    "baseline",
    "resolve_after",
    "absence",
    "sequence",
    "within",
    "change",
)


def state(rule: CheckedRule, vocabulary: Vocabulary) -> str:
    """Return the signature of what a rule accumulates: 32 hex digits.

    Kinds, selection, key, capacity and what its pattern keeps (the window, steps, fields of the event before) are in
    it, with the sets, areas and calendars that these name. How that is judged is not (threshold and its aggregates,
    baseline, `clear`, `for`, an absence's silence, cooldown, severity), nor what an absence awaits or when it may fire.
    Rules with equal signatures look at the same windows (`rules.windows`).
    """
    pattern = rule.pattern
    kept = [type(pattern).__name__, pattern.state()] if pattern else ["last_firing"]
    of_pattern = () if pattern is None or isinstance(pattern, CheckedThreshold) else pattern.accumulated
    read = [*rule.select, *of_pattern]
    selection = sorted(canonical(typed.node) for typed in rule.select)
    return _digest([kept, rule.kinds, selection, rule.key, rule.capacity, named(read, vocabulary)])


def score(form: tuple[object, ...]) -> str:
    """Return the signature of what a score remembers: 32 hex digits."""
    return _digest(form)


def version(
    rules: Iterable[CheckedRule], vocabulary: Vocabulary, timezone: str, offsets: Mapping[str, NDArray[Any]]
) -> str:
    """Return the version of a ruleset: 32 hex digits.

    `offsets` are the city's UTC offsets as the timezone database of this machine has them: another database gives
    another version where it changes anything for this city, and only there.
    """
    forms = sorted((form(rule) for rule in rules), key=orjson.dumps)
    return _digest([forms, _declared(vocabulary), timezone, {name: array.tolist() for name, array in offsets.items()}])


def _digest(form: Any) -> str:
    return hashlib.blake2b(orjson.dumps(form, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def named(expressions: Iterable[Typed], vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the declarations that expressions rest on: keys of sets, types of columns, calendars, areas."""
    found: dict[str, Any] = {}
    for leaf in (leaf for typed in expressions for leaf in leaves(typed)):
        match leaf:
            case Member():
                found.setdefault(leaf.set, [vocabulary.sets[leaf.set].key])
            case Column():
                found[f"{leaf.set}.{leaf.column}"] = [vocabulary.sets[leaf.set].key, leaf.column_type]
            case InCalendar():
                found[leaf.name] = vocabulary.calendars[leaf.name].form
            case Inside() | Near():
                found[f"area {leaf.name}"] = vocabulary.areas[leaf.name]
            case Score():
                found[f"score {leaf.score}"] = vocabulary.scores[leaf.score].form
            case Coverage():
                found[f"coverage {leaf.kinds}"] = [vocabulary.sets[DEVICES].key]
            case _:
                pass
    return found


def form(checked: CheckedRule) -> dict[str, Any]:
    """Return what a rule means, key by key, with macros written out; keys that it has not are None."""
    rule = checked.rule
    pattern = checked.pattern
    return {
        "rule": rule.name.text,
        "kinds": checked.kinds,
        "select": [canonical(typed.node) for typed in checked.select],
        "active": _spelled(checked.active),
        "key": checked.key,
        "capacity": checked.capacity,
        **dict.fromkeys(_OF_PATTERNS),
        **(pattern.form() if pattern else {}),
        "severity": [[severity, _spelled(when)] for severity, when in checked.severity],
        "title": _texts(checked.title),
        "message": _texts(checked.message),
        "labels": _texts(checked.labels),
        "annotations": dict(rule.annotations),
        "route": [route.text for route in rule.routes],
        "cooldown": rule.cooldown_ms,
        "escalate": [[step.after_ms, step.to.text] for step in rule.escalate],
        "mode": rule.mode,
        "canary": _spelled(checked.canary),
        "purpose": rule.purpose,
        "legal_basis": rule.legal_basis,
    }


def _spelled(typed: Typed | None) -> str | None:
    return None if typed is None else canonical(typed.node)


def _texts(texts: Mapping[str, Template]) -> dict[str, Any]:
    return {name: [text.pieces, [canonical(value.node) for value in text.values]] for name, text in texts.items()}


def _declared(vocabulary: Vocabulary) -> dict[str, Any]:
    sets = {
        name: [
            declared.key,
            [
                [column.name, column.type, column.unit, column.personal, column.max]
                for column in sorted(declared.columns.values(), key=lambda column: column.name)
            ],
        ]
        for name, declared in vocabulary.sets.items()
    }
    calendars = {name: declared.form for name, declared in vocabulary.calendars.items()}
    scores: dict[str, Any] = {
        name: [declared.form, [*declared.outputs]] for name, declared in vocabulary.scores.items()
    }
    scores |= {name: declared.form for name, declared in vocabulary.silences.items()}
    return {
        "sets": sets,
        "calendars": calendars,
        "areas": vocabulary.areas,
        "scores": scores,
        "routes": {
            name: [route.title, route.of_topic, sorted(route.fields), route.languages]
            for name, route in vocabulary.routes.items()
        },
        "tree": [
            [
                None if branch.when is None else canonical(branch.when),
                [route.text for route in branch.routes],
                [branch.adds, branch.goes_on, branch.is_default],
            ]
            for branch in vocabulary.tree
        ],
    }
