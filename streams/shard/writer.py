"""From firings to alerts, at alert rate: values are computed, texts read again, names made."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from events.alert import SEVERITIES, Alert, alert_name
from events.identity import CityKey
from kernels.opcodes import TRUE
from rules.plan import Absence, Plan, Source, Value
from streams.shard.firing import Firings
from streams.shard.reread import Event, Events, ReadLine, SetTexts
from streams.shard.surroundings import Surroundings

EXACT = 2**53  # integral numbers up to here are written as integers


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom one firing is about: the event in hand, its evidence's first and last, the expected row, the key's texts."""

    event: Event | None
    first: Event | None
    last: Event | None
    row: int | None
    key: dict[str, str | None]

    def text(self, field: str) -> str | None:
        """Return a field of the event in hand, else of the key."""
        return self.key.get(field) if self.event is None else self.event.text(field)


class AlertWriter:
    """Puts firings into words."""

    def __init__(self, plan: Plan, surroundings: Surroundings, city: CityKey, read_line: ReadLine) -> None:
        self._plan = plan
        self._surroundings = surroundings
        self._city = city
        self._texts = SetTexts(surroundings, city)
        self._events = Events(read_line, self._texts)
        self._sets = {rows.plan.name: rows.plan for rows in surroundings.sets}

    def write(self, firings: Firings) -> list[Alert]:
        """Return the alerts of some firings, rule by rule, in their order."""
        return [alert for own in firings.of_each_rule() for alert in self._of_one_rule(own)]

    def _of_one_rule(self, firings: Firings) -> list[Alert]:
        rule = firings.rule
        shown = [value for value in rule.values if not value.personal]
        computed = {value.name: self._computed(value, firings) for value in shown if value.program is not None}
        expected = [None] * len(firings) if firings.expected is None else firings.expected.tolist()
        columns = zip(
            firings.times.tolist(),
            firings.since.tolist(),
            firings.orders.tolist(),
            firings.numbers.tolist(),
            firings.severities.tolist(),
            firings.causes.tolist(),
            firings.evidence.tolist(),
            expected,
            firings.transitions,
            strict=True,
        )
        live = self._live(firings)
        alerts = []
        for i, (time, since, order, n, severity, cause, positions, row, transition) in enumerate(columns):
            evidence = [self._events.at(position) for position in positions if position >= 0]
            if i in firings.tied:
                evidence = [self._events.last(firings.tied[i])]
            first = self._events.at(positions[0]) if positions and positions[0] >= 0 else None
            subject = self._subject(
                firings, self._events.at(cause) if cause >= 0 else None, first, evidence[-1] if evidence else None, row
            )
            values = {
                value.name: computed[value.name][i]
                if value.name in computed
                else self._text(value.source, subject, firings)
                for value in shown
            }
            naming = subject.first if firings.named_by_first else subject.event if firings.named_by_cause else None
            named_by = None if naming is None else naming.name
            alerts.append(
                Alert(
                    alert=alert_name(self._city.naming, rule.rule, tuple(subject.key.values()), since, named_by),
                    n=n,
                    rule=rule.rule,
                    severity=SEVERITIES[severity],
                    transition=transition,
                    key=subject.key,
                    site=self._site(subject, firings),
                    time=time,
                    since=since,
                    values=values,
                    evidence=tuple(event.id for event in evidence),
                    purpose=rule.purpose,
                    order=order,
                    ruleset=self._plan.version,
                    mode="live" if live[i] else "shadow",
                )
            )
        return alerts

    def _live(self, firings: Firings) -> list[bool]:
        """Tell which firings of one rule are live: elsewhere than its canary says, all are shadows."""
        rule = firings.rule
        if rule.mode != "live" or rule.canary is None:
            return [rule.mode == "live"] * len(firings)
        judged = self._surroundings.evaluate(rule.canary, firings.lanes, firings.rows, firings.extra)
        return [bool(live) for live in (judged == TRUE).tolist()]

    def forget(self) -> None:
        """Let go of the lines that were read; called once a step."""
        self._events.forget()

    def _subject(
        self, firings: Firings, event: Event | None, first: Event | None, last: Event | None, row: int | None
    ) -> Subject:
        fields = firings.rule.key_fields
        if row is not None:
            number = _expect(firings)
            names = self._surroundings.sets[number].plan.key
            key = {field: self._texts.of_row(number, row, name) for field, name in zip(fields, names, strict=True)}
        else:
            source = event or last
            names = firings.key_fields or fields
            key = {field: source.text(name) if source else None for field, name in zip(fields, names, strict=True)}
        return Subject(event, first, last, row, key)

    def _text(self, source: Source | None, subject: Subject, firings: Firings) -> str | None:
        """Return a text that a value names."""
        assert source is not None
        if source.earlier:
            return None if subject.first is None else subject.first.text(source.column)
        if source.set is None:
            return subject.text(source.column)
        wanted = self._sets[source.set]
        if subject.row is not None and wanted.number == _expect(firings):
            return self._texts.of_row(wanted.number, subject.row, source.column)
        parts = tuple(subject.text(name) or subject.key.get(name) for name in wanted.key)
        return self._texts.of_key(wanted.number, parts, source.column)

    def _site(self, subject: Subject, firings: Firings) -> str | None:
        """The site of the expected row, else of the key, else of the causing event, else of the last evidence."""
        if subject.row is not None and (site := self._texts.of_row(_expect(firings), subject.row, "site")):
            return site
        if site := subject.key.get("site"):
            return site
        source = subject.event or subject.last
        return source.text("site") if source else None

    def _computed(self, value: Value, firings: Firings) -> list[Any]:
        assert value.program is not None
        bits = firings.family.surroundings.evaluate(value.program, firings.lanes, firings.rows, firings.extra)
        if value.type == "enum":
            symbols = self._plan.schemas.symbols
            return [symbols[code] if code >= 0 else None for code in bits.tolist()]
        if value.type == "flag":
            return [None if code not in (0, 1) else bool(code) for code in bits.tolist()]
        return [_number(x) for x in bits.view(np.float64).tolist()]


def _expect(firings: Firings) -> int:
    """Return the number of the set whose row a firing is about."""
    pattern = firings.rule.pattern
    assert isinstance(pattern, Absence)
    assert pattern.expect is not None
    return pattern.expect


def _number(x: float) -> float | int | None:
    if math.isnan(x):
        return None
    return int(x) if abs(x) < EXACT and x == int(x) else x
