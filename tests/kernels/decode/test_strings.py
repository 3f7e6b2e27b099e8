"""Strings: their end is found at any place of a block, and only what Python decodes as UTF-8 is valid."""

import itertools

import numba
import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.decode.marks import mark
from kernels.decode.reasons import ACCEPTED, SYNTAX, UTF8
from kernels.decode.strings import string_end, unescape
from kernels.decode.wide import pointer


@numba.njit
def end_of(text, marks, at):
    return string_end(pointer(text), pointer(marks), at)


@numba.njit
def unescaped(text, marks, at, out):
    return unescape(pointer(text), pointer(marks), at, pointer(out), 0)


def scan(content: bytes, before: int = 0) -> tuple[int, int, int, bytes]:
    """Scan a string's content with `before` bytes ahead of it; return end, has escapes, reason, what it says."""
    data = b"a" * before + content + b'"\n'
    text = np.frombuffer(data + b"\xe4" * 64, np.uint8).copy()
    marks = np.full(len(data) // 8 + 24, 0xFF, np.uint8)
    assert mark(text, len(data), marks) == data.count(b"\n")
    end, has_escapes, reason = end_of(text, marks, before)
    out = np.zeros(len(data) + 128, np.uint8)
    same_end, to, same_reason = unescaped(text, marks, before, out)
    assert (same_end, same_reason) == (end, reason)
    return end - before, has_escapes, reason, out[:to].tobytes() if reason == ACCEPTED else b""


def agrees_with_orjson(content: bytes, before: int) -> None:
    end, _, reason, said = scan(content, before)
    try:
        expected = orjson.loads(b'"' + content + b'"')
    except orjson.JSONDecodeError:
        assert reason in (SYNTAX, UTF8) or end < len(content)  # or a quote in it ended it earlier
        return
    assert (end, reason, said) == (len(content), ACCEPTED, expected.encode())


@settings(max_examples=800, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 140))
def test_any_bytes_at_any_place_are_a_string_where_orjson_says_so(content: bytes, before: int) -> None:
    agrees_with_orjson(content, before)


@settings(max_examples=800, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=50), st.integers(0, 140), st.data())
def test_cutting_or_changing_one_byte_of_utf8_is_found_anywhere(text: str, before: int, data: st.DataObject) -> None:
    content = bytearray(text.replace('"', "").replace("\\", "").encode())
    agrees_with_orjson(bytes(content), before)
    if content:
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[at]
        else:
            content[at] = data.draw(st.integers(0, 255))
        agrees_with_orjson(bytes(content), before)


def test_every_pair_of_lead_and_continuation_is_judged_as_by_python() -> None:
    edges = (0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE0, 0xFF)
    for lead, second in itertools.product(range(0x80, 0x100), edges):
        for rest in (b"", b"\x80", b"\x80\x80", b"\xbf\xbf", b"\x80\x80\x80"):
            content = bytes((lead, second)) + rest
            for before in (0, 61, 62, 63, 64, 100):
                agrees_with_orjson(content, before)


@pytest.mark.parametrize("before", range(56, 68))
@pytest.mark.parametrize("character", ["é", "赣", "\U00010000"])
def test_a_character_may_begin_at_any_place_of_a_long_string(before: int, character: str) -> None:
    agrees_with_orjson(("x" * before + character + r"\n" + character + "y" * 70).encode(), 0)


@settings(max_examples=800, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    r"\"",
                    r"\\",
                    r"\/",
                    r"\b",
                    r"\f",
                    r"\n",
                    r"\r",
                    r"\t",
                    r"\u0041",
                    r"\u00e9",
                    r"\u8d63",
                    r"\uD83D\uDE00",
                    r"\ud800",
                    r"\udc00",
                    r"\ud800\u0041",
                    r"\ud800\ud800",
                    r"\u12",
                    r"\x41",
                    r"\U0041",
                    r"\u00G0",
                    "\\",
                    "a",
                    "é",
                    "赣",
                    "\U0001f600",
                    "x" * 30,
                ]
            ),
            st.text(st.characters(codec="utf-8"), max_size=2),
        ),
        max_size=12,
    ),
    st.integers(0, 70),
)
def test_escapes_say_what_they_say_to_orjson(parts: list[str], before: int) -> None:
    agrees_with_orjson("".join(parts).encode(), before)


def test_the_reason_tells_broken_text_from_broken_json() -> None:
    assert scan(b"a\xffb")[:3] == (1, 0, UTF8)
    assert scan(b"\\ud800")[2] == UTF8
    assert scan(b"\\x")[2] == SYNTAX
    assert scan(b"a\x01")[:3] == (1, 0, SYNTAX)
