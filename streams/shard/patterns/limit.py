"""Limits: what part of a condition says which points can concern which of the rules that differ in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import opcodes as op
from kernels.patterns.shared import ANY
from rules.expression.compiled import Program
from rules.family import FamilyPlan

Floats = NDArray[np.float64]
OPPOSITE = {op.LESS: op.GREATER, op.LESS_EQUAL: op.GREATER_EQUAL, op.GREATER: op.LESS, op.GREATER_EQUAL: op.LESS_EQUAL}


@dataclass(frozen=True, eq=False)
class Limit:
    """The part of a condition that compares a row of EXTRA with constants, float64[members]; `sign` ANY: none does.

    `alone` where the condition asks nothing else.
    """

    row: int
    sign: int
    constants: Floats
    alone: bool


def limit_of(condition: Program | None, family: FamilyPlan) -> Limit:
    """Return by which limit the members of a family are found, of which a condition has to be true."""
    code = [] if condition is None else condition.code.reshape(-1, 2).tolist()
    members = len(family.rules)
    stack: list[Limit | tuple[int, int] | None] = []  # what is known of each entry: that it implies a limit, or a leaf
    for opcode, argument in code:
        if opcode in (op.EXTRA, op.NUMBER):
            stack.append((opcode, argument))
            continue
        taken = [stack.pop() for _ in range(1 - op.GROWTH.get(opcode, 0))][::-1]
        if opcode in OPPOSITE:
            stack.append(_compared(opcode, taken, family, alone=len(code) == len(taken) + 1))
        elif opcode == op.AND:
            stack.append(next((each for each in taken if isinstance(each, Limit)), None))
        else:
            stack.append(None)
    found = stack[-1] if stack else None
    return found if isinstance(found, Limit) else Limit(0, ANY, np.zeros(members), not code)


def _compared(sign: int, taken: Sequence[Any], family: FamilyPlan, *, alone: bool) -> Limit | None:
    if not all(isinstance(each, tuple) for each in taken):
        return None
    first, second = taken
    if not _is_found(first, family):
        first, second, sign = second, first, OPPOSITE[sign]
    if not _is_found(first, family) or _is_found(second, family):
        return None
    opcode, argument = second
    members = len(family.rules)
    if opcode == op.NUMBER:
        constants = np.full(members, np.int64(argument).view(np.float64))
    else:
        constants = family.parameters[argument - family.base].view(np.float64)
    return None if np.isnan(constants).any() else Limit(first[1], sign, constants, alone)


def _is_found(leaf: tuple[int, int], family: FamilyPlan) -> bool:
    """Whether a leaf is what windows give, not a constant."""
    return leaf[0] == op.EXTRA and leaf[1] < family.base
