"""Which rules a point concerns, asked one by one."""

import operator

from kernels import opcodes as op
from kernels.patterns.shared import ANY

HOLDS = {op.LESS: operator.lt, op.LESS_EQUAL: operator.le, op.GREATER: operator.gt, op.GREATER_EQUAL: operator.ge}


def meet(points, sign, rules, followed):
    """Return the pairs of point and rule, in order.

    `points` are (row, share, value), `rules` of each share (rule, limit); `followed`, of each row the rules once met,
    is kept up to date, None where rules are met by their limits alone.
    """
    pairs = []
    for number, (row, share, value) in enumerate(points):
        for rule, limit in rules[share]:
            passed = sign == ANY or HOLDS[sign](value, limit)
            if passed and followed is not None:
                followed[row].add(rule)
            if passed or (followed is not None and rule in followed[row]):
                pairs.append((number, rule))
    return pairs
