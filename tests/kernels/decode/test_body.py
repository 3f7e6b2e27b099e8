"""Posted arrays come apart as the plain definition says, and lines that go leave the others as they are."""

import numpy as np
import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from kernels.decode import body
from tests.naive import body as plain

PIECES = st.sampled_from([b"[", b"]", b"{", b"}", b",", b'"', b"\\", b"\n", b"\r", b" ", b"a", b'{"a":[1,{"b":"],"}]}'])
JSON = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def elements(text: bytes) -> bytes:
    array = np.frombuffer(text, np.uint8).copy()
    body.elements(array, len(array))
    return array.tobytes()


@given(st.lists(PIECES, max_size=30).map(b"".join))
@example(b' [{"a":"\n\\"]"},\n[1,2]]\n{}')
@example(b"[}]")
def test_an_array_comes_apart_as_the_plain_definition_says(text):
    for lines in (text + b"\n", b"[" + text + b"\n"):
        assert elements(lines) == plain.elements(lines)


@given(st.lists(JSON), st.booleans())
def test_each_element_of_an_array_is_a_line_and_stands_where_it_stood(values, indented):
    text = orjson.dumps(values, option=orjson.OPT_INDENT_2 if indented else 0)
    lines = [line for line in elements(text + b"\n").split(b"\n") if line.strip()]
    assert list(map(orjson.loads, lines)) == values


@given(st.lists(st.binary(max_size=5).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.data())
def test_lines_are_taken_out_and_the_others_stay(lines, data):
    text = b"".join(lines)
    starts = np.cumsum([0, *map(len, lines)])[:-1].astype(np.int64)
    gone = np.array(sorted(data.draw(st.sets(st.sampled_from(starts.tolist())))) if lines else [], np.int64)
    array = np.frombuffer(text, np.uint8).copy()
    assert array[: body.without(array, len(array), gone)].tobytes() == plain.without(text, set(gone.tolist()))
