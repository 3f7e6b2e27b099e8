"""What falls obeys mechanics, whatever a detector makes of it."""

import math

import numpy as np
import pytest

from connectors.simulator import bodies

FRAME_S = bodies.FRAME_MS / 1_000
SEEDS = range(20)


def drawn(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_heavy_body_is_slower_than_in_a_vacuum_and_faster_than_a_quarter_of_it(seed):
    x, z = bodies.dropped(drawn(seed), 30.0).T
    seconds = np.arange(len(z)) * FRAME_S
    fallen, free = 30.0 - z, 9.8 * seconds**2 / 2
    assert (fallen <= free + 0.5 * seconds + 0.01).all()  # thrown down at half a metre a second, at most
    assert fallen[-1] > 0.75 * (free[-1] - 0.5 * seconds[-1])
    assert abs(x[-1]) <= 2 * seconds[-1]
    assert 0 < z[-1] < 1.2  # until the frame before it is on the ground


@pytest.mark.parametrize("seed", SEEDS)
def test_a_light_body_sinks_at_its_terminal_speed_and_sways(seed):
    x, z = bodies.fluttering(drawn(seed), 20.0).T
    speeds = -np.diff(z)[25:] / FRAME_S
    assert np.ptp(speeds) < 0.05 and 1.6 <= speeds.mean() <= 2.8
    assert (np.diff(np.sign(np.diff(x))) != 0).sum() >= 4


def test_drag_balances_gravity_at_the_terminal_speed():
    path = bodies._fall((0.0, 100.0), (0.0, 0.0), terminal_ms=10.0)
    seconds = np.arange(len(path)) * FRAME_S
    exact = [100 - 10**2 / 9.79 * math.log(math.cosh(9.79 * each / 10)) for each in seconds]
    assert np.abs(path[:, 1] - exact).max() < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_no_fall_does_not_gain_speed_downwards_or_stays_low(seed):
    for move in (bodies.raindrop, bodies.bird):
        z = move(drawn(seed), 20.0)[:, 1]
        steady = np.diff(z[: len(z) // 6 * 6].reshape(-1, 6).mean(axis=1))
        assert np.ptp(steady) < 0.08
    assert bodies.ball(drawn(seed))[:, 1].max() < 2.6


def test_a_camera_misses_some_frames_and_is_off_by_less_than_a_hand():
    path = bodies.fluttering(drawn(1), 30.0)
    times, places = bodies.seen(drawn(2), path)
    assert 0.9 * len(path) < len(times) < len(path)
    assert (times % bodies.FRAME_MS == 0).all() and (np.diff(times) > 0).all()
    off = places.T / 100 - path[times // bodies.FRAME_MS]
    assert 0.01 < off.std() < 0.02 and abs(off.mean()) < 0.005
