"""Checked rules to the plan: lanes, programs, values. What was checked compiles; nothing here finds errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from events.batch import Layout
from events.identity import CityKey
from events.schema import Schemas
from rules import calendar, score_plans, signature
from rules.checked import CheckedRule
from rules.conditions import Template, is_computed
from rules.expression.canonical import canonical
from rules.expression.hanging import hangs_on
from rules.expression.program import LayoutBuilder, Target, compile, field_lane
from rules.expression.typed import (
    DECIMALS,
    Column,
    Coverage,
    Field,
    First,
    InCalendar,
    Inside,
    Member,
    Near,
    Prev,
    Score,
    Typed,
    compared,
    leaves,
)
from rules.patterns.absence import CheckedAbsence
from rules.patterns.threshold import CheckedThreshold
from rules.plan import (
    DEVICES,
    FILLED,
    Calendar,
    Escalation,
    Message,
    Plan,
    RulePlan,
    SetColumn,
    SetPlan,
    Source,
    Step,
    Value,
    ValueType,
)
from rules.purpose import OPEN_DEFAULT, PERSONAL_DEFAULT, PURPOSES
from rules.vocabulary import Vocabulary

_VALUE_TYPES: dict[str, ValueType] = {
    "number": "number",
    "duration": "duration",
    "time": "time",
    "truth": "flag",
    "flag": "flag",
    "enum": "enum",
}


def compile_ruleset(
    rules: Sequence[CheckedRule], vocabulary: Vocabulary, timezone: str, schemas: Schemas, city: CityKey
) -> Plan:
    """Return the plan of checked rules; disabled ones count for its version and are left out of it."""
    edges, offsets_ms = calendar.offsets(timezone)
    version = signature.version(rules, vocabulary, timezone, {"edges": edges, "offsets_ms": offsets_ms})
    live = sorted((rule for rule in rules if rule.rule.mode != "disabled"), key=lambda rule: rule.rule.name.text)
    read = [leaf for rule in live for typed in rule.read for leaf in leaves(typed)]
    scores = score_plans.used(read, vocabulary, schemas)
    read += [leaf for score in scores for typed in score.read for leaf in leaves(typed)]
    layout, is_filled = _layout(live, scores, vocabulary)
    networks = {score.network for score in scores if score.network}
    sets = _sets(live, read, vocabulary, networks, is_filled)
    calendars = _calendars(live, read, vocabulary, timezone)
    areas = sorted({leaf.name for leaf in read if isinstance(leaf, Inside | Near)})
    coverages = sorted({leaf.kinds for leaf in read if isinstance(leaf, Coverage)})
    target = Target(
        layout,
        sets,
        {each.name: number for number, each in enumerate(calendars)},
        schemas,
        city,
        areas={name: number for number, name in enumerate(areas)},
        coverages={kinds: number for number, kinds in enumerate(coverages)},
        scores=score_plans.lanes(scores, layout),
        words=score_plans.words(scores, schemas),
    )
    return Plan(
        version=version,
        schemas=schemas,
        layout=layout,
        rules=tuple(_rule(number, rule, target, vocabulary, scores) for number, rule in enumerate(live)),
        sets=tuple(sets.values()),
        calendars=tuple(calendars),
        timezone=timezone,
        offset_edges=edges,
        offsets_ms=offsets_ms,
        routes={name: route.title for name, route in vocabulary.routes.items()},
        areas=tuple(vocabulary.areas[name] for name in areas),
        coverages=tuple(tuple(sorted(map(schemas.code, kinds))) for kinds in coverages),
        scores=tuple(score_plans.planned(number, score, target) for number, score in enumerate(scores)),
        words=tuple(target.words),
    )


# what the rules read, together


def _layout(
    rules: Sequence[CheckedRule], scores: Sequence[score_plans.Used], vocabulary: Vocabulary
) -> tuple[Layout, bool]:
    """Return the layout, and whether the devices set fills one of its columns (which takes the device itself)."""
    builder = LayoutBuilder()
    asked: set[str] = set()
    read = [each.read for each in rules] + [each.read for each in scores]
    for typed in (typed for some in read for typed in some):
        builder.require(typed)
        asked.update(leaf.name for leaf in leaves(typed) if isinstance(leaf, Field))
    keys = [*(key for rule in rules for key in rule.keys), *(score.declared.per for score in scores)]
    for name, type in (part for key in keys for part in key):
        builder.column(name, type)
        asked.add(name)
    devices = vocabulary.sets.get(DEVICES)
    is_filled = (
        devices is not None
        and devices.key == ("device",)
        and any(name in asked and name in devices.columns for name in FILLED)
    )
    if is_filled or any(score.network for score in scores):
        builder.column("device", "id")
    return builder.seal(), is_filled


def _sets(
    rules: Iterable[CheckedRule], read: Iterable[Typed], vocabulary: Vocabulary, whole: set[str], with_devices: bool
) -> dict[str, SetPlan]:
    """Return the sets that rules name, in the order of their names, their columns pooled one after the other.

    `whole` are those that scores read as a whole.
    """
    named = {leaf.set for leaf in read if isinstance(leaf, Column | Member)} | whole
    if with_devices or any(isinstance(leaf, Coverage) for leaf in read):
        named.add(DEVICES)
    for pattern in (rule.pattern for rule in rules):
        if isinstance(pattern, CheckedAbsence) and pattern.written.expect:
            named.add(pattern.written.expect.text)
    plans: dict[str, SetPlan] = {}
    lane = 0
    for number, name in enumerate(sorted(named)):
        declared = vocabulary.sets[name]
        columns = []
        for column in declared.columns.values():
            columns.append(SetColumn(column.name, column.type, lane, column.unit, column.personal))
            lane += 1
        plans[name] = SetPlan(name, number, declared.key, tuple(columns))
    return plans


def _calendars(
    rules: Iterable[CheckedRule], read: Iterable[Typed], vocabulary: Vocabulary, timezone: str
) -> list[Calendar]:
    """Return the calendars that rules name, and one for each other expression that gates an absence."""
    rules = list(rules)
    gating = (leaf for rule in rules if rule.active for leaf in leaves(rule.active))
    named = sorted({leaf.name for leaf in (*read, *gating) if isinstance(leaf, InCalendar)})
    built = {name: calendar.declared(vocabulary.calendars[name], timezone) for name in named}
    gates = {canonical(rule.active.node): rule.active for rule in rules if rule.active}
    joined = [calendar.combined(gates[name], built) for name in sorted(gates) if name not in built]
    return [*built.values(), *joined]


# one rule


def _rule(
    number: int,
    checked: CheckedRule,
    target: Target,
    vocabulary: Vocabulary,
    scores: Sequence[score_plans.Used],
) -> RulePlan:
    rule, pattern = checked.rule, checked.pattern
    target = replace(target, extras=pattern.extras if pattern else {})
    purpose = rule.purpose or (PERSONAL_DEFAULT if checked.personal else OPEN_DEFAULT)
    return RulePlan(
        rule=rule.name.text,
        number=number,
        kinds=tuple(sorted(target.schemas.code(kind) for kind in checked.kinds)),
        select=tuple(compile(typed, target) for typed in checked.select),
        key=tuple(field_lane(name, type, target.layout) for name, type in checked.key),
        key_fields=tuple(name for name, _ in checked.key),
        active=target.calendars[canonical(checked.active.node)] if checked.active is not None else None,
        pattern=pattern.plan(target) if pattern else None,
        ordered=checked.is_ordered,
        cooldown_ms=rule.cooldown_ms if rule.cooldown_ms is not None else _default_cooldown_ms(checked),
        capacity=checked.capacity,
        severity=tuple(
            Step(severity, compile(when, target) if when is not None else None) for severity, when in checked.severity
        ),
        values=tuple(_values(checked, target)),
        title=_messages(checked.title),
        message=_messages(checked.message),
        route=tuple(route.text for route in rule.routes),
        purpose=purpose,
        signature=signature.state(checked, vocabulary),
        labels=_messages(checked.labels),
        escalate=tuple(Escalation(step.after_ms, step.to.text) for step in rule.escalate),
        legal_basis=rule.legal_basis or PURPOSES[purpose].legal_basis,
        canary=compile(checked.canary, target) if checked.canary is not None else None,
        annotations=dict(rule.annotations),
        mode=rule.mode,
        scores=score_plans.readers(checked, {each.declared.name: i for i, each in enumerate(scores)}, target.layout),
        hangs_on=hangs_on(checked.select),
    )


def _default_cooldown_ms(checked: CheckedRule) -> int:
    """Return a sliding window's length for a point over it, which would fire again at the next event; of others 0."""
    pattern = checked.pattern
    if not isinstance(pattern, CheckedThreshold) or pattern.written.is_state:
        return 0
    window = pattern.written.window
    return window.length_ms if window.panes == "sliding" else 0


def _values(checked: CheckedRule, target: Target) -> Iterator[Value]:
    """What was compared, and what the texts say: each expression once, in that order."""
    named: dict[str, Typed] = {}
    for typed in (*(part for condition in checked.conditions for part in compared(condition)), *checked.shown):
        named.setdefault(canonical(typed.node), typed)
    for name, typed in named.items():
        yield _value(name, typed, target)


def _value(name: str, typed: Typed, target: Target) -> Value:
    base = typed.type.base
    read = typed.field if isinstance(typed, Prev | First) else typed
    # personal ids leave as pseudonyms; other personal data (a name, free text) not at all
    personal = (isinstance(read, Field) and read.personal and read.field_type not in ("id", "ephemeral")) or (
        isinstance(read, Column) and read.personal and read.column_type not in ("id", "ephemeral")
    )
    if is_computed(typed):
        decimals = typed.decimals if isinstance(typed, Score) else DECIMALS
        return Value(name, _VALUE_TYPES[base], compile(typed, target), None, typed.type.unit, personal, decimals)
    assert isinstance(read, Field | Column)  # texts are read, never computed
    source = (
        Source(read.set, read.column)
        if isinstance(read, Column)
        else Source(None, read.name, earlier=read is not typed)
    )
    return Value(name, "text", None, source, None, personal)


def _messages(templates: Mapping[str, Template]) -> dict[str, Message]:
    return {name: _message(template) for name, template in templates.items()}


def _message(template: Template) -> Message:
    names = [canonical(value.node) for value in template.values]
    alternating = [piece for pair in zip(template.pieces, [*names, ""], strict=True) for piece in pair]
    return Message(tuple(alternating[:-1]))
