"""The severity ladder: of a rule's rungs the first whose condition is true."""

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES
from events.batch import Lanes
from kernels.opcodes import TRUE
from rules.plan import RulePlan
from streams.shard.surroundings import Surroundings

Ints = NDArray[np.int64]
CODES = {severity: code for code, severity in enumerate(SEVERITIES)}  # 0 is the most severe


def severities(
    rule: RulePlan, surroundings: Surroundings, lanes: Lanes, rows: Ints, extra: NDArray[np.float64]
) -> Ints:
    """Return the severity code of each row: that of the first rung whose condition is true, else the default's."""
    out = np.full(len(rows), CODES[rule.severity[-1].severity], np.int64)
    for step in reversed(rule.severity[:-1]):
        assert step.when is not None
        holds = surroundings.evaluate(step.when, lanes, rows, extra) == TRUE
        out[holds] = CODES[step.severity]
    return out
