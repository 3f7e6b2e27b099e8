"""Units of measure: which can be compared, and by what factor."""

from typing import Final

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
