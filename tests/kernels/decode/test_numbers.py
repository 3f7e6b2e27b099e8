"""Numbers: exactly the grammar of RFC 8259, exactly the double that Python's own float() gives."""

import math
import re
import struct

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels.decode.numbers import (
    ACCEPTED,
    INTEGER,
    NUMBER_OUT_OF_RANGE,
    REAL,
    double,
    long_integer,
    number,
    short_double,
    short_end,
)
from kernels.decode.wide import pointer

JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


@numba.njit
def scan(text):
    end, tag, mantissa, exponent, reason = number(pointer(text), 0)
    bits, certain = np.int64(0), True
    if reason == ACCEPTED:
        bits, certain = double(mantissa, exponent, tag, text[0] == 45)
    return end, tag, bits, certain, reason


def scanned(literal: str) -> tuple[int, int, float, bool, int]:
    """Scan a literal that a comma follows, in a text that goes on with what could be taken for more of it."""
    text = np.frombuffer(literal.encode() + b",9.9e9" + b"9" * 64, np.uint8).copy()
    end, tag, bits, certain, reason = scan(text)
    return end, tag, struct.unpack("<d", struct.pack("<q", bits))[0], certain, reason


def check(literal: str) -> None:
    end, tag, value, certain, reason = scanned(literal)
    expected = float(literal)
    if math.isinf(expected):
        assert reason == NUMBER_OUT_OF_RANGE
        return
    assert (end, reason) == (len(literal), ACCEPTED)
    if certain:
        assert value == expected
        if expected != 0 or tag == REAL:
            assert math.copysign(1, value) == math.copysign(1, expected)
    else:
        assert len(re.sub(r"[eE].*|\D", "", literal)) > 19  # only a cut-off mantissa may be undecided


@settings(max_examples=800, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_spelling_of_a_double_is_that_double(value: float) -> None:
    check(repr(value))


@settings(max_examples=800, deadline=None)
@given(st.integers(0, 10**25), st.integers(-360, 330))
@example(9007199254740993, 0)
@example(9007199254740993, -1)
@example(17976931348623157, 292)
@example(17976931348623159, 292)
@example(22250738585072011, -324)
@example(49406564584124654, -340)
@example(24703282292062327, -340)
@example(0, 10**9)
@example(1, -(10**9))
def test_any_decimal_has_the_nearest_double(mantissa: int, exponent: int) -> None:
    check(f"{mantissa}e{exponent}")
    check(f"-{mantissa}E+{exponent}" if exponent >= 0 else f"-{mantissa}E{exponent}")


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**52 - 1), st.integers(1, 2046))
def test_halves_between_two_doubles_go_to_the_even_one(fraction: int, binary: int) -> None:
    low = struct.unpack("<d", struct.pack("<Q", binary << 52 | fraction))[0]
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 1200
        half = (Decimal(low) + Decimal(math.nextafter(low, math.inf)) if low < 1.7e308 else Decimal(low) * 2) / 2
        check(f"{half:f}" if 1e-5 < low < 1e20 else str(half))
        check(str(half)[:19] + "e0" if "E" not in str(half)[:19] else "1")


@pytest.mark.parametrize("exponent", [*range(-4, 0), *range(1, 24)])
def test_exact_halves_with_a_power_of_ten_go_to_the_even_one(exponent: int) -> None:
    power = 5 ** abs(exponent)
    for start in (2**53, 2**53 + 2**40, 2**54 - 2**41):
        for step in range(4):
            if exponent > 0:  # 54 bits, the last one set, and a multiple of 5**exponent
                odd = (start // power + 1 | 1) + 2 * step
                shift = max(64 - 1 - (odd * power).bit_length() - 40, 0)
                mantissa = odd << shift
                while mantissa <= 2**53:  # beyond what one rounding does
                    mantissa <<= 1
            else:
                mantissa = (start + 1 + 2 * step) * power
            if mantissa < 10**19:
                check(f"{mantissa}e{exponent}")


@pytest.mark.parametrize(
    "literal",
    [
        "179769313486231570000" + "0" * 288,
        "1" + "0" * 308,
        "1" + "0" * 309,
        "0." + "0" * 400 + "1",
        "0." + "0" * 330 + "1e340",
        str(2**1024 - 2**970 - 1),
        str(2**1024 - 2**970),
        str(2**1024 - 2**970) + ".0",
        f"0.{2**1024 - 2**970 - 1}e309",
        f"{2**1024 - 2**970 - 1}.999999",
        "1e308",
        "1e309",
        "-1e309",
        "0e999999999999999999",
        "1e-999999999999999999",
    ],
)
def test_the_ends_of_the_range_are_exact(literal: str) -> None:
    check(literal)


@settings(max_examples=1500, deadline=None)
@given(st.text("0123456789-+.eE", min_size=1, max_size=24))
@example("00")
@example("-01")
@example("1.")
@example(".5")
@example("1e")
@example("1e+")
@example("0123456789")
@example("012.5")
@example("1.2.3")
@example("12345678e")
def test_what_is_no_json_number_does_not_pass(literal: str) -> None:
    end, _, _, _, reason = scanned(literal)
    whole = JSON_NUMBER.fullmatch(literal) is not None
    if whole and math.isinf(float(literal)):
        assert reason == NUMBER_OUT_OF_RANGE
    else:  # what passes in part ends before the comma, where the walk finds no separator
        assert (reason == ACCEPTED and end == len(literal)) == whole


@numba.njit
def scan_short(text):
    is_short, bits = short_double(pointer(text), 0, True)
    is_grammatical, _ = short_double(pointer(text), 0, False)
    return is_short, bits, is_grammatical, short_end(pointer(text), 0)


@settings(max_examples=2000, deadline=None)
@given(st.text("01239-+.eE", max_size=9), st.sampled_from([*",} \n\t", "a", "]", ".", "-", "\u00e9"]))
@example("0.125", ",")
@example("-0", ",")
@example("-0.0", ",")
@example("-12.5", "}")
@example("1234567", ",")
@example("12345678", ",")
@example("1.", ",")
@example("007", ",")
def test_a_short_number_is_what_any_number_is(literal: str, after: str) -> None:
    text = np.frombuffer((literal + after).encode() + b"9.9" * 24, np.uint8).copy()
    is_short, bits, is_grammatical, end = scan_short(text)
    number_end, _, number_bits, certain, reason = scan(text)
    assert (end >= 0) == is_grammatical
    if is_short:
        assert is_grammatical
        assert (bits, True) == (number_bits, certain)
    if end >= 0:
        assert (end, ACCEPTED) == (number_end, reason)
        assert text[end] in b",}] \n\t"
        assert is_short or (literal[0] == "-" and float(literal[:end]) == 0)
    elif re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", literal, re.ASCII) and after in ",}] \n\t":
        assert len(literal.lstrip("-")) > 7


@numba.njit
def scan_long(text):
    return long_integer(pointer(text), 0)


@settings(max_examples=1000, deadline=None)
@given(st.text("0123456789-.e", min_size=6, max_size=18))
@example("1795445939194")
@example("01795445939194")
@example("123456789012345")
@example("1234567890123456")
@example("1234567")
def test_a_long_integer_is_what_any_number_is(literal: str) -> None:
    text = np.frombuffer(literal.encode() + b"," * 24, np.uint8).copy()
    end, value = scan_long(text)
    number_end, tag, found, certain, reason = scanned(literal)
    if end >= 0 and text[end] == ord(","):
        assert (end, value, INTEGER, True, ACCEPTED) == (number_end, found, tag, certain, reason)
    else:
        assert not re.fullmatch(r"[1-9]\d{7,14}", literal, re.ASCII)
