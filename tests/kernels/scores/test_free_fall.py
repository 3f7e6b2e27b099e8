import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.scores.free_fall import HEAVY, INPUTS, LIGHT, OUTPUTS, PARAMETERS, WIDTH, step
from tests.naive.free_fall import Track

START = 1_795_000_000_000
DEFAULTS = np.array(list(PARAMETERS.values()))


class Tracks:
    """Some tracks in the arrays of the kernel."""

    def __init__(self, count=1):
        self.state = np.zeros((count, WIDTH))

    def take(self, points):
        """Take points of (row, ms, x, z); return what is told at each, {} mostly."""
        rows, times = (np.array([point[k] for point in points], np.int64) for k in (0, 1))
        inputs = np.array([[*point[2:], 0.0, 3.0] for point in points], np.float64).reshape(-1, len(INPUTS))
        out = np.empty((len(OUTPUTS), len(points)))
        step(rows, times, np.ascontiguousarray(inputs.T), self.state, DEFAULTS, out)
        columns = out.T.tolist()
        return [{name: x for name, x in zip(OUTPUTS, told, strict=True) if not math.isnan(x)} for told in columns]


def falling(height, *, fps=25, noise=0.02, speed=0.0, drift=1.0, seed=1, seconds=9.0, gravity=9.8):
    """Points of a body that falls without drag."""
    rng = np.random.default_rng(seed)
    s = np.arange(0, seconds, 1 / fps)
    z = height - speed * s - gravity * s * s / 2
    s, z = s[z >= 0], z[z >= 0]
    x, z = drift * s + rng.normal(0, noise, len(s)), z + rng.normal(0, noise, len(s))
    return [(0, START + round(1000 * a), b, c) for a, b, c in zip(s.tolist(), x.tolist(), z.tolist(), strict=True)]


def told(points, tracks=None):
    """Return all that is told of points."""
    return [each for each in (tracks or Tracks()).take(points) if each]


def moving(s, x, z, noise=0.02, seed=1):
    """Points of any motion."""
    rng = np.random.default_rng(seed)
    x, z = x + rng.normal(0, noise, len(s)), z + rng.normal(0, noise, len(s))
    return [(0, START + round(1000 * a), b, c) for a, b, c in zip(s.tolist(), x.tolist(), z.tolist(), strict=True)]


phases = st.tuples(
    st.sampled_from(["fall", "fall", "sink", "rest", "rise", "jump", "gap", "lost"]),
    st.integers(1, 40),
    st.floats(0, 6),
    st.floats(-4, 4),
)


@st.composite
def paths(draw):
    """A track's points: falls, rests, jumps, gaps, repeated frames and missing positions one after the other."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    noise, frame = draw(st.sampled_from([0.0, 0.01, 0.02, 0.06])), draw(st.sampled_from([20, 40, 40, 67, 100]))
    t, x, z, w, points = START, 0.0, draw(st.floats(5, 60)), 0.0, []
    for what, count, speed, drift in draw(st.lists(phases, min_size=1, max_size=6)):
        if what in {"jump", "gap"}:
            t += draw(st.sampled_from([200, 450, 11_000])) if what == "gap" else 0
            x, z = (x, z) if what == "gap" else (x + drift, z + speed - 3)
            continue
        w = {"fall": -speed, "sink": -speed / 2, "rise": speed}.get(what, 0.0)
        for _ in range(count):
            t += frame if rng.random() > 0.1 else int(rng.integers(0, 3)) * frame
            dt = frame / 1000
            z += w * dt
            x += drift * dt if what != "rest" else 0.0
            w -= 9.8 * dt if what == "fall" else 0.0
            missing = what == "lost"
            glitch = rng.random() < 0.02
            seen = z + rng.normal(0, noise) + (2.0 if glitch else 0.0)
            points.append((t, math.nan if missing else x + rng.normal(0, noise), seen))
    return points


@settings(max_examples=150)
@given(st.lists(paths(), min_size=1, max_size=2))
def test_tracks_tell_what_their_twins_tell(tracks):
    points = sorted((t, row, x, z) for row, path in enumerate(tracks) for t, x, z in path)
    twins = [Track() for _ in tracks]
    got = Tracks(len(tracks)).take([(row, t, x, z) for t, row, x, z in points])
    for (t, row, x, z), mine in zip(points, got, strict=True):
        wanted = twins[row].take(t, x, z, 0.0, 3.0) or {}
        assert mine == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@settings(max_examples=50)
@given(paths(), st.integers(1, 20))
def test_any_cut_into_calls_tells_the_same_bits(path, size):
    points = [(0, *point) for point in path]
    whole, parts = Tracks(), Tracks()
    cut = [told for i in range(0, len(points), size) for told in parts.take(points[i : i + size])]
    assert whole.take(points) == cut
    assert whole.state.tobytes() == parts.state.tobytes()


@pytest.mark.parametrize("height", [7, 13, 28, 58])
@pytest.mark.parametrize("fps", [15, 25, 50])
def test_a_fall_is_told_once_with_height_floor_and_speed(height, fps):
    (fall,) = told(falling(height, fps=fps))
    assert fall["label_kind"] == HEAVY and fall["confidence"] > 0.9
    assert fall["drop_m"] == pytest.approx(height, abs=0.3)
    assert fall["speed_ms"] == pytest.approx(math.sqrt(2 * 9.8 * height + 1), rel=0.03)
    assert fall["release_m_low"] <= height <= fall["release_m_high"]
    assert fall["origin_floor_low"] <= 1 + height // 3 <= fall["origin_floor_high"]
    assert fall["acceleration_ms2"] == pytest.approx(9.8, abs=4 * fall["acceleration_sd_ms2"])
    assert fall["energy"] == pytest.approx(1, abs=0.15)


def test_the_standard_error_is_that_of_many_repetitions():
    found = [fall for seed in range(300) for fall in told(falling(28, seed=seed))]
    off = [(fall["acceleration_ms2"] - 9.8) / fall["acceleration_sd_ms2"] for fall in found]
    assert np.std(off) == pytest.approx(1, abs=0.15)


def test_an_object_first_seen_at_speed_came_from_somewhere_above():
    (fall,) = told(falling(20, speed=12))
    assert fall["release_m_low"] == pytest.approx(20, abs=0.6)
    assert fall["drop_m"] == pytest.approx(20 + 12**2 / 19.6, abs=1)


def test_too_few_points_are_refused_whatever_they_look_like():
    assert told(falling(40, speed=15)[:9]) == []
    assert told(falling(40, speed=15, fps=50)[:17]) == []  # 320 ms


def test_a_fit_with_too_large_an_error_is_refused():
    assert told(falling(40, speed=15, noise=0.3)[:14]) == []


def test_one_point_of_another_object_costs_nothing_and_a_new_object_is_another_fit():
    points = falling(28)
    points[8] = (0, points[8][1], 9.0, 3.0)
    (fall,) = told(points)
    assert fall["drop_m"] == pytest.approx(28, abs=0.3)


def test_an_object_let_go_of_is_told_of_when_it_falls():
    s = np.arange(0, 4, 0.04)
    z = 20 - 4.9 * np.maximum(0, s - 2) ** 2
    (fall,) = told(moving(s, np.zeros_like(s), z))
    assert fall["drop_m"] == pytest.approx(20, abs=0.3)


def test_a_track_is_told_of_again_after_ten_seconds_out_of_sight():
    first = falling(28)
    soon = [(0, t + 9_000, x, z) for _, t, x, z in first]
    late = [(0, t + 30_000, x, z) for _, t, x, z in first]
    assert len(told(first + soon)) == 1
    assert len(told(first + late)) == 2


def test_a_bag_is_a_light_object_and_nothing_bounds_where_it_came_from():
    s = np.arange(0, 4, 0.04)
    (fall,) = told(moving(s, 0.2 * np.sin(5 * s), 15 - 2 * s))
    assert fall["label_kind"] == LIGHT
    assert fall["speed_ms"] == pytest.approx(2, abs=0.2)
    assert fall["drop_m"] == pytest.approx(15, abs=0.3)
    assert "release_m_high" not in fall and "origin_floor_high" not in fall and "acceleration_ms2" not in fall


S = np.arange(0, 6, 0.04)


@pytest.mark.parametrize(
    ("x", "z"),
    [
        pytest.param(S * 0, 15 - 1.75 * S, id="lift"),
        pytest.param(9 * S, 15 - 2 * S, id="gliding bird"),
        pytest.param(S * 0, 15 + 1.2 * np.sin(3 * S), id="laundry"),
        pytest.param(1.5 * S, 2 + 0 * S, id="pedestrian"),
        pytest.param(S * 0, 40 - 6 * S, id="rain"),
        pytest.param(S * 0, 1 + 10 * S - 4.9 * S * S, id="ball thrown up from the ground"),
        pytest.param(2 * np.sin(9 * S), 10 + np.cos(11 * S) - S, id="insect"),
        pytest.param(S * 0, 30 - 1.5 * S * S, id="what accelerates at a third of gravity"),
    ],
)
def test_what_does_not_fall_is_not_told(x, z):
    assert told([point for point in moving(S, x, z) if point[3] > 0]) == []


def test_a_drop_of_water_is_no_heavy_body():
    terminal = 8.0
    z = 30 - terminal**2 / 9.8 * np.log(np.cosh(9.8 * S / terminal))
    assert told([point for point in moving(S, S * 0, z) if point[3] > 0]) == []


def test_an_empty_bottle_is_a_heavy_body_that_drag_slows():
    terminal = 15.0
    z = 30 - terminal**2 / 9.8 * np.log(np.cosh(9.8 * S / terminal))
    (fall,) = told([point for point in moving(S, S * 0, z) if point[3] > 0])
    assert fall["label_kind"] == HEAVY
    assert 12 < fall["speed_ms"] < 18


def test_what_is_told_does_not_depend_on_where_and_when_it_happens():
    points = falling(28)
    (fall,) = told(points)
    (moved,) = told([(0, t + 86_400_000, 50 - x, z) for _, t, x, z in points])
    assert moved == pytest.approx(fall, rel=1e-6)
