"""What moves before a facade and does not fall: the tracks that a camera's day brings beside falls.

How often each comes on a day is a guess of a busy place: what matters is the share that is taken for a fall.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.facade_camera import DISTANCE_M, STEP_S, Array, Paths

SECONDS = np.arange(0, 6, STEP_S)[:, None]


@dataclass(frozen=True)
class Confuser:
    """One kind of them: how many tracks a camera sees of it on a day, and how they move.

    `weather` is what few days bring.
    """

    name_en: str
    a_day: int
    move: Callable[[np.random.Generator, int], Paths]
    weather: bool = False


def _paths(x: Array, outwards: Array, z: Array, shake_px: Array | None = None) -> Paths:
    places = np.stack(np.broadcast_arrays(x, outwards, z), axis=2).astype(np.float64)
    places[places[:, :, 2] < 0] = np.nan
    return Paths(places, shake_px)


def _uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Array:
    return np.asarray(rng.uniform(low, high, n))


def _signs(rng: np.random.Generator, n: int) -> Array:
    return np.asarray(rng.choice([-1.0, 1.0], n))


def birds(rng: np.random.Generator, n: int) -> Paths:
    """Wings beat, the way goes up and down."""
    speed = _uniform(rng, 6, 14, n) * _signs(rng, n)
    z = _uniform(rng, 5, 40, n) + rng.normal(0, 1.0, n) * SECONDS
    z = z + 0.06 * np.sin(2 * np.pi * _uniform(rng, 4, 9, n) * SECONDS)
    z = z + _uniform(rng, 0.2, 1.5, n) * np.sin(_uniform(rng, 0.8, 2.5, n) * SECONDS + _uniform(rng, 0, 6, n))
    return _paths(-speed * 1.2 + speed * SECONDS, _uniform(rng, 0, 30, n), z)


def diving_birds(rng: np.random.Generator, n: int) -> Paths:
    """From a ledge down with wings half folded, then level again."""
    until, down = _uniform(rng, 0.4, 1.3, n), _uniform(rng, 3.0, 8.5, n)
    s = np.minimum(SECONDS, until)
    after = np.clip(SECONDS - until, 0, until)
    z = _uniform(rng, 12, 38, n) - down * s**2 / 2 - down * until * after + down * after**2 / 2
    return _paths(_uniform(rng, 1, 7, n) * _signs(rng, n) * SECONDS, _uniform(rng, 0.5, 10, n), z)


def insects(rng: np.random.Generator, n: int) -> Paths:
    """Moths and flies a few metres before the lens: large on the facade, and restless."""
    turns = rng.normal(0, 12.0, (len(SECONDS), n, 3))
    speed = np.zeros((n, 3))
    place = np.stack([_uniform(rng, -1, 1, n), np.full(n, DISTANCE_M) - _uniform(rng, 1.5, 8, n), np.zeros(n)], axis=1)
    place[:, 2] = 1.6 + (DISTANCE_M - place[:, 1]) * _uniform(rng, 0.1, 0.8, n)
    places = np.empty((len(SECONDS), n, 3))
    for step in range(len(SECONDS)):
        places[step] = place
        speed = speed * 0.99 + turns[step] * np.sqrt(STEP_S) * 0.3
        place = place + speed * STEP_S
    return Paths(places)


def rain(rng: np.random.Generator, n: int) -> Paths:
    """Drops near the lens, each seen for a few frames."""
    near = _uniform(rng, 2, 12, n)
    z = 1.6 + near * _uniform(rng, 0.6, 1.1, n) - _uniform(rng, 4, 9, n) * SECONDS
    x = near * _uniform(rng, -0.6, 0.6, n) + rng.normal(0, 1.0, n) * SECONDS
    return _paths(x, DISTANCE_M - near, z)


def snow(rng: np.random.Generator, n: int) -> Paths:
    """Flakes near the lens, in the wind."""
    near = _uniform(rng, 2, 12, n)
    z = 1.6 + near * _uniform(rng, 0.3, 1.0, n) - _uniform(rng, 0.7, 1.6, n) * SECONDS
    z = z + 0.05 * np.sin(_uniform(rng, 2, 8, n) * SECONDS)
    x = near * _uniform(rng, -0.6, 0.6, n) + rng.normal(0, 1.0, n) * SECONDS
    x = x + 0.1 * np.sin(_uniform(rng, 2, 8, n) * SECONDS)
    return _paths(x, DISTANCE_M - near, z)


def passers_by(rng: np.random.Generator, n: int) -> Paths:
    """People and vehicles on the ground."""
    speed = _uniform(rng, 0.8, 12, n) * _signs(rng, n)
    z = _uniform(rng, 0.8, 1.6, n) + 0.03 * np.sin(11 * SECONDS)
    return _paths(-speed + speed * SECONDS, _uniform(rng, 2, 30, n), z)


def shaken(rng: np.random.Generator, n: int) -> Paths:
    """What stands still while the camera's mast does not."""
    size, pace = _uniform(rng, 2, 40, n), 2 * np.pi * _uniform(rng, 0.5, 6, n)
    swing = size * np.exp(-SECONDS / _uniform(rng, 0.5, 4, n))
    shake = np.stack([swing * np.sin(pace * SECONDS), swing * np.cos(0.9 * pace * SECONDS)], axis=2)
    return _paths(_uniform(rng, -12, 12, n) + 0 * SECONDS, np.zeros(n), _uniform(rng, 3, 38, n), shake)


def drips(rng: np.random.Generator, n: int) -> Paths:
    """Water from air conditioners: a drop falls freely at first and reaches 7 to 9 m/s."""
    terminal = _uniform(rng, 7.0, 9.0, n)
    sunk = terminal**2 / 9.79 * np.log(np.cosh(9.79 * SECONDS / terminal))
    return _paths(_uniform(rng, -12, 12, n) + 0 * SECONDS, np.full(n, 0.5), _uniform(rng, 5, 40, n) - sunk)


def balcony_people(rng: np.random.Generator, n: int) -> Paths:
    """They walk to and fro, bend down and rise again."""
    bends = _uniform(rng, 0.3, 1.1, n) * np.clip(np.sin(_uniform(rng, 1.0, 4.0, n) * SECONDS), 0, 1) ** 2
    x = _uniform(rng, -12, 12, n) + _uniform(rng, 0.2, 1.5, n) * np.sin(_uniform(rng, 0.3, 1.2, n) * SECONDS)
    return _paths(x, np.full(n, 0.8), _uniform(rng, 4, 38, n) - bends)


def lifts(rng: np.random.Generator, n: int) -> Paths:
    """Panorama lifts: 0.8 m/s^2 up to their speed, up or down."""
    speed = _uniform(rng, 1.0, 2.5, n)
    gained = speed / 0.8
    way = np.where(gained > SECONDS, 0.4 * SECONDS**2, speed * (SECONDS - gained / 2))
    z = _uniform(rng, 3, 35, n) + _signs(rng, n) * np.minimum(way, _uniform(rng, 3, 12, n))
    return _paths(_uniform(rng, -12, 12, n) + 0 * SECONDS, np.full(n, 0.5), z)


def hoists(rng: np.random.Generator, n: int) -> Paths:
    """Goods and cleaners on ropes: slow, and they swing."""
    sway = _uniform(rng, 0.02, 0.3, n) * np.sin(2 * np.pi / _uniform(rng, 3, 7, n) * SECONDS)
    z = _uniform(rng, 10, 38, n) - _uniform(rng, 0.2, 1.0, n) * SECONDS
    return _paths(_uniform(rng, -12, 12, n) + sway, np.full(n, 1.0), z)


def reflections(rng: np.random.Generator, n: int) -> Paths:
    """Headlights and mirrored light: straight, at any speed, mostly across."""
    speed, slope = _uniform(rng, 1, 25, n) * _signs(rng, n), rng.normal(0, 0.25, n)
    return _paths(
        -speed * np.cos(slope) + speed * np.cos(slope) * SECONDS,
        np.zeros(n),
        _uniform(rng, 4, 38, n) + speed * np.sin(slope) * SECONDS,
    )


def balls(rng: np.random.Generator, n: int) -> Paths:
    """Thrown or kicked up from the ground: they fall as anything does, but from no window."""
    up = _uniform(rng, 3, 12, n)
    flight = 2 * up / 9.79
    s = np.minimum(SECONDS, flight)
    after = np.clip(SECONDS - flight, 0, flight / 2)
    bounces = np.where(after > 0, after * up / 2 - 9.79 * after**2 / 2, 0)
    z = 0.3 + up * s - 9.79 * s**2 / 2 + bounces
    return _paths(_uniform(rng, -8, 8, n) + rng.normal(0, 2, n) * SECONDS, _uniform(rng, 2, 15, n), z)


def laundry(rng: np.random.Generator, n: int) -> Paths:
    """Washing, curtains and flags in the wind."""
    size, pace = _uniform(rng, 0.1, 0.8, n), _uniform(rng, 2, 9, n)
    z = _uniform(rng, 4, 38, n) + size * np.sin(pace * SECONDS) + size / 3 * np.sin(2.7 * pace * SECONDS)
    return _paths(_uniform(rng, -12, 12, n) + size / 2 * np.sin(0.8 * pace * SECONDS), np.full(n, 0.6), z)


CONFUSERS = (
    Confuser("birds that cross", 300, birds),
    Confuser("birds that dive", 30, diving_birds),
    Confuser("insects near the lens", 500, insects),
    Confuser("rain", 2000, rain),
    Confuser("snow", 2000, snow, weather=True),
    Confuser("passers-by and vehicles", 2000, passers_by),
    Confuser("shaking camera", 200, shaken),
    Confuser("drips of air conditioners", 500, drips),
    Confuser("people on balconies", 300, balcony_people),
    Confuser("panorama lifts", 300, lifts),
    Confuser("hoists and cleaners on ropes", 20, hoists),
    Confuser("reflections, headlights", 300, reflections),
    Confuser("balls from the ground", 50, balls),
    Confuser("laundry, curtains", 300, laundry),
)
