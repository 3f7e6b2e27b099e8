"""Units of measure: which can be compared, and by what factor."""

from collections.abc import Collection
from typing import Final

from rules.errors import nearest

# unit to its dimension and its size in that dimension's base unit
_UNITS: Final[dict[str, tuple[str, float]]] = {
    "ms": ("time", 1.0),
    "s": ("time", 1e3),
    "min": ("time", 60e3),
    "h": ("time", 3600e3),
    "d": ("time", 86400e3),
    "mm": ("length", 0.001),
    "cm": ("length", 0.01),
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "km/h": ("speed", 1.0),
    "m/s": ("speed", 3.6),
}

# what units are called elsewhere
_ALSO: Final[dict[str, str]] = {
    **dict.fromkeys(("second", "seconds", "sec", "secs", "秒"), "s"),
    **dict.fromkeys(("millisecond", "milliseconds", "msec", "毫秒"), "ms"),
    **dict.fromkeys(("minute", "minutes", "mins", "分", "分钟"), "min"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "小时"), "h"),
    **dict.fromkeys(("day", "days", "天"), "d"),
    **dict.fromkeys(("metre", "metres", "meter", "meters", "米"), "m"),
    **dict.fromkeys(("kilometre", "kilometres", "kilometer", "kilometers", "公里", "千米"), "km"),
    **dict.fromkeys(("centimetre", "centimetres", "centimeter", "centimeters", "厘米"), "cm"),
    **dict.fromkeys(("millimetre", "millimetres", "millimeter", "millimeters", "毫米"), "mm"),
    **dict.fromkeys(("kph", "kmh", "kmph", "kmh-1", "公里/小时", "千米/小时"), "km/h"),
    **dict.fromkeys(("mps", "ms-1", "米/秒"), "m/s"),
    **dict.fromkeys(("degree", "degrees", "°", "度"), "deg"),
    **dict.fromkeys(("db", "dba", "dB(A)", "分贝"), "dB"),
}


def known(of_events: Collection[str]) -> list[str]:
    """Return all units there are, sorted: those that convert into each other, and those of events."""
    return sorted({*_UNITS, *of_events})


def meant(unit: str, units: Collection[str]) -> str:
    """Return the unit among some that is meant by one that is not, empty where none is like it."""
    other = _ALSO.get(unit) or _ALSO.get(unit.lower(), "")
    return other if other in units else nearest(unit, units)


def comparable(first: str, second: str) -> bool:
    """Tell whether values in two units can be compared, possibly after conversion."""
    return first == second or (first in _UNITS and second in _UNITS and _UNITS[first][0] == _UNITS[second][0])


def is_time(unit: str | None) -> bool:
    """Tell whether a unit measures durations."""
    return unit is not None and unit in _UNITS and _UNITS[unit][0] == "time"


def factor(given: str, wanted: str) -> tuple[float, bool]:
    """Return (size, multiply): a value in `given` times (else: divided by) `size` is in `wanted`.

    Whole factors both ways, so that 5 min is exactly 300 s.
    """
    here, there = _UNITS[given][1], _UNITS[wanted][1]
    return (here / there, True) if here >= there else (there / here, False)
