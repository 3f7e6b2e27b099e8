"""A rule whose expressions have been checked: the model's texts turned into typed trees.

Everything that can be wrong with a rule is found here or before; what comes after cannot fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from events.alert import Severity
from events.place import Place, Problem, Problems
from events.schema import Field as SchemaField
from events.schema import FieldType, Schemas
from rules.calendar import day_end, is_of_calendars
from rules.errors import problem
from rules.expression import findings
from rules.expression.canonical import canonical
from rules.expression.nodes import Node
from rules.expression.parse import parse
from rules.expression.program import conjuncts
from rules.expression.scope import Scope
from rules.expression.typed import Aggregated, Column, Field, Hour, InCalendar, Typed, all_of, exempting, leaves
from rules.expression.types import check, condition
from rules.model import Rule
from rules.patterns import absence, threshold
from rules.purpose import PERSONAL_DEFAULT, PURPOSES
from rules.reading import Reader
from rules.texts import split
from rules.vocabulary import KEY_TYPES, Vocabulary
from rules.yaml import Scalar

Macros = Mapping[str, Node]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes, checked: one literal piece more than values."""

    pieces: tuple[str, ...]
    values: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """One rule, checked. `select` are the conjuncts that choose events, cheapest first."""

    rule: Rule
    kinds: tuple[str, ...]
    select: tuple[Typed, ...]
    active: Typed | None
    key: tuple[tuple[str, FieldType], ...]
    capacity: int
    condition: Typed | None  # of a threshold
    needed: int
    ring: int
    severity: tuple[tuple[Severity, Typed | None], ...]
    title: Mapping[str, Template]
    message: Mapping[str, Template]
    labels: Mapping[str, Template]
    personal: tuple[str, ...]  # what it reads that is personal, sorted
    read: tuple[Typed, ...] = field(repr=False)  # every expression that runs over events or keys

    @property
    def shown(self) -> tuple[Typed, ...]:
        """What the texts say, in their order."""
        templates = (*self.message.values(), *self.title.values(), *self.labels.values())
        return tuple(value for template in templates for value in template.values)

    @property
    def is_civil(self) -> bool:
        """Whether the rule speaks of civil time: calendars, hours, days, panes, dates, or a time in a text."""
        window = self.rule.window
        return (
            self.active is not None
            or any(exemption.until for exemption in self.rule.exemptions)
            or (window is not None and window.panes != "sliding")
            or any(value.type.base == "time" for value in self.shown)
            or any(isinstance(leaf, InCalendar | Hour) for typed in self.read for leaf in leaves(typed))
        )


class RuleChecker:
    """Checks one rule against schemas and vocabulary; problems, warnings among them, go to `problems`."""

    def __init__(self, rule: Rule, macros: Macros, schemas: Schemas, vocabulary: Vocabulary, timezone: str) -> None:
        self.rule = rule
        self.schemas = schemas
        self.vocabulary = vocabulary
        self.timezone = timezone
        self.problems: list[Problem] = []
        self.kinds = tuple(sorted({kind.text for kind in rule.kinds}))
        self.key = self._key()
        panes = rule.window is not None and rule.window.panes != "sliding"
        pattern: Literal["none", "window", "absence"] = (
            "window" if rule.threshold else "absence" if rule.absence else "none"
        )
        self.scope = Scope(
            schemas,
            self.kinds,
            vocabulary.sets,
            tuple(vocabulary.calendars),
            macros,
            tuple(name for name, _ in self.key),
            scores=tuple(vocabulary.scores),
        )
        self.judged = replace(self.scope, pattern=pattern, in_hand=not panes and pattern != "absence")

    def check(self) -> CheckedRule | None:
        """Return the rule with its expressions checked, None where something is wrong."""
        rule = self.rule
        select = self._select()
        active = self._condition(rule.active, replace(self.scope, kinds=()))
        if active is not None and rule.absence is None:
            select.append(active)
        elif active is not None and rule.active is not None and not is_of_calendars(active):
            self._report("E039", rule.active.place)
        threshold_ = self._condition(rule.threshold, self.judged)
        severity = tuple(
            (rung.severity, self._condition(rung.when, self.judged) if rung.when else None) for rung in rule.severity
        )
        title, message = self._templates(rule.title), self._templates(rule.message)
        labels = self._templates(rule.labels)
        if rule.absence is not None:
            self.problems += absence.problems(rule.absence, rule.key, self.vocabulary)
        self._names()
        conditions = [each for each in (threshold_, *(when for _, when in severity)) if each is not None]
        shown = [value for texts in (title, message, labels) for each in texts.values() for value in each.values]
        for leaf in (leaf for each in (*conditions, *shown) for leaf in leaves(each)):
            if isinstance(leaf, Aggregated) and leaf.function != "count":
                what = f"`{canonical(leaf.node)}`"
                self._report("E011", leaf.node.place, what=what, what_zh=what, advice="", advice_zh="")
        ring = threshold.EXACT
        if rule.window is not None and rule.window.panes == "sliding":
            ring, found = threshold.ring(conditions, any(map(_shows_count, shown)), self.vocabulary.sets)
            self.problems += found
        everything = (*select, *conditions, *shown)
        personal = self._personal(everything)
        self._purpose(personal)
        self._cooldown()
        if any(problem.level == "error" for problem in self.problems):
            return None
        return CheckedRule(
            rule=rule,
            kinds=self.kinds,
            select=tuple(conjuncts(all_of(tuple(select)))) if select else (),
            active=active if rule.absence else None,
            key=self.key,
            capacity=rule.capacity or self._capacity(),
            condition=threshold_,
            needed=threshold.needed(threshold_) if threshold_ is not None else 1,
            ring=ring,
            severity=severity,
            title=title,
            message=message,
            labels=labels,
            personal=personal,
            read=everything,
        )

    # expressions

    def _guarded(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Problems as problems:
            self.problems += problems.problems
            return None

    def _condition(self, scalar: Scalar | None, scope: Scope) -> Typed | None:
        if scalar is None:
            return None
        typed = self._guarded(lambda: condition(parse(scalar.text, scalar.at), scope))
        self._take_warnings(scope)
        return typed

    def _take_warnings(self, scope: Scope) -> None:
        self.problems += scope.warnings
        scope.warnings.clear()

    def _select(self) -> list[Typed]:
        when = self._condition(self.rule.when, self.scope)
        select = [when] if when is not None else []
        for exemption in self.rule.exemptions:
            typed = self._condition(exemption.when, self.scope)
            if typed is not None:
                until = day_end(exemption.until, self.timezone) if exemption.until else None
                select.append(exempting(typed, until))
        return select

    def _templates(self, texts: Mapping[str, Scalar]) -> dict[str, Template]:
        found = {}
        for name, scalar in texts.items():
            scope = replace(self.judged, in_text=True)
            pieces, nodes = self._guarded(lambda: split(scalar)) or ([], [])  # noqa: B023 - called at once
            values = []
            for node in nodes:
                typed = self._guarded(lambda: check(node, scope))  # noqa: B023 - called at once
                if typed is not None:
                    values.append(typed)
            self._take_warnings(scope)
            found[name] = Template(tuple(pieces), tuple(values))
        return found

    # names

    def _key(self) -> tuple[tuple[str, FieldType], ...]:
        key: dict[str, FieldType] = {}
        for part in self.rule.key:
            fields = {kind: self.schemas[kind].fields.get(part.text) for kind in self.kinds}
            lacking = [kind for kind, body in fields.items() if body is None]
            bodies = [body for body in fields.values() if body is not None]
            if not bodies:
                names = sorted({name for kind in self.kinds for name in self.schemas[kind].fields})
                self._unknown_key(part, names)
            elif lacking:
                self._report("E023", part.place, name=part.text, kinds=", ".join(lacking))
            elif bodies[0].type not in KEY_TYPES or len({body.type for body in bodies}) > 1:
                self._report("E024", part.place, name=part.text, type=" / ".join(sorted({b.type for b in bodies})))
            elif part.text in key:
                self._report(
                    "E007",
                    part.place,
                    what="key field",
                    what_zh="主键字段",
                    name=part.text,
                    path=part.place.path,
                    line=part.place.line,
                )
            else:
                key[part.text] = bodies[0].type
        return tuple(key.items())

    def _unknown_key(self, part: Scalar, names: list[str]) -> None:
        if self.kinds:
            self.problems.append(findings.unknown_field(part.place, part.text, self.kinds, names, names))

    def _report(self, code: str, place: Place, /, *, note: str = "", **holes: object) -> None:
        self.problems.append(problem(code, place, note=note, **holes))

    def _capacity(self) -> int:
        """The most that a part of the key is declared to have: parts go together, so they are not multiplied."""
        parts = (self.schemas[kind].fields[name] for name, _ in self.key for kind in self.kinds)
        return max(map(self._size, parts), default=1)

    @staticmethod
    def _size(declared: SchemaField) -> int:
        return len(declared.values) + 1 if declared.type == "enum" else declared.capacity

    def _names(self) -> None:
        """Check the names of routes."""
        reader = Reader()
        for route in (*self.rule.routes, *(step.to for step in self.rule.escalate)):
            if route.text not in self.vocabulary.routes:
                reader.unknown(route, self.vocabulary.routes, "route", "路由")
        self.problems += reader.problems

    # what it may read, and when it fires

    def _personal(self, expressions: tuple[Typed, ...]) -> tuple[str, ...]:
        names = {
            name
            for name, _ in self.key
            for kind in self.kinds
            if self.schemas[kind].fields[name].sensitivity == "personal"
        }
        for leaf in (leaf for each in expressions for leaf in leaves(each)):
            if isinstance(leaf, Field) and leaf.personal:
                names.add(leaf.name)
            elif isinstance(leaf, Column) and leaf.personal:
                names.add(f"{leaf.set}.{leaf.column}")
        return tuple(sorted(names))

    def _purpose(self, personal: tuple[str, ...]) -> None:
        if not personal:
            return
        if self.rule.purpose is None:
            self._report("W330", self.rule.name.place, names=", ".join(personal), near=PERSONAL_DEFAULT)
        elif not PURPOSES[self.rule.purpose].personal:
            for name in personal:
                self._report("E031", self.rule.name.place, purpose=self.rule.purpose, name=name)

    def _cooldown(self) -> None:
        rule = self.rule
        ordered = rule.window is not None or rule.absence is not None
        if rule.cooldown_place and not ordered and any(rung.severity == "critical" for rung in rule.severity):
            self._report("W310", rule.cooldown_place)


def _shows_count(typed: Typed) -> bool:
    return any(map(threshold.is_count, leaves(typed)))
