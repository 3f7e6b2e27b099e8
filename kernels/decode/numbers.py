"""JSON numbers (RFC 8259 section 6): a strict grammar, and the nearest double.

A number is scanned into a decimal `mantissa * 10**exponent` of at most 19 digits. Up to 2**53 and 10**22 one
multiplication or division rounds it right (W. Clinger 1990); the rest goes through one 128-bit product
(D. Lemire, "Number parsing at a gigabyte per second", 2021; that it is never undecided: N. Mushtak and
D. Lemire 2023). A longer mantissa lies between two decimals of 19 digits: mostly both have the same double;
if not, the number is undecided here and the caller converts its text.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.reasons import ACCEPTED, NUMBER_OUT_OF_RANGE, SYNTAX
from kernels.decode.wide import byte, cold, leading_zeros, product, trailing_zeros, word

INTEGER = 6  # tags of a value: no fraction, no exponent
REAL = 7
LONG_INTEGER = 8  # more than 19 digits: the mantissa is cut off
LONG_REAL = 9

EXPONENT_MIN = -342  # 10**-343 * 2**64 is below half the least double
EXPONENT_MAX = 308
EXPONENT_CAP = 100_000_000  # far beyond what the digits of a line can make up for
MAGNITUDE_MAX = 309  # decimal digits before the point of the greatest double


def _powers() -> np.ndarray:
    """Return the 128 most significant bits of 5**q as `uint64[q - EXPONENT_MIN, 2]`, high and low.

    Rounded down for q >= 0 and up for q < 0, as the algorithm wants them.
    """
    table = np.empty((EXPONENT_MAX - EXPONENT_MIN + 1, 2), np.uint64)
    for q in range(EXPONENT_MIN, EXPONENT_MAX + 1):
        power = 5 ** abs(q)
        if q >= 0:
            shift = power.bit_length() - 128
            bits = power >> shift if shift >= 0 else power << -shift
        else:
            width = (power - 1).bit_length()
            bits = 2 ** (width + 127 if q >= -27 else 2 * width + 128) // power + 1
            bits >>= max(bits.bit_length() - 128, 0)
        table[q - EXPONENT_MIN] = bits >> 64, bits & (2**64 - 1)
    return table


POWERS = _powers()
TENS = 10.0 ** np.arange(23)
INFINITE_DIGITS = np.frombuffer(str(2**1024 - 2**970).encode(), np.uint8)  # from here on the nearest double is infinite

INTEGER_MAX = np.uint64(2**63 - 1)
ONE = np.uint64(1)
MANTISSA_EXACT_MAX = np.uint64(1 << 53)
HIDDEN = np.uint64(1 << 52)
ZEROS = np.uint64(0x3030303030303030)
SIXES = np.uint64(0x0606060606060606)
NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
CARRIES = np.uint64(0x7676767676767676)  # to the highest bit of a byte, unless it is below 10
HIGHEST = np.uint64(0x8080808080808080)
POINT = 0x2E ^ 0x30
EXPONENT_SIGN = 0x45 ^ 0x30  # with 0x20 set
WHOLE_TENS = 10 ** np.arange(8, dtype=np.uint64)
LOWEST = np.uint64(0xFF)
PAIRS = np.uint64(0x000000FF000000FF)


@kernel(inline=True)
def nearest(mantissa, exponent):
    """Return the bits of the double nearest to `mantissa * 10**exponent`, which is below infinity (uint64)."""
    if mantissa == 0 or exponent < EXPONENT_MIN:
        return np.uint64(0)
    shift = leading_zeros(mantissa)
    w = mantissa << np.uint64(shift)
    row = np.uint64(exponent - EXPONENT_MIN)
    upper, lower = product(w, POWERS[row, 0])
    if upper & np.uint64(0x1FF) == np.uint64(0x1FF):
        more, _ = product(w, POWERS[row, 1])
        lower += more
        if more > lower:
            upper += ONE
    top = np.int64(upper >> np.uint64(63))
    drop = np.uint64(top + 9)
    bits = upper >> drop
    binary = ((217706 * exponent) >> 16) + 63 + top - shift + 1023
    if binary <= 0:  # subnormal
        if 1 - binary >= 64:
            return np.uint64(0)
        bits >>= np.uint64(1 - binary)
        return (bits + (bits & ONE)) >> ONE
    if lower <= ONE and -4 <= exponent <= 23 and bits & np.uint64(3) == ONE and bits << drop == upper:
        bits &= ~ONE  # exactly half way: to the even one
    bits = (bits + (bits & ONE)) >> ONE
    if bits >= HIDDEN << ONE:
        bits = HIDDEN
        binary += 1
    return (bits & ~HIDDEN) | np.uint64(binary) << np.uint64(52)


@kernel()
def nearest_hard(mantissa, exponent, truncated):
    """Return the bits of the nearest double and whether they are certain; see `double`."""
    cold()
    bits = nearest(mantissa, exponent)
    return bits, not truncated or bits == nearest(mantissa + ONE, exponent)


@kernel(inline=True)
def double(mantissa, exponent, tag, negative):
    """Return the bits (int64) of the double nearest to a scanned number, and whether they are certain.

    -0 without fraction is the integer 0.
    """
    if mantissa <= MANTISSA_EXACT_MAX and -22 <= exponent <= 22 and tag <= REAL:
        value = np.float64(np.int64(mantissa))
        if exponent < 0:
            value /= TENS[np.uint64(-exponent)]
        else:
            value *= TENS[np.uint64(exponent)]
        if negative and (tag == REAL or mantissa != 0):
            value = -value
        return np.float64(value).view(np.int64), True
    bits, certain = nearest_hard(mantissa, exponent, tag > REAL)
    return np.int64(bits | np.uint64(negative) << np.uint64(63)), certain


@kernel()
def long_mantissa(text, at, end, exponent):
    """Scan again a number with more digits than fit: the first 19 that count, and whether others were cut off.

    `exponent` is the written one. Returns mantissa, exponent, truncated.
    """
    mantissa = np.uint64(0)
    taken = 0
    truncated = False
    fraction = False
    while at < end:
        c = byte(text, at)
        at += 1
        if c == 0x2E:
            fraction = True
            continue
        if c | 0x20 == 0x65:
            break
        if not 0x30 <= c <= 0x39:
            continue
        if taken < 19:
            mantissa = mantissa * np.uint64(10) + np.uint64(c - 0x30)
            taken += mantissa != 0
            exponent -= fraction
        else:
            truncated |= c != 0x30
            exponent += not fraction
    return mantissa, exponent, truncated


@kernel()
def is_infinite(text, at, end, exponent):
    """Say whether the double nearest to a number is infinite; `exponent` is the written one. Exact."""
    before = 0  # digits that count before the point, less the zeros after it
    first = -1
    fraction = False
    i = at
    while i < end:
        c = byte(text, i)
        if c == 0x2E:
            fraction = True
        elif c | 0x20 == 0x65:
            break
        elif 0x30 <= c <= 0x39:
            if first < 0 and c != 0x30:
                first = i
            if first < 0:
                before -= fraction
            else:
                before += not fraction
        i += 1
    magnitude = before + exponent
    if first < 0 or magnitude < MAGNITUDE_MAX:
        return False
    if magnitude > MAGNITUDE_MAX:
        return True
    digit = 0
    while first < i and digit < MAGNITUDE_MAX:
        c = byte(text, first)
        first += 1
        if c == 0x2E:
            continue
        limit = np.int64(INFINITE_DIGITS[np.uint64(digit)])
        if c != limit:
            return c > limit
        digit += 1
    while digit < MAGNITUDE_MAX:
        if INFINITE_DIGITS[np.uint64(digit)] != 0x30:
            return False
        digit += 1
    return True


@kernel()
def any_number(text, at):
    """Scan the number at `at` byte by byte, whatever its length; see `number`."""
    cold()
    start = at
    at += byte(text, at) == 0x2D
    first = at
    mantissa = np.uint64(0)
    c = byte(text, at) - 0x30
    while 0 <= c <= 9:
        mantissa = mantissa * np.uint64(10) + np.uint64(c)
        at += 1
        c = byte(text, at) - 0x30
    digits = at - first
    if digits == 0:
        return at, INTEGER, mantissa, 0, SYNTAX
    if digits > 1 and byte(text, first) == 0x30:
        return first + 1, INTEGER, mantissa, 0, SYNTAX
    tag = INTEGER
    exponent = 0
    if c == 0x2E - 0x30:
        tag = REAL
        at += 1
        first = at
        c = byte(text, at) - 0x30
        while 0 <= c <= 9:
            mantissa = mantissa * np.uint64(10) + np.uint64(c)
            at += 1
            c = byte(text, at) - 0x30
        exponent = first - at
        if exponent == 0:
            return at, REAL, mantissa, 0, SYNTAX
        digits -= exponent
    written = 0
    if c == 0x65 - 0x30 or c == 0x45 - 0x30:
        tag = REAL
        at += 1
        sign = byte(text, at)
        at += sign == 0x2B or sign == 0x2D
        first = at
        c = byte(text, at) - 0x30
        while 0 <= c <= 9:
            if written < EXPONENT_CAP:
                written = written * 10 + c
            at += 1
            c = byte(text, at) - 0x30
        if at == first:
            return at, REAL, mantissa, 0, SYNTAX
        if sign == 0x2D:
            written = -written
        exponent += written
    if digits > 19:
        mantissa, exponent, truncated = long_mantissa(text, start, at, written)
        tag += 2 * truncated
    if exponent > EXPONENT_MAX - 20 and is_infinite(text, start, at, written):
        return start, tag, mantissa, exponent, NUMBER_OUT_OF_RANGE
    return at, tag, mantissa, exponent, ACCEPTED


@kernel(inline=True)
def not_digits(chunk):
    """Return bits in those of 8 bytes, each exclusive-ored with "0", that are no digits.

    Right up to the first byte above 0x89, which may carry into those after it. It is the highest bit of the byte.
    """
    return ((chunk + CARRIES) | chunk) & HIGHEST


@kernel(inline=True)
def eight_digits(chunk):
    """Return the value of 8 digits, each exclusive-ored with "0" (W. Mula's three multiplications)."""
    chunk = chunk * np.uint64(10) + (chunk >> np.uint64(8))
    high = (chunk & PAIRS) * np.uint64(0x000F424000000064)
    low = ((chunk >> np.uint64(16)) & PAIRS) * np.uint64(0x0000271000000001)
    return (high + low) >> np.uint64(32)


@kernel(inline=True)
def short_number(chunk):
    """Take a number apart that has up to 7 characters, of 8 bytes, each exclusive-ored with "0"; no sign, no exponent.

    Nothing in it is a branch.

    Returns
    -------
    is_short
        whether it is one, as far as it is judged here: what follows it may be anything
    after
        the byte that follows
    end
        how many bytes it has
    point
        1 where it has a fraction
    fraction
        digits of that
    mantissa
        uint64
    """
    others = not_digits(chunk)
    first = others & (~others + ONE)
    below = (first >> np.uint64(7)) - ONE
    whole = trailing_zeros(np.int64(others)) >> 3
    point = np.int64(np.int64((chunk >> np.uint64(whole << 3 & 63)) & LOWEST) == POINT)
    end = trailing_zeros(np.int64(others ^ (first & np.uint64(-point)))) >> 3
    after = np.int64((chunk >> np.uint64(end << 3 & 63)) & LOWEST) ^ 0x30
    has_leading_zero = (whole > 1) & (chunk & LOWEST == 0)
    fraction = end - whole - point
    is_short = (whole != 0) & (end < 8) & (fraction >= point) & (not has_leading_zero)
    squeezed = (chunk & below) | ((chunk >> np.uint64(point << 3)) & ~below)
    mantissa = eight_digits(squeezed << np.uint64((64 - ((end - point) << 3)) & 63))
    return is_short, after, end, point, fraction, mantissa


@kernel(inline=True)
def is_over(c):
    """Say whether a value may end before a byte: a comma, a closing bracket or white space."""
    return c <= 0x20 or c == 0x2C or c | 0x20 == 0x7D


@kernel(inline=True)
def character(chunk, bit):
    """Return the byte of which `bit` is the highest bit, of 8 that are exclusive-ored with "0"."""
    return np.int64((chunk >> np.uint64(bit - 7 & 63)) & LOWEST) ^ 0x30


@kernel(inline=True)
def short_double(text, at, is_read):
    """Return (is_short, bits) of the double of the number at `at`, as `number` and `double` would.

    It is short if it has up to 7 characters without its sign, no exponent, is not -0, and what may end a value follows
    it. That a field mostly has a fraction or mostly none is foreseen, so these have a branch each. The bits of what is
    not `is_read` are 0: its grammar is all that is looked at.
    """
    sign = np.int64(byte(text, at) == 0x2D)
    chunk = word(text, at + sign) ^ ZEROS
    others = not_digits(chunk)
    whole = trailing_zeros(np.int64(others))  # highest bit of the first byte that is no digit
    if whole < 15 or (whole > 15 and chunk & LOWEST == 0):
        return False, np.int64(0)
    after = character(chunk, whole)
    if after == 0x2E:
        end = trailing_zeros(np.int64(others & (others - ONE)))
        if end < whole + 16 or end == 64 or not is_over(character(chunk, end)):
            return False, np.int64(0)
        if not is_read:
            return True, np.int64(0)
        below = (ONE << np.uint64(whole - 7)) - ONE
        squeezed = (chunk & below) | ((chunk >> np.uint64(8)) & ~below)
        mantissa = np.int64(eight_digits(squeezed << np.uint64(79 - end)))
        value = np.float64(mantissa) / TENS[np.uint64((end - whole - 8) >> 3)]
    else:
        if whole == 64 or not is_over(after):
            return False, np.int64(0)
        if not is_read:
            return True, np.int64(0)
        mantissa = np.int64(eight_digits(chunk << np.uint64(71 - whole)))
        value = np.float64(mantissa)
    return (sign == 0) | (mantissa != 0), np.float64(value).view(np.int64) | sign << 63


@kernel(inline=True)
def short_end(text, at):
    """Return the end of the number at `at`, -1 where it is not short; see `short_double`, but it may be -0."""
    at += byte(text, at) == 0x2D
    chunk = word(text, at) ^ ZEROS
    others = not_digits(chunk)
    end = trailing_zeros(np.int64(others))
    if end < 15 or (end > 15 and chunk & LOWEST == 0):
        return np.int64(-1)
    if character(chunk, end) == 0x2E:
        whole = end
        end = trailing_zeros(np.int64(others & (others - ONE)))
        if end < whole + 16:
            return np.int64(-1)
    return at + (end >> 3) if end < 64 and is_over(character(chunk, end)) else np.int64(-1)


@kernel(inline=True)
def long_integer(text, at):
    """Return (end, value) of the integer of 8 to 15 digits, without a sign, at `at`; -1 where there is none.

    What follows it may be anything.
    """
    chunk = word(text, at) ^ ZEROS
    more = word(text, at + 8) ^ ZEROS
    digits = trailing_zeros(np.int64(not_digits(more))) >> 3
    if not_digits(chunk) != 0 or digits > 7 or chunk & LOWEST == 0:
        return np.int64(-1), np.int64(0)
    low = eight_digits((more << np.uint64(56 - (digits << 3))) << np.uint64(8))
    return at + 8 + digits, np.int64(eight_digits(chunk) * WHOLE_TENS[np.uint64(digits)] + low)


@kernel(inline=True)
def number(text, at):
    """Scan the number at `at` ("-" or a digit).

    Up to 7 characters, or 8 to 15 digits, go without a branch that depends on their number.

    Returns
    -------
    end
        position past the number, or of what is wrong
    tag
        INTEGER, REAL, LONG_INTEGER or LONG_REAL; what is wrong is in `reason`
    mantissa, exponent
        uint64 and int64; the number is theirs, with the sign of its first byte
    reason
        ACCEPTED, SYNTAX or NUMBER_OUT_OF_RANGE
    """
    first = at
    if byte(text, at) == 0x2D:
        first += 1
    chunk = word(text, first) ^ ZEROS
    if not_digits(chunk) == 0:
        more = word(text, first + 8) ^ ZEROS
        digits = trailing_zeros(np.int64(not_digits(more))) >> 3
        after = np.int64(more >> np.uint64(digits << 3 & 63)) & 0xFF
        if digits < 8 and after != POINT and after | 0x20 != EXPONENT_SIGN and chunk & LOWEST != 0:
            low = eight_digits((more << np.uint64(56 - (digits << 3))) << np.uint64(8))
            return first + 8 + digits, INTEGER, eight_digits(chunk) * WHOLE_TENS[np.uint64(digits)] + low, 0, ACCEPTED
        return any_number(text, at)
    is_short, after, end, point, fraction, mantissa = short_number(chunk)
    if not is_short or after | 0x20 == 0x65:
        return any_number(text, at)
    return first + end, INTEGER + point, mantissa, -fraction, ACCEPTED
