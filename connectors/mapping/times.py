"""Instants in foreign notations, as epoch ms."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from connectors.mapping.model import Reader, Record, Unfit
from events.cells import instant

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_NUMBER = re.compile(r"([0-9]{1,20})(?:\.[0-9]{0,20})?")
_KNOWN_MAX = 10_000  # notations of instants that are remembered: neighbours in a feed share them


def epoch_ms(moment: datetime) -> int:
    """Return a moment with an offset as epoch ms."""
    return (moment - _ZERO) // _MS


def local_ms(text: str, pattern: str, zone: ZoneInfo) -> int:
    """Read a local time by a `strptime` pattern; a repeated hour is the first, a skipped one moves on by the gap.

    Raises
    ------
    ValueError
        the text does not follow the pattern
    """
    moment = datetime.strptime(text, pattern)
    return epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def by_pattern(get: Reader, pattern: str, zone: ZoneInfo) -> Reader:
    """Return a reader of local times."""
    return _remembering(get, lambda text: local_ms(text, pattern, zone))


def by_rfc3339(get: Reader) -> Reader:
    """Return a reader of RFC 3339 times with offset."""

    def parse(text: str) -> int:
        value = instant(text)
        if value is None:
            raise ValueError(text)
        return value

    return _remembering(get, parse)


def by_epoch(get: Reader, ms_per_unit: int) -> Reader:
    """Return a reader of epoch seconds or milliseconds, numbers or digits."""

    def read(record: Record) -> int | None:
        value = get(record)
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            raise Unfit("bad_time", "time")
        try:
            return round(float(value) * ms_per_unit)
        except (TypeError, ValueError, OverflowError):
            raise Unfit("bad_time", "time") from None

    return read


def as_told(get: Reader, zone: ZoneInfo) -> Reader:
    """Return a reader of times in any common notation.

    ISO 8601 with or without time of day, seconds, fraction and zone (without: local time of `zone`), with `T` or a
    blank, `-` or `/`; `20260301` and `20260301123000` likewise; else a number since 1970, of which the digits tell
    the unit: up to 10 seconds, up to 13 ms, 16 microseconds, 19 nanoseconds.
    """

    def parse(text: str) -> int:
        number = _NUMBER.fullmatch(text := text.strip())
        if number is None or len(number[1]) in (8, 14):
            if number is not None:
                text = f"{text[:8]}T{text[8:] or '00'}"
            moment = datetime.fromisoformat(text.replace("/", "-"))
            return epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        return round(Fraction(text) * Fraction(1000, 1000 ** (max(len(number[1]) - 8, 0) // 3)))

    def notation(record: Record) -> str | None:
        value = get(record)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit("bad_time", "time")
        return str(value) if isinstance(value, int) else f"{value:f}"

    return _remembering(notation, parse)


def by_row(start_ms: int, step_ms: int) -> Reader:
    """Return a reader of a matrix row's time: `start` and a step for every row before it."""
    return lambda record: start_ms + record["row"] * step_ms


def _remembering(get: Reader, parse: Callable[[str], int]) -> Reader:
    known: dict[str, int] = {}

    def read(record: Record) -> int | None:
        text = get(record)
        if text is None or text == "":
            return None
        value = known.get(text) if isinstance(text, str) else None
        if value is None:
            try:
                value = parse(text)
            except (TypeError, ValueError, OverflowError):
                raise Unfit("bad_time", "time") from None
            if len(known) >= _KNOWN_MAX:
                known.clear()
            known[text] = value
        return value

    return read
