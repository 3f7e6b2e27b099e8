"""The JSON Schema of rule files: valid itself, true to the checker, and filled with the names in force."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from events.alert import SEVERITIES
from events.schema import Schemas
from rules import files
from rules.check import LIBRARY
from rules.declared import declared
from rules.json_schema import DIALECT, json_schema
from rules.keys import RULE
from rules.purpose import PURPOSES
from rules.vocabulary import Vocabulary

SCHEMAS = Schemas.load()
DOCS = Path(__file__).parents[2] / "docs"
SHIPPED = sorted(path for path in LIBRARY.glob("*.yaml") if not path.name.endswith(files.TEST_SUFFIXES))
LANGUAGE = sorted((Path(__file__).parent / "language").glob("*.yaml"))


@pytest.fixture(scope="module")
def schema():
    return json_schema(SCHEMAS, declared(files.read([LIBRARY]), SCHEMAS))


@pytest.fixture(scope="module")
def bare():
    """Without vocabulary."""
    return json_schema(SCHEMAS, Vocabulary())


def loaded(text: str):
    """Read YAML as an editor does: a date is a text there."""
    found = YAML(typ="safe", pure=True).load(text)
    return json.loads(json.dumps(found, default=date.isoformat))


def messages(schema, text: str) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(loaded(text))]


def rule(**keys: str) -> str:
    lines = {"rule": "x", "from": "gate", "severity": "low"} | {key.rstrip("_"): value for key, value in keys.items()}
    return "version: 1\nrules:\n- " + "\n  ".join(f"{key}: {value}" for key, value in lines.items() if value) + "\n"


def test_it_is_a_schema_of_the_dialect_it_names(schema, bare) -> None:
    for each in (schema, bare):
        assert each["$schema"] == DIALECT
        jsonschema.Draft202012Validator.check_schema(each)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_fits(schema, bare, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert messages(schema, text) == messages(bare, text) == []


@pytest.mark.parametrize("path", LANGUAGE, ids=lambda path: path.name)
def test_the_whole_language_fits_with_its_own_vocabulary(bare, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    vocabulary = declared(files.read([LANGUAGE[0].parent / "vocabulary.yaml"]), SCHEMAS)
    assert messages(json_schema(SCHEMAS, vocabulary), text) == messages(bare, text) == []


def test_every_key_of_a_rule_has_both_languages_and_an_example_that_fits(bare) -> None:
    properties = bare["$defs"]["rule"]["properties"]
    assert list(properties) == list(RULE)
    for name, key in RULE.items():
        assert properties[name]["description"] == f"{key.title['en']} / {key.title['zh']}", name
        jsonschema.validate(properties[name]["examples"][0], {**properties[name], "$schema": DIALECT})


def test_the_names_in_force_are_offered(schema) -> None:
    keys = schema["$defs"]["rule"]["properties"]
    assert keys["from"]["anyOf"][0]["enum"] == list(SCHEMAS.kinds)
    assert keys["purpose"]["enum"] == list(PURPOSES)
    assert keys["severity"]["anyOf"][0]["enum"] == list(SEVERITIES)
    assert "elders" in keys["absence"]["properties"]["expect"]["enum"]
    assert "property" in keys["route"]["anyOf"][0]["enum"]
    assert "night" in keys["active"]["anyOf"][0]["enum"]


@pytest.mark.parametrize(
    "text",
    [
        rule(),
        rule(window="5m tumbling", threshold="count() >= 2"),
        rule(window="session 20s max 1h", threshold="duration() > 5m"),
        rule(window="day", threshold="count() > 1"),
        rule(when="true", capacity="1000", labels="{area: '${site}'}"),
        rule(title="2026", message="{zh: 一, en: one}", route="[anywhere, else.where]"),
        rule(absence="{for: 48h, expect: anyone}", key="person"),
        rule(severity="{critical: a > 1, low: default}", except_="[{when: a == 1, reason: b, until: 2026-12-31}]"),
        rule(from_="", sequence="[{first: gate}, {then: camera, times: 2 distinct track, within: 4s}]"),
        "version: 1\nroutes: [a, {name: b, title: {zh: 乙}}]\n",
        "version: 1\nsets: {s: {key: [a, b], columns: {c: number km/h, d: {type: number, max: 3}}}}\n",
    ],
)
def test_what_the_language_has_fits(bare, text: str) -> None:
    assert messages(bare, text) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (rule(wen="a == 1"), "wen"),
        (rule(from_="gat"), "gat"),
        (rule(from_="[gate, camra]"), "gate"),
        (rule(from_=""), "'from' is a required property"),
        (rule(severity="hihg"), "hihg"),
        (rule(severity="{hihg: default}"), "hihg"),
        (rule(severity=""), "'severity' is a required property"),
        (rule(window="5 minutes", threshold="count() > 1"), "5 minutes"),
        (rule(window="5m sliding", threshold="count() > 1"), "5m sliding"),
        (rule(threshold="count() > 1"), "'window' is a dependency of 'threshold'"),
        (rule(cooldown="soon"), "soon"),
        (rule(capacity="0"), "0 is less than the minimum"),
        (rule(mode="on"), "on"),
        (rule(purpose="fun"), "fun"),
        (rule(rule="No Name"), "No Name"),
        (rule(key="[sit]"), "sit"),
        (rule(absence="{expect: elders}"), "'for' is a required property"),
        (rule(from_="", sequence="[{first: gate, then: camera}]"), "valid under each of"),
        (rule(absence="{for: 1h}", window="1m", threshold="count() > 1"), "False schema"),
        (rule(title="{de: eins}"), "de"),
        ("version: 2\n", "1 was expected"),
        ("rules: []\n", "'version' is a required property"),
        ("version: 1\nrules: []\n", "[]"),
        ("version: 1\nsets: {S: {key: a}}\n", "does not match"),
        ("version: 1\nsets: {s: {columns: {c: id}}}\n", "'key' is a required property"),
        ("version: 1\nsets: {s: {key: a, columns: {c: numbr}}}\n", "numbr"),
        ("version: 1\ngroup: {}\n", "group"),
    ],
)
def test_what_the_language_lacks_is_found(bare, text: str, word: str) -> None:
    found = messages(bare, text)
    assert found
    assert any(word in message for message in found), found


def test_the_names_of_a_vocabulary_are_the_only_ones(schema) -> None:
    assert messages(schema, rule(route="property")) == []
    assert messages(schema, rule(route="proprety"))
    assert messages(schema, rule(absence="{for: 1h, expect: eldest}"))
