"""Checked rules to the plan: lanes, programs, values. What was checked compiles; nothing here finds errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from events.batch import Layout
from events.identity import CityKey
from events.schema import Schemas
from rules import signature
from rules.calendar import calendar, combined, offsets
from rules.checked import CheckedRule, Template
from rules.expression.canonical import canonical
from rules.expression.program import LayoutBuilder, Target, compile, field_lane
from rules.expression.typed import Column, Field, InCalendar, Member, Typed, compared, leaves
from rules.plan import (
    DEVICES,
    FILLED,
    Absence,
    Aggregate,
    Calendar,
    Message,
    Pattern,
    Plan,
    RulePlan,
    SetColumn,
    SetPlan,
    Source,
    Step,
    Threshold,
    Value,
    ValueType,
    Window,
)
from rules.purpose import OPEN_DEFAULT, PERSONAL_DEFAULT
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
    edges, offsets_ms = offsets(timezone)
    version = signature.version(rules, vocabulary, timezone, {"edges": edges, "offsets_ms": offsets_ms})
    live = sorted((rule for rule in rules if rule.rule.mode != "disabled"), key=lambda rule: rule.rule.name.text)
    layout, is_filled = _layout(live, vocabulary)
    sets = _sets(live, vocabulary, is_filled)
    calendars = _calendars(live, vocabulary, timezone)
    numbers = {each.name: number for number, each in enumerate(calendars)}
    target = Target(layout, sets, numbers, schemas, city, extras={"count()": 0, "last_seen": 0})
    return Plan(
        version=version,
        schemas=schemas,
        layout=layout,
        rules=tuple(_rule(number, rule, target, vocabulary) for number, rule in enumerate(live)),
        sets=tuple(sets.values()),
        calendars=tuple(calendars),
        timezone=timezone,
        offset_edges=edges,
        offsets_ms=offsets_ms,
        routes=dict(vocabulary.routes),
    )


# what the rules read, together


def _layout(rules: Iterable[CheckedRule], vocabulary: Vocabulary) -> tuple[Layout, bool]:
    """Return the layout, and whether the devices set fills one of its columns (which takes the device itself)."""
    builder = LayoutBuilder()
    asked: set[str] = set()
    for rule in rules:
        for typed in rule.read:
            builder.require(typed)
            asked.update(leaf.name for leaf in leaves(typed) if isinstance(leaf, Field))
        for name, type in rule.key:
            builder.column(name, type)
            asked.add(name)
    devices = vocabulary.sets.get(DEVICES)
    is_filled = (
        devices is not None
        and devices.key == ("device",)
        and any(name in asked and name in devices.columns for name in FILLED)
    )
    if is_filled:
        builder.column("device", "id")
    return builder.seal(), is_filled


def _sets(rules: Iterable[CheckedRule], vocabulary: Vocabulary, with_devices: bool) -> dict[str, SetPlan]:
    """Return the sets that rules name, in the order of their names, their columns pooled one after the other."""
    named = {DEVICES} if with_devices else set()
    for rule in rules:
        named.update(leaf.set for typed in rule.read for leaf in leaves(typed) if isinstance(leaf, Column | Member))
        if rule.rule.absence and rule.rule.absence.expect:
            named.add(rule.rule.absence.expect.text)
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


def _calendars(rules: Iterable[CheckedRule], vocabulary: Vocabulary, timezone: str) -> list[Calendar]:
    """Return the calendars that rules name, and one for each other expression that gates an absence."""
    rules = list(rules)
    read = [*(typed for rule in rules for typed in rule.read), *(rule.active for rule in rules if rule.active)]
    named = sorted({leaf.name for typed in read for leaf in leaves(typed) if isinstance(leaf, InCalendar)})
    built = {
        name: calendar(name, [(part.text, part.place) for part in vocabulary.calendars[name].parts], timezone)
        for name in named
    }
    gates = {canonical(rule.active.node): rule.active for rule in rules if rule.active}
    joined = [combined(gates[name], built) for name in sorted(gates) if name not in built]
    return [*built.values(), *joined]


# one rule


def _rule(number: int, checked: CheckedRule, target: Target, vocabulary: Vocabulary) -> RulePlan:
    rule = checked.rule
    pattern = _pattern(checked, target)
    window = rule.window
    # a pane is judged once, so only a sliding window would fire again at the next event
    default_ms = window.length_ms if window is not None and window.panes == "sliding" else 0
    default_purpose = PERSONAL_DEFAULT if checked.personal else OPEN_DEFAULT
    return RulePlan(
        rule=rule.name.text,
        number=number,
        kinds=tuple(sorted(target.schemas.code(kind) for kind in checked.kinds)),
        select=tuple(compile(typed, target) for typed in checked.select),
        key=tuple(field_lane(name, type, target.layout) for name, type in checked.key),
        key_fields=tuple(name for name, _ in checked.key),
        active=target.calendars[canonical(checked.active.node)] if checked.active is not None else None,
        pattern=pattern,
        ordered=pattern is not None or rule.cooldown_ms is not None,
        cooldown_ms=rule.cooldown_ms if rule.cooldown_ms is not None else default_ms,
        capacity=checked.capacity,
        severity=tuple(
            Step(severity, compile(when, target) if when is not None else None) for severity, when in checked.severity
        ),
        values=tuple(_values(checked, target)),
        title=_messages(checked.title),
        message=_messages(checked.message),
        route=tuple(route.text for route in rule.routes),
        purpose=rule.purpose or default_purpose,
        signature=signature.state(checked, vocabulary),
        labels=_messages(checked.labels),
        annotations=dict(rule.annotations),
        mode=rule.mode,
    )


def _pattern(checked: CheckedRule, target: Target) -> Pattern:
    rule = checked.rule
    if rule.absence is not None:
        expect = target.sets[rule.absence.expect.text] if rule.absence.expect else None
        since = (
            next((column.lane for column in expect.columns if column.name == "since" and column.type == "time"), None)
            if expect
            else None
        )
        return Absence(rule.absence.silence_ms, expect.number if expect else None, since)
    if rule.window is not None and checked.condition is not None:
        count = Aggregate("count", parameter=float(checked.ring))
        window = Window(rule.window.length_ms, rule.window.panes, (count,))
        return Threshold(window, compile(checked.condition, target), checked.needed)
    return None


def _values(checked: CheckedRule, target: Target) -> Iterator[Value]:
    """What was compared, and what the texts say: each expression once, in that order."""
    conditions = [checked.condition, *(when for _, when in checked.severity)]
    judged = [part for condition in conditions if condition is not None for part in compared(condition)]
    named: dict[str, Typed] = {}
    for typed in (*judged, *checked.shown):
        named.setdefault(canonical(typed.node), typed)
    for name, typed in named.items():
        yield _value(name, typed, target)


def _value(name: str, typed: Typed, target: Target) -> Value:
    base = typed.type.base
    # personal ids leave as pseudonyms; other personal data (a name, free text) not at all
    personal = (isinstance(typed, Field) and typed.personal and typed.field_type not in ("id", "ephemeral")) or (
        isinstance(typed, Column) and typed.personal and typed.column_type not in ("id", "ephemeral")
    )
    if base in _VALUE_TYPES:
        return Value(name, _VALUE_TYPES[base], compile(typed, target), None, typed.type.unit, personal)
    assert isinstance(typed, Field | Column)  # texts are read, never computed
    source = Source(typed.set, typed.column) if isinstance(typed, Column) else Source(None, typed.name)
    return Value(name, "text", None, source, None, personal)


def _messages(templates: Mapping[str, Template]) -> dict[str, Message]:
    return {name: _message(template) for name, template in templates.items()}


def _message(template: Template) -> Message:
    names = [canonical(value.node) for value in template.values]
    alternating = [piece for pair in zip(template.pieces, [*names, ""], strict=True) for piece in pair]
    return Message(tuple(alternating[:-1]))
