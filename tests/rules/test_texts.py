"""Texts with holes."""

import pytest

from events.place import Place, Problems
from rules import yaml
from rules.expression.canonical import canonical
from rules.texts import split
from rules.yaml import Mapping, Scalar


def scalar(spelled: str) -> Scalar:
    node, problems = yaml.read("r.yaml", f"a: {spelled}\n".encode())
    assert not problems and isinstance(node, Mapping)
    value = node.entries[0][1]
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    ("text", "pieces", "holes"),
    [
        ("plain", ["plain"], []),
        ('"${a}"', ["", ""], ["a"]),
        ('"x ${ a + 1 } y ${b}"', ["x ", " y ", ""], ["a + 1", "b"]),
        ('"cost $5, $${not} ${a}"', ["cost $5, ${not} ", ""], ["a"]),
        ("\"${a == '}'}!\"", ["", "!"], ["a == '}'"]),
        ('"{a} }"', ["{a} }"], []),
    ],
)
def test_a_text_is_split_at_its_holes(text: str, pieces: list[str], holes: list[str]) -> None:
    found, nodes = split(scalar(text))
    assert found == pieces
    assert [canonical(node) for node in nodes] == holes


def test_errors_in_holes_are_all_found_where_they_are() -> None:
    with pytest.raises(Problems) as caught:
        split(scalar('"${a +} and ${b ++ c} and ${d"'))
    assert [problem.code for problem in caught.value.problems][-1] == "E028"
    assert len(caught.value.problems) >= 3
    assert caught.value.problems[-1].place == Place("r.yaml", 1, 30, 2)
