"""Times of events: RFC 3339 to milliseconds of the Unix epoch.

Section 5.6 to the letter: "T" and "Z" in either case, no space between date and time, an offset is a must.
A fraction is cut to milliseconds. A leap second, :60, is the start of the next one.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.numbers import NIBBLES, SIXES, ZEROS
from kernels.decode.wide import byte, word
from kernels.instants import DAY_MS
from kernels.nulls import NULL


def _chunk(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# The first 24 bytes of a time as three chunks, and where they have digits. "T" is compared in lower case.
DATE, DATE_DIGITS = _chunk(b"0000-00-"), _chunk(b"\xff\xff\xff\xff\0\xff\xff\0")
CLOCK, CLOCK_DIGITS = _chunk(b"00t00:00"), _chunk(b"\xff\xff\0\xff\xff\0\xff\xff")
SECONDS, SECONDS_DIGITS = _chunk(b":00\xff\xff\xff\xff\xff"), _chunk(b"\0\xff\xff\0\0\0\0\0")
CENTURY, YEAR, MONTH = np.int64(0), np.int64(2), np.int64(5)  # bytes of the chunks
DAY, HOUR, MINUTE, SECOND = np.int64(0), np.int64(3), np.int64(6), np.int64(1)
T_LOWER = _chunk(b"\0\0\x20\0\0\0\0\0")


@kernel(inline=True)
def pair(text, at):
    """Return the number that two digits at `at` say, something above 99 where they are none."""
    high = byte(text, at) - 0x30
    low = byte(text, at + 1) - 0x30
    return high * 10 + low if 0 <= high <= 9 and 0 <= low <= 9 else 255


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
def days_from_civil(year, month, day):
    """Return days since 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-compatible date algorithms")."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@kernel(inline=True)
def days_of_month(year, month):
    """Return how many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@kernel()
def instant(text, at, end):
    """Return the epoch ms (int64) of the RFC 3339 text `text[at:end]`, NULL where it is none."""
    if end - at < 20:
        return NULL
    date = word(text, at)
    clock = word(text, at + 8) | T_LOWER
    seconds = word(text, at + 16) | np.uint64(0xFFFFFFFFFF000000)
    wrong = mismatches(date, DATE, DATE_DIGITS) | mismatches(clock, CLOCK, CLOCK_DIGITS)
    if wrong | mismatches(seconds, SECONDS, SECONDS_DIGITS) != 0:
        return NULL
    date = pairs(date, DATE_DIGITS)
    clock = pairs(clock, CLOCK_DIGITS)
    year = part(date, CENTURY) * 100 + part(date, YEAR)
    month = part(date, MONTH)
    day = part(clock, DAY)
    hour = part(clock, HOUR)
    minute = part(clock, MINUTE)
    second = part(pairs(seconds, SECONDS_DIGITS), SECOND)
    if month < 1 or month > 12 or day < 1 or day > days_of_month(year, month):
        return NULL
    if hour > 23 or minute > 59 or second > 60:
        return NULL
    ms = days_from_civil(year, month, day) * DAY_MS + (hour * 60 + minute) * 60_000 + second * 1000
    at += 19
    if byte(text, at) == 0x2E:
        at += 1
        scale = 100
        first = at
        digit = byte(text, at) - 0x30
        while at < end and 0 <= digit <= 9:
            if second < 60:
                ms += digit * scale
            scale //= 10
            at += 1
            digit = byte(text, at) - 0x30
        if at == first:
            return NULL
    if at == end:
        return NULL
    sign = byte(text, at)
    if sign | 0x20 == 0x7A:
        return ms if at + 1 == end else NULL
    if (sign != 0x2B and sign != 0x2D) or at + 6 != end or byte(text, at + 3) != 0x3A:
        return NULL
    hours = pair(text, at + 1)
    minutes = pair(text, at + 4)
    if hours > 23 or minutes > 59:
        return NULL
    offset = (hours * 60 + minutes) * 60_000
    return ms - offset if sign == 0x2B else ms + offset
