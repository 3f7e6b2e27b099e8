"""One slip in a key is one error, which names the key that was meant, wherever the key stands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check, yaml
from rules.declaration_keys import AREA, ROUTE, SCORE, WORKDAYS
from rules.keys import RULE, Key
from rules.layout import FILE, inside
from rules.misspelt import meant, slips
from rules.rule_file import RULES, VOCABULARY
from rules.yaml import Items, Mapping, Node, Scalar

SCHEMAS, CITY = Schemas.load(), CityKey()
LANGUAGE = Path(__file__).parent / "language"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(LANGUAGE.glob("*.yaml"))} | {
    "more.yaml": "version: 1\n"
    "calendars: {workday: {weekdays: [mon], holidays: [2026-02-16/2026-02-20], makeup: [2026-02-14]}}\n"
    "sets: {wanted: {key: plate, columns: {level: {type: number, unit: m, sensitivity: open, max: 9}}}}\n"
    "routes: [{name: desk, title: {zh: 台, en: desk}, topic: dispatch.t, fields: [], lang: zh}]\n"
}
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz_")


def problems(texts: dict[str, str]) -> list[Problem]:
    """What is wrong."""
    try:
        return check.loads(texts, SCHEMAS, CITY).problems
    except Problems as raised:
        return raised.problems


def declared(document: Mapping) -> list[tuple[Scalar, tuple[str, ...]]]:
    """The keys of a file, and those of its declarations."""
    known = RULES if document.get("rules") else VOCABULARY
    found = [(name, known) for name, _ in document.entries]
    for key, section in (
        ("sets", ("key", "columns")),
        ("areas", tuple(AREA)),
        ("calendars", tuple(WORKDAYS)),
        ("scores", tuple(SCORE)),
    ):
        for body in sections(document.get(key)):
            found += [(name, section) for name, _ in body.entries]
            for column in sections(body.get("columns")) if key == "sets" else ():
                found += [(name, ("type", "unit", "sensitivity", "max")) for name, _ in column.entries]
    routes = document.get("routes")
    for route in routes.items if isinstance(routes, Items) else ():
        found += [(name, tuple(ROUTE)) for name, _ in route.entries] if isinstance(route, Mapping) else []
    return found


def sections(node: Node | None) -> list[Mapping]:
    """The mappings that stand under names."""
    values = [value for _, value in node.entries] if isinstance(node, Mapping) else []
    return [value for value in values if isinstance(value, Mapping)]


def keys_of(node: Node, key: Key) -> list[tuple[Scalar, tuple[str, ...]]]:
    """Every key of a rule whose section is of the language, with all keys of that section."""
    found: list[tuple[Scalar, tuple[str, ...]]] = []
    for name, value in node.entries if isinstance(node, Mapping) else ():
        if name.text in key.keys and key is not FILE:
            found.append((name, tuple(key.keys)))
        elif key.shape == "texts" and name.text in ("zh", "en"):
            found.append((name, ("zh", "en")))
        elif key.words and key.shape == "ladder":
            found.append((name, key.words))
        found += keys_of(value, inside(key, name.text))
    for item in node.items if isinstance(node, Items) else ():
        found += keys_of(item, inside(key, None))
    return found


READ = {name: yaml.read(name, text.encode())[0] for name, text in TEXTS.items()}
KEYS = [each for node in READ.values() for each in [*declared(node), *keys_of(node, FILE)]]


@st.composite
def slip(draw: st.DrawFn, word: str) -> str:
    """A word with one letter left out, added, mistaken or turned around with its neighbour."""
    at = draw(st.integers(0, len(word) - 1))
    match draw(st.sampled_from(["out", "in", "other", "turned"])):
        case "out":
            return word[:at] + word[at + 1 :]
        case "in":
            return word[:at] + draw(LETTERS) + word[at:]
        case "other":
            return word[:at] + draw(LETTERS) + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def test_the_language_file_has_keys_of_every_section() -> None:
    assert {name.text for name, _ in KEYS} >= {*RULE} - {"legal_basis", "canary", "capacity", "annotations", "within"}
    assert {"rules", "sets", "columns", "polygon", "zh", "high", "reason", "season", "expect", "then", "after"} <= {
        name.text for name, _ in KEYS
    }


@given(st.sampled_from(KEYS), st.data())
def test_one_slip_in_any_key_is_one_error_that_names_the_key(which: tuple[Scalar, tuple[str, ...]], data) -> None:
    key, section = which
    written = data.draw(slip(key.text))
    there = {each.text for each in _neighbours(key)}
    near = [word for word in section if word not in there and slips(written, word) <= slips(written, key.text)]
    if written in {*section, "rule", "null", "no", ""} or near:  # it is another key, or as near to one
        return
    path = key.place.path
    lines = TEXTS[path].split("\n")
    line, start = lines[key.place.line - 1], key.place.column - 1
    assert line[start:].startswith(key.text)
    lines[key.place.line - 1] = line[:start] + written + line[start + len(key.text) :]
    found = problems({**TEXTS, path: "\n".join(lines)})
    assert [(each.code in ("E002", "E008"), each.place.line, each.place.column) for each in found] == [
        (True, key.place.line, key.place.column)
    ]
    assert found[0].advice_en == f"did you mean `{key.text}`?" and found[0].advice_zh == f"是否想写 {key.text}?"


def _neighbours(key: Scalar) -> list[Scalar]:
    """The keys that stand beside one."""

    def search(node: Node) -> list[Scalar]:
        values = [value for _, value in node.entries] if isinstance(node, Mapping) else []
        parts = node.items if isinstance(node, Items) else values
        if isinstance(node, Mapping) and any(name.place == key.place for name, _ in node.entries):
            return [name for name, _ in node.entries]
        return next((found for part in parts if (found := search(part))), [])

    return search(READ[key.place.path])


@pytest.mark.parametrize(
    ("word", "known", "wanted", "told"),
    [
        ("treshold", ("threshold", "title"), (), "threshold"),
        ("hen", ("when", "then"), (), "when"),
        ("hen", ("when", "then"), ("then",), "then"),
        ("form", ("for", "from"), ("from",), "from"),
        ("windwo", ("window", "within"), (), "window"),
        ("to", ("from", "for"), (), ""),
        ("x", ("to", "by"), (), ""),
        ("zzzzz", ("when",), (), ""),
    ],
)
def test_the_nearest_is_meant_and_of_equals_the_one_that_is_wanted(word, known, wanted, told) -> None:
    assert meant(word, known, wanted) == told


def test_a_slip_is_a_letter_left_out_added_mistaken_or_turned_around() -> None:
    assert [slips("when", word) for word in ("when", "wen", "whhen", "whan", "wehn", "hwne")] == [0, 1, 1, 1, 1, 2]
    assert slips("a", "b") == slips("", "a") == 1
