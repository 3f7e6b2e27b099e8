"""Times of events: RFC 3339 to milliseconds of the Unix epoch.

Section 5.6 to the letter: "T" and "Z" in either case, no space between date and time, an offset is a must.
A fraction is cut to milliseconds. A leap second, :60, is the start of the next one.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.numbers import NIBBLES, SIXES, ZEROS, not_digits
from kernels.decode.vocabulary import HEADS
from kernels.decode.wide import byte, cold, trailing_zeros, word
from kernels.instants import DAY_MS
from kernels.nulls import NULL


def _chunk(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# The first 19 bytes of a time as three chunks, and those of an offset behind its sign; where they have digits.
# "T" is compared in lower case.
DATE, DATE_DIGITS = _chunk(b"0000-00-"), _chunk(b"\xff\xff\xff\xff\0\xff\xff\0")
CLOCK, CLOCK_DIGITS = _chunk(b"00t00:00"), _chunk(b"\xff\xff\0\xff\xff\0\xff\xff")
SECONDS, SECONDS_DIGITS = _chunk(b":00"), _chunk(b"\0\xff\xff")
OFFSET, OFFSET_DIGITS = _chunk(b"00:00"), _chunk(b"\xff\xff\0\xff\xff")
CENTURY, YEAR, MONTH = np.int64(0), np.int64(2), np.int64(5)  # bytes of the chunks
DAY, HOUR, MINUTE, SECOND = np.int64(0), np.int64(3), np.int64(6), np.int64(1)
OFFSET_HOUR, OFFSET_MINUTE = np.int64(0), np.int64(3)
T_LOWER = _chunk(b"\0\0\x20")
THREE_BYTES = np.uint64(0xFFFFFF)
FIVE_BYTES = np.uint64(0xFFFFFFFFFF)

LENGTH_BITS = 5


def _months() -> np.ndarray:
    """Return days before a month << LENGTH_BITS | its days, by what two digits say; in a leap year 128 further on."""
    table = np.zeros(256, np.int64)  # what is no month has no days
    for leap in (0, 1):
        before = 0
        for month, days in enumerate((31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
            table[leap << 7 | month] = before << LENGTH_BITS | days
            before += days
    return table


MONTHS = _months()
DAYS_TO_1970 = 719_528  # from 0000-01-01


@kernel(inline=True)
def mismatches(chunk, pattern, digits):
    """Return 0 where 8 bytes, exclusive-ored with a pattern, are digits where `digits` has 0xFF, else as in it."""
    x = chunk ^ pattern
    return (((x + (digits & SIXES)) | x) & (digits & NIBBLES)) | (x & ~digits)


@kernel(inline=True)
def pairs(chunk, digits):
    """Return 8 bytes; where two digits begin in `chunk`, the byte is their number."""
    x = (chunk ^ ZEROS) & digits
    return x * np.uint64(10) + (x >> np.uint64(8))


@kernel(inline=True)
def part(chunk, place):
    """Return one byte of a chunk."""
    return np.int64((chunk >> np.uint64(place * 8)) & np.uint64(0xFF))


@kernel(inline=True)
def days_from_civil(century, year, month, day):
    """Return days since 1970-01-01 in the Gregorian calendar, and whether there is such a day.

    All are what two digits say; `year` is that of the century.
    """
    is_first = year == 0
    is_leap = (year & 3 == 0) & ((year != 0) | (century & 3 == 0))
    row = MONTHS[np.uint64(np.int64(is_leap) << 7 | month)]
    centuries = century + 1 - is_first  # that began before this year
    years = century * 100 + year
    leap_days = ((years + 3) >> 2) - centuries + ((centuries + 3) >> 2)
    is_day = np.uint64(day - 1) < np.uint64(row & ((1 << LENGTH_BITS) - 1))
    return years * 365 + leap_days + (row >> LENGTH_BITS) + day - 1 - DAYS_TO_1970, is_day


@kernel()
def digits_end(text, at, end):
    """Return where the digits from `at` on end, at most `end`."""
    cold()
    while at < end and 0x30 <= byte(text, at) <= 0x39:
        at += 1
    return at


@kernel()
def instant(text, at, end):
    """Return the epoch ms (int64) of the RFC 3339 text `text[at:end]`, NULL where it is none.

    Up to 34 bytes from `at` on are read, whatever `end` is: what is accepted ends there. Cost: about 10 ns.
    """
    date = word(text, at)
    clock = word(text, at + 8) | T_LOWER
    seconds = word(text, at + 16) & THREE_BYTES
    wrong = mismatches(date, DATE, DATE_DIGITS) | mismatches(clock, CLOCK, CLOCK_DIGITS)
    wrong |= mismatches(seconds, SECONDS, SECONDS_DIGITS)
    date = pairs(date, DATE_DIGITS)
    clock = pairs(clock, CLOCK_DIGITS)
    second = part(pairs(seconds, SECONDS_DIGITS), SECOND)
    minute = part(clock, HOUR) * 60 + part(clock, MINUTE)
    days, is_day = days_from_civil(part(date, CENTURY), part(date, YEAR), part(date, MONTH), part(clock, DAY))
    if (wrong != 0) | (part(clock, MINUTE) > 59) | (minute >= 24 * 60) | (second > 60) | (not is_day):
        return NULL
    ms = days * DAY_MS + minute * 60_000 + second * 1000
    at += 19
    if byte(text, at) == 0x2E:
        at += 1
        chunk = word(text, at) ^ ZEROS
        digits = trailing_zeros(np.int64(not_digits(chunk))) >> 3
        if digits == 0:
            return NULL
        chunk &= HEADS[np.uint64(min(digits, 3))]
        if second < 60:
            ms += part(chunk, np.int64(0)) * 100 + part(chunk, np.int64(1)) * 10 + part(chunk, np.int64(2))
        at = at + digits if digits < 8 else digits_end(text, at + 8, end)
    sign = byte(text, at)
    at += 1
    if sign | 0x20 == 0x7A:
        return ms if at == end else NULL
    offset = word(text, at) & FIVE_BYTES
    wrong = mismatches(offset, OFFSET, OFFSET_DIGITS)
    offset = pairs(offset, OFFSET_DIGITS)
    hours = part(offset, OFFSET_HOUR)
    minutes = part(offset, OFFSET_MINUTE)
    is_behind = sign == 0x2D
    if (wrong != 0) | (hours > 23) | (minutes > 59) | (at + 5 != end) | (sign != 0x2B) & (not is_behind):
        return NULL
    shift = (hours * 60 + minutes) * 60_000
    return ms + shift if is_behind else ms - shift
