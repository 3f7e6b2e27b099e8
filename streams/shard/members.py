"""Indexes by which rows meet the members of a family: over the constants that a conjunct compares one lane with."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels import opcodes as op
from kernels.keys import members as at
from rules.expression.compiled import Program, reads
from rules.family import FamilyPlan

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Index:
    """A conjunct that compares one lane with a constant of each member: `constants` are int64[members], 64 bits."""

    program: Program
    access: int
    lane: int
    constants: Ints


_SIGNS = {
    op.SAME: at.EQUAL,
    op.LESS: at.BELOW,
    op.LESS_EQUAL: at.BELOW_OR_AT,
    op.GREATER: at.ABOVE,
    op.GREATER_EQUAL: at.ABOVE_OR_AT,
}


def index_of(select: Iterable[Program], family: FamilyPlan) -> Index | None:
    """Return the best conjunct to find members by: an equality with many different constants, else a limit."""
    found = [index for program in select if (index := _indexed(program, family)) is not None]
    return max(
        found,
        key=lambda index: (index.access == at.EQUAL, len(np.unique(index.constants)) if len(found) > 1 else 0),
        default=None,
    )


def _indexed(program: Program, family: FamilyPlan) -> Index | None:
    code = program.code.reshape(-1, 2).tolist()
    if len(code) != 3 or code[2][0] not in _SIGNS:
        return None
    (first, lane), (second, parameter), (sign, _) = code
    if first != op.LANE or second != op.EXTRA or parameter < family.base:
        return None
    constants = family.parameters[parameter - family.base]
    if sign != op.SAME and np.isnan(constants.view(np.float64)).any():
        return None
    return Index(program, _SIGNS[sign], lane, constants)


def reads_parameters(program: Program, family: FamilyPlan) -> bool:
    """Whether a program reads what differs between the members."""
    return any(row >= family.base for row in reads([program], op.EXTRA))
