"""Alerts as lines: the body, the texts rendered beside it, and the envelope."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from citynerve.outputs import Writable
from citynerve.text import LANGUAGES, Language
from events.alert import Alert
from rules import message
from rules.plan import Message, Plan, RulePlan


class AlertLines:
    """Renders alerts, each in the words of the ruleset that raised it; `plan` is the one in force."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._known: dict[str, tuple[Plan, dict[str, RulePlan]]] = {}
        self.know(plan)

    def know(self, plan: Plan) -> None:
        """Take another plan whose alerts are rendered from now on."""
        self._known[plan.version] = plan, {rule.rule: rule for rule in plan.rules}

    def rule(self, alert: Alert) -> RulePlan:
        """Return the rule that raised an alert."""
        return self._of(alert)[1][alert.rule]

    def _of(self, alert: Alert) -> tuple[Plan, dict[str, RulePlan]]:
        return self._known.get(alert.ruleset) or self._known[self.plan.version]

    def rule_title(self, rule: RulePlan, language: Language) -> str:
        """Return a rule's title without an alert: the values that it shows are left out."""
        text = rule.title.get(language) or next(iter(rule.title.values()), None)
        return "…".join(text.parts[0::2]) if text else rule.rule

    def title(self, alert: Alert, language: Language) -> str:
        """Return the title in one language, in the other where the rule lacks it."""
        return self._text(self.rule(alert).title, alert, language)

    def message(self, alert: Alert, language: Language) -> str:
        """Return the message in one language, in the other where the rule lacks it."""
        return self._text(self.rule(alert).message, alert, language)

    def line(self, alert: Alert) -> bytes:
        """Return one line of JSON: the body, `title`, `message` and `route`, then what is no part of the promise."""
        told: dict[str, Any] = alert.body()
        told["title"] = {language: self.title(alert, language) for language in LANGUAGES}
        told["message"] = {language: self.message(alert, language) for language in LANGUAGES}
        rule = self.rule(alert)
        told["route"] = list(rule.route) if alert.mode == "live" else []
        told["envelope"] = {"ruleset": alert.ruleset, "mode": alert.mode}
        return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)

    def _text(self, texts: Mapping[str, Message], alert: Alert, language: Language) -> str:
        found = texts.get(language) or next(iter(texts.values()), None)
        if found is None:
            return ""
        return message.render(found, alert.values, self._of(alert)[0], self.rule(alert), language)


def writer(lines: AlertLines, out: Writable) -> Callable[[list[Alert]], None]:
    """Return a function that writes alerts to a file, a line each."""

    def write(alerts: list[Alert]) -> None:
        out.write(b"".join(map(lines.line, alerts)))

    return write
