"""A rule as it was written: typed, complete, every value with its place, expressions still text."""

from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from events.alert import SEVERITIES, Severity
from events.place import Place
from events.schema import Schemas
from rules.purpose import PURPOSES
from rules.reading import Reader
from rules.vocabulary import DECLARATIONS, DISPATCH_KEYS
from rules.yaml import Mapping, Node, Scalar

Mode = Literal["live", "shadow", "disabled"]
MODES: tuple[Mode, ...] = ("live", "shadow", "disabled")
RULE_KEYS = (
    "rule",
    "title",
    "message",
    "from",
    "when",
    "active",
    "key",
    "except",
    "window",
    "threshold",
    "absence",
    "capacity",
    "severity",
    "labels",
    "annotations",
    "route",
    "cooldown",
    "escalate",
    "mode",
    "purpose",
    "legal_basis",
)
# keys of the language that this version does not have, and what they are called
LATER_KEYS = {
    "for": "`for`",
    "clear": "`clear`",
    "baseline": "`baseline`",
    "resolve_after": "`resolve_after`",
    "sequence": "`sequence`",
    "change": "`change`",
    "within": "`within`",
    "canary": "`canary`",
}
CAPACITY_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception: events for which `when` is true do not count, until the end of the civil day `until`."""

    when: Scalar
    reason: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a threshold; a day's length is 24 h here, its panes are civil days."""

    length_ms: int
    panes: Literal["sliding", "tumbling", "day"]


@dataclass(frozen=True, slots=True)
class Silence:
    """An absence: silent for so long; `expect` names the set whose rows are awaited."""

    silence_ms: int
    expect: Scalar | None
    place: Place


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a severity ladder; the default has no condition."""

    severity: Severity
    when: Scalar | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who hears of an alert that nobody acknowledged for so long."""

    after_ms: int
    to: Scalar


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Durations are ms; `cooldown_ms` is None where the rule names none."""

    name: Scalar
    title: Names[str, Scalar]
    message: Names[str, Scalar]
    kinds: tuple[Scalar, ...]
    when: Scalar | None
    active: Scalar | None
    key: tuple[Scalar, ...]
    exemptions: tuple[Exemption, ...]
    window: Window | None
    threshold: Scalar | None
    absence: Silence | None
    capacity: int | None
    severity: tuple[Rung, ...]
    labels: Names[str, Scalar]
    annotations: Names[str, str]
    routes: tuple[Scalar, ...]
    cooldown_ms: int | None
    cooldown_place: Place | None
    escalate: tuple[Escalation, ...]
    mode: Mode
    purpose: str | None
    legal_basis: str | None


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one file and the macros that they may use."""

    path: str
    macros: Names[str, Scalar] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


def read_file(path: str, document: Mapping, reader: Reader, schemas: Schemas) -> RuleFile:
    """Read macros and rules of a file; its declarations are the vocabulary's business."""
    is_rules = document.get("rules") is not None
    known = ("version", *DECLARATIONS, *(("let", "rules") if is_rules else DISPATCH_KEYS))
    where = ("a rule file", "规则文件") if is_rules else ("a vocabulary file", "词汇文件")
    found = reader.keys(document, known, *where)
    if "version" not in found:
        reader.report("E003", Place(path, 1), where=where[0], where_zh=where[1], key="version: 1")
    elif not (isinstance(found["version"], Scalar) and found["version"].text == "1"):
        reader.report("E004", found["version"].place, near="1")
    macros: dict[str, Scalar] = {}
    let = reader.mapping("let", found["let"]) if "let" in found else None
    for name, value in let.entries if let else ():
        if reader.named(name, "macro", "宏名") and (scalar := reader.text(f"let.{name.text}", value)):
            macros[name.text] = scalar
    nodes = reader.items("rules", found["rules"]) if "rules" in found else ()
    if "rules" in found and not nodes:
        reader.report("E005", document.key("rules").place)
    rules = (_RuleReader(reader, schemas).read(node) for node in nodes)
    return RuleFile(path, macros, tuple(rule for rule in rules if rule is not None))


class _RuleReader:
    """Reads one rule; what is wrong is reported, and the rest is read all the same."""

    def __init__(self, reader: Reader, schemas: Schemas) -> None:
        self.reader = reader
        self.schemas = schemas

    def read(self, node: Node) -> Rule | None:
        reader = self.reader
        mapping = reader.mapping("rules", node)
        if mapping is None:
            return None
        later = [key for key, _ in mapping.entries if key.text in LATER_KEYS]
        for key in later:
            if key.text != "within":  # said by `sequence` already
                self._later(LATER_KEYS[key.text], key.place)
        rest = Mapping(tuple(entry for entry in mapping.entries if entry[0] not in later), mapping.place)
        found = reader.keys(rest, RULE_KEYS, "a rule", "规则")
        name = reader.text("rule", found["rule"]) if "rule" in found else None
        if "rule" not in found:
            self._lacks(mapping, "rule")
        elif name is not None and not reader.named(name, "rule", "规则名", digit_first=True):
            name = None
        self._one_pattern(mapping)
        for wanted in ("from", "severity"):
            if wanted not in found and not later:
                self._lacks(mapping, wanted)
        rule = self._rule(name or Scalar("", mapping.place), found, bool(later))
        # what is wrong with its names and expressions can be said as soon as its kinds are known
        return rule if rule.kinds else None

    def _rule(self, name: Scalar, found: Names[str, Node], later: bool) -> Rule:
        reader = self.reader
        title = reader.texts("title", found["title"]) if "title" in found else {}
        title = title or {"zh": name, "en": name}
        message = reader.texts("message", found["message"]) if "message" in found else {}
        mode = reader.word("mode", found["mode"], MODES, "mode", "模式") if "mode" in found else None
        window, threshold = self._window(found, later), self._text("threshold", found)
        return Rule(
            name=name,
            title=title,
            message=message or title,
            kinds=self._kinds(found),
            when=self._text("when", found),
            active=self._text("active", found),
            key=reader.names("key", found["key"]) if "key" in found else (),
            exemptions=self._exemptions(found),
            window=window,
            threshold=threshold,
            absence=self._absence(found),
            capacity=self._capacity(found),
            severity=self._severity(found),
            labels=self._labels(found),
            annotations={key: scalar.text for key, scalar in self._named_texts("annotations", found).items()},
            routes=reader.names("route", found["route"]) if "route" in found else (),
            cooldown_ms=reader.duration("cooldown", found["cooldown"]) if "cooldown" in found else None,
            cooldown_place=found["cooldown"].place if "cooldown" in found else None,
            escalate=self._escalate(found),
            mode=next((known for known in MODES if known == mode), "live"),
            purpose=self._purpose(found),
            legal_basis=basis.text if (basis := self._text("legal_basis", found)) else None,
        )

    def _lacks(self, mapping: Mapping, key: str) -> None:
        place = mapping.key("rule").place if mapping.get("rule") is not None else mapping.place
        self.reader.report("E003", place, where="the rule", where_zh="规则", key=key)

    def _later(self, what: str, place: Place, what_zh: str = "", advice: str = "", advice_zh: str = "") -> None:
        self.reader.report("E011", place, what=what, what_zh=what_zh or what, advice=advice, advice_zh=advice_zh)

    def _one_pattern(self, mapping: Mapping) -> None:
        found = [key for key, _ in mapping.entries if key.text in ("threshold", "absence", "sequence", "change")]
        if len(found) > 1:
            shown = " and ".join(f"`{key.text}` (line {key.place.line})" for key in found)
            shown_zh = "和".join(f" `{key.text}`(第 {key.place.line} 行)" for key in found)
            self.reader.report("E010", found[-1].place, patterns=shown, patterns_zh=shown_zh)

    def _text(self, key: str, found: Names[str, Node]) -> Scalar | None:
        return self.reader.text(key, found[key]) if key in found else None

    def _kinds(self, found: Names[str, Node]) -> tuple[Scalar, ...]:
        """Return the kinds, none where one is unknown: its fields would be missed at every turn."""
        kinds = self.reader.names("from", found["from"]) if "from" in found else ()
        unknown = [kind for kind in kinds if kind.text not in self.schemas]
        for kind in unknown:
            self.reader.unknown(kind, self.schemas.kinds, "kind", "事件类型")
        return () if unknown else kinds

    def _exemptions(self, found: Names[str, Node]) -> tuple[Exemption, ...]:
        exemptions = []
        for node in self.reader.items("except", found["except"]) if "except" in found else ():
            mapping = self.reader.mapping("except", node)
            if mapping is None:
                continue
            keys = self.reader.keys(mapping, ("when", "reason", "until"), "an exception", "例外")
            for key in ("when", "reason"):
                if key not in keys:
                    self.reader.report("E003", mapping.place, where="an exception", where_zh="例外", key=key)
            until = self.reader.day(keys["until"], "until") if "until" in keys else None
            reason, when = self._text("reason", keys), self._text("when", keys)
            if when is not None:
                exemptions.append(Exemption(when, reason.text if reason else "", until))
        return tuple(exemptions)

    def _window(self, found: Names[str, Node], later: bool) -> Window | None:
        for key, other in (("window", "threshold"), ("threshold", "window")):
            if key in found and other not in found and not later:
                self.reader.report("E012", found[key].place, key=key, other=other)
        scalar = self._text("window", found)
        words = scalar.text.split() if scalar else []
        if scalar is None or not words:
            return None
        if words == ["day"]:
            return Window(86_400_000, "day")
        if words[0] == "session":
            self._later("a session window", scalar.place, "会话窗口(session)")
            return None
        panes = words[1:]
        if panes not in ([], ["tumbling"]):
            self.reader.report(
                "E008",
                scalar.place,
                what="window",
                what_zh="窗口",
                word=scalar.text,
                near="5m tumbling",
                note="windows: 10m, 5m tumbling, day",
            )
            return None
        length = self.reader.duration_of("window", words[0], scalar.at(0, len(words[0])), least_ms=1)
        return None if length is None else Window(length, "tumbling" if panes else "sliding")

    def _absence(self, found: Names[str, Node]) -> Silence | None:
        mapping = self.reader.mapping("absence", found["absence"]) if "absence" in found else None
        if mapping is None:
            return None
        keys = self.reader.keys(mapping, ("for", "expect", "unless", "forget"), "`absence`", "absence ")
        for key in ("unless", "forget"):
            if key in keys:
                self._later(f"`absence.{key}`", mapping.key(key).place)
        if "for" not in keys:
            self.reader.report("E003", mapping.place, where="`absence`", where_zh="absence ", key="for")
            return None
        if isinstance(keys["for"], Scalar) and keys["for"].text == "unusual":
            self._later(
                "`for: unusual`",
                keys["for"].place,
                advice="write a duration, such as 48h",
                advice_zh="请写时长,例如 48h",
            )
            return None
        silence = self.reader.duration("absence.for", keys["for"], least_ms=1)
        return None if silence is None else Silence(silence, self._text("expect", keys), mapping.place)

    def _capacity(self, found: Names[str, Node]) -> int | None:
        capacity = self.reader.whole("capacity", found["capacity"]) if "capacity" in found else None
        if capacity is not None and capacity > CAPACITY_MAX:
            self.reader.report("E030", found["capacity"].place, key="capacity", least=1, most=CAPACITY_MAX)
        return capacity

    def _severity(self, found: Names[str, Node]) -> tuple[Rung, ...]:
        node = found.get("severity")
        if node is None:
            return ()
        if isinstance(node, Scalar):
            word = self.reader.word("severity", node, SEVERITIES, "severity", "级别")
            return tuple(Rung(known, None) for known in SEVERITIES if known == word)
        mapping = self.reader.mapping("severity", node)
        rungs: list[Rung] = []
        for key, value in mapping.entries if mapping else ():
            severity = next((known for known in SEVERITIES if known == key.text), None)
            condition = self.reader.text(f"severity.{key.text}", value)
            if severity is None:
                self.reader.unknown(key, SEVERITIES, "severity", "级别")
            elif condition is not None:
                rungs.append(Rung(severity, None if condition.text == "default" else condition))
        defaults = [rung.when is None for rung in rungs]
        if mapping and defaults != [False] * (len(rungs) - 1) + [True]:
            self.reader.report("E014", mapping.place)
        return tuple(rungs)

    def _purpose(self, found: Names[str, Node]) -> str | None:
        node = found.get("purpose")
        return self.reader.word("purpose", node, PURPOSES, "purpose", "用途") if node is not None else None

    def _named_texts(self, key: str, found: Names[str, Node]) -> dict[str, Scalar]:
        mapping = self.reader.mapping(key, found[key]) if key in found else None
        texts = {}
        for name, value in mapping.entries if mapping else ():
            if scalar := self.reader.text(f"{key}.{name.text}", value):
                texts[name.text] = scalar
        return texts

    def _labels(self, found: Names[str, Node]) -> dict[str, Scalar]:
        mapping = found.get("labels")
        for name, _ in mapping.entries if isinstance(mapping, Mapping) else ():
            self.reader.named(name, "label", "标签名")
        return self._named_texts("labels", found)

    def _escalate(self, found: Names[str, Node]) -> tuple[Escalation, ...]:
        steps = []
        for node in self.reader.items("escalate", found["escalate"]) if "escalate" in found else ():
            mapping = self.reader.mapping("escalate", node)
            if mapping is None:
                continue
            keys = self.reader.keys(mapping, ("after", "to"), "a step of `escalate`", "escalate 的一步")
            for key in ("after", "to"):
                if key not in keys:
                    self.reader.report(
                        "E003", mapping.place, where="a step of `escalate`", where_zh="escalate 的一步", key=key
                    )
            after = self.reader.duration("after", keys["after"], least_ms=1) if "after" in keys else None
            to = self._text("to", keys)
            if after is not None and to is not None:
                steps.append(Escalation(after, to))
        return tuple(steps)
