"""The tokens of lines are found wherever they are, whatever strings hold and whatever bytes are around them."""

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels.decode.structure import AHEAD, ROOM, STRETCH, spread_one_by_one, structure
from kernels.decode.wide import pointer, spread


@numba.njit
def found(text, first, last, tokens):
    return structure(pointer(text), first, last, pointer(tokens))


@numba.njit
def one_by_one(out, at, bits, base):
    spread_one_by_one(pointer(out), at, bits, base)


@numba.njit
def at_once(out, at, bits, base):
    spread(pointer(out), at, bits, base)


def tokens_of(lines: bytes, before: int = 0) -> list[int]:
    """Return the tokens of text that has other bytes before and behind it."""
    text = np.frombuffer(b'"' * before + lines + b'{"\\\n' * 30, np.uint8).copy()
    tokens = np.zeros(ROOM, np.uint16)
    count = found(text, before, before + len(lines), tokens)
    assert count == 0 or set(tokens[count : count + AHEAD].tolist()) == {tokens[count - 1]}
    return tokens[:count].tolist()


def twin(lines: bytes) -> list[int]:
    """Return the tokens of all whole lines, byte by byte."""
    places: list[int] = []
    in_string = in_scalar = is_escaped = False
    for i, c in enumerate(lines[: lines.rfind(b"\n") + 1]):
        is_quote = c == ord('"') and not is_escaped
        is_escaped = c == ord("\\") and not is_escaped
        if c == ord("\n"):
            in_string = is_escaped = False
        if in_string:
            in_string = not is_quote
            in_scalar = False
        elif is_quote or c in b"{}[],:" or (c < 0x20 and c not in b"\t\r"):
            places.append(i)
            in_string = is_quote
            in_scalar = False
        elif c in b" \t\r":
            in_scalar = False
        else:
            places += [] if in_scalar else [i]
            in_scalar = True
    return places


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.sampled_from([*b'"\\{}[],: \t\r\na1', 0, 0xE4])).map(bytes)
    | st.lists(st.sampled_from([b'"a":"b\\"c",', b"\\" * 9, b'"', b"12.5", b" " * 61, b"true", b"\\\\", b"\n"])).map(
        b"".join
    ),
    st.integers(0, 3),
)
@example(b'"' + b"x" * 62 + b'\\"y",1', 0)
@example(b'"' + b"\\" * 63 + b'"1', 0)
@example(b'"' + b"\\" * 64 + b'"1', 0)
@example(b"x" * 64 + b"y,z", 0)
@example(b'{"cut\n{"a":"b"}\n"' + b"\n" * 70, 0)
def test_tokens_are_those_that_a_reader_finds_byte_by_byte(lines: bytes, before: int) -> None:
    assert tokens_of(lines, before) == twin(lines)
    assert tokens_of(lines + b"\n", before) == twin(lines + b"\n")


def test_a_line_of_an_event_has_four_tokens_a_field_and_two() -> None:
    line = b'{ "kind" : "gate" ,\t"x":-1.5,"on":true , "nested":"{[,:" }\n'
    assert [chr(line[place]) for place in tokens_of(line)] == list('{":",":-,":t,":"}\n')


@pytest.mark.parametrize("size", [STRETCH - 1, STRETCH])
def test_there_is_room_for_a_stretch_of_nothing_but_tokens(size: int) -> None:
    assert tokens_of(b"," * (size - 1) + b"\n") == list(range(size))


@settings(max_examples=500, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 100), st.integers(0, STRETCH))
@example(-1, 3, 64)
def test_places_are_spread_alike_at_once_and_one_by_one(bits: int, at: int, base: int) -> None:
    places = [base + i for i in range(64) if bits >> i & 1]
    for way in (one_by_one, at_once):
        out = np.zeros(ROOM, np.uint16)
        way(out, at, bits, base)
        assert out[at : at + len(places)].tolist() == places
        assert not out[:at].any()
