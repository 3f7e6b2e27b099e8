"""How soon silences could be told of if the habits of each person were known: what no score can be better than by much.

An oracle is shown sixty other half years of the same person: the same hours of rising and going to bed, the same
change of them, the same sensors, other days. So it knows how long a silence lasts that begins at this time of day (in
steps of 20 minutes, the season's shift taken out), on that day of the week, at home or out. It says after each sign
how long the silence may last, as a score does. That illnesses begin at home alone it knows as well.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.household import HOUR_MS, START_MS, Household, Life, Person, live_again

LIVES = 60
STEP_H = 1 / 6  # of the ages of a silence
AGES = np.arange(1, 48 * 6 + 1) * STEP_H
BINS = 72  # of the day
DAY_KINDS = np.array([0, 0, 0, 0, 1, 2, 3])  # Monday to Thursday, Friday, Saturday, Sunday
DAY_BEGINS_H = 4.0
SHAPE = 2, 4, 2, BINS  # before and after hours change, kinds of days, at home and out, times of day
BESIDE = ((1, 0.6), (2, 0.2))  # how much silences that begin a bin or two earlier or later say
LEAST_AGE = 5  # of the hour that `inactivity` waits for
KNOWN_H = 48.0  # how people begin is no habit
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Choice = Callable[[Floats, float], Ints]  # survival [contexts, ages] and a price of false alarms -> an age a context


@dataclass(frozen=True)
class Oracle:
    """Lives with, of each, the contexts of its signs and how likely silences in a context last longer than each age."""

    lives: Sequence[Life]
    contexts: Sequence[Ints]
    survivals: Sequence[Floats]

    def silences(self, choose: Choice, price: float) -> list[Ints]:
        """Return how long (ms) the silence after each sign may last."""
        pairs = zip(self.contexts, self.survivals, strict=True)
        return [(AGES[choose(survival, price)][context] * HOUR_MS).astype(np.int64) for context, survival in pairs]


def oracle(seed: int, count: int, kinds: Sequence[Household], lives: Sequence[Life]) -> Oracle:
    """Learn the habits of the people that `lives.people` makes of a seed."""
    contexts, survivals = [], []
    people = [(k, i, kind) for k, kind in enumerate(kinds) for i in range(count)]
    for (k, i, kind), life in zip(people, lives, strict=True):
        own = Person(kind, life.days, np.random.default_rng([seed, k, i]))
        contexts.append(_contexts(own, life.times, life.away))
        survivals.append(_survival(own, [seed, k, i]))
    return Oracle(lives, contexts, survivals)


def usual(survival: Floats, price: float) -> Ints:
    """Choose as `inactivity` does: where the chance of a silence of more than an hour to last so long is 1 / price."""
    below = survival / np.maximum(survival[:, LEAST_AGE : LEAST_AGE + 1], 1e-9) < 1 / price
    below[:, :LEAST_AGE] = False
    below[:, -1] = True
    return np.asarray(np.argmax(below, axis=1))


def soon(survival: Floats, price: float) -> Ints:
    """Choose so that the mean time from an illness to the alert is least."""
    well = _well(survival)
    delay = STEP_H * (np.cumsum(well, axis=1) - well / 2)
    return _best(-delay - price * survival)


def within(hours: float) -> Choice:
    """Choose so that as many illnesses as possible are told of within so many hours: what makes a median least."""
    steps = round(hours / STEP_H)

    def choose(survival: Floats, price: float) -> Ints:
        well = _well(survival)
        well[:, steps:] -= well[:, :-steps].copy()
        return _best(well - price * survival)

    return choose


def _well(survival: Floats) -> Floats:
    """Return the hours that a silence has begun with a person who was still well, in the mean, up to each age."""
    before = np.concatenate([np.ones((len(survival), 1)), survival[:, :-1]], axis=1)
    return np.asarray(np.cumsum((before + survival) / 2 * STEP_H, axis=1))


def _best(value: Floats) -> Ints:
    """Return the age of the greatest value; who is out is left in peace."""
    ages = np.argmax(value, axis=1).reshape(SHAPE)
    ages[:, :, 1] = len(AGES) - 1
    return np.asarray(ages.reshape(-1))


def _contexts(own: Person, times: Ints, away: NDArray[np.bool_]) -> Ints:
    """Return the number of each sign's context."""
    hours = (times - START_MS) / HOUR_MS
    shift = 0.4 * np.sin(2 * np.pi * hours / 24 / 365 + own.season)
    bins = ((hours - shift) % 24 * BINS / 24).astype(np.int64) % BINS
    kinds = DAY_KINDS[((hours - DAY_BEGINS_H) // 24 % 7).astype(np.int64)]
    moved = (hours / 24 >= own.moved[0]).astype(np.int64)
    return np.ravel_multi_index((moved, kinds, away.astype(np.int64), bins), SHAPE)


def _survival(own: Person, seed: Sequence[int]) -> Floats:
    """Simulate other lives, without outages that coverage tells of; return how often silences outlast each age."""
    other = copy(own)
    other.kind = replace(own.kind, outages=own.kind.outages * own.kind.unnoticed, unnoticed=1.0)
    counts = np.zeros((int(np.prod(SHAPE)), len(AGES) + 1))
    for number in range(LIVES):
        life = live_again(other, np.random.default_rng([*seed, number]))
        known = life.times[:-1] >= START_MS + KNOWN_H * HOUR_MS
        lengths = np.diff(life.times)[known] / HOUR_MS
        np.add.at(counts, (_contexts(own, life.times, life.away)[:-1][known], np.searchsorted(AGES, lengths)), 1.0)
    by_time = counts.reshape(*SHAPE, -1)
    near = by_time + sum(
        weight * (np.roll(by_time, bins, axis=3) + np.roll(by_time, -bins, axis=3)) for bins, weight in BESIDE
    )
    longer = np.cumsum(near[..., ::-1], axis=-1)[..., ::-1].reshape(len(counts), -1)
    return np.asarray(np.minimum(1.0, (longer[:, 1:] + 1e-3) / (longer[:, :1] + 1e-3)))
