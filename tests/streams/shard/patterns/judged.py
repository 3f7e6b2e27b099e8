"""Judges by themselves: points made by hand, without a window behind them."""

from dataclasses import dataclass, replace

import numpy as np

from events.batch import TIME
from kernels import opcodes as op
from kernels.limits import EVIDENCE_MAX
from rules.expression.compiled import Program
from rules.family import families
from rules.patterns.plan import Threshold
from rules.plan import Step
from streams.shard.choose import Slice, null_lanes
from streams.shard.family import Family
from streams.shard.patterns.points import Points
from streams.shard.surroundings import Surroundings
from streams.shard.tables import KeyTable
from tests.streams.small_log import planned

PLAN = planned("state, from: gate, key: device, window: 10s tumbling, threshold: count() >= 2")
SIGNS = {"<": op.LESS, ">=": op.GREATER_EQUAL}


def compares(row: int, sign: str, number: float) -> Program:
    """Return the condition that a row of EXTRA is less than, or at least, a number."""
    bits = int(np.float64(number).view(np.int64))
    return Program(np.array([[op.EXTRA, row], [op.NUMBER, bits], [SIGNS[sign], 0]]), 2, f"{row} {sign} {number}")


def family_of(*patterns: Threshold, cooldowns: tuple[int, ...] = (0,), ladder: Program | None = None) -> Family:
    """Return a family of state rules, one for each pattern; where `ladder` is true they are critical, else medium."""
    steps = (*((Step("critical", ladder),) if ladder else ()), Step("medium", None))
    rules = [
        replace(PLAN.rules[0], rule=f"state{i}", pattern=pattern, cooldown_ms=cooldown, severity=steps)
        for i, (pattern, cooldown) in enumerate(zip(patterns, cooldowns, strict=True))
    ]
    [plan] = families(rules)
    return Family(plan, Surroundings(PLAN, ()), Slice())


@dataclass(frozen=True)
class Look:
    """One look at the window of a key; None in `extra` is null. `evidence` are log positions."""

    time: int
    extra: tuple[float | None, ...]
    evidence: tuple[int, ...] = ()
    cause: int | None = None
    key: int = 1
    member: int = 0
    replayed: bool = False
    vacant: bool = False


class Judged:
    """A judge of a family's rules, with a table of keys."""

    def __init__(self, judge, family, capacity=16):
        self.family = Family(family.plan, family.surroundings.own(), family.part)
        self.judge = judge(self.family)
        own = {"members": (np.int64, (), 0), "parts": (np.int64, (len(PLAN.rules[0].key),), 0)}
        self.table = KeyTable(capacity, {**self.judge.columns, **own})

    def take(self, *looks):
        """Judge looks, of each key in order; return what the judge reports."""
        out = []
        keys, times = (np.array([getattr(look, name) for look in looks], np.int64) for name in ("key", "time"))
        for piece, states, _ in self.table.pieces(keys, times, self.judge.done, self.judge.attend(self.table)):
            out += self._piece(looks[piece], states)
        return told(out)

    def _piece(self, looks, states):
        lanes = null_lanes(PLAN, len(looks))
        lanes[TIME] = [look.time for look in looks]
        keys = np.array([look.key for look in looks])
        lanes[list(PLAN.rules[0].key)] = keys
        members = np.array([look.member for look in looks])
        self.table.state["members"][states] = members
        self.table.state["parts"][states] = keys[:, None]
        shown = np.full((len(looks), EVIDENCE_MAX), -1, np.int64)
        for row, look in zip(shown, looks, strict=True):
            row[: len(look.evidence)] = look.evidence
        points = Points(
            lanes=lanes,
            rows=np.arange(len(looks)),
            states=states,
            members=members,
            times=lanes[TIME].copy(),
            extra=np.array([[np.nan if x is None else x for x in look.extra] for look in looks], np.float64).T.copy(),
            causes=np.array([-1 if look.cause is None else look.cause for look in looks]),
            replayed=np.array([int(look.replayed) for look in looks]),
            vacant=np.array([look.vacant for look in looks]),
            begins=lanes[TIME].copy(),
            evidence=lambda places: shown[places],
        )
        return self.judge.judge(points, self.table)

    def pass_to(self, bound):
        """Let time pass before an instant."""
        return told(self.judge.advance(bound, self.table))


@dataclass(frozen=True)
class Told:
    """One transition, as a judge reports it."""

    key: int
    name: str
    time: int
    since: int
    severity: int
    n: int
    extra: tuple[float | None, ...]
    evidence: tuple[int, ...]
    cause: int
    member: int


def told(firings):
    """Return the transitions of some firings, by key and in the order in which they happened."""
    out = []
    for each in firings:
        assert (each.lanes[TIME, each.rows] == each.times).all()
        key = each.lanes[PLAN.rules[0].key[0], each.rows]
        extra = [[None if np.isnan(x) else x for x in column] for column in each.extra.T.tolist()]
        evidence = [tuple(p for p in positions if p >= 0) for positions in each.evidence.tolist()]
        out += [
            Told(*of)
            for of in zip(
                key.tolist(),
                each.transitions,
                each.times.tolist(),
                each.since.tolist(),
                each.severities.tolist(),
                each.numbers.tolist(),
                map(tuple, extra),
                evidence,
                each.causes.tolist(),
                each.members.tolist(),
                strict=True,
            )
        ]
    return sorted(out, key=lambda each: (each.key, each.time, each.since, each.n))


def brief(transitions):
    """Return the name and time of transitions."""
    return [(each.name, each.time) for each in transitions]
