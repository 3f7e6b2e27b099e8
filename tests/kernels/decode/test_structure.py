"""The tokens of a line are found wherever they are, whatever strings hold, in blocks of any bytes around them."""

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels.decode.structure import BYTES, ROOM, TOKENS, spread_one_by_one, structure
from kernels.decode.wide import pointer, spread


@numba.njit
def found(text, first, tokens):
    return structure(pointer(text), first, pointer(tokens))


@numba.njit
def one_by_one(out, at, bits, base):
    spread_one_by_one(pointer(out), at, bits, base)


@numba.njit
def at_once(out, at, bits, base):
    spread(pointer(out), at, bits, base)


def tokens_of(line: bytes, before: int = 0) -> tuple[int, int, list[int]]:
    """Return count, end and tokens of a line that has other bytes before and behind it."""
    text = np.frombuffer(b'"' * before + line + b"\n" + b'{"\\' * 30, np.uint8).copy()
    tokens = np.zeros(ROOM, np.uint16)
    count, end = found(text, before, tokens)
    assert count < 0 or set(tokens[count : count + 4].tolist()) == {end}
    return count, end, tokens[: max(count, 0)].tolist()


def twin(line: bytes) -> tuple[int, list[int]]:
    """Return end and tokens of a line, byte by byte."""
    places: list[int] = []
    in_string = in_scalar = is_escaped = False
    for i, c in enumerate(line + b"\n"):
        if c < 0x20 and c not in b"\t\r":
            return i, places
        is_quote = c == ord('"') and not is_escaped
        is_escaped = c == ord("\\") and not is_escaped
        if in_string:
            in_string = not is_quote
            in_scalar = False
        elif is_quote or c in b"{}[],:":
            places.append(i)
            in_string = is_quote
            in_scalar = False
        elif c in b" \t\r":
            in_scalar = False
        else:
            places += [] if in_scalar else [i]
            in_scalar = True
    raise AssertionError("a line ends in a newline")


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.sampled_from([*b'"\\{}[],: \t\ra1', 0, 0xE4])).map(bytes)
    | st.lists(st.sampled_from([b'"a":"b\\"c",', b"\\" * 9, b'"', b"12.5", b" " * 61, b"true", b"\\\\"])).map(b"".join),
    st.integers(0, 3),
)
@example(b'"' + b"x" * 62 + b'\\"y",1', 0)
@example(b'"' + b"\\" * 63 + b'"1', 0)
@example(b'"' + b"\\" * 64 + b'"1', 0)
@example(b"x" * 64 + b"y,z", 0)
def test_tokens_are_those_that_a_reader_finds_byte_by_byte(line: bytes, before: int) -> None:
    end, places = twin(line)
    assert tokens_of(line, before) == (len(places), end, places)


def test_a_line_of_an_event_has_four_tokens_a_field_and_two() -> None:
    line = b'{ "kind" : "gate" ,\t"x":-1.5,"on":true , "nested":"{[,:" }'
    count, end, places = tokens_of(line)
    assert [chr(line[place]) for place in places] == list('{":",":-,":t,":"}')
    assert (count, end) == (17, len(line))


@pytest.mark.parametrize("more", [0, 1])
def test_a_line_of_too_many_tokens_or_bytes_is_left_to_others(more: int) -> None:
    assert (tokens_of(b"," * (TOKENS + 64 * more) + b" " * 64)[0] < 0) == bool(more)
    assert (tokens_of(b" " * (BYTES - 1 + more))[0] < 0) == bool(more)


@settings(max_examples=500, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 100), st.integers(0, BYTES))
@example(-1, 3, 64)
def test_places_are_spread_alike_at_once_and_one_by_one(bits: int, at: int, base: int) -> None:
    places = [base + i for i in range(64) if bits >> i & 1]
    for way in (one_by_one, at_once):
        out = np.zeros(ROOM, np.uint16)
        way(out, at, bits, base)
        assert out[at : at + len(places)].tolist() == places
        assert not out[:at].any()
