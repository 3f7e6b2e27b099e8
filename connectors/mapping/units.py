"""Units of foreign feeds in terms of ours: a factor from each to the schema's."""

# (foreign unit, unit of the schema) -> by what a number is multiplied
FACTORS: dict[tuple[str, str], float] = {
    ("mph", "km/h"): 1.609344,
    ("m/s", "km/h"): 3.6,
    ("kn", "km/h"): 1.852,
    ("ms", "s"): 0.001,
    ("min", "s"): 60.0,
    ("h", "s"): 3600.0,
    ("cm", "m"): 0.01,
    ("mm", "m"): 0.001,
    ("km", "m"): 1000.0,
    ("ft", "m"): 0.3048,
    ("veh/min", "veh/h"): 60.0,
    ("veh/5min", "veh/h"): 12.0,
    ("veh/15min", "veh/h"): 4.0,
    ("%", "1"): 0.01,
}
DIMENSIONLESS = "1"  # of a field without a unit: a share, a count


def factor(foreign: str, ours: str | None) -> float | None:
    """Return what a number in a foreign unit is multiplied by, None where the units do not fit."""
    wanted = ours or DIMENSIONLESS
    return 1.0 if foreign == wanted else FACTORS.get((foreign, wanted))
