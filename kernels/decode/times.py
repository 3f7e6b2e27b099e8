"""Times of events: RFC 3339 to milliseconds of the Unix epoch.

Section 5.6 to the letter: "T" and "Z" in either case, no space between date and time, an offset is a must.
A fraction is cut to milliseconds. A leap second, :60, is the start of the next one.
"""

from kernels.compile import kernel
from kernels.decode.wide import byte
from kernels.nulls import NULL

DAY_MS = 86_400_000


@kernel()
def digits(text, at, count):
    """Return the number that `count` digits at `at` say, -1 where one is none."""
    value = 0
    for i in range(count):
        digit = byte(text, at + i) - 0x30
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


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
    year = digits(text, at, 4)
    month = digits(text, at + 5, 2)
    day = digits(text, at + 8, 2)
    hour = digits(text, at + 11, 2)
    minute = digits(text, at + 14, 2)
    second = digits(text, at + 17, 2)
    if year < 0 or month < 1 or month > 12 or day < 1 or day > days_of_month(year, month):
        return NULL
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return NULL
    if byte(text, at + 4) != 0x2D or byte(text, at + 7) != 0x2D or byte(text, at + 10) | 0x20 != 0x74:
        return NULL
    if byte(text, at + 13) != 0x3A or byte(text, at + 16) != 0x3A:
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
    hours = digits(text, at + 1, 2)
    minutes = digits(text, at + 4, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return NULL
    offset = (hours * 60 + minutes) * 60_000
    return ms - offset if sign == 0x2B else ms + offset
