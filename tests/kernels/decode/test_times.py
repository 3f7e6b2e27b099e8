"""Times: RFC 3339 and nothing else, to the millisecond."""

import calendar
from datetime import UTC, date, datetime, timedelta

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.decode.times import instant
from kernels.decode.wide import pointer
from kernels.nulls import NULL
from tests.naive.decode import Rejected, _time


@numba.njit
def read(text, length):
    return instant(pointer(text), 0, length)


def ms(text: str) -> int | None:
    raw = np.frombuffer(text.encode() + b"9" * 64, np.uint8).copy()
    value = read(raw, len(text.encode()))
    return None if value == NULL else int(value)


@settings(max_examples=1000, deadline=None)
@given(st.datetimes(), st.integers(-(24 * 60) + 1, 24 * 60 - 1), st.integers(0, 9))
def test_every_time_of_every_offset_is_read_to_the_millisecond(time: datetime, offset: int, digits: int) -> None:
    micros = f"{time.microsecond:06d}123"[:digits]
    sign = "-" if offset < 0 else "+"
    text = (
        f"{time:%Y}".rjust(4, "0")
        + time.strftime("-%m-%dT%H:%M:%S")
        + (f".{micros}" if digits else "")
        + f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    )
    whole = time.replace(microsecond=0, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    expected = whole // timedelta(milliseconds=1) + int((micros + "000")[:3]) - offset * 60_000
    assert ms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("2024-02-29T12:00:00+08:00", 1709179200000),
        ("2000-02-29T00:00:00-00:00", 951782400000),
        ("0000-01-01T00:00:00Z", -62167219200000),
        ("9999-12-31T23:59:59.999Z", 253402300799999),
        ("2016-12-31T23:59:60Z", 1483228800000),
        ("2016-12-31T23:59:60.75Z", 1483228800000),
        ("2017-01-01T07:59:60+08:00", 1483228800000),
    ],
)
def test_known_instants(text: str, expected: int) -> None:
    assert ms(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+0800",
        "2024-01-01T00:00:00+08",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+08:60",
        "2024-01-01T00:00:00ZZ",
        "2024-01-01T00:00:00Z ",
        " 2024-01-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-32T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "2024/01/01T00:00:00Z",
        "2024-1-01T00:00:00Z",
        "+024-01-01T00:00:00Z",
        "2024-01-01T00:00:00,5Z",
        "２024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.5.5Z",
        "2024-01-01T00:00:00.5",
        "2024-01-01T00:00:00+",
        "2024-01-01T00:00:00+08:0",
        "20240-01-01T00:00:00Z",
        "2024-01-01T00:00:00\x00Z",
    ],
)
def test_what_is_no_rfc_3339_time_is_none(text: str) -> None:
    assert ms(text) is None


@settings(max_examples=800, deadline=None)
@given(
    st.sampled_from(["2024-02-29T23:59:59.123+08:00", "1999-12-31T00:00:00Z"]), st.integers(0, 29), st.integers(0, 255)
)
def test_one_wrong_byte_is_judged_as_the_twin_judges_it(text: str, at: int, byte: int) -> None:
    raw = bytearray(text.encode())
    raw[at % len(raw)] = byte
    try:
        expected = _time(bytes(raw).decode("latin-1"))
    except Rejected:
        expected = None
    padded = np.frombuffer(bytes(raw) + b"9" * 64, np.uint8).copy()
    value = read(padded, len(raw))
    assert (None if value == NULL else int(value)) == expected


@pytest.mark.parametrize("text", ["2024-02-29T23:59:59.123456789+08:00", "2024-02-29T23:59:59Z"])
def test_what_follows_a_text_makes_no_time_of_it(text: str) -> None:
    padded = np.frombuffer(text.encode() + b"9" * 64, np.uint8).copy()
    for length in range(len(text) + 64):
        assert (read(padded, length) != NULL) == (length == len(text))


def test_each_month_has_its_days() -> None:
    for year in [*range(1, 10000, 9), *range(100, 10000, 100)]:
        for month in range(1, 13):
            days = calendar.monthrange(year, month)[1]
            first = (date(year, month, 1) - date(1970, 1, 1)).days * 86_400_000
            assert ms(f"{year:04d}-{month:02d}-01T00:00:00Z") == first
            assert ms(f"{year:04d}-{month:02d}-{days:02d}T00:00:00Z") == first + (days - 1) * 86_400_000
            assert ms(f"{year:04d}-{month:02d}-{days + 1:02d}T00:00:00Z") is None
