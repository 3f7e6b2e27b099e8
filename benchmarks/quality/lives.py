"""How soon an illness is noticed by a silence, and how often a healthy person is thought ill.

People of several kinds of household live for half a year. What is raised while they are well is a false alarm. An
illness is an instant at home from which on there are no more signs. Each life is cut off at many of them, one at a
time, so that a method knows what it would know in service; told is after how many hours an alert comes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.quality.household import DAY_MS, HOUR_MS, HOUSEHOLDS, START_MS, UTC_OFFSET_MS, Household, Life, live
from benchmarks.quality.oracle import Choice, Oracle, oracle, soon, usual, within
from benchmarks.quality.silence import (
    TWO_HOURS_AND_WEEKENDS,
    Ints,
    alert_line,
    alerts,
    fixed,
    inactivity,
    lines,
)
from kernels.scores.cohort import COHORT

DAYS, PEOPLE, ONSETS = 182, 16, 40  # of a life; of each kind of household; of illness in each life
KNOWN_DAY, LAST_DAY = 28, DAYS - 4  # what is counted; later silences may reach beyond the life
NEW_DAYS = 2, 21  # those of people who are hardly known
ALPHA = 0.01
ALPHAS = (0.04, 0.02, 0.014, 0.01, 0.007, 0.005, 0.003)
BUFFERS_H = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
BUFFER_H, LONG_BUFFER_H = 1.0, 1.75  # the line of 0.09 false alarms a day; one of as few as ours, on other seeds
SENSED_ALPHAS = (0.01, 0.02, 0.03, 0.04, 0.06)
SIGNS_AN_HOUR = (1.0, 2.0, 4.0, 8.0, 16.0)
DAYTIME = 8, 20  # hours
FALSE_A_DAY = (0.03, 0.045, 0.09)  # of the oracle's frontiers
PRICES, HALVINGS = (1.0, 1e5), 14
WITHIN_H = (3.0, 10 / 3, 3.5, 11 / 3)  # the one with the least median is shown
Floats = NDArray[np.float64]
Method = Callable[[Sequence[Life]], list[Ints]]


@dataclass(frozen=True)
class Told:
    """What a method told of some lives: false alarms in person-days; hours from each onset, and its hour of the day."""

    false: int
    days: int
    new_false: int
    new_days: int
    hours: Floats
    onset_hours: Ints

    @property
    def a_day(self) -> float:
        """False alarms a person and day."""
        return self.false / self.days

    @property
    def new_a_day(self) -> float:
        """Those of people who have been known for less than three weeks."""
        return self.new_false / self.new_days

    @property
    def by_day(self) -> Floats:
        """The hours from onsets in daytime."""
        return self.hours[(self.onset_hours >= DAYTIME[0]) & (self.onset_hours < DAYTIME[1])]


def people(seed: int, count: int, kinds: Sequence[Household] = tuple(HOUSEHOLDS.values())) -> list[Life]:
    """Simulate so many people of each kind of household."""
    return [live(kind, DAYS, np.random.default_rng([seed, k, i])) for k, kind in enumerate(kinds) for i in range(count)]


def onsets(life: Life, rng: np.random.Generator) -> Ints:
    """Return instants at which an illness begins: any at which the person is at home, awake or asleep."""
    last = min(int(life.times[-1]), START_MS + LAST_DAY * DAY_MS)
    instants = rng.integers(START_MS + KNOWN_DAY * DAY_MS, last, 3 * ONSETS)
    return instants[~life.away[np.searchsorted(life.times, instants, "right") - 1]][:ONSETS]


def judge(lives: Sequence[Life], silences: Sequence[Ints], seed: int) -> Told:
    """Compare what a method allows with what happened."""
    false = new_false = 0
    hours, at = [], []
    for number, (life, allowed) in enumerate(zip(lives, silences, strict=True)):
        due = alerts(life, allowed)
        days = (life.times[:-1] - START_MS) // DAY_MS
        raised = due[:-1] < life.times[1:]
        false += int(np.count_nonzero(raised & (days >= KNOWN_DAY) & (days < LAST_DAY)))
        new_false += int(np.count_nonzero(raised & (days >= NEW_DAYS[0]) & (days < NEW_DAYS[1])))
        ill = onsets(life, np.random.default_rng([seed, number]))
        hours.append(np.maximum(due[np.searchsorted(life.times, ill, "right") - 1] - ill, 0) / HOUR_MS)
        at.append((ill + UTC_OFFSET_MS) // HOUR_MS % 24)
    each = len(lives)
    known, new = each * (LAST_DAY - KNOWN_DAY), each * (NEW_DAYS[1] - NEW_DAYS[0])
    return Told(false, known, new_false, new, np.concatenate(hours), np.concatenate(at))


def sick_in_bed(lives: Sequence[Life], alpha: float, seed: int) -> float:
    """Return the share of illnesses that are told of within 48 hours if a third of the signs go on."""
    found = total = 0
    for number, (life, allowed) in enumerate(zip(lives, inactivity(lives, COHORT, alpha), strict=True)):
        for i, onset in enumerate(onsets(life, np.random.default_rng([seed, number]))[:5].tolist()):
            rng = np.random.default_rng([seed, number, i])
            signs = (life.times < onset) | (rng.random(len(life.times)) < 1 / 3) | (life.times > onset + 2 * DAY_MS)
            due = alerts(replace(life, times=life.times[signs]), allowed[signs])
            follows = np.append(life.times[signs][1:], onset + 4 * DAY_MS)
            within = (due >= onset) & (due < onset + 2 * DAY_MS)
            found += bool((within & (due < follows)).any())
            total += 1
    return found / total


def table(title: str, rows: dict[str, Told]) -> Table:
    """Lay out what methods told."""
    out = Table(title=title)
    for column in ("", "false alarms", "first weeks", "median h", "mean h", "p90 h", "median by day", "within 6 h"):
        out.add_column(column, justify="left" if not column else "right")
    for name, told in rows.items():
        numbers = [np.median(told.hours), told.hours.mean(), np.quantile(told.hours, 0.9), np.median(told.by_day)]
        share = f"{100 * np.mean(told.hours <= 6):.0f} %"
        out.add_row(name, f"{told.a_day:.3f}", f"{told.new_a_day:.3f}", *(f"{x:.1f}" for x in numbers), share)
    return out


def compare(seed: int, count: int, console: Console) -> dict[str, dict[str, Told]]:
    """Try all methods on the same lives; return what each told, by its table and row."""
    lives = people(seed, count)
    base = [lines(life) for life in lives]

    def tried(name: str, method: Method) -> Told:
        console.print(f"  {name}")
        return judge(lives, method(lives), seed)

    methods: dict[str, Method] = {
        "48 h": fixed,
        f"alert line + {BUFFER_H:g} h": lambda own: alert_line(own, base, BUFFER_H),
        f"alert line + {LONG_BUFFER_H:g} h": lambda own: alert_line(own, base, LONG_BUFFER_H),
        "inactivity, alpha 0.02": lambda own: inactivity(own, COHORT, 0.02),
        "inactivity, alpha 0.01": lambda own: inactivity(own, COHORT, ALPHA),
        "inactivity, weekends apart": lambda own: inactivity(
            own, np.concatenate([COHORT, COHORT], axis=1), ALPHA, TWO_HOURS_AND_WEEKENDS
        ),
    }
    told = {"methods": {name: tried(name, method) for name, method in methods.items()}}
    ours, line = inactivity(lives, COHORT, ALPHA), alert_line(lives, base, LONG_BUFFER_H)
    for title, silences in (("households", ours), ("households, alert line", line)):
        told[title] = {
            kind.title: judge(lives[i * count : (i + 1) * count], silences[i * count : (i + 1) * count], seed)
            for i, kind in enumerate(HOUSEHOLDS.values())
        }
    told["frontier"] = {
        f"{alpha:g}": tried(f"alpha {alpha:g}", partial(inactivity, hazards=COHORT, alpha=alpha)) for alpha in ALPHAS
    }
    told["frontier, alert line"] = {
        f"{buffer:g} h": tried(f"buffer {buffer:g} h", partial(alert_line, lines=base, buffer_h=buffer))
        for buffer in BUFFERS_H
    }
    return told


def priced(known: Oracle, choose: Choice, a_day: float, seed: int) -> Told:
    """Judge what an oracle chooses at the price at which it raises so many false alarms a day, or just fewer."""
    low, high = PRICES
    for _ in range(HALVINGS):
        price = float(np.sqrt(low * high))
        told = judge(known.lives, known.silences(choose, price), seed)
        low, high = (price, high) if told.a_day > a_day else (low, price)
    return judge(known.lives, known.silences(choose, high), seed)


def soonest(known: Oracle, a_day: float, seed: int) -> Told:
    """Judge what has the least median at so many false alarms a day."""
    tried = [priced(known, within(hours), a_day, seed) for hours in WITHIN_H]
    return min(tried, key=lambda told: float(np.median(told.hours)))


def bounds(seed: int, count: int, a_day: float) -> dict[str, dict[str, Told]]:
    """Return what an oracle of everybody's habits tells, at as many false alarms a day and along its frontiers."""
    known = oracle(seed, count, tuple(HOUSEHOLDS.values()), people(seed, count))
    return {
        "habits known": {
            "oracle, the score's rule": priced(known, usual, a_day, seed),
            "oracle, least mean": priced(known, soon, a_day, seed),
            "oracle, least median": soonest(known, a_day, seed),
        },
        "frontier, habits known": {f"{rate:g} a day": priced(known, usual, rate, seed) for rate in FALSE_A_DAY},
        "frontier, habits known, least median": {f"{rate:g} a day": soonest(known, rate, seed) for rate in FALSE_A_DAY},
    }


def densities(seed: int, count: int) -> dict[str, Told]:
    """Try the score on people who live alone, with sensors that give more and fewer signs while one is up."""
    told = {}
    for rate in SIGNS_AN_HOUR:
        kind = replace(HOUSEHOLDS["alone"], signs_an_hour=rate, quiet=0.2 / rate)  # as many quiet stretches
        lives = people(seed, 2 * count, [kind])
        told[f"{rate:g} signs an hour"] = judge(lives, inactivity(lives, COHORT, ALPHA), seed)
    return told


def sensed(seed: int, count: int) -> dict[str, Told]:
    """Try other alphas where many sensors make silences rare."""
    lives = people(seed, 2 * count, [HOUSEHOLDS["sensed"]])
    return {f"alpha {alpha:g}": judge(lives, inactivity(lives, COHORT, alpha), seed) for alpha in SENSED_ALPHAS}


def evaluate(seed: int, plots: Path) -> None:
    """Print the tables of `docs/quality.md` and draw its plots."""
    from benchmarks.quality.lives_plots import draw_frontier, draw_hours

    console = Console()
    told = compare(seed, PEOPLE, console)
    told |= bounds(seed, PEOPLE, told["methods"]["inactivity, alpha 0.01"].a_day)
    told["alone at home"] = densities(seed, PEOPLE)
    told["alone, motion sensors"] = sensed(seed, PEOPLE)
    for title, rows in told.items():
        console.print(table(title, rows))
    share = sick_in_bed(people(seed, PEOPLE), ALPHA, seed)
    console.print(f"sick in bed, a third of the signs go on: told of within two days {100 * share:.0f} %")
    plots.mkdir(parents=True, exist_ok=True)
    draw_frontier(told, plots / "lives-frontier.png")
    draw_hours(told["methods"], plots / "lives-onset.png")
