"""From the YAML tree of a file to its rules and macros; what is wrong is reported, the rest is read all the same."""

from collections.abc import Mapping as Names
from dataclasses import replace

from events.alert import SEVERITIES
from events.place import Place
from events.schema import Schemas
from rules.keys import ESCALATION, EXAMPLES, EXCEPTION, MODES, PATTERNS, RULE
from rules.misspelt import meant
from rules.model import Escalation, Exemption, Pattern, Rule, RuleFile, Rung, Sequence
from rules.patterns import absence, change, sequence, threshold
from rules.purpose import PURPOSES
from rules.reading import Reader, better_name
from rules.said_elsewhere import ALSO
from rules.vocabulary import DECLARATIONS
from rules.yaml import Items, Mapping, Node, Scalar, words

RULES_FILE = "a rule file", "规则文件"
VOCABULARY_FILE = "a vocabulary file", "词汇文件"
RULES = ("version", *DECLARATIONS, "let", "rules")
VOCABULARY = ("version", *DECLARATIONS)
# keys that say nothing without another one
NEEDS: Names[str, tuple[str, ...]] = {
    "window": ("threshold", "change"),
    "threshold": ("window",),
    "change": ("window",),
    "for": ("threshold",),
    "clear": ("threshold",),
    "baseline": ("threshold",),
    "resolve_after": ("threshold",),
    "within": ("sequence",),
}


def written(node: Node, reader: Reader) -> Mapping | None:
    """Return what a file holds as it is written, None where it is no mapping."""
    if isinstance(node, Items):
        reader.report("E069", node.place)
        return None
    return reader.mapping("version, rules", node)


def document(node: Node, reader: Reader) -> Mapping | None:
    """Return what a file holds by the keys of the language, None where it is no mapping."""
    mapping = written(node, reader)
    if mapping is None:
        return None
    stray = next(((key, value) for key, value in mapping.entries if key.text == "rule"), None)
    rules = mapping.get("rules")
    if stray is not None and isinstance(stray[1], Scalar) and (rules is None or _is_nothing(rules)):
        reader.report("E068", stray[0].place, name=stray[1].text)  # a rule's keys where those of the file belong
        return replace(
            mapping, entries=tuple(entry for entry in mapping.entries if entry[0].text not in (*RULE, "rules"))
        )
    if any(meant(key.text, (*RULES, *VOCABULARY)) == "rules" for key, _ in mapping.entries):
        return reader.known(mapping, RULES, *RULES_FILE, wanted=("rules", "version"))
    return reader.known(mapping, VOCABULARY, *VOCABULARY_FILE, wanted=("version",))


def read_file(path: str, document: Mapping, reader: Reader, schemas: Schemas) -> RuleFile:
    """Read macros and rules of a file; its declarations are the vocabulary's business."""
    found = {key.text: value for key, value in document.entries}
    where = RULES_FILE if "rules" in found else VOCABULARY_FILE
    if "version" not in found:
        reader.lacks(Place(path, 1), *where, "version")
    elif not (isinstance(found["version"], Scalar) and found["version"].text == "1"):
        reader.report("E004", found["version"].place, near="1")
    macros: dict[str, Scalar] = {}
    unread: set[str] = set()
    if "let" in found and not isinstance(found["let"], Mapping):
        unread.update(words(found["let"], keys=True))  # what it may have named
    let = reader.mapping("let", found["let"]) if "let" in found else None
    for name, value in let.entries if let else ():
        if reader.named(name, "macro", "宏名") and (scalar := reader.text(f"let.{name.text}", value)):
            macros[name.text] = scalar
        else:
            unread |= {name.text, better_name(name.text)}
    node = found.get("rules")
    nodes = reader.items("rules", node) if node is not None and not _is_nothing(node) else ()
    if "rules" in found and not nodes and (_is_nothing(found["rules"]) or isinstance(found["rules"], Items)):
        reader.report("E005", document.key("rules").place)
    rules = (_RuleReader(reader, schemas).read(node) for node in nodes)
    used = frozenset(words(found["rules"])) if "rules" in found and macros else frozenset()
    return RuleFile(path, macros, tuple(rule for rule in rules if rule is not None), used, frozenset(unread))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text.strip()


class _RuleReader:
    """Reads one rule."""

    def __init__(self, reader: Reader, schemas: Schemas) -> None:
        self.reader = reader
        self.schemas = schemas

    def read(self, node: Node) -> Rule | None:
        reader = self.reader
        mapping = reader.mapping("rules", node)
        if mapping is None:
            return None
        required = [key for key, entry in RULE.items() if entry.is_required]
        wanted = required if mapping.get("sequence") else [*required, "from"]
        mapping = reader.known(mapping, tuple(RULE), "a rule", "规则", wanted, ALSO)
        found = {key.text: value for key, value in mapping.entries}
        name = reader.text("rule", found["rule"]) if "rule" in found else None
        if name is not None and not reader.named(name, "rule", "规则名", digit_first=True):
            name = None
        self._required(mapping, found)
        self._one_pattern(mapping)
        rule = self._rule(name or Scalar("", mapping.place), found, mapping)
        # what is wrong with its names and expressions can be said as soon as its kinds are known
        return rule if rule.kinds else None

    def _rule(self, name: Scalar, found: Names[str, Node], mapping: Mapping) -> Rule:
        reader = self.reader
        title = reader.texts("title", found["title"]) if "title" in found else {}
        title = title or {"zh": name, "en": name}
        message = reader.texts("message", found["message"]) if "message" in found else {}
        mode = reader.word("mode", found["mode"], MODES, "mode", "运行方式") if "mode" in found else None
        pattern = self._pattern(found, mapping)
        return Rule(
            name=name,
            title=title,
            message=message or title,
            kinds=self._kinds(found, pattern),
            when=self._text("when", found),
            active=self._text("active", found),
            key=reader.names("key", found["key"]) if "key" in found else (),
            exemptions=self._exemptions(found),
            pattern=pattern,
            capacity=reader.capacity(found["capacity"]) if "capacity" in found else None,
            severity=self._severity(found),
            labels=self._labels(found),
            annotations={key: scalar.text for key, scalar in self._named_texts("annotations", found).items()},
            routes=reader.names("route", found["route"]) if "route" in found else (),
            cooldown_ms=reader.duration("cooldown", found["cooldown"]) if "cooldown" in found else None,
            cooldown_place=found["cooldown"].place if "cooldown" in found else None,
            escalate=self._escalate(found),
            mode=next((known for known in MODES if known == mode), "live"),
            canary=self._text("canary", found),
            purpose=self._purpose(found),
            legal_basis=basis.text if (basis := self._text("legal_basis", found)) else None,
        )

    # what goes together

    def _required(self, mapping: Mapping, found: Names[str, Node]) -> None:
        place = mapping.key("rule").place if "rule" in found else mapping.place
        required = [key for key, entry in RULE.items() if entry.is_required]
        for key in [*required, *(() if "sequence" in found else ("from",))]:
            if key not in found:
                self.reader.lacks(place, "the rule", "规则", key)
        for key, others in NEEDS.items():
            if key in found and not any(other in found for other in others):
                near = " / ".join(EXAMPLES[other] for other in others)
                if key == "for" and "absence" in found:
                    near = EXAMPLES["absence"]
                self.reader.report("E012", found[key].place, key=key, other="` / `".join(others), near=near)
        if "sequence" in found and "from" in found:
            self.reader.report("E040", mapping.key("from").place)

    def _one_pattern(self, mapping: Mapping) -> None:
        found = [key for key, _ in mapping.entries if key.text in PATTERNS]
        if len(found) > 1:
            shown = " and ".join(f"`{key.text}` (line {key.place.line})" for key in found)
            shown_zh = "和".join(f" `{key.text}`(第 {key.place.line} 行)" for key in found)
            self.reader.report("E010", found[-1].place, patterns=shown, patterns_zh=shown_zh)

    def _pattern(self, found: Names[str, Node], mapping: Mapping) -> Pattern | None:
        """Read the pattern, the first of several."""
        for key in (key.text for key, _ in mapping.entries):
            if key == "threshold":
                return threshold.read(found, mapping, self.reader)
            if key == "absence":
                return absence.read(found[key], self.reader)
            if key == "sequence":
                return sequence.read(found, self.reader, self.schemas.kinds)
            if key == "change":
                return change.read(found, self.reader)
        return None

    def _kinds(self, found: Names[str, Node], pattern: Pattern | None) -> tuple[Scalar, ...]:
        if isinstance(pattern, Sequence):
            return tuple(kind for step in pattern.steps for kind in step.kinds)
        if "sequence" in found or "from" not in found:
            return ()
        return self.reader.kinds("from", found["from"], self.schemas.kinds)

    # one key each

    def _text(self, key: str, found: Names[str, Node]) -> Scalar | None:
        return self.reader.text(key, found[key]) if key in found else None

    def _exemptions(self, found: Names[str, Node]) -> tuple[Exemption, ...]:
        exemptions = []
        for node in self.reader.items("except", found["except"]) if "except" in found else ():
            keys = self.reader.table("except", node, EXCEPTION, "an exception", "例外")
            until = self.reader.day(keys["until"], "until") if "until" in keys else None
            reason, when = self._text("reason", keys), self._text("when", keys)
            if when is not None:
                exemptions.append(Exemption(when, reason.text if reason else "", until))
        return tuple(exemptions)

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
            word = key.text if key.text in SEVERITIES else meant(key.text, SEVERITIES)
            severity = next((known for known in SEVERITIES if known == word), None)
            condition = self.reader.text(f"severity.{key.text}", value)
            if key.text not in (severity, "default"):
                self.reader.unknown(key, SEVERITIES, "severity", "级别")
            if severity is not None and condition is not None:
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
            keys = self.reader.table("escalate", node, ESCALATION, "a step of `escalate`", "escalate 的一步")
            after = self.reader.duration("after", keys["after"], least_ms=1) if "after" in keys else None
            to = self._text("to", keys)
            if after is not None and to is not None:
                steps.append(Escalation(after, to))
        return tuple(steps)
