"""From firings to alerts, at alert rate: texts are read again from the log line, values computed, names made."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from events.alert import SEVERITIES, Alert, alert_name
from events.identity import CityKey, line_id
from rules.plan import Plan, RulePlan, Source, Value
from streams.shard.firing import Firings
from streams.shard.surroundings import FILLED, Surroundings

EXACT = 2**53  # integral numbers up to here are written as integers
Event = dict[str, Any]
ReadLine = Callable[[int], bytes]


class AlertWriter:
    """Puts firings into words. Reads the lines of causing events again by their log positions."""

    def __init__(self, plan: Plan, surroundings: Surroundings, city: CityKey, read_line: ReadLine) -> None:
        self._plan = plan
        self._surroundings = surroundings
        self._city = city
        self._read_line = read_line
        self._events: dict[int, Event] = {}

    def write(self, firings: Firings) -> list[Alert]:
        """Return the alerts of one rule's firings, in their order."""
        rule = firings.rule
        columns = {
            value.name: self._computed(value, firings)
            for value in rule.values
            if value.program is not None and not value.personal
        }
        alerts = []
        for i in range(len(firings)):
            cause = int(firings.causes[i])
            evidence = [self._event(int(position)) for position in firings.evidence[i] if position >= 0]
            event = self._event(cause) if cause >= 0 else None
            key = self._key(rule, firings, i, event or (evidence[-1] if evidence else None))
            values = {}
            for value in rule.values:
                if value.name in columns:
                    values[value.name] = columns[value.name][i]
                elif value.source is not None and not value.personal:
                    values[value.name] = self._text(value.source, event, key, firings, i)
            since = int(firings.since[i])
            named_by = event["id"] if event is not None and firings.named_by_cause else None
            alerts.append(
                Alert(
                    alert=alert_name(self._city.naming, rule.rule, tuple(key.values()), since, named_by),
                    n=int(firings.numbers[i]),
                    rule=rule.rule,
                    severity=SEVERITIES[firings.severities[i]],
                    transition=firings.transitions[i],
                    key=key,
                    site=self._site(rule, event, key, firings, i, evidence),
                    time=int(firings.times[i]),
                    since=since,
                    values=values,
                    evidence=tuple(e["id"] for e in evidence),
                    purpose=rule.purpose,
                    order=int(firings.orders[i]),
                    ruleset=self._plan.version,
                )
            )
        return alerts

    def forget(self) -> None:
        """Let go of the lines that were read; called once a step."""
        self._events.clear()

    def _event(self, position: int) -> Event:
        """Return the event at a log position: its fields as the rules see them, ids as text."""
        event = self._events.get(position)
        if event is None:
            line = self._read_line(position)
            event = {
                name: str(value) if type(value) is int and name != "time" else value
                for name, value in orjson.loads(line).items()
            }
            if not event.get("id"):
                event["id"] = line_id(line)
            self._fill(event)
            self._events[position] = event
        return event

    def _fill(self, event: Event) -> None:
        """Fill what the devices set knows of the event's device, as the columns were filled."""
        devices = self._surroundings.devices
        device = event.get("device")
        if devices is None or not device:
            return
        row = self._row(devices.plan.number, (str(device),))
        for name in FILLED:
            if row is not None and event.get(name) in (None, "") and name in devices.texts:
                event[name] = devices.texts[name][row]

    def _row(self, number: int, parts: tuple[str | None, ...]) -> int | None:
        """Return the row of a set with some key texts."""
        token = self._city.key_token(parts)
        row = int(self._surroundings.rows(number, np.array([token], np.int64))[0])
        return row if row >= 0 else None

    def _key(self, rule: RulePlan, firings: Firings, i: int, event: Event | None) -> dict[str, str | None]:
        if firings.expected is not None and isinstance(expect := getattr(rule.pattern, "expect", None), int):
            texts = self._surroundings.sets[expect].texts
            names = self._surroundings.sets[expect].plan.key
            return {
                field: texts[name][int(firings.expected[i])] for field, name in zip(rule.key_fields, names, strict=True)
            }
        return {field: (event or {}).get(field) or None for field in rule.key_fields}

    def _text(
        self, source: Source, event: Event | None, key: dict[str, str | None], firings: Firings, i: int
    ) -> str | None:
        if source.set is None:
            return (event or key).get(source.column)
        rows = next(rows for rows in self._surroundings.sets if rows.plan.name == source.set)
        known = {**key, **{k: v for k, v in (event or {}).items() if v is not None}}
        if firings.expected is not None and rows.plan.number == getattr(firings.rule.pattern, "expect", None):
            row: int | None = int(firings.expected[i])
        else:
            row = self._row(rows.plan.number, tuple(known.get(name) for name in rows.plan.key))
        return None if row is None else rows.texts[source.column][row]

    def _site(
        self,
        rule: RulePlan,
        event: Event | None,
        key: dict[str, str | None],
        firings: Firings,
        i: int,
        evidence: list[Event],
    ) -> str | None:
        """The site of the expected row, else of the key, else of the causing event, else of the last evidence."""
        if firings.expected is not None and isinstance(expect := getattr(rule.pattern, "expect", None), int):
            texts = self._surroundings.sets[expect].texts
            if "site" in texts:
                return texts["site"][int(firings.expected[i])]
        if key.get("site"):
            return key["site"]
        if event is not None and event.get("site"):
            return str(event["site"])
        return next((str(e["site"]) for e in reversed(evidence) if e.get("site")), None)

    def _computed(self, value: Value, firings: Firings) -> list[Any]:
        assert value.program is not None
        bits = self._surroundings.evaluate(value.program, firings.lanes, firings.rows, firings.extra)
        if value.type == "enum":
            symbols = self._plan.schemas.symbols
            return [symbols[code] if code >= 0 else None for code in bits.tolist()]
        if value.type == "flag":
            return [None if code not in (0, 1) else bool(code) for code in bits.tolist()]
        return [_number(x) for x in bits.view(np.float64).tolist()]


def _number(x: float) -> float | int | None:
    if math.isnan(x):
        return None
    return int(x) if abs(x) < EXACT and x == int(x) else x
