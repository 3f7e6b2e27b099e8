"""How things move before a facade, as a camera tells of them: what falls, and what only looks as if it did.

Bodies are moved by their forces in small steps, in metres and seconds: gravity, and drag that grows with the square of
the speed through the air and balances gravity at the terminal speed. A camera takes frames at fixed times, misses some,
and is off by a little wherever it sees something.

Source: G. K. Batchelor, An Introduction to Fluid Dynamics (1967), section 5.11: drag on bluff bodies.
"""

import math

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.rows import Ints

Floats = NDArray[np.float64]

FRAME_MS = 40
_SUBSTEPS = 8  # of a frame
_GRAVITY_MS2 = 9.79  # in Nanchang
_NOISE_M = 0.015  # of a coordinate: three quarters of a pixel, where one is two centimetres wide
_MISSED = 0.03  # of all frames
_LONGEST_S = 15.0


def dropped(generator: np.random.Generator, height_m: float) -> Floats:
    """Let something compact fall (a bottle, a flower pot): float64[frames, 2], its x and z down to the ground."""
    push_ms, lift_ms = generator.uniform(-2.0, 2.0), generator.uniform(-0.5, 0.5)
    return _fall((0.0, height_m), (push_ms, lift_ms), terminal_ms=generator.uniform(22.0, 45.0))


def fluttering(generator: np.random.Generator, height_m: float) -> Floats:
    """Let something light sink (a bag, a sheet of paper): it reaches its terminal speed at once and sways."""
    path = _fall((0.0, height_m), (generator.uniform(-0.4, 0.4), 0.0), terminal_ms=generator.uniform(1.6, 2.8))
    seconds = np.arange(len(path)) * FRAME_MS / 1_000
    swing_m, period_s = generator.uniform(0.15, 0.35), generator.uniform(1.2, 2.2)
    path[:, 0] += swing_m * np.sin(2 * np.pi * seconds / period_s + generator.uniform(0, 6))
    return path


def raindrop(generator: np.random.Generator, height_m: float) -> Floats:
    """Let a large drop of rain pass: long before it is seen it falls at its terminal speed."""
    terminal_ms = generator.uniform(6.0, 8.5)
    return _fall((0.0, height_m), (generator.uniform(-1.0, 1.0), -terminal_ms), terminal_ms)


def bird(generator: np.random.Generator, height_m: float) -> Floats:
    """Let a bird come in to land: it glides, and its middle moves with each beat of its wings."""
    seconds = np.arange(0, 3, FRAME_MS / 1_000)
    along_ms, down_ms, beat_hz = generator.uniform(6, 11), generator.uniform(0.5, 1.5), generator.uniform(4, 8)
    beats = 0.06 * np.sin(2 * np.pi * beat_hz * seconds)
    return np.stack([along_ms * seconds - 15, height_m - down_ms * seconds + beats], axis=1)


def ball(generator: np.random.Generator) -> Floats:
    """Let a child throw a ball up: it comes down again from no higher than a man can reach."""
    return _fall((0.0, 1.2), (generator.uniform(-1.5, 1.5), generator.uniform(4.0, 5.0)), terminal_ms=20.0)


def seen(generator: np.random.Generator, path: Floats) -> tuple[Ints, Ints]:
    """Return what a camera tells of a path: ms after its begin int64[m], and x and z in centimetres int64[2, m]."""
    frames = np.flatnonzero(generator.random(len(path)) >= _MISSED)
    measured = path[frames] + generator.normal(0, _NOISE_M, (len(frames), 2))
    return frames * FRAME_MS, np.rint(100 * measured.T).astype(np.int64)


def _fall(place: tuple[float, float], velocity: tuple[float, float], terminal_ms: float) -> Floats:
    """Move a body from a place (x, z) at a velocity, frame by frame, until it is on the ground."""
    (x, z), (u, w) = place, velocity
    step_s = FRAME_MS / 1_000 / _SUBSTEPS
    drag = _GRAVITY_MS2 / terminal_ms**2
    path: list[tuple[float, float]] = []
    while z > 0 and len(path) < _LONGEST_S * 1_000 / FRAME_MS:
        path.append((x, z))
        for _ in range(_SUBSTEPS):
            slowing = drag * math.hypot(u, w)
            faster = -slowing * u * step_s, -(_GRAVITY_MS2 + slowing * w) * step_s
            x += (u + faster[0] / 2) * step_s
            z += (w + faster[1] / 2) * step_s
            u += faster[0]
            w += faster[1]
    return np.array(path)
