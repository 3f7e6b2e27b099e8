"""What a ruleset holds, one row a rule."""

from dataclasses import dataclass

from events.alert import Severity
from events.schema import Text
from rules import written
from rules.check import Ruleset
from rules.checked import CheckedRule
from rules.keys import PATTERNS
from rules.model import Mode
from rules.written import WrittenRule


@dataclass(frozen=True)
class Row:
    """One rule. `pattern` names it with its length (window, silence); None: every selected event is a match.

    `severity` has the rungs of the ladder, the highest first; `purpose` None: the rule names none.
    """

    rule: str
    title: Text
    mode: Mode
    severity: tuple[Severity, ...]
    kinds: tuple[str, ...]
    pattern: str | None
    key: tuple[str, ...]
    purpose: str | None
    route: tuple[str, ...]
    capacity: int
    path: str
    line: int


def rows(ruleset: Ruleset) -> list[Row]:
    """Return a row for each rule, disabled ones too, in the order of files and lines."""
    texts = written.rules(written.documents(ruleset.sources))
    checked = {rule.rule.name.text: rule for rule in ruleset.rules}
    return [_row(checked[name], rule) for name, rule in texts.items() if name in checked]


def _row(checked: CheckedRule, text: WrittenRule) -> Row:
    rule = checked.rule
    return Row(
        rule=text.name,
        title={language: written.spelled(title) for language, title in rule.title.items()},
        mode=rule.mode,
        severity=tuple(dict.fromkeys(rung.severity for rung in rule.severity)),
        kinds=checked.kinds,
        pattern=_pattern(text),
        key=tuple(name for name, _ in checked.key),
        purpose=rule.purpose,
        route=tuple(route.text for route in rule.routes),
        capacity=checked.capacity,
        path=text.place.path,
        line=text.place.line,
    )


def _pattern(rule: WrittenRule) -> str | None:
    name = next((name for name in PATTERNS if rule.text(name) is not None), None)
    if name is None:
        return None
    length = rule.text("window") or rule.text(name, "for") or rule.text("within")
    return f"{name} {length}" if length else name
