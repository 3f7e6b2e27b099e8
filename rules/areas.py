"""Areas: named polygons that rules ask `inside` and `near` of; drawn in the vocabulary or in `areas.geojson`.

An area with a `site` is in metres on the ground plane of that site (x, y), all others are longitude and latitude.
GeoJSON (RFC 7946) is always the latter.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import orjson

from events.place import Place
from rules.declaration_keys import AREA
from rules.plan import Polygon
from rules.reading import NAME, NUMBER, Reader
from rules.yaml import Items, Node, Scalar

FILE = "areas.geojson"
BYTES_MAX = 8 << 20  # of a GeoJSON file
VERTICES_MAX = 4096  # of one area
_SHAPES = ("Polygon", "MultiPolygon")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Declared:
    """An area and where it was declared."""

    area: Polygon
    place: Place


def inline(name: str, body: Node, reader: Reader) -> Polygon | None:
    """Read `{site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}`, None where it is wrong."""
    keys = reader.table(f"areas.{name}", body, AREA, f"area `{name}`", f"区域 {name}")
    site = reader.text("site", keys["site"]) if "site" in keys else None
    if "polygon" not in keys or ("site" in keys and site is None):
        return None
    points = [_point(node, reader) for node in reader.items("polygon", keys["polygon"])]
    good = [point for point in points if point is not None]
    if len(good) < len(points) or not isinstance(keys["polygon"], Items):
        return None
    area = Polygon(name, site.text if site else None, (_open(good),))
    return area if _is_sound(area, keys["polygon"].place, reader) else None


def _point(node: Node, reader: Reader) -> Point | None:
    numbers = node.items if isinstance(node, Items) else ()
    texts = [number.text for number in numbers if isinstance(number, Scalar) and NUMBER.fullmatch(number.text)]
    if len(texts) == len(numbers) == 2:
        return float(texts[0]), float(texts[1])
    reader.report("E060", node.place)
    return None


def geojson(path: str, data: bytes, reader: Reader) -> list[Declared]:
    """Read the Polygon and MultiPolygon features of a GeoJSON file; each needs a `name` among its properties."""
    top = Place(path, 1)
    if len(data) > BYTES_MAX:
        reader.report("Y010", top, size=len(data) // 1024, limit=BYTES_MAX // 1024)
        return []
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        reader.report("E064", Place(path, error.lineno, error.colno), why="no JSON / 不是 JSON")
        return []
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        reader.report("E064", top, why="no FeatureCollection / 不是 FeatureCollection")
        return []
    found = (_feature(path, data, number, feature, reader) for number, feature in enumerate(features, 1))
    return [declared for declared in found if declared is not None]


def _feature(path: str, data: bytes, number: int, feature: Any, reader: Reader) -> Declared | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        reader.report("E065", Place(path, 1), number=number, name=name if isinstance(name, str) else "")
        return None
    place = _place(path, data, name)
    geometry = feature.get("geometry")
    shape = geometry.get("type") if isinstance(geometry, dict) else None
    if shape not in _SHAPES:
        reader.report("E066", place, name=name, got=shape if isinstance(shape, str) else "null")
        return None
    coordinates = geometry.get("coordinates")
    rings = _rings(coordinates if shape == "MultiPolygon" else [coordinates])
    if rings is None:
        reader.report("E060", place)
        return None
    area = Polygon(name, None, tuple(map(_open, rings)))
    return Declared(area, place) if _is_sound(area, place, reader) else None


def _place(path: str, data: bytes, name: str) -> Place:
    """Return the line in which a feature is named."""
    match = re.search(rb'"name"\s*:\s*(?=' + re.escape(f'"{name}"'.encode()) + rb")", data)
    if match is None:
        return Place(path, 1)
    line = data.count(b"\n", 0, match.end()) + 1
    start = data.rfind(b"\n", 0, match.end()) + 1
    return Place(path, line, len(data[start : match.end()].decode(errors="replace")) + 1, len(name) + 2)


def _rings(polygons: Any) -> list[list[Point]] | None:
    """Return the rings of polygons, None where they are no numbers; heights are left out."""
    try:
        return [[(_real(point[0]), _real(point[1])) for point in ring] for polygon in polygons for ring in polygon]
    except (TypeError, ValueError, IndexError, KeyError):
        return None


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


# what a ring must be


def _open(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return a ring whose last vertex is not its first, and in which no vertex stands twice in a row."""
    kept = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    while len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return tuple(kept)


def _is_sound(area: Polygon, place: Place, reader: Reader) -> bool:
    """Report what is wrong with an area: vertices out of range, too few or too many, edges that cross."""
    count = sum(map(len, area.rings))
    if count > VERTICES_MAX:
        reader.report("E067", place, name=area.name, count=count, limit=VERTICES_MAX)
        return False
    for point in (vertex for ring in area.rings for vertex in ring):
        if not all(map(math.isfinite, point)):
            reader.report("E060", place)
            return False
        if area.site is None and not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90):
            reader.report("E063", place, name=area.name, point=f"[{point[0]:g}, {point[1]:g}]")
            return False
    for ring in area.rings:
        if len(ring) < 3 or not _encloses(ring):
            reader.report("E061", place, name=area.name)
            return False
        if (edges := crossing(ring)) is not None:
            reader.report("E062", place, name=area.name, first=edges[0] + 1, second=edges[1] + 1)
            return False
    return bool(area.rings)


def _encloses(ring: Sequence[Point]) -> bool:
    """Tell whether not all vertices lie on one line."""
    (x, y), others = ring[0], ring[1:]
    return any((a - x) * (d - y) != (c - x) * (b - y) for (a, b), (c, d) in pairwise(others))


def crossing(ring: Sequence[Point]) -> tuple[int, int] | None:
    """Return two edges of a ring that meet outside their common vertex, by their places; None where none do.

    Edge i goes from vertex i to the next. Each edge is compared with all behind it: n² / 2 comparisons, by NumPy.
    """
    starts = np.array(ring, np.float64)
    ends = np.roll(starts, -1, axis=0)
    count = len(ring)
    for i in range(count - 1):
        if _turns_back(starts[i], ends[i], ends[i + 1]):
            return i, i + 1
        others = np.arange(i + 2, count - (i == 0))
        if others.size and (meets := _meet(starts[i], ends[i], starts[others], ends[others])).any():
            return i, int(others[np.argmax(meets)])
    return (count - 1, 0) if _turns_back(starts[-1], ends[-1], ends[0]) else None


def _turns_back(first: Any, corner: Any, last: Any) -> bool:
    here, on = corner - first, last - corner
    return bool(here[0] * on[1] == here[1] * on[0] and (here * on).sum() < 0)


def _meet(first: Any, last: Any, starts: Any, ends: Any) -> Any:
    """Tell which edges meet one: the ends of each are not on one side of the other, and their boxes overlap."""

    def side(a: Any, b: Any, c: Any) -> Any:
        return np.sign((b - a)[..., 0] * (c - a)[..., 1] - (b - a)[..., 1] * (c - a)[..., 0])

    apart = (side(first, last, starts) * side(first, last, ends) > 0) | (
        side(starts, ends, first) * side(starts, ends, last) > 0
    )
    low, high = np.minimum(first, last), np.maximum(first, last)
    boxes = ((np.minimum(starts, ends) <= high) & (np.maximum(starts, ends) >= low)).all(axis=1)
    return ~apart & boxes
