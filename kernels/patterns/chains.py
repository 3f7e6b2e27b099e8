"""Chains of events that follow the steps of a sequence: how the state of a key is laid out, and its small moves.

A key's state is one line of int64: for each slot the chain that each step holds and the last events of each step with
`times`, then (or in each slot) the chain that waits. NULL is empty.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel
from kernels.instants import NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.nulls import NULL

SLOTS = 8  # first events with chains of their own, where a step asks for the first event

# Columns of a step that takes events: its bit in a mask; the bits of the `not`s behind it; its matches; ms since the
# step before; the row of its `distinct` values (-1: none); where in a slot the chain that completed it is, how many
# events that shows, and where its last events are
BIT, NOTS, TIMES, WITHIN, VALUE, STATE, EVENTS, LAST_EVENTS = range(8)
# A chain: time of its first event (NULL: no chain), of its last; then fields of the first, then its log positions
START, LAST, MORE = range(3)
# An event of a step with `times`: its value, its log position (NULL: none); then the chain before it
EVENT_VALUE, EVENT_POSITION, BEFORE = range(3)
# Settings: slots; words of a slot; fields kept of the first event; ms from first to last; bits of the steps that ask
# for the first event; where the waiting chain is, from slot to slot how far (0: one for all), how long it waits (-1:
# none waits)
SLOT_COUNT, SLOT_WIDTH, FIELDS, OVERALL, REFERS, WAITING, WAITING_STRIDE, WAIT = range(8)


def layout(
    steps: Sequence[tuple[int, int, int, int | None, bool]],
    finals: Sequence[tuple[int, int]],
    *,
    fields: int,
    within: int | None,
    refers: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """Lay out the state of a sequence.

    Parameters
    ----------
    steps
        of each step that takes events: its bit, the bits of the `not`s between it and the next, `times`, `within`
        (ms, None: any) and whether `distinct`; the first one has `times` 1
    finals
        bit and `within` (ms) of each `not` behind the last step
    fields, within, refers
        how many fields of the first event are kept; ms from the first event to the last; the bits of all steps that
        ask for the first event

    Returns
    -------
    `steps`, `finals` and `settings` of the kernels, and the words of state of a key
    """
    table = np.empty((len(steps), 8), np.int64)
    at, shown, values = 0, 0, 0
    last = len(steps) - 1
    for i, (bit, nots, times, limit, distinct) in enumerate(steps):
        before = MORE + fields + shown
        shown = min(shown + times, EVIDENCE_MAX)
        table[i] = bit, nots, times, NEVER if limit is None else limit, values if distinct else -1, at, shown, 0
        values += distinct
        if i < last:
            at += MORE + fields + shown
        table[i, LAST_EVENTS] = at
        at += (BEFORE + before) * (times if distinct else times - 1)
    asked = any(bit & refers for bit, _ in finals)
    slots = SLOTS if refers else 1
    waiting = MORE + fields + shown if finals else 0
    slot = at + (waiting if asked else 0)
    width = slot * slots + (0 if asked else waiting)
    settings = np.array(
        [
            slots,
            slot,
            fields,
            NEVER if within is None else within,
            refers,
            at if asked else slot * slots,
            slot if asked else 0,
            max((limit for _, limit in finals), default=-1),
        ],
        np.int64,
    )
    return table, np.array(finals, np.int64).reshape(-1, 2), settings, width


@kernel(inline=True, allocates=False)
def capacity(steps, j):
    """Return how many events of a step are kept: its `times`, one fewer where no value can come again."""
    return steps[j, TIMES] - (steps[j, VALUE] < 0)


@kernel(allocates=False)
def completed(line, base, steps, settings, j, value):
    """Return where the chain is that an event of step `j` completes the step for; -1 where there is none.

    `value` is the event's `distinct` value; NULL where the step asks for none.
    """
    before = base + steps[j - 1, STATE]
    if line[before + START] == NULL:
        return np.int64(-1)
    others = steps[j, TIMES] - 1
    if others == 0:
        return before
    width = BEFORE + MORE + settings[FIELDS] + steps[j - 1, EVENTS]
    at = base + steps[j, LAST_EVENTS]
    for _ in range(capacity(steps, j)):
        if line[at + EVENT_POSITION] == NULL:
            break
        if steps[j, VALUE] < 0 or line[at + EVENT_VALUE] != value:
            others -= 1
            if others == 0:
                return at + BEFORE
        at += width
    return np.int64(-1)


@kernel(allocates=False)
def prolong(line, base, steps, settings, j, found, value, time, position, target, to):
    """Write the chain at `found`, prolonged by the last events of step `j`, to `target[to:]`.

    Where it has more than EVIDENCE_MAX events, its first and its last ones are kept.
    """
    fields = settings[FIELDS]
    target[to + START] = line[found + START]
    target[to + LAST] = time
    for i in range(fields):
        target[to + MORE + i] = line[found + MORE + i]
    shown = steps[j - 1, EVENTS]
    times = steps[j, TIMES]
    events = found + MORE + fields
    to += MORE + fields
    skipped = max(shown + times - EVIDENCE_MAX, 0)  # behind the first
    target[to] = line[events]
    for i in range(max(1, 1 + skipped), shown):
        target[to + i - skipped] = line[events + i]
    width = BEFORE + MORE + fields + steps[j - 1, EVENTS]
    at = base + steps[j, LAST_EVENTS]
    i = shown + times - 1
    target[to + i - skipped] = position
    while i > max(shown, 1 + skipped):
        if steps[j, VALUE] < 0 or line[at + EVENT_VALUE] != value:
            i -= 1
            target[to + i - skipped] = line[at + EVENT_POSITION]
        at += width


@kernel(allocates=False)
def push(line, base, steps, settings, j, value, position):
    """Put an event before the last ones of step `j`; one of its value goes, else the oldest if it is one too many."""
    width = BEFORE + MORE + settings[FIELDS] + steps[j - 1, EVENTS]
    first = base + steps[j, LAST_EVENTS]
    count = capacity(steps, j)
    gone = 0
    while gone < count - 1 and line[first + gone * width + EVENT_POSITION] != NULL:
        if steps[j, VALUE] >= 0 and line[first + gone * width + EVENT_VALUE] == value:
            break
        gone += 1
    for i in range(first + gone * width - 1, first - 1, -1):
        line[i + width] = line[i]
    line[first + EVENT_VALUE] = value
    line[first + EVENT_POSITION] = position
    before = base + steps[j - 1, STATE]
    for i in range(width - BEFORE):
        line[first + BEFORE + i] = line[before + i]


@kernel(inline=True, allocates=False)
def let_go(line, base, steps, settings, j):
    """Forget the chains that wait between step `j - 1` and `j`, and the events of step `j` behind them."""
    line[base + steps[j - 1, STATE] + START] = NULL
    width = BEFORE + MORE + settings[FIELDS] + steps[j - 1, EVENTS]
    for i in range(capacity(steps, j)):
        line[base + steps[j, LAST_EVENTS] + i * width + EVENT_POSITION] = NULL


@kernel(allocates=False)
def begin(line, to, time, position, fields, i):
    """Write a chain of its first event."""
    line[to + START] = time
    line[to + LAST] = time
    for k in range(len(fields)):
        line[to + MORE + k] = fields[k, i]
    line[to + MORE + len(fields)] = position
