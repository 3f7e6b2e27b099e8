"""Families: rules whose compiled plans are equal up to constants run together, so that many of a kind cost like one.

The idea is that of TriggerMan's expression signatures (Hanson et al., ICDE 1999): a condition is its structure and a
row of constants. Here the structure is a postfix program and the constants are the arguments of its literal
instructions. Where the members of a family differ, the prototype reads its constant as one more row of EXTRA, behind
those of the pattern; where they agree it stays in the program.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import opcodes as op
from rules.expression.compiled import Program
from rules.patterns.plan import Absence, Accumulation, Aggregate, Threshold, extras
from rules.plan import RulePlan

Ints = NDArray[np.int64]
LITERALS = frozenset(map(int, op.LITERALS))
_PLAIN = (str, int, float, frozenset, type(None))  # most of a plan's fields, of which nothing else need be asked


@dataclass(frozen=True, eq=False)
class FamilyPlan:
    """Rules of one structure.

    `rule` is the prototype: the first of them, whose programs read what differs as EXTRA `base` + p.
    `parameters` is `int64[p, members]`, 64 bits each.
    """

    rule: RulePlan
    rules: tuple[RulePlan, ...]
    base: int
    parameters: Ints


def families(rules: Iterable[RulePlan]) -> list[FamilyPlan]:
    """Put rules of one structure together, in the order of their first members.

    An absence stays alone: its state is the rows of a set, and every key of it is its own.
    """
    found: dict[Any, list[RulePlan]] = {}
    for rule in rules:
        found.setdefault((rule.rule if isinstance(rule.pattern, Absence) else None, _structure(rule)), []).append(rule)
    return [_family(tuple(members)) for members in found.values()]


def _structure(rule: RulePlan) -> Any:
    """Return what members of a family have in common, hashable."""
    return (
        rule.kinds,
        rule.key,
        rule.active,
        rule.ordered,
        rule.ordered and rule.capacity,  # so that no rule holds more or fewer keys than it says
        skeleton(rule.select),
        rule.hangs_on,
        skeleton(rule.pattern),
        tuple(step.severity for step in rule.severity),
        skeleton(rule.severity),
    )


def skeleton(value: Any) -> Any:
    """Return a part of a plan without its literals: of programs the code without the literals' arguments."""
    match value:
        case Program():
            masked = [(opcode, 0 if opcode in LITERALS else argument) for opcode, argument in value.instructions]
            return (*masked, value.depth)
        case Aggregate(function="count" | "distinct"):  # how much is told apart may differ: see `limits`
            return value.function, skeleton(value.argument)
        case Threshold() | Accumulation():
            return tuple(skeleton(getattr(value, each.name)) for each in fields(value) if each.name != "needed")
        case tuple():
            return tuple(map(skeleton, value))
        case _ if is_dataclass(value):
            return type(value).__name__, *(skeleton(getattr(value, each.name)) for each in fields(value))
        case _:
            return value


def _family(members: tuple[RulePlan, ...]) -> FamilyPlan:
    first = members[0]
    base = extras(first.pattern)
    if len(members) == 1:
        return FamilyPlan(first, members, base, np.empty((0, 1), np.int64))
    own = np.array([literals(_parts(rule)) for rule in members], np.int64).reshape(len(members), -1).T
    differ = (own != own[:, :1]).any(axis=1)
    rows, numbers = np.unique(own[differ], axis=0, return_inverse=True)
    places = iter(np.cumsum(differ).tolist())
    # each literal in the order of `programs`: the parameter that takes its place, None where all agree
    wanted = iter(
        [
            base + int(numbers.ravel()[place - 1]) if differs else None
            for place, differs in zip(places, differ.tolist(), strict=True)
        ]
    )
    pattern, select, severity = _rewritten(_parts(first), wanted)
    if isinstance(pattern, Threshold | Accumulation) and pattern.window:
        pattern = _widest(pattern, members)
    prototype = replace(first, pattern=pattern, select=select, severity=severity)
    return FamilyPlan(prototype, members, base, np.ascontiguousarray(rows))


def _parts(rule: RulePlan) -> tuple[Any, ...]:
    return rule.pattern, rule.select, rule.severity


def literals(parts: Any) -> list[int]:
    """Return the arguments of all literals of the programs in a part of a plan, in a fixed order."""
    found: list[int] = []
    for program in programs(parts):
        found += [argument for opcode, argument in program.instructions if opcode in LITERALS]
    return found


def programs(value: Any) -> Iterator[Program]:
    """Yield all programs in a part of a plan, in a fixed order."""
    if isinstance(value, Program):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from programs(each)
    elif not isinstance(value, _PLAIN) and is_dataclass(value):
        for each in fields(value):
            yield from programs(getattr(value, each.name))


def _rewritten(value: Any, wanted: Iterator[int | None]) -> Any:
    """Return a part of a plan in which literals that differ are read as parameters; in the order of `programs`."""
    match value:
        case Program():
            code = value.code.reshape(-1, 2).copy()
            for at, (opcode, _) in enumerate(value.instructions):
                if opcode in LITERALS and (parameter := next(wanted)) is not None:
                    code[at] = op.EXTRA, parameter
            return replace(value, code=code)
        case tuple():
            return tuple(_rewritten(each, wanted) for each in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            parts = {each.name: _rewritten(getattr(value, each.name), wanted) for each in fields(value)}
            return replace(value, **parts)
        case _:
            return value


def _widest(pattern: Threshold | Accumulation, members: Sequence[RulePlan]) -> Threshold | Accumulation:
    """Return the prototype's pattern, which remembers as much as any member and judges as early as any."""
    patterns = [rule.pattern for rule in members if isinstance(rule.pattern, Threshold | Accumulation)]
    windows = [each.window for each in patterns if each.window]
    assert pattern.window
    aggregates = tuple(
        replace(each, parameter=max(other.aggregates[i].parameter for other in windows))
        for i, each in enumerate(pattern.window.aggregates)
    )
    return replace(
        pattern,
        window=replace(pattern.window, aggregates=aggregates),
        needed=min(other.needed for other in patterns),
    )


def limits(family: FamilyPlan) -> NDArray[np.float64]:
    """Return what each member tells apart of each aggregate, float64[aggregates, members].

    The values of an alert are bounded by them: it must not depend on what other rules remember.
    """
    rows = [
        [aggregate.parameter if aggregate.function in ("count", "distinct") else np.inf for aggregate in window]
        for window in (rule.pattern.window.aggregates for rule in family.rules if isinstance(rule.pattern, Threshold))
    ]
    return np.array(rows, np.float64).reshape(len(family.rules), -1).T.copy()
