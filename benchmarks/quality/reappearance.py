"""How well strangers who come again and again are told from guests, deliverers and passers-by.

Compounds are watched for weeks, without faces: cameras see pseudonyms that often break. Planted are prowlers of four
kinds. A rule is an expression over what `visits` tells at each sight and, as in the shipped library, silent for a day
after each alert of a pseudonym. What it raises at the sight of anybody else is a false alarm.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.quality.compound import ORDINARY, PROWLERS, Sights, hour_of, watch
from benchmarks.quality.household import DAY_MS, HOUR_MS
from kernels.scores.visits import OUTPUTS, PARAMETERS, WIDTH, step

COMPOUNDS, DAYS, PLANTED = 24, 28, 10  # of each kind of prowler in a compound
BROKEN = (0.0, 0.05, 0.2, 0.4, 0.6)  # plates that are read well lose 5 % of their visits, tracks across cameras more
BROKEN_USUAL = 0.2
PROWLERS_A_DAY = 0.1  # of a compound, for a precision
LISTED_SINCE_H, LISTED_UNTIL_H = 6.0, 23.0  # the hours in which a pseudonym on a list is not asked about
SILENT_MS = DAY_MS
Bools = NDArray[np.bool_]
Told = dict[str, NDArray[np.float64]]


@dataclass
class Score:
    """What a rule raised in some compounds; hours are from the first sight of a prowler to the alert."""

    days: int = 0
    false: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    hours: list[float] = field(default_factory=list)

    @property
    def false_a_day(self) -> float:
        """False alarms a compound and day."""
        return self.false.total() / self.days

    @property
    def recall(self) -> float:
        """Share of the prowlers that are told of."""
        return self.found.total() / self.planted.total()

    @property
    def precision(self) -> float:
        """Share of the alerts that are of prowlers, where so many come."""
        told = self.recall * PROWLERS_A_DAY
        return told / (told + self.false_a_day) if told else 0.0


@dataclass(frozen=True)
class Rule:
    """What a rule asks of each sight, over visits of how many days; by day not of whoever is on the list."""

    asks: Callable[[Told], Bools]
    days: int = 1
    heeds_list: bool = True


def again(told: Told) -> Bools:
    """Three visits of which one was by night, or two by night."""
    return ((told["visits"] >= 3) & (told["night_visits"] >= 1)) | (told["night_visits"] >= 2)


def returns(told: Told) -> Bools:
    """What a rule should ask."""
    return again(told) & (told["buildings"] >= 3)


CHOSEN = "again and by night, 3 buildings"
RULES = {
    "3 visits": Rule(lambda told: told["visits"] >= 3),
    "3 visits, 2 buildings": Rule(lambda told: (told["visits"] >= 3) & (told["buildings"] >= 2)),
    "3 visits, 2 buildings, by night or 15 min": Rule(
        lambda told: (
            (told["visits"] >= 3)
            & (told["buildings"] >= 2)
            & ((told["night_visits"] >= 1) | (told["dwell_s"] >= 15 * 60))
        )
    ),
    "3 visits, 3 buildings, by night": Rule(
        lambda told: (told["visits"] >= 3) & (told["night_visits"] >= 1) & (told["buildings"] >= 3)
    ),
    "2 visits by night, 3 buildings": Rule(lambda told: (told["night_visits"] >= 2) & (told["buildings"] >= 3)),
    CHOSEN: Rule(returns),
    "the same, 2 buildings": Rule(lambda told: again(told) & (told["buildings"] >= 2)),
    "the same, in three days": Rule(returns, days=3),
    "the same, without the list": Rule(returns, heeds_list=False),
    "once: by night, 3 buildings, 5 min": Rule(
        lambda told: (told["night_visits"] >= 1) & (told["buildings"] >= 3) & (told["dwell_s"] >= 5 * 60)
    ),
}


def tell(sights: Sights, days: int) -> Told:
    """Ask the score of all sights, in one call."""
    parameters = np.array(list((PARAMETERS | {"within_ms": days * DAY_MS}).values()))
    state, out = np.zeros((int(sights.keys.max()) + 1, WIDTH)), np.empty((len(OUTPUTS), len(sights.times)))
    inputs = np.array([sights.buildings, hour_of(sights.times)])
    step(sights.keys, sights.times, inputs, state, parameters, out)
    return dict(zip(OUTPUTS, out, strict=True))


def unlisted(sights: Sights) -> Bools:
    """Return which sights are not by day of somebody on the list."""
    listed = np.array([somebody.listed for somebody in sights.people])[sights.who]
    hour = hour_of(sights.times)
    return ~(listed & (hour >= LISTED_SINCE_H) & (hour < LISTED_UNTIL_H))


def raised(sights: Sights, hits: Bools) -> list[int]:
    """Return at which sights a rule fires: where its condition is true, once a pseudonym and day."""
    silent: dict[int, int] = {}
    out = []
    for i in np.flatnonzero(hits).tolist():
        key, time = int(sights.keys[i]), int(sights.times[i])
        if time >= silent.get(key, 0):
            silent[key] = time + SILENT_MS
            out.append(i)
    return out


def judge(sights: Sights, hits: Bools, score: Score) -> None:
    """Add to a score what a rule raises in a compound."""
    score.days += sights.days
    score.planted.update(somebody.kind for somebody in sights.people if somebody.kind in PROWLERS)
    found: set[int] = set()
    for i in raised(sights, hits):
        number = int(sights.who[i])
        kind = sights.people[number].kind
        if kind not in PROWLERS:
            score.false[kind] += 1
        elif number not in found:
            found.add(number)
            score.found[kind] += 1
            first = sights.times[np.argmax(sights.who == number)]
            score.hours.append(float(sights.times[i] - first) / HOUR_MS)


def tried(seed: int, broken: float, compounds: int, rules: Mapping[str, Rule]) -> dict[str, Score]:
    """Try rules on the same compounds."""
    scores = {name: Score() for name in rules}
    for number in range(compounds):
        sights = watch(np.random.default_rng([seed, number]), DAYS, prowlers=PLANTED, broken=broken)
        told = {days: tell(sights, days) for days in {rule.days for rule in rules.values()}}
        strange = unlisted(sights)
        for name, rule in rules.items():
            judge(sights, rule.asks(told[rule.days]) & (strange | (not rule.heeds_list)), scores[name])
    return scores


def table(title: str, scores: dict[str, Score]) -> Table:
    """Lay out what rules raised."""
    out = Table(title=title)
    for column in ("", "false a day", "recall", "precision", *PROWLERS, "hours"):
        out.add_column(column, justify="left" if not column else "right")
    for name, score in scores.items():
        kinds = (f"{100 * score.found[kind] / score.planted[kind]:.0f} %" for kind in PROWLERS)
        hours = f"{np.median(score.hours):.1f}" if score.hours else "-"
        shares = f"{100 * score.recall:.0f} %", f"{100 * score.precision:.0f} %"
        out.add_row(name, f"{score.false_a_day:.3f}", *shares, *kinds, hours)
    return out


def confusers(scores: dict[str, Score], names: Sequence[str]) -> Table:
    """Lay out whom rules took for prowlers, in compound-days."""
    out = Table(title="false alarms a compound and day")
    for column in ("", *names):
        out.add_column(column, justify="left" if not column else "right")
    for kind in ORDINARY:
        out.add_row(kind, *(f"{scores[name].false[kind] / scores[name].days:.3f}" for name in names))
    return out


def evaluate(seed: int, plots: Path) -> None:
    """Print the tables of `docs/quality.md` and draw its plot."""
    from benchmarks.quality.reappearance_plots import draw

    console = Console(width=160)
    linked = {broken: tried(seed, broken, COMPOUNDS, RULES) for broken in BROKEN}
    for broken, scores in linked.items():
        console.print(table(f"{100 * broken:.0f} % of visits are given a pseudonym of their own", scores))
    console.print(confusers(linked[BROKEN_USUAL], list(RULES)[1:6]))
    plots.mkdir(parents=True, exist_ok=True)
    draw(linked, BROKEN_USUAL, plots / "reappearance.png")
