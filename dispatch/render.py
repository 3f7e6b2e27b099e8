"""What a route is told of an alert: texts in its languages, and of persons no more than it may see.

An identifier of a person is a pseudonym where the route may not see it, the same one everywhere, so that it can be
followed and asked for. What else is known of persons (a name, an address) is no part of an alert: it is looked up for
those routes alone that may see it, by the alert's key.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from events.identity import CityKey
from rules import message
from rules.plan import Message, Plan, RulePlan, Value
from rules.routing import Route

Told = Mapping[str, Any]
BODY = ("id", "alert", "n", "rule", "severity", "transition", "site", "time", "since", "evidence", "purpose")


class Texts(Protocol):
    """What reference sets say of persons."""

    def text(self, set: str, column: str, key: Mapping[str, str | None]) -> str | None:
        """Return a column of the row whose key fields an alert's key has; None where there is none."""
        ...


class Renderer:
    """Puts alerts into words for routes."""

    def __init__(self, plan: Plan, city: CityKey, texts: Texts) -> None:
        self._plan, self._city, self._texts = plan, city, texts
        self._rules = {rule.rule: rule for rule in plan.rules}

    @cached_property
    def _personal_fields(self) -> frozenset[str]:
        """Fields that are personal in any kind: a key tells a name, and not whose."""
        schemas = self._plan.schemas
        fields = (field for kind in schemas.kinds for field in schemas[kind].fields.items())
        return frozenset(name for name, field in fields if field.sensitivity == "personal")

    @cached_property
    def _personal_columns(self) -> frozenset[str]:
        return frozenset(
            f"{set.name}.{column.name}" for set in self._plan.sets for column in set.columns if column.personal
        )

    def rule(self, name: str) -> RulePlan | None:
        """Return a rule of the plan; an alert may be older than it."""
        return self._rules.get(name)

    def labels(self, alert: Told) -> dict[str, str | None]:
        """Return the labels of an alert, in English and of what everybody may see; None where a value is missing."""
        rule = self.rule(alert["rule"])
        return {} if rule is None else self._labels(self._values(alert, rule, Route("")), rule)

    def _labels(self, values: Told, rule: RulePlan) -> dict[str, str | None]:
        return {
            name: None
            if any(values.get(part) is None for part in text.parts[1::2])
            else self._text(text, values, rule, "en")
            for name, text in rule.labels.items()
        }

    def record(self, alert: Told, route: Route) -> dict[str, Any]:
        """Return what a route is told of an alert."""
        rule = self.rule(alert["rule"])
        values = self._values(alert, rule, route)
        told: dict[str, Any] = {"dispatch": f"{alert['id']}@{route.name}", "route": route.name}
        told |= {name: alert[name] for name in BODY if name in alert}
        told["key"] = {name: self._of_field(name, text, route) for name, text in alert["key"].items()}
        told["values"] = values
        if rule is None:
            told["title"] = told["message"] = dict.fromkeys(route.languages, alert["rule"])
            return told
        for part, texts in (("title", rule.title), ("message", rule.message)):
            told[part] = {language: self._said(texts, values, rule, language) for language in route.languages}
        told["labels"] = self._labels(values, rule)
        told["annotations"] = rule.annotations
        return told

    def _said(self, texts: Mapping[str, Message], values: Told, rule: RulePlan, language: str) -> str:
        found = texts.get(language) or next(iter(texts.values()), None)
        return rule.rule if found is None else self._text(found, values, rule, language)

    def _text(self, text: Message, values: Told, rule: RulePlan, language: str) -> str:
        return message.render(text, values, self._plan, rule, language)

    def _values(self, alert: Told, rule: RulePlan | None, route: Route) -> dict[str, Any]:
        declared = {value.name: value for value in rule.values} if rule else {}
        values = {name: self._seen(value, declared.get(name), route) for name, value in alert["values"].items()}
        for name, value in declared.items():
            source = value.source
            if value.personal and source is not None and source.set is not None and _column(value) in route.fields:
                values[name] = self._texts.text(source.set, source.column, {**alert["key"], "site": alert["site"]})
        return values

    def _seen(self, value: Any, declared: Value | None, route: Route) -> Any:
        """Return a value as a route may see it. A text of which this plan knows nothing might be a person's."""
        if not isinstance(value, str):
            return value
        if declared is None:
            return self._city.pseudonym(value)
        if declared.source is None:
            return value
        if declared.source.set is None:
            return self._of_field(declared.source.column, value, route)
        column = _column(declared)
        return value if column in route.fields or column not in self._personal_columns else self._city.pseudonym(value)

    def _of_field(self, name: str, text: str | None, route: Route) -> str | None:
        if text is None or name in route.fields or name not in self._personal_fields:
            return text
        return self._city.pseudonym(text)


def _column(value: Value) -> str:
    source = value.source
    assert source is not None
    return source.column if source.set is None else f"{source.set}.{source.column}"
