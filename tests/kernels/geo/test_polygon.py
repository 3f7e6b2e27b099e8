"""Areas: the kernel against exact fractions, and every point in exactly one of two neighbours."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.geo import polygon
from tests.naive import geo as naive

SOON = settings(deadline=None, max_examples=300)
SMALL = st.integers(-8, 8).map(float)
POINTS = st.tuples(SMALL, SMALL)
RINGS = st.lists(st.lists(POINTS, min_size=3, max_size=7), min_size=1, max_size=3)


def coordinates(low, high):
    """Down to a millionth of a millimetre in degrees: products of the least floats vanish."""
    return st.floats(low, high).map(lambda x: round(x, 14))


ANY = coordinates(-180, 180)


@numba.njit
def contains(x, y, area, vertices, rings, areas, boxes):
    return polygon.contains(x, y, area, vertices, rings, areas, boxes)


@numba.njit
def within(x, y, distance, area, on_earth, vertices, rings, areas, boxes):
    return polygon.within(x, y, distance, area, on_earth, vertices, rings, areas, boxes)


def laid(*areas):
    """Lay areas as the kernel takes them; each is a list of rings."""
    rings = [ring for area in areas for ring in area]
    corners = [np.array([vertex for ring in area for vertex in ring], np.float64) for area in areas]
    return (
        np.array([number for ring in rings for vertex in ring for number in vertex], np.float64),
        np.cumsum([0, *map(len, rings)]),
        np.cumsum([0, *map(len, areas)]),
        np.array([[*each.min(axis=0), *each.max(axis=0)] for each in corners]).ravel(),
    )


@SOON
@given(RINGS, RINGS, POINTS)
def test_a_point_is_inside_where_exact_fractions_say_so(first, second, point):
    areas = laid(first, second)
    assert [contains(*point, i, *areas) for i in (0, 1)] == [naive.contains(*point, each) for each in (first, second)]


@SOON
@given(st.lists(POINTS, min_size=3, max_size=7), st.lists(st.tuples(ANY, ANY), min_size=1, max_size=5), st.data())
def test_each_point_of_a_whole_lies_in_exactly_one_of_its_parts(ring, points, data):
    """Cut by a line through two vertices: the parts share it, and points on it lie in one of them."""
    i = data.draw(st.integers(0, len(ring) - 2))
    k = data.draw(st.integers(i + 1, len(ring) - 1))
    one, other = ring[i : k + 1], [*ring[k:], *ring[: i + 1]]
    scale, shift = data.draw(st.tuples(st.floats(0.01, 10), coordinates(-10, 10)))
    whole, one, other = ([(x * scale + shift, y * scale) for x, y in each] for each in (ring, one, other))
    (ax, ay), (bx, by) = one[0], one[-1]
    middle = ((ax + bx) / 2, (ay + by) / 2)
    areas = laid([whole], [one], [other])
    for x, y in (*points, *whole, middle):
        inside = [contains(x, y, area, *areas) for area in (0, 1, 2)]
        assert inside[0] == (inside[1] != inside[2])


def test_of_a_square_the_lower_and_left_border_belong_to_it():
    square = laid([[(0, 0), (2, 0), (2, 2), (0, 2)]])
    corners = [(0, 0), (2, 0), (2, 2), (0, 2)]
    assert [contains(float(x), float(y), 0, *square) for x, y in corners] == [True, False, False, False]
    sides = [(1, 0), (2, 1), (1, 2), (0, 1), (1, 1)]
    assert [contains(float(x), float(y), 0, *square) for x, y in sides] == [True, False, False, True, True]


def test_a_hole_is_outside_and_an_island_in_it_inside():
    park = [[(0, 0), (9, 0), (9, 9), (0, 9)], [(2, 2), (7, 2), (7, 7), (2, 7)], [(4, 4), (5, 4), (5, 5), (4, 5)]]
    area = laid(park)
    assert [contains(x, x, 0, *area) for x in (1.0, 3.0, 4.5, 6.0, 8.0, 9.5)] == [True, False, True, False, True, False]


def test_nowhere_is_inside_nothing():
    square = laid([[(0, 0), (2, 0), (2, 2), (0, 2)]])
    assert not contains(np.nan, 1.0, 0, *square) and not contains(1.0, np.nan, 0, *square)
    assert not within(np.nan, 1.0, 5.0, 0, False, *square)


@SOON
@given(RINGS, POINTS, st.floats(-1, 12))
def test_near_is_at_most_so_far_from_an_edge_or_inside(rings, point, distance):
    gap = min(naive.distance_to_edge(*point, ring) for ring in rings)
    found = within(*point, distance, 0, False, *laid(rings))
    if abs(gap - distance) > 1e-9:
        assert found == naive.within(*point, distance, rings)


@SOON
@given(st.tuples(st.floats(70, 130), st.floats(-60, 60)), RINGS, st.floats(0, 3000))
def test_near_on_earth_is_in_metres_on_the_plane_around_the_point(point, shape, distance):
    rings = [[(point[0] + x / 500, point[1] + y / 500) for x, y in ring] for ring in shape]
    flat = naive.on_earth(*point, rings)
    gap = min(naive.distance_to_edge(0, 0, ring) for ring in flat)
    if abs(gap - distance) > 1e-3:
        expected = naive.contains(*point, rings) or gap <= distance
        assert within(*point, distance, 0, True, *laid(rings)) == expected


@pytest.mark.parametrize("lat", [0.0, 31.2, 50.0])
def test_ten_kilometres_on_the_plane_are_a_tenth_of_a_percent_off_those_on_the_sphere(lat):
    for east, north in ((0.06, 0.06), (0.1, 0.0), (0.0, 0.09), (-0.06, -0.06)):
        place = (121.0 + east, lat + north)
        spot = laid([[place, place, place]])
        distance = naive.distance_m(121.0, lat, *place)
        assert within(121.0, lat, distance * 1.0015, 0, True, *spot)
        assert not within(121.0, lat, distance * 0.9985, 0, True, *spot)
