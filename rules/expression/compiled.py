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

    @property
    def instructions(self) -> list[tuple[int, int]]:
        """Its opcodes and arguments: they are few, and NumPy would take longer to look through them."""
        return [(opcode, argument) for opcode, argument in self.code.reshape(-1, 2).tolist()]


def reads(programs: Iterable[Program], *opcodes: int) -> list[int]:
    """Return what some instructions of programs name, each once, sorted: the lanes, sets or coverages read."""
    wanted = frozenset(map(int, opcodes))
    found = (each for program in programs for each in program.instructions)
    return sorted({argument for opcode, argument in found if opcode in wanted})
