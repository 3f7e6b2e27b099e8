"""A compiled expression: data that the interpreter runs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled expression (`kernels.opcodes`): `code` is `int64[n, 2]`, `depth` the stack it needs."""

    code: NDArray[np.int64]
    depth: int
    text: str  # the expression in canonical spelling, macros expanded


def reads(programs: Iterable[Program], *opcodes: int) -> list[int]:
    """Return what some instructions of programs name, each once, sorted: the lanes, sets or coverages read."""
    codes = (program.code.reshape(-1, 2) for program in programs)
    return sorted({argument for code in codes for argument in code[np.isin(code[:, 0], opcodes), 1].tolist()})
