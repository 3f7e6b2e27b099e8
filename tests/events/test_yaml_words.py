"""What is wrong with a text that is no YAML is told in the reader's language alone."""

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from events.place import Problems
from events.schema import Schemas
from events.yaml_words import UNKNOWN, said
from rules.errors import CODES

BROKEN = {
    "a: 'x\n": "Y014",
    "a: 'x\n---\n": "Y014",
    'a: "\\q"\n': "Y015",
    'a: "\\uz"\n': "Y015",
    "a: @\n": "Y016",
    "a: ? b\n": "Y016",
    "a: 1\nb\nc: 2\n": "Y017",
    "a: [b\nc: d\n": "Y018",
    "a: {b: c\n": "Y018",
    "a: 'x' y\n": "Y019",
    "a: b\n c: d\n": "Y020",
    "a: - b\n": "Y021",
    "a: > 5\n": "Y023",
    "a: >\n  \n    \n    b\n": "Y020",
    "%YAML 3.0\n---\na: b\n": "Y024",
    "%YAML\n---\n": "Y024",
    "a: b\n...\nc: d\n": "Y009",
    "{}\na: b\n": "Y025",
    "a: & b\n": "Y007",
    "a: *b\n": "Y007",
    "a: !<b\n": "Y013",
    "a: !b!c d\n": "Y013",
    "a: b\na: c\n": "Y006",
}


@pytest.mark.parametrize("text", BROKEN)
def test_each_way_of_being_no_yaml_is_known_by_its_code(text: str) -> None:
    with pytest.raises(MarkedYAMLError) as caught:
        YAML(typ="safe", pure=True).load(text)
    words = said(caught.value)
    assert words.code == BROKEN[text]
    assert words != UNKNOWN
    assert words.code in CODES


def test_a_broken_schema_is_told_without_the_parsers_words(tmp_path) -> None:
    (tmp_path / "lift.yaml").write_text("kind: lift\nfields: {stuck: [\n", encoding="utf-8")
    with pytest.raises(Problems) as caught:
        Schemas.load(tmp_path)
    [problem] = caught.value.problems
    assert problem.code == "S002"
    assert problem.en == "is not YAML: a bracket is not closed, or a comma is missing in it"
    assert problem.zh == "YAML 语法有误:括号没有闭合,或里面缺少逗号"
