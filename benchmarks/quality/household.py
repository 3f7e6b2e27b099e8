"""Simulated lives: the signs that a person gives on ordinary days, by kind of household.

It knows nothing of any detector. Times are epoch ms of a city at UTC+08:00; lives begin on a Monday
at midnight. What is made up here is how people live, not measured: `docs/quality.md` says what follows from that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
UTC_OFFSET_MS = 8 * HOUR_MS
START_MS = 1_740_931_200_000  # Monday, 2025-03-03, midnight there
FIVE_DAYS_A_WEEK = 5

Rng = np.random.Generator
Spans = list[tuple[float, float]]  # hours from midnight of the first day


@dataclass(frozen=True)
class Household:
    """How a kind of household lives: hours of the day, and how people (`between`) and days (`daily`) differ."""

    title: str
    title_zh: str
    signs_an_hour: float = 4.0  # of a person at home and awake, before quiet stretches
    wake: float = 6.8
    bed: float = 22.3
    between_sd: float = 0.7
    daily_sd: float = 0.5
    quiet: float = 0.05  # a gap is a quiet stretch (reading, television) with this probability
    nap: float = 0.5  # a day
    night_visits: float = 1.3  # a night, each with a sign or two
    outings: float = 0.7  # a day
    outing_hours: float = 1.5
    trips: float = 0.0  # a year, of one to ten days
    outages: float = 0.3  # of the sensors, in 30 days
    unnoticed: float = 0.1  # of the outages, which no heartbeat tells of
    lost: float = 0.02  # of the signs
    visits: int = (
        0  # of a carer a day, two at most; whose signs those are cannot be told while one lasts, so none count
    )


HOUSEHOLDS = {
    "alone": Household("alone at home", "独居在家"),
    "sensed": Household("alone, motion sensors", "独居，装有人体感应", signs_an_hour=15.0, quiet=0.012, nap=0.4),
    "couple": Household("couple, identity-bound signs", "夫妻同住（只算本人信号）", signs_an_hour=1.2, quiet=0.1),
    "outdoors": Household("goes out daily", "每天外出", outings=2.2, outing_hours=2.2, quiet=0.04),
    "night_owl": Household("night owl, irregular", "夜猫子，作息不规律", wake=9.8, bed=26.0, daily_sd=1.2, nap=0.2),
    "traveller": Household("seasonal traveller", "季节性外出居住", trips=10.0),
    "carer": Household("with carer visits", "有护理员上门", visits=2, outings=0.15, nap=0.8, signs_an_hour=3.0),
    "drop_outs": Household("sensors that drop out", "传感器经常掉线", outages=6.0, unnoticed=0.25, lost=0.2),
}


@dataclass(frozen=True)
class Life:
    """Signs of one person in order: `times` epoch ms and `away`, whether the person is out from that sign on.

    `dark` are the outages that coverage tells of, [since, until) epoch ms, in order; `days` how long it lasts.
    """

    kind: Household
    times: NDArray[np.int64]
    away: NDArray[np.bool_]
    dark: NDArray[np.int64]
    days: int


def live(kind: Household, days: int, rng: Rng) -> Life:
    """Simulate the signs of one person of a kind of household."""
    return live_again(Person(kind, days, rng), rng)


def live_again(own: "Person", rng: Rng) -> Life:
    """Simulate other days of the same person."""
    own.rng = rng
    kind, days = own.kind, own.days
    signs: list[NDArray[np.float64]] = []
    away: list[NDArray[np.bool_]] = []
    for awake, asleep, out in own.rhythm():
        times, is_away = own.signs_of_day(awake, asleep, out)
        signs.append(times)
        away.append(is_away)
    hours, gone = np.concatenate(signs), np.concatenate(away)
    order = np.argsort(hours, kind="stable")
    hours, gone = hours[order], gone[order]
    outages = own.spans(kind.outages * days / 30, 7.0, 1.0)
    carer = [(d * 24.0 + h, d * 24.0 + h + 0.8) for d in range(days) for h in (9.5, 16.0)[: kind.visits]]
    seen = rng.random(len(hours)) >= kind.lost * ~np.append(False, np.diff(gone.astype(np.int8)) != 0)
    for since, until in [*outages, *carer]:
        seen &= (hours < since) | (hours >= until)
    known = [span for span in outages if rng.random() >= kind.unnoticed]
    stamps = START_MS + (hours * HOUR_MS).astype(np.int64)
    seen &= np.append(True, np.diff(stamps) > 0) & (stamps < START_MS + days * DAY_MS)
    dark = START_MS + (np.array(known or np.empty((0, 2))) * HOUR_MS).astype(np.int64)
    return Life(kind, stamps[seen], gone[seen], dark, days)


class Person:
    """What stays the same in a life, and how its days differ."""

    def __init__(self, kind: Household, days: int, rng: Rng) -> None:
        self.kind, self.days, self.rng = kind, days, rng
        self.wake, self.bed = kind.wake + rng.normal(0, kind.between_sd), kind.bed + rng.normal(0, kind.between_sd)
        self.daily_sd = kind.daily_sd * rng.lognormal(0, 0.3)
        self.rate = kind.signs_an_hour * rng.lognormal(0, 0.35)
        self.quiet = kind.quiet * rng.lognormal(0, 0.3)
        self.season = rng.uniform(0, 2 * np.pi)
        self.moved = (rng.uniform(0.3, 0.8) * days, rng.normal(0, 1.0)) if rng.random() < 0.25 else (days, 0.0)
        self.outing_at = rng.uniform(7.5, 15.5, 2)

    def rhythm(self) -> list[tuple[float, float, Spans]]:
        """Return of each day when the person rises, goes to bed, and is out; a day ends when the next one rises."""
        trips = self.spans(self.kind.trips * self.days / 365, 96.0, 24.0)
        days = []
        for day in range(self.days):
            midnight, weekend = day * 24.0, day % 7 >= FIVE_DAYS_A_WEEK
            shift = 0.4 * np.sin(2 * np.pi * day / 365 + self.season) + (day >= self.moved[0]) * self.moved[1]
            awake = midnight + self.wake + shift + 0.5 * weekend + self.rng.normal(0, self.daily_sd)
            asleep = midnight + self.bed + shift + 0.3 * weekend + self.rng.normal(0, self.daily_sd)
            out: Spans = []
            for i in range(self.rng.poisson(self.kind.outings * (0.7 if weekend else 1.1))):
                start = midnight + self.outing_at[i % 2] + self.rng.normal(0, 0.6)
                end = start + self.kind.outing_hours * self.rng.lognormal(0, 0.5)
                if start > max(awake, out[-1][1] if out else 0) + 0.3 and end < asleep - 0.3:
                    out.append((start, end))
            if any(since < asleep and awake < until for since, until in trips):
                out = [(since, until) for since, until in trips if awake <= since < asleep]
                started = [since for since, _ in out]
                inside = [until for since, until in trips if since < awake < until]
                awake, asleep = (max(awake, inside[0]) if inside else awake), min([asleep, *started])
            days.append((awake, asleep, out))
        return days

    def signs_of_day(self, awake: float, asleep: float, out: Spans) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the signs from rising to falling asleep, those at doors, and those of the night that follows."""
        rng, kind = self.rng, self.kind
        rate = self.rate * (0.3 if rng.random() < 0.02 else 1.0)  # a day in bed now and then
        at_home, since = [], awake
        for left, back in out:
            at_home.append((since, min(left, asleep)))
            since = back
        at_home.append((since, asleep))
        if rng.random() < kind.nap:
            at_home = _without(at_home, awake + 6.2 + rng.normal(0, 0.6), rng.lognormal(np.log(1.2), 0.35))
        signs = [self._signs(since, until, rate) for since, until in at_home if until > since]
        if asleep > awake and not any(back > asleep for _, back in out):  # at home tonight
            for at in rng.uniform(asleep + 0.7, asleep + 7.0, rng.poisson(kind.night_visits)):
                signs.append(at + rng.uniform(0, 0.1, rng.integers(1, 3)))
        home = np.concatenate(signs) if signs else np.empty(0)
        leaving, coming = np.array([left for left, _ in out]), np.array([back for _, back in out])
        gone = np.concatenate(
            [np.zeros(len(home), np.bool_), np.ones(len(out), np.bool_), np.zeros(len(out), np.bool_)]
        )
        return np.concatenate([home, leaving, coming]), gone

    def _signs(self, since: float, until: float, rate: float) -> NDArray[np.float64]:
        """Signs at home and awake: many short gaps and a few quiet stretches; the first one at rising or coming in."""
        count = int((until - since) * rate * 1.5) + 8
        gaps = self.rng.exponential(1 / rate, count)
        quiet = self.rng.random(count) < self.quiet
        gaps[quiet] = self.rng.lognormal(np.log(0.9), 0.5, np.count_nonzero(quiet))
        signs = since + np.concatenate([[0.02], 0.02 + np.cumsum(gaps)])
        return signs[signs < until]

    def spans(self, expected: float, mean: float, least: float) -> Spans:
        """Return stretches of the life that do not touch, so many of them, in hours."""
        starts = np.sort(self.rng.uniform(0, self.days * 24.0, self.rng.poisson(expected)))
        spans: Spans = []
        for start in starts.tolist():
            if not spans or start > spans[-1][1] + least:
                spans.append((start, start + least + float(self.rng.exponential(mean - least))))
        return spans


def _without(spans: Spans, start: float, length: float) -> Spans:
    """Cut a nap out of stretches at home."""
    out: Spans = []
    for since, until in spans:
        out += [(since, min(until, start)), (max(since, start + length), until)]
    return [(since, until) for since, until in out if until > since]
