"""Points and areas: an area is a few rings, a point is inside where a ray crosses them an odd number of times.

Areas lie one after the other: area a has the rings `areas[a]` to `areas[a + 1]`, ring r the vertices `rings[r]` to
`rings[r + 1]`, which are x and y in turn in `vertices` float64[2 v]; `boxes` float64[4 a] are least x, least y,
greatest x and greatest y of each area. A ring is closed by an edge from its last vertex to its first.
"""

import math

from kernels.compile import kernel
from kernels.geo.sphere import DEGREE_M, RADIANS


@kernel(inline=True)
def crosses(x, y, ax, ay, bx, by):
    """Return whether a ray from a point to greater x crosses an edge.

    Half open: of an edge's two ends the lower belongs to it, and a point on the edge lies on its right. The lower end
    is looked at first, so that two areas that share an edge reckon the same bits, and each point lies in one of them.
    """
    if (ay > y) == (by > y):
        return False
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    return (x - ax) * (by - ay) < (bx - ax) * (y - ay)


@kernel()
def contains(x, y, area, vertices, rings, areas, boxes):
    """Return whether an area contains a point, by the even-odd rule; False for NaN.

    Source: M. Shimrat, Algorithm 112, CACM 5(8), 1962, as W. R. Franklin's PNPOLY has it. Holes and islands are rings
    too. Cost: 2 ns outside the box, else about 2 ns an edge.
    """
    if not (boxes[4 * area] <= x <= boxes[4 * area + 2] and boxes[4 * area + 1] <= y <= boxes[4 * area + 3]):
        return False
    inside = False
    for ring in range(areas[area], areas[area + 1]):
        first = rings[ring]
        last = rings[ring + 1] - 1
        ax = vertices[2 * last]
        ay = vertices[2 * last + 1]
        for v in range(first, last + 1):
            bx = vertices[2 * v]
            by = vertices[2 * v + 1]
            inside ^= crosses(x, y, ax, ay, bx, by)
            ax = bx
            ay = by
    return inside


@kernel()
def within(x, y, distance, area, on_earth, vertices, rings, areas, boxes):
    """Return whether a point lies in an area or at most so far from its edges; a negative distance is near nothing.

    `distance` is in the unit of the coordinates, `on_earth` in metres while they are degrees: there the surroundings
    of the point are taken as a plane (equirectangular), about 0.1 % off at 10 km and 50 degrees of latitude. Areas do
    not reach over the 180th meridian. Cost: 2 ns outside the widened box, else about 5 ns an edge.
    """
    x_unit = DEGREE_M * math.cos(RADIANS * y) if on_earth else 1.0
    y_unit = DEGREE_M if on_earth else 1.0
    if not (
        distance >= 0.0
        and (boxes[4 * area] - x) * x_unit <= distance
        and (x - boxes[4 * area + 2]) * x_unit <= distance
        and (boxes[4 * area + 1] - y) * y_unit <= distance
        and (y - boxes[4 * area + 3]) * y_unit <= distance
    ):
        return False
    if contains(x, y, area, vertices, rings, areas, boxes):
        return True
    limit = distance * distance
    for ring in range(areas[area], areas[area + 1]):
        first = rings[ring]
        last = rings[ring + 1] - 1
        ax = (vertices[2 * last] - x) * x_unit
        ay = (vertices[2 * last + 1] - y) * y_unit
        for v in range(first, last + 1):
            bx = (vertices[2 * v] - x) * x_unit
            by = (vertices[2 * v + 1] - y) * y_unit
            dx = bx - ax
            dy = by - ay
            square = dx * dx + dy * dy
            share = 0.0 if square == 0.0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / square))
            nx = ax + share * dx
            ny = ay + share * dy
            if nx * nx + ny * ny <= limit:
                return True
            ax = bx
            ay = by
    return False
