"""Problems for programs: JSON, GitHub's workflow commands, SARIF."""

import json
from pathlib import Path

import jsonschema
import pytest

from events.place import Place, Problem
from rules.codes import meanings
from rules.errors import problem
from rules.report import SARIF_SCHEMA, as_github, as_json, as_sarif

OFFICIAL = Path(__file__).parents[1] / "editor/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
TEXT = "rules:\n- rule: x\n  when: (site, persn) not in residents\n"


@pytest.fixture
def found(tmp_path: Path) -> list[Problem]:
    path = tmp_path / "规则,a:b%.yaml"
    path.write_text(TEXT, encoding="utf-8")
    wrong = Place(str(path), 3, 16, 5)
    return [
        problem("W340", Place(str(path), 2, 3, 4), key="title", language="en"),
        Problem(
            "E104", wrong, "unknown `persn`,\n100%", "没有字段 persn", "did you mean `person`?", "是否想写 person?", "a"
        ),
        problem("Y030", Place("no/such file.yaml", 1), why="gone", why_zh="没了"),
    ]


def test_json_is_one_document_with_every_problem_in_the_order_of_places(found: list[Problem]) -> None:
    document = json.loads(as_json(found, None))
    assert (document["ruleset"], document["errors"], document["warnings"]) == (None, 2, 1)
    first, second, third = document["problems"]
    assert [each["code"] for each in (first, second, third)] == ["W340", "E104", "Y030"]
    assert second == {
        "code": "E104",
        "level": "error",
        "path": found[1].place.path,
        "line": 3,
        "column": 16,
        "end": 21,
        "message": {"zh": "没有字段 persn", "en": "unknown `persn`,␊100%"},
        "advice": {"zh": "是否想写 person?", "en": "did you mean `person`?"},
        "note": "a",
        "excerpt": "  when: (site, persn) not in residents",
    }
    assert (third["excerpt"], third["advice"], third["note"]) == (None, None, None)


def test_json_without_problems_names_the_ruleset() -> None:
    assert json.loads(as_json([], "0123")) == {"ruleset": "0123", "errors": 0, "warnings": 0, "problems": []}


def test_github_gets_one_line_a_problem_with_nothing_in_it_that_ends_a_property(found: list[Problem]) -> None:
    lines = as_github(found).split("\n")
    path = found[1].place.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert lines[0].startswith(f"::warning file={path},line=2,endLine=2,col=3,endColumn=7,title=W340::")
    assert lines[1] == (
        f"::error file={path},line=3,endLine=3,col=16,endColumn=21,title=E104::"
        "unknown `persn`,␊100%25 / 没有字段 persn (did you mean `person`? / 是否想写 person?)"
    )
    assert lines[2].startswith("::error file=no/such file.yaml,line=1,")
    assert lines[3:] == ["2 errors, 1 warning / 2 个错误,1 个警告"]


def test_sarif_names_its_rules_and_the_places_of_its_results(found: list[Problem]) -> None:
    log = json.loads(as_sarif(found, "1.2.3"))
    assert (log["$schema"], log["version"]) == (SARIF_SCHEMA, "2.1.0")
    [run] = log["runs"]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["E104", "W340", "Y030"]
    assert [result["level"] for result in run["results"]] == ["warning", "error", "error"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert places[1]["region"] == {"startLine": 3, "startColumn": 16, "endColumn": 21}
    assert places[1]["artifactLocation"]["uri"] == Path(found[1].place.path).as_uri()
    assert places[2]["artifactLocation"]["uri"] == "no/such%20file.yaml"
    assert "contextRegion" not in places[2]


@pytest.mark.server
def test_sarif_fits_the_schema_of_the_standard(found: list[Problem]) -> None:
    if not OFFICIAL.exists():
        pytest.skip("npm ci --prefix tests/editor")
    schema = json.loads(OFFICIAL.read_text(encoding="utf-8"))
    check = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    every = [Problem(code, Place("f.yaml", 1), "a", "b") for code in meanings()]
    for problems in ([], found, every):
        check.validate(json.loads(as_sarif(problems, "1.2.3")))
    with pytest.raises(jsonschema.ValidationError):
        check.validate(json.loads(as_sarif(found, "1.2.3").replace('"startLine": 3', '"startLine": 0')))
