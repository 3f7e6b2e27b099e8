import json

import pytest

from rules.check import LIBRARY
from tests.editor.language_server import PROGRAM, LanguageServer

LONE = "version: 1\nrules:\n- rule: x\n  from: gate\n  severity: low\n"


def test_the_schema_has_the_names_of_a_vocabulary(citynerve, tmp_path):
    out = tmp_path / "rules.schema.json"
    assert citynerve("rules", "schema", LIBRARY, "--out", out).out == ""
    keys = json.loads(out.read_text(encoding="utf-8"))["$defs"]["rule"]["properties"]
    assert "police.community" in keys["route"]["anyOf"][0]["enum"]


def test_without_a_vocabulary_names_may_be_anything(citynerve):
    told = citynerve("rules", "schema")
    assert told.code == 0
    assert "enum" not in json.loads(told.out)["$defs"]["rule"]["properties"]["route"]["anyOf"][0]


def test_a_rule_file_alone_brings_the_vocabulary_beside_it_whatever_its_rules_are(citynerve, tmp_path):
    (tmp_path / "routes.yaml").write_text("version: 1\nroutes: [property]\n", encoding="utf-8")
    (tmp_path / "r.yaml").write_text(LONE.replace("gate", "gat"), encoding="utf-8")
    told = citynerve("rules", "schema", tmp_path / "r.yaml")
    assert told.code == 0 and '"property"' in told.out


def test_a_vocabulary_with_errors_is_shown_with_them(citynerve, tmp_path):
    (tmp_path / "sets.yaml").write_text("version: 1\nsets: {s: {columns: {a: id}}}\n", encoding="utf-8")
    told = citynerve("rules", "schema", tmp_path)
    assert told.code == 1 and "error[E003]" in told.err and told.out == ""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server that editors run, with the schema of the shipped library."""
    if not PROGRAM.exists():
        pytest.skip("npm ci --prefix tests/editor")
    from events.schema import Schemas
    from rules import files
    from rules.declared import declared
    from rules.json_schema import json_schema

    schemas = Schemas.load()
    path = tmp_path_factory.mktemp("schema") / "rules.schema.json"
    path.write_text(json.dumps(json_schema(schemas, declared(files.read([LIBRARY]), schemas))), encoding="utf-8")
    server = LanguageServer(path)
    yield server
    server.close()


@pytest.mark.server
def test_an_editor_finds_nothing_wrong_with_the_shipped_library(server):
    for path in sorted(LIBRARY.glob("*.yaml")):
        if not path.name.endswith(".test.yaml"):
            assert server.open(path, path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.server
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("  severity: ", {"critical", "high", "medium", "low"}),
        ("  from: ", {"gate", "camera", "sensor"}),
        ("  route: ", {"police.community", "property"}),
        ("  purpose: ", {"public_safety", "elder_care"}),
        ("  active: ", {"night", "spring_festival"}),
        ("  mode: ", {"live", "shadow", "disabled"}),
    ],
)
def test_an_editor_offers_what_may_stand_behind_a_key(server, tmp_path, line, offered):
    path = tmp_path / "r.yaml"
    server.open(path, f"version: 1\nrules:\n- rule: x\n{line}\n")
    assert offered <= set(server.complete(path, 3, len(line)))


@pytest.mark.server
def test_an_editor_underlines_a_misspelt_key_a_wrong_word_and_a_second_pattern(server, tmp_path):
    wrong = LONE + "  whne: a == 1\n  mode: lif\n  window: 5m\n  threshold: count() > 1\n  absence: {for: 1h}\n"
    found = server.open(tmp_path / "w.yaml", wrong)
    lines = {each["range"]["start"]["line"]: each["message"] for each in found}
    assert "whne" in lines[5]
    assert set(lines) == {5, 6, 8, 9}


@pytest.mark.server
def test_an_editor_shows_what_a_key_says_in_both_languages(server, tmp_path):
    path = tmp_path / "h.yaml"
    server.open(path, LONE)
    told = server.ask("textDocument/hover", textDocument={"uri": path.as_uri()}, position={"line": 4, "character": 4})
    assert "a level" in json.dumps(told, ensure_ascii=False) and "级别" in json.dumps(told, ensure_ascii=False)
