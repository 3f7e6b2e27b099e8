import math

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.geo import sphere
from tests.naive.geo import distance_m

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)


@numba.njit
def haversine(lon, lat, other_lon, other_lat):
    return sphere.haversine(lon, lat, other_lon, other_lat)


@settings(deadline=None, max_examples=300)
@given(LON, LAT, LON, LAT)
def test_a_distance_is_that_along_a_great_circle(lon, lat, other_lon, other_lat):
    found = haversine(lon, lat, other_lon, other_lat)
    assert found == pytest.approx(distance_m(lon, lat, other_lon, other_lat), rel=1e-7, abs=0.5)


@settings(deadline=None)
@given(st.floats(73, 135), st.floats(18, 54), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_neighbours_are_exact_to_a_millimetre(lon, lat, east, north):
    assert haversine(lon, lat, lon + east, lat + north) == pytest.approx(
        distance_m(lon, lat, lon + east, lat + north), abs=1e-3
    )


def test_a_place_is_no_distance_from_itself_and_half_the_earth_from_its_antipode():
    assert haversine(121.47, 31.23, 121.47, 31.23) == 0.0
    assert haversine(0.0, 0.0, 180.0, 0.0) == pytest.approx(math.pi * sphere.EARTH_M)


def test_from_nowhere_there_is_no_distance():
    assert math.isnan(haversine(math.nan, 0.0, 0.0, 0.0)) and math.isnan(haversine(0.0, 0.0, 0.0, math.nan))
