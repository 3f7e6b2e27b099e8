"""One rule against schemas and vocabulary: everything that can be wrong with it is found here or before."""

from collections.abc import Sequence
from dataclasses import replace

from rules import canary, key_fields, score_events, score_inputs
from rules.calendar import day_end, is_of_calendars
from rules.checked import CheckedPattern, CheckedRule
from rules.conditions import Conditions, Template, named
from rules.expression.nodes import Node
from rules.expression.program import conjuncts
from rules.expression.scope import Scope
from rules.expression.typed import Column, Coverage, Field, Score, Typed, all_of, exempting, leaves
from rules.model import Change, Rule, Silence, Threshold
from rules.model import Sequence as Steps
from rules.patterns import absence, change, sequence, threshold
from rules.purpose import PERSONAL_DEFAULT, PURPOSES
from rules.reading import Reader

Texts = dict[str, Template]


def check(rule: Rule, macros: dict[str, Node], timezone: str, conditions: Conditions) -> CheckedRule | None:
    """Return the rule with its expressions checked, None where something is wrong; problems go to `conditions`."""
    return _RuleChecker(rule, macros, timezone, conditions).check()


class _RuleChecker:
    """Checks one rule."""

    def __init__(self, rule: Rule, macros: dict[str, Node], timezone: str, conditions: Conditions) -> None:
        self.rule = rule
        self.timezone = timezone
        self.conditions = conditions
        self.kinds = tuple(sorted({kind.text for kind in rule.kinds}))
        self.key = self._key()
        vocabulary = conditions.vocabulary
        self.events = Scope(
            conditions.schemas,
            self.kinds,
            vocabulary.sets,
            tuple(vocabulary.calendars),
            macros,
            tuple(name for name, _ in self.key),
            areas=vocabulary.areas,
            scores=vocabulary.scores,
            silences=tuple(vocabulary.silences),
            broken=conditions.broken,
        )
        self.judged = self._judged()

    def check(self) -> CheckedRule | None:
        rule, conditions = self.rule, self.conditions
        select, active = self._select()
        if isinstance(rule.pattern, Silence):
            for leaf in (leaf for each in select for leaf in leaves(each) if isinstance(leaf, Coverage)):
                conditions.report("E059", leaf.node.place)  # late sights would ask for one that is no more
            for name, score in named(Score, select).items():
                conditions.report("E082", score.node.place, name=name)
        severity = tuple(
            (rung.severity, conditions.condition(rung.when, self.judged) if rung.when else None)
            for rung in rule.severity
        )
        title, message = (conditions.texts(texts, self.judged) for texts in (rule.title, rule.message))
        labels = conditions.texts(rule.labels, self.judged)
        shown = [value for texts in (message, title, labels) for each in texts.values() for value in each.values]
        pattern = self._pattern([when for _, when in severity if when is not None], shown, select)
        keyed = replace(self.judged, pattern="none", in_hand=False, key=self.events.key)
        live = canary.check(rule.canary, rule.labels, keyed, conditions)
        self._names()
        read = (
            *select,
            *(pattern.read if pattern is not None else ()),
            *(when for _, when in severity if when is not None),
            *shown,
            *([live] if live is not None else []),
        )
        personal = self._personal(read, pattern)
        self._purpose(personal)
        self._cooldown()
        if any(problem.level == "error" for problem in conditions.problems):
            return None
        chosen = () if isinstance(rule.pattern, Steps) else select
        kinds = tuple(
            {kind.text for kind in rule.pattern.steps[0].kinds} if isinstance(rule.pattern, Steps) else self.kinds
        )
        return CheckedRule(
            rule=rule,
            kinds=self.kinds,
            select=tuple(conjuncts(all_of(tuple(chosen)))) if chosen else (),
            active=active,
            key=self.key,
            capacity=rule.capacity or key_fields.capacity(self.key, kinds, conditions.schemas),
            pattern=pattern,
            severity=severity,
            title=title,
            message=message,
            labels=labels,
            canary=live,
            personal=personal,
            read=read,
        )

    # what it selects

    def _key(self) -> key_fields.KeyFields:
        """Return the key of its alerts; a sequence checks the key of each step."""
        pattern = self.rule.pattern
        if not isinstance(pattern, Steps):
            return key_fields.check(self.rule.key, self.kinds, self.conditions)
        unsaid = Conditions(self.conditions.schemas, self.conditions.vocabulary)
        return key_fields.check(sequence.key(pattern, self.rule.key), sequence.kinds(pattern.steps[0]), unsaid)

    def _select(self) -> tuple[list[Typed], Typed | None]:
        """Return what chooses events, and the calendars that gate an absence."""
        rule, conditions = self.rule, self.conditions
        when = conditions.condition(rule.when, self.events)
        select = [when] if when is not None else []
        for exemption in rule.exemptions:
            typed = conditions.condition(exemption.when, self.events)
            if typed is not None:
                until = day_end(exemption.until, self.timezone) if exemption.until else None
                select.append(exempting(typed, until))
        active = conditions.condition(rule.active, replace(self.events, kinds=(), rule_kinds=self.kinds))
        if active is None or rule.active is None:
            return select, None
        if not isinstance(rule.pattern, Silence):
            return [*select, active], None
        if not is_of_calendars(active):
            conditions.report("E039", rule.active.place)
        return select, active

    # its pattern

    def _judged(self) -> Scope:
        """Return where severity and texts stand."""
        match self.rule.pattern:
            case Threshold():
                return threshold.judged(self.rule.pattern, self.events)
            case Silence():
                return absence.judged(self.rule.pattern, self.events, self.conditions)
            case Steps():
                return sequence.judged(self.rule.pattern, self.rule.key, self.events)
            case Change():
                return change.judged(self.events)
            case None:
                return self.events

    def _pattern(
        self, others: Sequence[Typed], shown: Sequence[Typed], select: Sequence[Typed]
    ) -> CheckedPattern | None:
        """Check the pattern; `others` are the conditions of `severity`."""
        rule, conditions = self.rule, self.conditions
        match rule.pattern:
            case Threshold():
                return threshold.check(rule.pattern, self.judged, others, shown, conditions)
            case Silence():
                return absence.check(rule.pattern, rule.key, self.key, self.events, conditions)
            case Steps():
                return sequence.check(rule.pattern, rule.key, self.events, select, [*others, *shown], conditions)
            case Change():
                return change.check(rule.pattern, self.judged, [*others, *shown], conditions)
            case None:
                return None

    # names, and what it may read

    def _names(self) -> None:
        """Check the names of routes."""
        reader, routes = Reader(), self.conditions.vocabulary.routes
        for route in (*self.rule.routes, *(step.to for step in self.rule.escalate)):
            if route.text not in routes and not self.conditions.broken.has(route.text, "routes"):
                reader.unknown(route, routes, "route", "路由")
        self.conditions.problems += reader.problems

    def _personal(self, expressions: Sequence[Typed], pattern: CheckedPattern | None) -> tuple[str, ...]:
        keys = [(self.key, self.kinds)]
        if isinstance(pattern, sequence.CheckedSequence):
            keys = [(step.key, step.kinds) for step in pattern.steps]
        names = {name for key, kinds in keys for name in key_fields.personal(key, kinds, self.conditions.schemas)}
        read = [leaf for each in expressions for leaf in leaves(each)]
        vocabulary, schemas = self.conditions.vocabulary, self.conditions.schemas
        for name in sorted({leaf.score for leaf in read if isinstance(leaf, Score)}):
            declared = vocabulary.scores[name]
            names.update(score_inputs.personal(declared, vocabulary.sets, schemas))
            read += score_events.read(declared, vocabulary, schemas)
        for leaf in read:
            if isinstance(leaf, Field) and leaf.personal:
                names.add(leaf.name)
            elif isinstance(leaf, Column) and leaf.personal:
                names.add(f"{leaf.set}.{leaf.column}")
        return tuple(sorted(names))

    def _purpose(self, personal: tuple[str, ...]) -> None:
        rule, report = self.rule, self.conditions.report
        if not personal:
            return
        if rule.purpose is None:
            report("W330", rule.name.place, names=", ".join(personal), near=PERSONAL_DEFAULT)
        elif not PURPOSES[rule.purpose].personal:
            for name in personal:
                report("E031", rule.name.place, purpose=rule.purpose, name=name)

    def _cooldown(self) -> None:
        rule = self.rule
        if rule.cooldown_place and rule.pattern is None and any(rung.severity == "critical" for rung in rule.severity):
            self.conditions.report("W310", rule.cooldown_place)
