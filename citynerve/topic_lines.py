"""The lines of topics as a person at a terminal reads them, one line each."""

from typing import Any

import orjson
from rich.text import Text

from citynerve.alert_words import mode_word, severity_word, transition_word
from citynerve.screen import STYLES
from citynerve.text import LANGUAGES, current, say
from citynerve.topics import DISPATCH, Topic
from rules import message
from rules.excerpt import harmless
from rules.plan import Plan
from streams.control.entry import OUTCOME
from streams.log.frame import Frame

Told = dict[str, Any]
WIDTH = max(map(len, STYLES))


class TopicLines:
    """Puts what stands in logs into words; titles of alerts come from the rules of a plan, by their names."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rules = {rule.rule: rule for rule in plan.rules}

    def line(self, topic: Topic, frame: Frame, text: bytes) -> Text:
        """Return a line of a topic for a terminal; nothing that stands in it can command that."""
        if topic.name == "alerts" or topic.name.startswith(DISPATCH):
            return self._alert(orjson.loads(text))
        if topic.name == "events":
            return self._at(frame.received, frame.feed, text.decode(errors="replace"))
        record = orjson.loads(text)
        if topic.name == "control":
            return self._entry(record)
        told = ", ".join(
            f"{name} {value}"
            for name, value in record.items()
            if name not in ("received", "feed") and value is not None
        )
        return self._at(record["received"], record["feed"] or "", told)

    def _at(self, received: int, feed: str, told: str) -> Text:
        when = message.time(received, self._plan)
        return Text.assemble((when, "dim"), "  ", (harmless(feed), "cyan"), "  ", harmless(told))

    def _entry(self, entry: Told) -> Text:
        """Return a publishing with who made it and why, or what came of one."""
        when, kind = message.time(entry["time"], self._plan), entry["kind"]
        if kind != OUTCOME:
            told = f"{entry['author']}: {entry['reason']}" if entry["author"] else entry["reason"]
            edits = " ".join(f"{each['rule']} ({each['change']})" for each in entry["edits"])
            return Text.assemble(
                (when, "dim"), "  ", (kind, "cyan"), "  ", harmless(told), (harmless(f"  {edits}"), "dim")
            )
        if refused := entry.get("refused"):
            return Text.assemble(
                (when, "dim"), "  ", (f"#{entry['of']}", "bold red"), "  ", harmless(refused[current()])
            )
        at = entry.get("at")
        since = "" if at is None else message.time(at, self._plan)
        return Text.assemble(
            (when, "dim"), "  ", (f"#{entry['of']}", "cyan"), "  ", say(en="in force", zh="已生效"), f" {since}"
        )

    def _alert(self, alert: Told) -> Text:
        severity, ended = alert["severity"], alert["transition"] not in ("firing", "raised", "lowered")
        more = [] if alert["transition"] == "firing" else [transition_word(alert["transition"])]
        more += [str(alert[name]) for name in ("site", "rule") if alert.get(name)]
        if (mode := alert.get("envelope", {}).get("mode")) == "shadow":
            more.append(mode_word(mode))
        quiet = ended or alert.get("synthetic", False)
        return Text.assemble(
            (message.time(alert["time"], self._plan), "dim"),
            "  ",
            (f"{severity_word(severity):<{WIDTH}}", "dim" if quiet else STYLES[severity]),
            "  ",
            (harmless(self._title(alert)), "dim" if quiet else ""),
            (harmless("  " + "  ".join(more)), "dim"),
        )

    def _title(self, alert: Told) -> str:
        """Return the title that was dispatched, else that of the rule of this name, else the name."""
        if told := alert.get("title"):
            return str(next(told[language] for language in (current(), *LANGUAGES) if language in told))
        rule = self._rules.get(alert["rule"])
        if rule is None or not rule.title:
            return str(alert["rule"])
        found = rule.title.get(current()) or next(iter(rule.title.values()))
        return message.render(found, alert["values"], self._plan, rule, current())
