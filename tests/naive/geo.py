"""Points and areas in exact fractions, and distances as the textbook has them."""

import math
from collections.abc import Sequence
from fractions import Fraction

Ring = Sequence[tuple[float, float]]
EARTH_M = 6_371_008.8


def contains(x: float, y: float, rings: Sequence[Ring]) -> bool:
    """Count the edges to the right of a point: inside where they are odd."""
    px, py = Fraction(x), Fraction(y)
    crossed = 0
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
            low, high = sorted(((Fraction(ay), Fraction(ax)), (Fraction(by), Fraction(bx))))
            if low[0] <= py < high[0]:
                at = low[1] + (high[1] - low[1]) * (py - low[0]) / (high[0] - low[0])
                crossed += px < at
    return crossed % 2 == 1


def distance_to_edge(x: float, y: float, ring: Ring) -> float:
    """Return the least distance from a point to a ring's edges on a plane."""
    return min(_to_segment((x, y), a, b) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def _to_segment(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    if a == b:
        return math.dist(p, a)
    along = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / math.dist(a, b) ** 2
    if along <= 0:
        return math.dist(p, a)
    if along >= 1:
        return math.dist(p, b)
    return math.dist(p, (a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])))


def within(x: float, y: float, distance: float, rings: Sequence[Ring]) -> bool:
    """Return whether a point is inside, or at most so far from an edge."""
    return distance >= 0 and (contains(x, y, rings) or min(distance_to_edge(x, y, ring) for ring in rings) <= distance)


def on_earth(lon: float, lat: float, rings: Sequence[Ring]) -> list[list[tuple[float, float]]]:
    """Return rings in metres east and north of a point, on the plane that touches the earth there."""
    degree = math.radians(EARTH_M)
    return [[((x - lon) * degree * math.cos(math.radians(lat)), (y - lat) * degree) for x, y in ring] for ring in rings]


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the metres along a great circle: the angle between two vectors from the earth's centre."""
    a, b = _vector(lon, lat), _vector(other_lon, other_lat)
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return EARTH_M * math.atan2(math.hypot(*cross), sum(p * q for p, q in zip(a, b, strict=True)))


def _vector(lon: float, lat: float) -> tuple[float, float, float]:
    lon, lat = math.radians(lon), math.radians(lat)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
