"""What falls from a facade: bodies in air of quadratic drag, thrown or let go of, and light ones that sink."""

import numpy as np

from benchmarks.quality.facade_camera import STEP_S, Array, Paths

GRAVITY = 9.79  # of Nanchang
STOREY_M, SILL_M = 3.0, 1.0
# Terminal speeds in m/s: a flower pot, a tool; fruit, a can; a bottle with something in it; an empty one.
TERMINAL_MS = ((45.0, 70.0), (25.0, 35.0), (18.0, 25.0), (13.5, 16.0))
TERMINAL_SHARES = (0.3, 0.3, 0.2, 0.2)
HELD = 0.25  # share of the objects that are seen in a hand before they are let go of


def release_m(floor: int) -> float:
    """Return how high the window sill of a floor is; the ground floor is 1."""
    return STOREY_M * (floor - 1) + SILL_M


def heavy(rng: np.random.Generator, count: int, floor: int) -> Paths:
    """Return the paths of heavy things from a window of some floor: from before they are let go of until they lie."""
    terminal = np.array([rng.uniform(*TERMINAL_MS[rng.choice(4, p=TERMINAL_SHARES)]) for _ in range(count)])
    place = np.stack([rng.uniform(-12, 12, count), np.full(count, 0.3), np.full(count, release_m(floor))], axis=1)
    thrown = rng.random(count) < 0.5
    speed = np.stack(
        [
            np.where(thrown, rng.normal(0, 1.5, count), 0),
            np.where(thrown, rng.uniform(0.5, 3.0, count), rng.uniform(0, 0.3, count)),
            np.where(thrown, rng.uniform(-2.0, 2.0, count), 0),
        ],
        axis=1,
    )
    wind = np.stack([rng.normal(0, 1.5, count), rng.normal(0, 0.5, count), np.zeros(count)], axis=1)
    held_s = np.where(rng.random(count) < HELD, rng.uniform(0.3, 3.0, count), 0.0)
    steps = int((3.5 + 1.5 * np.sqrt(2 * release_m(floor) / GRAVITY) + 1.0) / STEP_S)
    places = np.full((steps, count, 3), np.nan)
    landed_s = np.full(count, (steps - 1) * STEP_S)
    swing = rng.uniform(0.0, 0.15, count), rng.uniform(1.0, 4.0, count)
    for step in range(steps):
        seconds = step * STEP_S
        flying = seconds >= held_s
        # in a hand it moves to and fro before it goes
        before = np.where(flying, 0.0, swing[0] * np.sin(swing[1] * (held_s - seconds)))
        places[step] = place + np.stack([before, np.zeros(count), before / 2], axis=1)
        lies = place[:, 2] <= 0
        landed_s[lies] = np.minimum(landed_s[lies], seconds)
        moves = (flying & ~lies)[:, None]
        next_place, next_speed = _advance(place, speed, wind, terminal)
        place, speed = np.where(moves, next_place, place), np.where(moves, next_speed, speed)
        place[:, 2] = np.maximum(place[:, 2], 0.0)
    return Paths(places, flights=np.stack([held_s, landed_s], axis=1))


def _advance(place: Array, speed: Array, wind: Array, terminal: Array) -> tuple[Array, Array]:
    """One step of Runge and Kutta's."""

    def acceleration(v: Array) -> Array:
        through = v - wind
        drag = GRAVITY * np.linalg.norm(through, axis=1) / terminal**2
        return np.asarray(-drag[:, None] * through - np.array([0, 0, GRAVITY]))

    h = STEP_S
    k1, v1 = speed, acceleration(speed)
    k2, v2 = speed + h / 2 * v1, acceleration(speed + h / 2 * v1)
    k3, v3 = speed + h / 2 * v2, acceleration(speed + h / 2 * v2)
    k4, v4 = speed + h * v3, acceleration(speed + h * v3)
    return place + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), speed + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4)


def light(rng: np.random.Generator, count: int, floor: int) -> Paths:
    """Return the paths of bags and leaves: they sink at a speed of their own, sway, and drift with the wind."""
    terminal = rng.uniform(1.0, 3.5, count)
    height = release_m(floor)
    s = np.arange(0, height / terminal.min() + 1, STEP_S)[:, None]
    # a body that begins at rest gains terminal speed within terminal^2 / g
    sunk = terminal**2 / GRAVITY * np.log(np.cosh(np.minimum(GRAVITY * s / terminal, 300.0)))
    sway, pace, phase = rng.uniform(0.05, 0.35, count), rng.uniform(3.0, 9.0, count), rng.uniform(0, 6, count)
    growing = 1 - np.exp(-s / 0.5)
    x = rng.uniform(-12, 12, count) + rng.normal(0, 0.8, count) * s + growing * sway * np.sin(pace * s + phase)
    z = height - sunk + growing * sway / 4 * np.sin(2 * pace * s + phase)
    outwards = 0.5 + np.abs(rng.normal(0, 0.3, count)) * s
    places = np.stack([x, outwards, z], axis=2)
    places[z <= 0] = np.nan
    return Paths(places)
