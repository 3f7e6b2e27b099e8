"""Areas: what is a polygon, inline and in a GeoJSON file, and what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.areas import crossing
from rules.plan import Plan

SCHEMAS, CITY = Schemas.load(), CityKey()
SQUARE = [[116.3, 39.9], [116.4, 39.9], [116.4, 40.0], [116.3, 40.0], [116.3, 39.9]]
HOLE = [[116.34, 39.94], [116.36, 39.94], [116.36, 39.96], [116.34, 39.96], [116.34, 39.94]]
RULE = "version: 1\nrules:\n- {rule: x, from: camera, severity: low, when: \"inside('a')\"}\n"


def plan(**files: str) -> Plan:
    return check.loads({name.replace("_", "."): text for name, text in files.items()}, SCHEMAS, CITY).plan


def problems(**files: str) -> list[Problem]:
    with pytest.raises(Problems) as caught:
        plan(r_yaml="version: 1\nrules:\n- {rule: x, from: camera, severity: low}\n", **files)
    return caught.value.problems


def declared(body: str) -> list[tuple[str, int, int]]:
    return [(each.code, each.place.line, each.place.column) for each in problems(v_yaml=f"version: 1\nareas: {body}\n")]


def geojson(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, indent=1)


def feature(name: Any, kind: str, coordinates: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def test_an_area_with_a_site_is_in_metres_and_one_without_on_earth() -> None:
    areas = "{a: {site: S1, polygon: [[0, 0], [8, 0], [8.5, 5e0], [-.5, 5]]}, b: {polygon: [[1, 2], [3, 2], [3, 4]]}}"
    rule = RULE.replace("inside('a')", "inside('a') or near('b', 50)")
    made = plan(v_yaml=f"version: 1\nareas: {areas}\n", r_yaml=rule)
    assert [(area.name, area.site) for area in made.areas] == [("a", "S1"), ("b", None)]
    assert made.areas[0].rings == (((0, 0), (8, 0), (8.5, 5), (-0.5, 5)),)


def test_only_areas_that_rules_ask_for_are_in_the_plan() -> None:
    areas = "{a: {polygon: [[1, 2], [3, 2], [3, 4]]}, b: {polygon: [[1, 2], [3, 2], [3, 4]]}}"
    assert [area.name for area in plan(v_yaml=f"version: 1\nareas: {areas}\n", r_yaml=RULE).areas] == ["a"]


def test_a_closed_ring_and_vertices_written_twice_are_one_ring() -> None:
    areas = "{a: {site: S1, polygon: [[0, 0], [8, 0], [8, 0], [8, 5], [0, 0]]}}"
    assert plan(v_yaml=f"version: 1\nareas: {areas}\n", r_yaml=RULE).areas[0].rings == (((0, 0), (8, 0), (8, 5)),)


@pytest.mark.parametrize(
    ("body", "code", "column"),
    [
        ("{a: {site: S1}}", "E003", 12),
        ("{a: [[0, 0], [8, 0], [8, 5]]}", "E001", 12),
        ("{a: {site: S1, polygon: 5}}", "E001", 32),
        ("{a: {site: S1, polygn: [[0, 0]], polygon: [[0, 0], [8, 0], [8, 5]]}}", "E002", 23),
        ("{a: {site: S1, polygon: [[0, 0], [8, x], [8, 5]]}}", "E060", 41),
        ("{a: {site: S1, polygon: [[0, 0], [8, nan], [8, 5]]}}", "E060", 41),
        ("{a: {site: S1, polygon: [[0, 0], [8, 0, 1], [8, 5]]}}", "E060", 41),
        ("{a: {site: S1, polygon: [[0, 0], [8, 1e999], [8, 5]]}}", "E060", 32),
        ("{a: {site: S1, polygon: [[0, 0], [8, 0]]}}", "E061", 32),
        ("{a: {site: S1, polygon: [[0, 0], [8, 0], [0, 0], [8, 0]]}}", "E061", 32),
        ("{a: {site: S1, polygon: [[0, 0], [4, 2], [8, 4]]}}", "E061", 32),
        ("{a: {site: S1, polygon: [[0, 0], [8, 5], [8, 0], [0, 5]]}}", "E062", 32),
        ("{a: {polygon: [[39.9, 116.4], [40, 116.4], [40, 116.5]]}}", "E063", 22),
    ],
)
def test_what_is_wrong_with_an_area_is_named_where_it_is(body: str, code: str, column: int) -> None:
    assert declared(body) == [(code, 2, column)]


def test_two_areas_of_one_name_must_be_the_same() -> None:
    area = "version: 1\nareas: {a: {site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}}\n"
    assert [each.code for each in problems(v_yaml=area, w_yaml=area.replace("[8, 5]", "[8, 6]"))] == ["E017"]
    assert plan(v_yaml=area, w_yaml=area.replace("8, 5", "8.0, 5"), r_yaml=RULE).areas


def test_a_geojson_file_brings_polygons_with_holes_and_of_several_parts() -> None:
    drawn = geojson(
        feature("a", "Polygon", [SQUARE, HOLE]),
        feature("b", "MultiPolygon", [[SQUARE], [[[point[0] + 1, point[1], 5.0] for point in SQUARE]]]),
    )
    rule = RULE.replace("inside('a')", "inside('a') or inside('b')")
    made = plan(areas_geojson=drawn, r_yaml=rule)
    assert [(area.site, [len(ring) for ring in area.rings]) for area in made.areas] == [(None, [4, 4]), (None, [4, 4])]
    assert made.areas[0].rings[0] == tuple(map(tuple, SQUARE[:-1]))


def test_a_ring_that_is_not_closed_is_closed() -> None:
    assert plan(areas_geojson=geojson(feature("a", "Polygon", [SQUARE[:-1]])), r_yaml=RULE).areas[0].rings[0][-1] == (
        116.3,
        40.0,
    )


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("{", "E064", 1),
        ("[]", "E064", 1),
        ('{"type": "Feature"}', "E064", 1),
        (geojson({"type": "Feature", "properties": {}}), "E065", 1),
        (geojson(feature("Bank Lobby", "Polygon", [SQUARE])), "E065", 1),
        (geojson(feature("a", "Point", [1, 2])), "E066", 7),
        (geojson({"properties": {"name": "a"}, "geometry": None}), "E066", 6),
        (geojson(feature("a", "Polygon", [["x", 2]])), "E060", 7),
        (geojson(feature("a", "Polygon", 5)), "E060", 7),
        (geojson(feature("a", "Polygon", [SQUARE[:2]])), "E061", 7),
        (geojson(feature("a", "Polygon", [[[p[1], p[0]] for p in SQUARE]])), "E063", 7),
        (geojson(feature("a", "Polygon", [[SQUARE[i] for i in (0, 2, 1, 3)]])), "E062", 7),
        (geojson(feature("a", "Polygon", [[[i / 100, (i % 2) / 9] for i in range(5000)]])), "E067", 7),
    ],
)
def test_what_is_wrong_with_a_geojson_file_is_named_with_its_line(text: str, code: str, line: int) -> None:
    (found,) = problems(areas_geojson=text)
    assert (found.code, found.place.path, found.place.line) == (code, "areas.geojson", line)


def test_the_areas_beside_the_rules_are_found(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "areas.geojson").write_text(geojson(feature("a", "Polygon", [SQUARE])), encoding="utf-8")
    (tmp_path / "other.geojson").write_text("{", encoding="utf-8")
    for path in (tmp_path / "r.yaml", tmp_path):
        assert [area.name for area in check.load([path], SCHEMAS, CITY).plan.areas] == ["a"]


@pytest.mark.parametrize(
    ("ring", "edges"),
    [
        ([(0, 0), (4, 0), (4, 4), (0, 4)], None),
        ([(0, 0), (4, 4), (4, 0), (0, 4)], (0, 2)),
        ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], (0, 2)),  # touches
        ([(0, 0), (4, 0), (2, 0), (2, 4)], (0, 1)),  # turns back on itself
        ([(2, 0), (2, 4), (0, 0), (4, 0)], (0, 2)),
        ([(0, 0), (4, 0), (4, 4), (3, 1), (1, 1), (0, 4)], None),  # not convex
    ],
)
def test_edges_that_meet_are_found(ring: list[tuple[float, float]], edges: tuple[int, int] | None) -> None:
    assert crossing(ring) == edges
