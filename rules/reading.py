"""From the YAML tree to values of the model: texts, names, durations, numbers, each with its place.

A reader collects problems and goes on; what cannot be read is None or empty, so that one run finds everything.
"""

import re
from collections.abc import Callable, Collection
from collections.abc import Mapping as Table
from dataclasses import replace
from datetime import date

from events.place import Place, Problem
from kernels.instants import DAY_MS
from rules import slips
from rules.errors import SHAPES, nearest, problem
from rules.keys import EXAMPLES, Key
from rules.misspelt import meant
from rules.said_elsewhere import SAID_ELSEWHERE
from rules.yaml import Items, Mapping, Node, Scalar

NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_WITH_DIGITS = re.compile(r"[a-z0-9_]+")
LANGUAGES = ("zh", "en")
# keys of the language that come with cases: who writes one relies on it, so that passing it over would be worse
LATER = ("group", "remind", "max_age", "inhibit")
_LATER_ADVICE = {
    "advice": "it comes with the dispatcher's cases; leave it out until then",
    "advice_zh": "随派发程序的案件功能提供;此前请不要写",
}
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
DURATION_MAX_MS = 366 * DAY_MS
CAPACITY_MAX = 100_000_000
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(ms|s|m|h|d|w)")
_LANGUAGES_ELSEWHERE = {
    **dict.fromkeys(("cn", "ch", "zh_cn", "zh_CN", "chinese", "中文"), "zh"),
    **dict.fromkeys(("en_us", "en_US", "english", "eng", "英文"), "en"),
}
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


_WORDS = {
    "ms": r"msecs?|milliseconds?|毫秒",
    "s": r"secs?|seconds?|秒钟?",
    "m": r"mins?|minutes?|分钟?",
    "h": r"hrs?|hours?|小时|个小时",
    "d": r"days?|天|日",
    "w": r"wks?|weeks?|周|星期",
}
_DIGITS = {ord("０") + digit: str(digit) for digit in range(10)}  # full-width ones
_WITHOUT_BRACKETS = re.compile(r"\s*[\w.]+(\s*,\s*[\w.]+)+\s*")
_IN_WORDS = re.compile(
    r"(\d{1,9}(?:\.\d{1,3})?)\s*(?:" + "|".join(f"(?P<{u}>{u}|{words})" for u, words in _WORDS.items()) + r")(?![a-z])",
    re.IGNORECASE,
)


def in_units(text: str) -> str:
    """Return a text with its durations in units of the language, `2 hours` as `2h`; empty where it needs no change."""
    plain = text.strip().translate(_DIGITS)
    found = _IN_WORDS.sub(lambda match: f"{match.group(1)}{match.lastgroup}", plain)
    return found if found != text.strip() else ""


def _listed(scalar: Scalar) -> list[Scalar]:
    """Return the names of a list that is written without brackets: `site, device`, `(site, device)`."""
    inner = scalar.text.strip().removeprefix("(").removesuffix(")")
    if scalar.style or not _WITHOUT_BRACKETS.fullmatch(inner):
        return []
    return [replace(scalar, text=name, raw=name) for name in re.split(r"[,\s]+", inner.strip())]


def _in_ms(match: re.Match[str]) -> float:
    return float(match.group(1)) * _UNITS_MS[match.group(2)]


def better_name(text: str, *, digit_first: bool = False) -> str:
    """Return what a name that is none may be changed to, empty where nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_" if digit_first else "_0123456789")


def shape(node: Node) -> str:
    """Return what a node is, in words."""
    if isinstance(node, Scalar):
        return "text" if node.text.strip() else "an empty text" if node.style else "nothing"
    if isinstance(node, Items):
        return "a list" if node.items else "an empty list"
    return "a mapping"


class Reader:
    """Reads nodes of one file and keeps the problems that it finds; `examples` are how its keys are written."""

    examples: Table[str, str] = EXAMPLES

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def report(self, code: str, place: Place, /, *, note: str = "", **holes: object) -> None:
        """Keep a problem."""
        self.problems.append(problem(code, place, note=note, **holes))

    def wrong(self, key: str, node: Node, wanted: str) -> None:
        """Report a value of the wrong shape."""
        got, near = shape(node), self.examples.get(key.split(".", maxsplit=1)[0], "")
        holes = {"wanted": wanted, "wanted_zh": SHAPES[wanted], "got": got, "got_zh": SHAPES[got], "near": near}
        self.report("E001", node.place, key=key, **holes)

    def lacks(self, place: Place, where: str, where_zh: str, key: str, example: str = "") -> None:
        """Report a key that must be there; without an `example` it is one of those that the file has."""
        near = example or self.examples.get(key, "")
        self.report("E003", place, where=where, where_zh=where_zh, key=key, near=near)

    def mapping(self, key: str, node: Node) -> Mapping | None:
        """Return a mapping."""
        if isinstance(node, Mapping):
            return node
        if isinstance(node, Scalar) and (slip := slips.in_name(node.text, node.place)):
            self.problems.append(slip)
        else:
            self.wrong(key, node, "a mapping")
        return None

    def known(
        self,
        node: Mapping,
        known: Collection[str],
        where: str,
        where_zh: str,
        wanted: Collection[str] = (),
        also: Table[str, str] | None = None,
    ) -> Mapping:
        """Return a mapping of known keys; others are reported, and stand for the one that was meant if that is absent.

        So one slip is one error. `wanted` and `also` are as `rules.misspelt.meant` has them.
        """
        there = {key.text for key, _ in node.entries if key.text in known}
        entries = []
        for key, value in node.entries:
            if key.text in there:
                entries.append((key, value))
            elif slip := slips.in_name(key.text, key.place):
                self.problems.append(slip)
            elif key.text in LATER:
                self.report("E011", key.place, what=f"`{key.text}`", what_zh=f" `{key.text}`", **_LATER_ADVICE)
            else:
                left = [each for each in known if each not in there]
                near = meant(key.text, left, wanted, also) if key.text.isidentifier() else ""
                said = near or nearest(key.text, known)
                given = value
                first, colon, rest = key.text.partition(":")
                if colon and first in left and rest:  # `{zh:text}` is one key for YAML
                    near, said = first, f"{first}: {rest}"
                    given = replace(key, text=rest, raw=rest)
                note = "" if said else "keys / 可用的键: " + " ".join(known)
                self.report("E002", key.place, key=key.text, where=where, where_zh=where_zh, near=said, note=note)
                if near:
                    there.add(near)
                    entries.append((replace(key, text=near), given))
        return replace(node, entries=tuple(entries))

    def keys(self, node: Mapping, known: Collection[str], where: str, where_zh: str) -> dict[str, Node]:
        """Return the values of the known keys; others are reported as `known` says."""
        return {key.text: value for key, value in self.known(node, known, where, where_zh).entries}

    def table(
        self,
        key: str,
        node: Node,
        table: Table[str, Key],
        where: str,
        where_zh: str,
        wanted: Collection[str] | None = None,
        also: Table[str, str] | None = None,
    ) -> dict[str, Node]:
        """Return the keys of a mapping that a table declares; required ones that it lacks are reported.

        A key that may have been meant by another is one of `wanted` rather than any other, by default a required one;
        `also` is as `rules.misspelt.meant` has it.
        """
        mapping = self.mapping(key, node)
        if mapping is None:
            return {}
        required = [name for name, declared in table.items() if declared.is_required]
        mapping = self.known(mapping, tuple(table), where, where_zh, required if wanted is None else wanted, also)
        found = {name.text: value for name, value in mapping.entries}
        for name in required:
            if name not in found:
                self.lacks(mapping.place, where, where_zh, name, f"{name}: {table[name].example}")
        return found

    def kinds(self, key: str, node: Node, known: Collection[str]) -> tuple[Scalar, ...]:
        """Return kinds of events, none where one is unknown: its fields would be missed at every turn."""
        kinds = self.names(key, node, needed=True)
        unknown = [kind for kind in kinds if kind.text not in known]
        if len(kinds) == 1 and unknown and all(word in known for word in kinds[0].text.split()):
            near = ", ".join(kinds[0].text.split())
            self.report("E008", kinds[0].place, what="kind", what_zh="事件类型", word=kinds[0].text, near=near)
            return ()
        for kind in unknown:
            self.unknown(kind, known, "kind", "事件类型")
        return () if unknown else kinds

    def items(self, key: str, node: Node) -> tuple[Node, ...]:
        """Return the items of a list."""
        if isinstance(node, Items):
            return node.items
        self.wrong(key, node, "a list")
        return ()

    def text(self, key: str, node: Node) -> Scalar | None:
        """Return one text that is not empty."""
        if isinstance(node, Scalar) and node.text.strip():
            return node
        self.wrong(key, node, "text")
        return None

    def names(self, key: str, node: Node, *, needed: bool = False) -> tuple[Scalar, ...]:
        """Return a name or a list of names, which may be empty where none is `needed`."""
        nodes = node.items if isinstance(node, Items) else (node,)
        if needed and not nodes:
            self.wrong(key, node, "a name or a list of names")
        names = []
        for item in nodes:
            if not isinstance(item, Scalar) or not item.text.strip():
                self.wrong(key, item, "a name or a list of names")
            elif slip := slips.in_name(item.text, item.place):
                self.problems.append(slip)
            elif item is node and len(parts := _listed(item)) > 1:
                near = f"{key}: [{', '.join(part.text for part in parts)}]"
                wanted = "a name or a list of names"
                holes = {"wanted": wanted, "wanted_zh": SHAPES[wanted], "got": "text", "got_zh": SHAPES["text"]}
                self.report("E001", item.place, key=key, near=near, **holes)
                names += parts
            else:
                names.append(item)
        return tuple(names)

    def named(self, scalar: Scalar, what: str, what_zh: str, *, digit_first: bool = False) -> bool:
        """Report a name that is none: names are small letters, digits and underscores.

        What expressions name begins with a letter, or it would be read as a number.
        """
        if (NAME_WITH_DIGITS if digit_first else NAME).fullmatch(scalar.text):
            return True
        if slip := slips.in_name(scalar.text, scalar.place):
            self.problems.append(slip)
        else:
            near = better_name(scalar.text, digit_first=digit_first)
            first, first_zh = ("", "") if digit_first else (", beginning with a letter", ",以字母开头")
            self.report(
                "E006",
                scalar.place,
                name=scalar.text,
                what=what,
                what_zh=what_zh,
                near=near,
                first=first,
                first_zh=first_zh,
            )
        return False

    def word(self, key: str, node: Node, words: Collection[str], what: str, what_zh: str) -> str | None:
        """Return one of the words that a key may have."""
        scalar = self.text(key, node)
        if scalar is None or scalar.text in words:
            return scalar.text if scalar else None
        if (near := SAID_ELSEWHERE.get(scalar.text.lower(), "")) in words:
            note = f"{what} / {what_zh}: {' '.join(sorted(words))}"
            self.report("E008", scalar.place, what=what, what_zh=what_zh, word=scalar.text, near=near, note=note)
            return near
        self.unknown(scalar, words, what, what_zh)
        return None

    def unknown(self, scalar: Scalar, words: Collection[str], what: str, what_zh: str) -> None:
        """Report a word that is not in the vocabulary, with the nearest that is."""
        if slip := slips.in_name(scalar.text, scalar.place):
            self.problems.append(slip)
            return
        begun = f"{scalar.text}."  # `police` of `police.station`
        shown = " ".join(sorted(words)[:40]) or "none is declared / 没有声明"
        self.report(
            "E008",
            scalar.place,
            word=scalar.text,
            what=what,
            what_zh=what_zh,
            near=nearest(scalar.text, words) or next((word for word in sorted(words) if word.startswith(begun)), ""),
            note=f"{what} / {what_zh}: {shown}",
        )

    def texts(self, key: str, node: Node) -> dict[str, Scalar]:
        """Return a text by language; one text without a language stands for both."""
        if isinstance(node, Scalar):
            scalar = self.text(key, node)
            return dict.fromkeys(LANGUAGES, scalar) if scalar else {}
        if not isinstance(node, Mapping):
            self.wrong(key, node, "text")
            return {}
        found = {}
        known = self.known(node, LANGUAGES, f"`{key}`", key, also=_LANGUAGES_ELSEWHERE)
        for name, value in known.entries:
            if scalar := self.text(f"{key}.{name.text}", value):
                found[name.text] = scalar
        if not node.entries:
            self.report("E016", node.place, key=key)
        for language in LANGUAGES:
            if found and language not in found and not known.get(language):
                self.report("W340", node.place, key=key, language=language)
                found[language] = next(iter(found.values()))
        return found

    def duration(self, key: str, node: Node, *, least_ms: int = 0) -> int | None:
        """Return a duration in ms."""
        scalar = self.text(key, node)
        return self.duration_of(key, scalar.text, scalar.place, least_ms=least_ms) if scalar else None

    def duration_of(self, key: str, text: str, place: Place, *, least_ms: int = 0) -> int | None:
        """Return the duration that a text says, in ms."""
        match = DURATION.fullmatch(text.strip())
        value = _in_ms(match) if match else 0.5
        if value != int(value):
            self.report("E009", place, text=text, near=in_units(text) or "10m")
        elif not least_ms <= value <= DURATION_MAX_MS:
            self.out_of_range(place, key, f"{least_ms}ms", "366d", is_more=value > least_ms)
        else:
            return int(value)
        return None

    def whole(self, key: str, node: Node, *, least: int = 1) -> int | None:
        """Return a whole number."""
        scalar = self.text(key, node)
        if scalar is None:
            return None
        if re.fullmatch(r"[0-9]{1,12}", scalar.text) and int(scalar.text) >= least:
            return int(scalar.text)
        self.report("E015", scalar.place, key=key, least=least, text=scalar.text)
        return None

    def number(
        self,
        key: str,
        node: Node,
        least: float,
        most: float,
        example: str,
        unit_ms: int = 0,
        spell: Callable[[float], str] = "{:g}".format,
    ) -> float | None:
        """Return a number within limits, which `spell` writes; with `unit_ms` a duration stands for so many of it."""
        scalar = self.text(key, node)
        if scalar is None:
            return None
        length = DURATION.fullmatch(scalar.text.strip()) if unit_ms else None
        if length is None and not NUMBER.fullmatch(scalar.text):
            self.report("E080", scalar.place, key=key, text=scalar.text, example=in_units(scalar.text) or example)
            return None
        value = _in_ms(length) / unit_ms if length else float(scalar.text)
        if least <= value <= most:
            return value
        self.out_of_range(scalar.place, key, spell(least), spell(most), is_more=value > most)
        return None

    def out_of_range(self, place: Place, key: str, least: str, most: str, *, is_more: bool) -> None:
        """Report a value that is more or less than what may be."""
        advice, advice_zh = f"write at least {least}", f"最小写 {least}"
        if is_more:
            advice, advice_zh = f"write at most {most}", f"最大写 {most}"
        self.report("E030", place, key=key, least=least, most=most, advice=advice, advice_zh=advice_zh)

    def capacity(self, node: Node) -> int | None:
        """Return how many keys a table may hold."""
        capacity = self.whole("capacity", node)
        if capacity is not None and capacity > CAPACITY_MAX:
            self.out_of_range(node.place, "capacity", "1", str(CAPACITY_MAX), is_more=True)
        return capacity

    def day(self, node: Node, key: str) -> date | None:
        """Return a civil date."""
        scalar = self.text(key, node)
        if scalar is None:
            return None
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", scalar.text):
                raise ValueError
            return date.fromisoformat(scalar.text)
        except ValueError:
            self.report("E013", scalar.place, text=scalar.text)
            return None
