"""From firings to alerts, at alert rate: values are computed, texts read again, names made."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from events.alert import SEVERITIES, Alert, Mode, alert_name
from events.identity import CityKey
from kernels.opcodes import TRUE
from rules.expression.compiled import Program
from rules.patterns.plan import Absence
from rules.plan import Plan, Source
from streams.shard.firing import Firings
from streams.shard.reread import Event, Events, ReadLine, SetTexts
from streams.shard.surroundings import Surroundings

EXACT = 2**53  # integral numbers up to here are written as integers


@dataclass(slots=True)
class Subject:
    """Whom one firing is about: the event in hand, its evidence, the row of the expected set, the key's texts."""

    event: Event | None
    first: Event | None
    evidence: list[Event]
    expected: tuple[int, int] | None  # number of the set, row
    key: dict[str, str | None]

    def text(self, field: str) -> str | None:
        """Return a field of the event in hand, else of the key."""
        return self.key.get(field) if self.event is None else self.event.text(field)


class AlertWriter:
    """Puts firings into words, those of a whole family at once."""

    def __init__(self, plan: Plan, surroundings: Surroundings, city: CityKey, read_line: ReadLine) -> None:
        self._plan = plan
        self._surroundings = surroundings
        self._naming = city.naming
        self._texts = SetTexts(surroundings, city)
        self._events = Events(read_line, self._texts)
        self._sets = {rows.plan.name: rows.plan for rows in surroundings.sets}
        self.muted: frozenset[str] = frozenset()  # rules that are shadows, whatever they say
        self.came: dict[str, int] = {}  # rules that came by a change: its instant (epoch ms)

    def write(self, firings: Firings) -> list[Alert]:
        """Return the alerts of some firings, in their order."""
        members = firings.members.tolist()
        subjects = self._subjects(firings)
        columns = zip(
            map(firings.family.rules.__getitem__, members),
            subjects,
            self._values(firings, members, subjects),
            self._modes(firings, members),
            firings.times.tolist(),
            firings.since.tolist(),
            firings.orders.tolist(),
            firings.numbers.tolist(),
            firings.severities.tolist(),
            firings.transitions,
            strict=True,
        )
        alerts = []
        for rule, subject, values, mode, time, since, order, n, severity, transition in columns:
            naming = subject.first if firings.named_by_first else subject.event if firings.named_by_cause else None
            named_by = None if naming is None else naming.name
            came = self.came.get(rule.rule) if named_by is None else None
            alerts.append(
                Alert(
                    alert=alert_name(self._naming, rule.rule, tuple(subject.key.values()), since, named_by or came),
                    n=n,
                    rule=rule.rule,
                    severity=SEVERITIES[severity],
                    transition=transition,
                    key=subject.key,
                    site=self._site(subject),
                    time=time,
                    since=since,
                    values=values,
                    evidence=tuple([event.id for event in subject.evidence]),
                    purpose=rule.purpose,
                    order=order,
                    ruleset=self._plan.version,
                    mode=mode,
                )
            )
        return alerts

    def _subjects(self, firings: Firings) -> list[Subject]:
        """Return whom each firing is about."""
        event_at = self._events.at
        rule = firings.family.rule
        fields = rule.key_fields
        names = firings.key_fields or fields
        expect = rule.pattern.expect if isinstance(rule.pattern, Absence) else None
        expected = [None] * len(firings) if firings.expected is None else firings.expected.tolist()
        subjects = []
        for i, (cause, positions, row) in enumerate(
            zip(firings.causes.tolist(), firings.evidence.tolist(), expected, strict=True)
        ):
            event = event_at(cause) if cause >= 0 else None
            evidence = [event_at(position) for position in positions if position >= 0]
            first = evidence[0] if evidence and positions[0] >= 0 else None
            if i in firings.tied:
                evidence = [self._events.last(firings.tied[i])]
            at = None
            if row is not None:
                assert expect is not None
                at = expect, row
                columns = self._surroundings.sets[expect].plan.key
                key = {field: self._texts.of_row(*at, column) for field, column in zip(fields, columns, strict=True)}
            elif source := event or (evidence[-1] if evidence else None):
                key = {field: source.text(name) for field, name in zip(fields, names, strict=True)}
            else:
                key = dict.fromkeys(fields)
            subjects.append(Subject(event, first, evidence, at, key))
        return subjects

    def _values(self, firings: Firings, members: list[int], subjects: list[Subject]) -> list[dict[str, Any]]:
        """Return what each alert says; a program that the family's rules share is run once for all of them."""
        computed: dict[tuple[str, bytes], list[Any]] = {}
        said: dict[int, list[tuple[str, list[Any] | None, Source | None]]] = {}
        for member in set(members):
            said[member] = []
            for value in firings.family.rules[member].values:
                if value.personal:
                    continue
                column = None
                if value.program is not None:
                    program = value.type, value.program.code.tobytes()
                    column = computed.get(program)
                    if column is None:
                        column = computed[program] = self._computed(value.type, value.program, firings)
                said[member].append((value.name, column, value.source))
        return [
            {
                name: self._text(source, subject) if column is None else column[i]
                for name, column, source in said[member]
            }
            for i, (member, subject) in enumerate(zip(members, subjects, strict=True))
        ]

    def _modes(self, firings: Firings, members: list[int]) -> list[Mode]:
        """Tell which firings are live: elsewhere than its canary says, a rule's are shadows, and while it is muted."""
        of_rules: list[Mode] = [
            "live" if rule.mode == "live" and rule.rule not in self.muted else "shadow" for rule in firings.family.rules
        ]
        modes = [of_rules[member] for member in members]
        for member in set(members):
            canary = firings.family.rules[member].canary
            if canary is not None:
                holds = firings.family.surroundings.evaluate(canary, firings.lanes, firings.rows, firings.extra)
                for i in np.flatnonzero((firings.members == member) & (holds != TRUE)).tolist():
                    modes[i] = "shadow"
        return modes

    def _text(self, source: Source | None, subject: Subject) -> str | None:
        """Return a text that a value names."""
        assert source is not None
        if source.earlier:
            return None if subject.first is None else subject.first.text(source.column)
        if source.set is None:
            return subject.text(source.column)
        wanted = self._sets[source.set]
        if subject.expected is not None and wanted.number == subject.expected[0]:
            return self._texts.of_row(*subject.expected, source.column)
        parts = tuple(subject.text(name) or subject.key.get(name) for name in wanted.key)
        return self._texts.of_key(wanted.number, parts, source.column)

    def _site(self, subject: Subject) -> str | None:
        """The site of the expected row, else of the key, else of the causing event, else of the last evidence."""
        if subject.expected is not None and (site := self._texts.of_row(*subject.expected, "site")):
            return site
        if site := subject.key.get("site"):
            return site
        source = subject.event or (subject.evidence[-1] if subject.evidence else None)
        return source.text("site") if source else None

    def _computed(self, type: str, program: Program, firings: Firings) -> list[Any]:
        """Return what a program finds for each firing, as alerts say it."""
        bits = firings.family.surroundings.evaluate(program, firings.lanes, firings.rows, firings.extra)
        if type == "enum":
            symbols = self._plan.symbols
            return [symbols[code] if code >= 0 else None for code in bits.tolist()]
        if type == "flag":
            return [None if code not in (0, 1) else bool(code) for code in bits.tolist()]
        return [_number(x) for x in bits.view(np.float64).tolist()]


def _number(x: float) -> float | int | None:
    if math.isnan(x):
        return None
    return int(x) if abs(x) < EXACT and x == int(x) else x
