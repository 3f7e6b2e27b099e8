"""A rule with one of its constants changed, for each of its constants: what tests must tell apart from the rule.

A number that count() or distinct() is compared with becomes one less and one more; any other comparison with a number
is made to hold always, and never, or where that would be no rule its number is doubled and halved; so is a duration
that decides when an alert begins, and what says how unusual a silence must be, with its `out` as a whole. The `when` of
a score is changed as that of a rule, and its parameters are doubled and halved, for all rules that read it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from events.place import Place, Problems
from events.schema import Schemas
from rules import rule_check, score_events
from rules.check import UTC
from rules.checked import CheckedRule
from rules.conditions import Conditions
from rules.expression.canonical import canonical, duration
from rules.expression.nodes import Call, Compare, Name, Node, Number, Truth, children, rebuilt, walk
from rules.expression.parse import parse
from rules.model import Change, Rule, Sequence, Silence, Threshold
from rules.patterns.absence import CheckedAbsence
from rules.score_declarations import ScoreDeclaration
from rules.scores import SCORES
from rules.silence_declarations import SilenceDeclaration
from rules.vocabulary import Vocabulary
from rules.yaml import Scalar

Kind = Literal["firing", "quiet", "number", "limit", "duration"]
Macros = Mapping[str, Node]
Put = Callable[[Scalar], Rule]  # returns the rule with another text in one place

EXPRESSION = "changed_expression"  # the macro by which a changed expression is put into a rule
COUNTS = ("count", "distinct")


@dataclass(frozen=True, slots=True)
class Gap:
    """What no test looks at: of a rule, or of a score as `scores.NAME`.

    Of a constant `written` is what it says, and `other` what could stand there too.
    """

    kind: Kind
    rule: str
    place: Place
    written: str = ""
    other: str = ""


def changed(
    rule: CheckedRule, macros: Mapping[str, Macros], vocabulary: Vocabulary, schemas: Schemas
) -> Iterator[tuple[Gap, CheckedRule]]:
    """Yield a rule with each of its constants changed, and what is missing if no test sees the change.

    `macros` are those of each file. What is no rule any more with another constant is left out.
    """
    written = rule.rule
    own = macros[written.name.place.path]

    def checked(other: Rule, named: Macros, words: Vocabulary = vocabulary) -> CheckedRule | None:
        try:
            return rule_check.check(other, dict(named), words.timezone or UTC, Conditions(schemas, words))
        except Problems:
            return None

    for gap, other in _durations(written):
        if (made := checked(other, own)) is not None:
            yield gap, made
    yield from _unusual(rule)
    for gap, declared in _out(rule):
        words = replace(vocabulary, silences={**vocabulary.silences, declared.name: declared})
        if (made := checked(written, own, words)) is not None:
            yield gap, made
    for scalar, put in _expressions(written):
        node = _expanded(parse(scalar.text, scalar.at), own)
        placed = put(replace(scalar, text=EXPRESSION, raw=EXPRESSION))
        for choices in _limits(node):
            for gap, changed_node in choices:
                if (made := checked(placed, {**own, EXPRESSION: changed_node})) is not None:
                    yield replace(gap, rule=written.name.text, place=scalar.place), made
                    break


def changed_scores(vocabulary: Vocabulary, schemas: Schemas) -> Iterator[tuple[Gap, ScoreDeclaration]]:
    """Yield each score with each constant changed of its `when`, and each parameter that is not the kernel's own.

    Beside it stands what is missing if no test sees the change.
    """
    for name, declared in vocabulary.scores.items():
        yield from _parameters(declared)
        for choices in _limits(declared.when) if declared.when is not None else ():
            for gap, node in choices:
                other = replace(declared, when=node, when_text=canonical(node))
                if not any(each.level == "error" for each in score_events.problems(other, vocabulary, schemas)):
                    yield replace(gap, rule=f"scores.{name}", place=declared.place), other
                    break


def _parameters(declared: ScoreDeclaration) -> Iterator[tuple[Gap, ScoreDeclaration]]:
    """Yield a score with each of its parameters doubled and halved, within its limits."""
    for number, (name, value) in enumerate(declared.parameters):
        limits = SCORES[declared.kernel].parameters[name]
        if value == limits.default:
            continue
        for scaled in (2 * value, value / 2):
            other = min(max(scaled, limits.least), limits.most)
            if other != value:
                own = declared.parameters
                changed_ones = (*own[:number], (name, other), *own[number + 1 :])
                gap = Gap("number", f"scores.{declared.name}", declared.place, f"{name}: {value:g}", f"{other:g}")
                yield gap, replace(declared, parameters=changed_ones)


def _expanded(node: Node, macros: Macros) -> Node:
    """Return an expression with its macros written out."""
    if isinstance(node, Name) and len(node.path) == 1 and node.path[0] in macros:
        return _expanded(macros[node.path[0]], macros)
    return rebuilt(node, tuple(_expanded(part, macros) for part in children(node)))


# expressions


def _expressions(rule: Rule) -> Iterator[tuple[Scalar, Put]]:
    """Yield the conditions of a rule, and how another one is put into their place."""
    if rule.when is not None:
        yield rule.when, lambda text: replace(rule, when=text)
    for number, exemption in enumerate(rule.exemptions):
        yield exemption.when, _put_exemption(rule, number)
    match rule.pattern:
        case Threshold() as held:
            yield held.condition, lambda text: replace(rule, pattern=replace(held, condition=text))
            if held.clear is not None:
                yield held.clear, lambda text: replace(rule, pattern=replace(held, clear=text))
        case Change() as change:
            yield change.condition, lambda text: replace(rule, pattern=replace(change, condition=text))
        case Silence(unless=Scalar() as unless) as silence:
            yield unless, lambda text: replace(rule, pattern=replace(silence, unless=text))
        case Sequence() as steps:
            for number, step in enumerate(steps.steps):
                if step.when is not None:
                    yield step.when, _put_step(rule, steps, number)
    for number, rung in enumerate(rule.severity):
        if rung.when is not None:
            yield rung.when, _put_rung(rule, number)


def _put_exemption(rule: Rule, number: int) -> Put:
    own = rule.exemptions
    return lambda text: replace(rule, exemptions=(*own[:number], replace(own[number], when=text), *own[number + 1 :]))


def _put_rung(rule: Rule, number: int) -> Put:
    own = rule.severity
    return lambda text: replace(rule, severity=(*own[:number], replace(own[number], when=text), *own[number + 1 :]))


def _put_step(rule: Rule, pattern: Sequence, number: int) -> Put:
    own = pattern.steps
    return lambda text: replace(
        rule,
        pattern=replace(pattern, steps=(*own[:number], replace(own[number], when=text), *own[number + 1 :])),
    )


def _limits(node: Node) -> Iterator[list[tuple[Gap, Node]]]:
    """Yield an expression with each of its comparisons with a number changed, the best choice first."""
    for compared in dict.fromkeys(part for part in walk(node) if isinstance(part, Compare)):
        if not any(isinstance(part, Number) for part in walk(compared)):
            continue
        text = canonical(compared)
        for choices in _others(compared):
            yield [
                (Gap(kind, "", compared.place, text, canonical(other)), _with(node, compared, other))
                for kind, other in choices
            ]


def _others(compared: Compare) -> list[list[tuple[Kind, Node]]]:
    left, right = compared.left, compared.right
    if isinstance(left, Call) and left.name in COUNTS and _is_whole(right):
        return [[("number", replace(compared, right=_more(right, by)))] for by in (-1, 1)]
    if isinstance(right, Call) and right.name in COUNTS and _is_whole(left):
        return [[("number", replace(compared, left=_more(left, by)))] for by in (-1, 1)]
    return [
        [("limit", Truth(compared.place, value)), ("number", _scaled(compared, by))]
        for value, by in ((True, 2.0), (False, 0.5))
    ]


def _scaled(node: Node, by: float) -> Node:
    """Return a comparison whose numbers are so many times as great."""
    if isinstance(node, Number):
        return replace(node, value=node.value * by)
    return rebuilt(node, tuple(_scaled(part, by) for part in children(node)))


def _is_whole(node: Node) -> bool:
    return isinstance(node, Number) and node.unit is None and node.value == int(node.value)


def _more(node: Node, by: int) -> Node:
    assert isinstance(node, Number)
    return replace(node, value=node.value + by)


def _with(node: Node, part: Node, other: Node) -> Node:
    """Return an expression with another part."""
    return other if node == part else rebuilt(node, tuple(_with(each, part, other) for each in children(node)))


# durations


def _durations(rule: Rule) -> Iterator[tuple[Gap, Rule]]:
    """Yield a rule with each of the durations doubled and halved that decide when an alert begins."""
    for key, length, put in _lengths(rule):
        for other in (2 * length, length // 2):
            gap = Gap("duration", rule.name.text, rule.name.place, f"{key}: {duration(length)}", duration(other))
            yield gap, put(other)


def _lengths(rule: Rule) -> Iterator[tuple[str, int, Callable[[int], Rule]]]:
    pattern = rule.pattern
    if rule.cooldown_ms:
        yield "cooldown", rule.cooldown_ms, lambda ms: replace(rule, cooldown_ms=ms)
    match pattern:
        case Threshold():
            window = pattern.window
            if window.panes != "day":
                yield (
                    "window",
                    window.length_ms,
                    lambda ms: replace(rule, pattern=replace(pattern, window=replace(window, length_ms=ms))),
                )
            if pattern.hold_ms:
                yield "for", pattern.hold_ms, lambda ms: replace(rule, pattern=replace(pattern, hold_ms=ms))
        case Silence(silence_ms=int() as silence_ms):
            yield "for", silence_ms, lambda ms: replace(rule, pattern=replace(pattern, silence_ms=ms))
        case Change():
            yield "window", pattern.window_ms, lambda ms: replace(rule, pattern=replace(pattern, window_ms=ms))
        case Sequence():
            if pattern.within_ms:
                yield "within", pattern.within_ms, lambda ms: replace(rule, pattern=replace(pattern, within_ms=ms))
            for number, step in enumerate(pattern.steps):
                if step.within_ms:
                    yield "within", step.within_ms, _put_within(rule, pattern, number)


def _unusual(rule: CheckedRule) -> Iterator[tuple[Gap, CheckedRule]]:
    """Yield an absence with each of the numbers doubled and halved that say how unusual a silence must be."""
    pattern = rule.pattern
    declared = pattern.unusual if isinstance(pattern, CheckedAbsence) else None
    if declared is None or not isinstance(pattern, CheckedAbsence):
        return
    name, place = rule.rule.name.text, declared.place

    def with_(kind: Kind, written: str, other: str, **limit: Any) -> tuple[Gap, CheckedRule]:
        changed_pattern = replace(pattern, unusual=replace(declared, **limit))
        return Gap(kind, name, place, written, other), replace(rule, pattern=changed_pattern)

    for ms in (2 * declared.ceiling_ms, declared.ceiling_ms // 2):
        yield with_("duration", f"ceiling: {duration(declared.ceiling_ms)}", duration(ms), ceiling_ms=ms)
    for alpha in (min(2 * declared.alpha, (1 + declared.alpha) / 2), declared.alpha / 2):
        yield with_("number", f"alpha: {declared.alpha:g}", f"{alpha:g}", alpha=alpha)


def _out(rule: CheckedRule) -> Iterator[tuple[Gap, SilenceDeclaration]]:
    """Yield what an absence goes by with another `out`: one that always holds, or never, or has another constant."""
    pattern = rule.pattern
    declared = pattern.unusual if isinstance(pattern, CheckedAbsence) else None
    if declared is None or declared.out is None:
        return
    written = parse(declared.out.text, declared.out.at)
    whole = [
        [(Gap("limit", "", written.place, canonical(written), canonical(other)), other)]
        for other in (Truth(written.place, True), Truth(written.place, False))
    ]
    for choices in (*whole, *(_limits(written) if not isinstance(written, Compare) else ())):
        gap, other = choices[0]
        text = canonical(other)
        out = replace(declared.out, text=text, raw=text)
        named = replace(gap, rule=rule.rule.name.text, place=declared.place)
        yield named, replace(declared, out=out, out_text=text)


def _put_within(rule: Rule, pattern: Sequence, number: int) -> Callable[[int], Rule]:
    own = pattern.steps
    return lambda ms: replace(
        rule,
        pattern=replace(pattern, steps=(*own[:number], replace(own[number], within_ms=ms), *own[number + 1 :])),
    )
