"""A simulated compound: who of those whom nobody knows walks about in it, and where cameras see them.

Twelve buildings with a camera over each front, others over the paths. Where the vendor's system takes two visits for
those of one person it gives them one pseudonym; often it does not, and now and then it takes somebody for another. It
knows nothing of any detector. Who comes, how often, and how people walk is made up, not measured.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.household import DAY_MS, HOUR_MS, START_MS

Rng = np.random.Generator
Leg = tuple[float, float, float]  # seconds from the first midnight, seconds, building (PATH: none)
Visit = list[Leg]

BUILDINGS = 12
WORKDAYS = 5
PATH = np.nan
DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3_600.0, 60.0
FRONT_S, PATH_S = 15.0, 40.0  # between two sights, mean: of who is before a building, on a path
MISTAKEN = 0.01  # of visits, for those of somebody else of the same day


@dataclass(frozen=True)
class Somebody:
    """Who comes: the visits of one person. `listed`: whose pseudonym the property has on a list."""

    kind: str
    visits: list[Visit]
    listed: bool = False


@dataclass(frozen=True)
class Sights:
    """What cameras saw, in order of time.

    `times` epoch ms; `keys` pseudonyms, numbers from 0 on; `buildings` NaN on a path; `who` the number of the person.
    """

    times: NDArray[np.int64]
    keys: NDArray[np.int64]
    buildings: NDArray[np.float64]
    who: NDArray[np.int64]
    people: list[Somebody]
    days: int


def to_building(rng: Rng, at: float, building: int, stay_s: float) -> list[Visit]:
    """Walk to a building, stay inside, and leave: one visit or two, as one sees it from outside."""
    way = rng.uniform(50, 180)
    passed = float(rng.integers(BUILDINGS)) if rng.random() < 0.4 else PATH
    come = [(at, way, PATH), (at + way / 2, 8.0, passed), (at + way, rng.uniform(15, 40), float(building))]
    out = at + way + stay_s
    return [come, [(out, rng.uniform(8, 25), float(building)), (out + 20, rng.uniform(50, 180), PATH)]]


def visitor(rng: Rng, days: int) -> list[Visit]:
    """A guest of residents, once."""
    return _guest(rng, [int(rng.integers(days))])


def family(rng: Rng, days: int) -> list[Visit]:
    """A guest who comes every day, every other day or once a week."""
    every = int(rng.choice([1, 2, 7], p=[0.2, 0.3, 0.5]))
    return _guest(rng, [day for day in range(int(rng.integers(every)), days, every) if rng.random() < 0.8])


def _guest(rng: Rng, comes: list[int]) -> list[Visit]:
    """Visit the same residents on some days; some go out with their hosts, some stay over night."""
    home, visits = int(rng.integers(BUILDINGS)), list[Visit]()
    for day in comes:
        at = day * DAY_S + _clamped(rng, 15, 3.5, 8, 21.5) * HOUR_S
        over_night = rng.random() < 0.06
        stay = rng.lognormal(np.log(1.5), 0.6) * HOUR_S
        until = (day + 1) * DAY_S + rng.uniform(7, 11) * HOUR_S if over_night else at + stay
        if until - at > 1.5 * HOUR_S and rng.random() < 0.3:
            between = at + rng.uniform(0.3, 0.6) * min(until - at, 5 * HOUR_S)
            away = rng.uniform(15, 70) * MINUTE_S
            visits += to_building(rng, at, home, between - at) + to_building(rng, between + away, home, until - between)
        else:
            visits += to_building(rng, at, home, until - at)
    return visits


def courier(rng: Rng, days: int) -> list[Visit]:
    """Parcels in two rounds of many buildings, or meals in short trips until past midnight."""
    meals = rng.random() < 0.5
    visits = []
    for day in range(days):
        if rng.random() < 0.3:
            continue
        if meals:
            hours = [12 + rng.normal(0, 0.7), 18.3 + rng.normal(0, 0.8), _clamped(rng, 21.5, 2.0, 14, 25.5)]
            rounds = [(h, int(rng.integers(1, 3))) for h in sorted(hours) if rng.random() < 0.6]
        else:
            rounds = [(9.5 + rng.normal(0, 0.7), int(rng.integers(4, 10))), (15.5 + rng.normal(0, 0.7), 4)]
        for hour, stops in rounds:
            at, legs = day * DAY_S + hour * HOUR_S, []
            for building in rng.choice(BUILDINGS, stops, replace=False).tolist():
                way = rng.uniform(20, 80)
                legs += [(at, way, PATH), (at + way, rng.uniform(8, 25), float(building))]
                at += way + 25 + rng.uniform(40, 240)
                legs.append((at, 10.0, float(building)))
            visits.append([*legs, (at, 60.0, PATH)])
    return visits


def passer(rng: Rng, days: int) -> list[Visit]:
    """One who cuts through, once."""
    return [_stroll(rng, rng.integers(days) * DAY_S + _clamped(rng, 14, 4.5, 0, 24) * HOUR_S, rng.uniform(2, 5), 1, 8)]


def commuter(rng: Rng, days: int) -> list[Visit]:
    """One who cuts through on the way to work and back."""
    return [
        _stroll(rng, day * DAY_S + hour * HOUR_S, rng.uniform(2, 5), 1, 8)
        for day in range(days)
        if day % 7 < WORKDAYS and rng.random() < 0.9
        for hour in (7.8 + rng.normal(0, 0.3), 18.2 + rng.normal(0, 0.8))
    ]


def walker(rng: Rng, days: int) -> list[Visit]:
    """A neighbour with a dog: two or three times a day, between buildings."""
    hours = [6.8 + rng.normal(0, 0.8), 20.5 + rng.normal(0, 1)] + ([13.0] if rng.random() < 0.3 else [])
    return [
        _stroll(rng, day * DAY_S + (hour + rng.normal(0, 0.3)) * HOUR_S, rng.uniform(10, 25), 4, 10)
        for day in range(days)
        for hour in hours
        if rng.random() < 0.8
    ]


def cleaner(rng: Rng, days: int) -> list[Visit]:
    """A cleaner or gardener: for hours in and out of buildings, every working day."""
    return _work(rng, [day for day in range(days) if day % 7 < WORKDAYS])


def fitter(rng: Rng, days: int) -> list[Visit]:
    """A fitter, a meter reader: the same for two days."""
    first = int(rng.integers(days))
    return _work(rng, [first, first + 1])


def _work(rng: Rng, comes: list[int]) -> list[Visit]:
    visits = []
    for day in comes:
        for since, until in ((rng.uniform(5.5, 8.5), 11.0), (13.5, rng.uniform(15.5, 17.5))):
            at, legs = day * DAY_S + since * HOUR_S, []
            while at < day * DAY_S + until * HOUR_S:
                legs += [(at, 60.0, PATH), (at + 60, rng.uniform(20, 300), float(rng.integers(BUILDINGS)))]
                at += rng.uniform(8, 45) * MINUTE_S
            visits.append(legs)
    return visits


def resident(rng: Rng, days: int) -> list[Visit]:
    """One who lives here but was not recognised for a day."""
    day, home = int(rng.integers(days)), float(rng.integers(BUILDINGS))
    hours = np.sort([7.5 + rng.normal(0, 0.7), 18.5 + rng.normal(0, 1), *rng.uniform(8, 22.5, rng.integers(0, 4))])
    visits = []
    for hour in hours.tolist():
        at = day * DAY_S + hour * HOUR_S
        visits.append([(at, 15.0, home), (at + 15, rng.uniform(40, 150), PATH)])
    return visits


def night_prowler(rng: Rng, days: int) -> list[Visit]:
    """One who comes several times in one night, and looks at doors."""
    night = int(rng.integers(days)) * DAY_S
    return [_prowl(rng, night + at * HOUR_S) for at in _apart(rng, int(rng.integers(2, 5)), 0.0, 5.2, 0.8)]


def day_scout(rng: Rng, days: int) -> list[Visit]:
    """One who looks at a compound by day and in the evening: three to five times."""
    day = int(rng.integers(days)) * DAY_S
    return [_prowl(rng, day + at * HOUR_S) for at in _apart(rng, int(rng.integers(3, 6)), 9.0, 23.5, 1.0)]


def mixed_scout(rng: Rng, days: int) -> list[Visit]:
    """One who comes by day and again in the night that follows."""
    day = int(rng.integers(days)) * DAY_S
    by_day = _apart(rng, int(rng.integers(1, 4)), 13.0, 23.0, 1.0)
    by_night = _apart(rng, int(rng.integers(1, 3)), 24.2, 28.8, 0.8)
    return [_prowl(rng, day + at * HOUR_S) for at in by_day + by_night]


def slow_scout(rng: Rng, days: int) -> list[Visit]:
    """One who comes once a day or night, for three or four days."""
    first = int(rng.integers(days))
    night = rng.random() < 0.5
    hours = [rng.uniform(0.0, 4.8) if night else rng.uniform(10.0, 23.0) for _ in range(int(rng.integers(3, 5)))]
    return [_prowl(rng, (first + i) * DAY_S + hour * HOUR_S) for i, hour in enumerate(hours)]


@dataclass(frozen=True)
class Ordinary:
    """A kind of people who mean no harm: how many come a day, or all the time, and the share that is on a list."""

    make: Callable[[Rng, int], list[Visit]]
    a_day: float = 0.0
    always: float = 0.0
    listed: float = 0.0


ORDINARY = {
    "visitors": Ordinary(visitor, a_day=40.0),
    "family": Ordinary(family, always=30.0),
    "couriers": Ordinary(courier, always=12.0, listed=0.8),
    "passers-by": Ordinary(passer, a_day=100.0),
    "commuters": Ordinary(commuter, always=20.0),
    "dog walkers": Ordinary(walker, always=6.0),
    "cleaners": Ordinary(cleaner, always=6.0, listed=0.9),
    "fitters": Ordinary(fitter, a_day=0.4, listed=0.3),
    "residents not recognised": Ordinary(resident, a_day=8.0),
}
PROWLERS: dict[str, Callable[[Rng, int], list[Visit]]] = {
    "by night": night_prowler,
    "by day": day_scout,
    "day and night": mixed_scout,
    "once a day": slow_scout,
}


def watch(rng: Rng, days: int, *, prowlers: int, broken: float, lost_a_minute: float = 0.02) -> Sights:
    """Simulate a compound, with so many prowlers of each kind.

    `broken` is the share of visits that are given a pseudonym of their own, `lost_a_minute` how often one changes while
    somebody is in view.
    """
    people = [
        Somebody(kind, ordinary.make(rng, days), bool(rng.random() < ordinary.listed))
        for kind, ordinary in ORDINARY.items()
        for _ in range(rng.poisson(ordinary.a_day * days + ordinary.always))
    ]
    people += [Somebody(kind, make(rng, days)) for kind, make in PROWLERS.items() for _ in range(prowlers)]
    seen = [sight for number, somebody in enumerate(people) for sight in _seen(rng, number, somebody, broken)]
    return _told(rng, seen, people, days, lost_a_minute)


def _seen(
    rng: Rng, number: int, somebody: Somebody, broken: float
) -> Iterator[tuple[int, bool, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield of each visit that is seen: whose it is, whether it is taken for one of somebody new, its sights."""
    for k, visit in enumerate(somebody.visits):
        times, places = [], []
        for at, length, building in visit:
            count = rng.poisson(length / (PATH_S if np.isnan(building) else FRONT_S))
            times.append(at + rng.uniform(0, length, count))
            places.append(np.full(count, building))
        seen, where = np.concatenate(times), np.concatenate(places)
        if len(seen) > 0:
            order = np.argsort(seen)
            yield number, bool(k > 0 and rng.random() < broken), seen[order], where[order]


def _told(
    rng: Rng,
    seen: list[tuple[int, bool, NDArray[np.float64], NDArray[np.float64]]],
    people: list[Somebody],
    days: int,
    lost_a_minute: float,
) -> Sights:
    """Give visits their pseudonyms."""
    fresh = len(people)
    by_day: dict[int, list[int]] = {}
    for number, _, at, _ in seen:
        by_day.setdefault(int(at[0] // DAY_S), []).append(number)
    keys, who = [], []
    for number, new, at, _ in seen:
        key = number
        if new:
            key, fresh = fresh, fresh + 1
        elif rng.random() < MISTAKEN:
            others = by_day[int(at[0] // DAY_S)]
            key = others[int(rng.integers(len(others)))]
        own = np.full(len(at), key)
        if rng.random() < 1 - np.exp(-lost_a_minute * (at[-1] - at[0]) / MINUTE_S):
            own[int(rng.integers(len(at))) :], fresh = fresh, fresh + 1
        keys.append(own)
        who.append(np.full(len(at), number))
    times = np.concatenate([at for _, _, at, _ in seen])
    order = np.argsort(times, kind="stable")
    return Sights(
        START_MS + (times[order] * 1000).astype(np.int64),
        np.concatenate(keys)[order],
        np.concatenate([building for *_, building in seen])[order],
        np.concatenate(who)[order],
        people,
        days,
    )


def _stroll(rng: Rng, at: float, minutes: float, fronts: int, front_s: float) -> Visit:
    """Walk along paths, past the fronts of some buildings."""
    legs = [(at, minutes * MINUTE_S, PATH)]
    passed = rng.choice(BUILDINGS, int(rng.integers(0, fronts + 1)), replace=False).tolist()
    return legs + [(at + rng.uniform(0, minutes) * MINUTE_S, front_s, float(building)) for building in passed]


def _prowl(rng: Rng, at: float) -> Visit:
    """Go from building to building, stand before some of them for minutes, try doors; now and then somebody opens."""
    legs = []
    for building in rng.choice(BUILDINGS, int(rng.integers(2, 6)), replace=False).tolist():
        way, before = rng.uniform(40, 240), rng.uniform(15, 200)
        legs += [(at, way, PATH), (at + way, before, float(building))]
        at += way + before + (rng.uniform(60, 400) if rng.random() < 0.15 else 0.0)
    return [*legs, (at, 90.0, PATH)]


def _apart(rng: Rng, count: int, since: float, until: float, least: float) -> list[float]:
    """Return hours in order that lie so far apart."""
    free = until - since - least * (count - 1)
    return [float(hour) + since + least * i for i, hour in enumerate(np.sort(rng.uniform(0, free, count)))]


def _clamped(rng: Rng, mean: float, sd: float, least: float, most: float) -> float:
    return float(np.clip(rng.normal(mean, sd), least, most))


def hour_of(times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the civil hours of instants."""
    return (times - START_MS) % DAY_MS / HOUR_MS
