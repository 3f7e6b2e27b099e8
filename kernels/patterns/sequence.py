"""Sequence: dynamic programming over the steps, keeping for each step the latest chain that has reached it.

A *chain* takes an event for `first` and `times` events for each `then`, in order; a `not` between two steps forbids
events between those that complete them. The kernel reports, at each event, whether any chain of the key's events is
complete with it. What that takes, for each step:

- the latest chain that has completed it, by its start, its last event and the events it is made of. Chains that reach a
  step later begin no earlier: each step takes over what the one before holds, and what that holds only ever moves on.
  So the latest chain has both the latest start and the latest last event, and where it breaks a limit (`within` since
  the step before, or over all) all others do.
- of a step with `times` > 1, its last `times - 1` events (`distinct`: the last `times` values, by their last event), each
  with the chain that waited before it. The chain before the first of the `times` latest events is the latest one that
  has enough of them behind it.

An event is tried on later steps first, so that it stands for one step of a chain; one that a `not` takes lets the chains
that wait there go. Hence the chain found is, of all that the event completes, the one that began last, and of those the
one whose events are latest, compared from its end: exact, with as much memory as the steps have events. A match uses up
every event of the key so far.

Behind the last step may stand `not ... within`: then the first chain that is complete waits, and is told when every
event of its time has passed. Any event that answers it would answer those behind it too.

**Candidates.** Where a step asks for a field of the first event, chains of different first events are no longer one as
good as the other, so each of the last SLOTS first events has its own chains (a *slot*). Which of these takes an event
is asked beforehand, for pairs of both (`candidates`), so that all programs run over arrays. Where the final `not` asks,
chains wait in their slots, and one that is told uses up only its own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.compile import kernel
from kernels.nulls import NAN_BITS, NULL
from kernels.patterns.count import EVIDENCE_MAX

NEVER = np.int64(2**63 - 1)
SLOTS = 8  # first events with chains of their own, where a step asks for the first event

# Columns of a step that takes events: its bit in a mask; the bits of the `not`s behind it; its matches; ms since the step
# before; the row of its `distinct` values (-1: none); where in a slot the chain that completed it is, how many events
# that shows, and where its last events are
BIT, NOTS, TIMES, WITHIN, VALUE, STATE, EVENTS, LAST_EVENTS = range(8)
# A chain: time of its first event (NULL: no chain), of its last; then fields of the first, then log positions of its events
START, LAST, MORE = range(3)
# An event of a step with `times`: its value, its log position (NULL: none); then the chain before it
EVENT_VALUE, EVENT_POSITION, BEFORE = range(3)
# Columns of a match: state row; time; place of the event (-1: none); then the chain
ROW, TIME, CAUSE, CHAIN = range(4)
# Settings: slots; words of a slot; fields kept of the first event; ms from first to last; bits of steps that ask for the
# first event; where the waiting chain is, from slot to slot how far (0: one for all), how long it waits (-1: none waits)
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


@kernel(inline=True)
def capacity(steps, j):
    """Return how many events of a step are kept: its `times`, one fewer where no value can come again."""
    return steps[j, TIMES] - (steps[j, VALUE] < 0)


@kernel()
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


@kernel()
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


@kernel()
def push(line, base, steps, settings, j, value, position):
    """Put an event before the last ones of step `j`; one of the same value goes, else the oldest if it is one too many."""
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


@kernel(inline=True)
def let_go(line, base, steps, settings, j):
    """Forget the chains that wait between step `j - 1` and `j`, and the events of step `j` behind them."""
    line[base + steps[j - 1, STATE] + START] = NULL
    width = BEFORE + MORE + settings[FIELDS] + steps[j - 1, EVENTS]
    for i in range(capacity(steps, j)):
        line[base + steps[j, LAST_EVENTS] + i * width + EVENT_POSITION] = NULL


@kernel()
def begin(line, to, time, position, fields, i):
    """Write a chain of its first event."""
    line[to + START] = time
    line[to + LAST] = time
    for k in range(len(fields)):
        line[to + MORE + k] = fields[k, i]
    line[to + MORE + len(fields)] = position


@kernel(inline=True)
def waits(settings):
    """Return in how many places chains can wait to be told."""
    return settings[SLOT_COUNT] if settings[WAITING_STRIDE] > 0 else np.int64(1)


@kernel()
def due(line, settings):
    """Return when the first of a key's waiting chains is to be told, NEVER where none waits."""
    first = NEVER
    for slot in range(waits(settings)):
        at = settings[WAITING] + slot * settings[WAITING_STRIDE]
        if line[at + START] != NULL:
            first = min(first, line[at + LAST] + settings[WAIT])
    return first


@kernel()
def tell(row, line, begun, settings, shown, out):
    """Report the waiting chain that is to be told first (of several the one that began last), and use up its events."""
    told = np.int64(-1)
    count = waits(settings)
    for k in range(1, count + 1):
        slot = (begun - k) % count
        at = settings[WAITING] + slot * settings[WAITING_STRIDE]
        if line[at + START] != NULL and (told < 0 or line[at + LAST] < line[told + LAST]):
            told = at
    out[ROW] = row
    out[TIME] = line[told + LAST] + settings[WAIT]
    out[CAUSE] = -1
    for i in range(MORE + settings[FIELDS] + shown):
        out[CHAIN + i] = line[told + i]
    if count > 1:
        slot = (told - settings[WAITING]) // settings[WAITING_STRIDE]
        line[slot * settings[SLOT_WIDTH] : (slot + 1) * settings[SLOT_WIDTH]] = NULL
    else:
        line[:] = NULL


@kernel(
    "UniTuple(int64, 2)(int64[::1], int64[::1], int64, int64, int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int64[:, ::1])"
)
def candidates(rows, masks, first, refers, fields, firsts, begun, asking, events, slots, known):
    """Pair each event that a step which asks for the first event may take with the first events it may follow.

    Parameters
    ----------
    rows, masks
        int64[n] each, the events in order: state row; bits of the steps that may take them
    first, refers
        the bit of the first step, and those of the steps that ask
    fields
        int64[f, n], what is kept of an event that is a first one
    firsts, begun
        state: int64[r, SLOTS * f] and int64[r], fields of the last first events, and how many there were
    asking
        int64[n], receives which of the events that ask each is, -1 for the others
    events, slots, known
        int64[SLOTS * m] twice and int64[f, SLOTS * m] for m events that ask: receive each pair's event (its place in
        `rows`), its slot, and the fields of its first event

    Returns
    -------
    the number of pairs, and of events that ask
    """
    pairs = 0
    asked = 0
    count = len(fields)
    for i in range(len(rows)):
        row = rows[i]
        asking[i] = -1
        if masks[i] & refers:
            asking[i] = asked
            asked += 1
            for slot in range(min(begun[row], SLOTS)):
                events[pairs] = i
                slots[pairs] = slot
                for k in range(count):
                    known[k, pairs] = firsts[row, slot * count + k]
                pairs += 1
        if masks[i] & first:
            slot = begun[row] % SLOTS
            for k in range(count):
                firsts[row, slot * count + k] = fields[k, i]
            begun[row] += 1
    return pairs, asked


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], "
    "int64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[:, ::1])"
)
def follow(
    times,
    positions,
    rows,
    masks,
    asking,
    pair_masks,
    fields,
    values,
    steps,
    finals,
    settings,
    chains,
    dues,
    begun,
    out,
):
    """Let chains go on with events, and report those that are complete; deadlines before an event are decided first.

    Parameters
    ----------
    times, positions, rows, masks
        int64[n] each, the events in order: epoch ms; log position; state row; bits of the steps that take them
    asking, pair_masks
        int64[n] and int64[m, slots]: which row of `pair_masks` says which of the steps that ask for the first event
        take an event, by slot (-1: none may). Where no step asks, `asking` is empty
    fields, values
        int64[f, n] and int64[d, n]: what is kept of a first event; the `distinct` values (NULL, or NaN: none)
    steps, finals, settings
        of `layout`
    chains, dues, begun
        state: int64[r, words] (fresh: NULL), int64[r] (fresh: NEVER) when the first waiting chain is to be told, and
        int64[r] how many first events there were (empty where no step asks)
    out
        int64[m, CHAIN + words of a whole chain], receives the matches; m = n, where the final `not` asks SLOTS x n

    Returns
    -------
    the number of matches

    Cost: about 15 ns an event that a step takes; memory in 8 bytes: for each step a chain (2, the fields kept, its
    events), and for each further of its `times` one more.
    """
    found = 0
    last = len(steps) - 1
    slots = settings[SLOT_COUNT]
    stride = settings[WAITING_STRIDE]
    shown = steps[last, EVENTS]
    ends = np.int64(0)
    for k in range(len(finals)):
        ends |= finals[k, 0]
    for i in range(len(times)):
        row = rows[i]
        time = times[i]
        line = chains[row]
        head = begun[row] if slots > 1 else np.int64(1)
        while dues[row] < time:
            tell(row, line, head, settings, shown, out[found])
            found += 1
            dues[row] = due(line, settings)
        pair = np.int64(-1) if slots == 1 else asking[i]
        mask = masks[i]
        changed = False
        complete = False
        if dues[row] != NEVER:
            for slot in range(waits(settings)):
                at = settings[WAITING] + slot * stride
                if line[at + START] != NULL:
                    taken = mask
                    if pair >= 0 and stride > 0:
                        taken = (mask & ~settings[REFERS]) | pair_masks[pair, slot]
                    if taken & ends:
                        for k in range(len(finals)):
                            if taken & finals[k, 0] and time - line[at + LAST] <= finals[k, 1]:
                                line[at + START] = NULL
                                changed = True
        for k in range(1, slots + 1):
            slot = (head - k) % slots
            base = slot * settings[SLOT_WIDTH]
            taken = mask
            if pair >= 0:
                taken = (mask & ~settings[REFERS]) | pair_masks[pair, slot]
            for j in range(last, 0, -1):
                if taken & steps[j, BIT]:
                    value = NULL
                    if steps[j, VALUE] >= 0:
                        value = values[steps[j, VALUE], i]
                        if value == NAN_BITS:
                            value = NULL
                    if steps[j, VALUE] < 0 or value != NULL:
                        at = completed(line, base, steps, settings, j, value)
                        if (
                            at >= 0
                            and time - line[at + LAST] <= steps[j, WITHIN]
                            and time - line[at + START] <= settings[OVERALL]
                        ):
                            if j < last:
                                prolong(
                                    line, base, steps, settings, j, at, value, time, positions[i], line,
                                    base + steps[j, STATE],
                                )  # fmt: skip
                            elif settings[WAIT] < 0:
                                prolong(
                                    line, base, steps, settings, j, at, value, time, positions[i], out[found], CHAIN
                                )
                                complete = True
                                break
                            elif line[settings[WAITING] + slot * stride + START] == NULL:
                                prolong(
                                    line, base, steps, settings, j, at, value, time, positions[i], line,
                                    settings[WAITING] + slot * stride,
                                )  # fmt: skip
                                changed = True
                        if steps[j, TIMES] > 1 and line[base + steps[j - 1, STATE] + START] != NULL:
                            push(line, base, steps, settings, j, value, positions[i])
                if taken & steps[j - 1, NOTS]:
                    let_go(line, base, steps, settings, j)
            if complete:
                break
        if complete:
            out[found, ROW] = row
            out[found, TIME] = time
            out[found, CAUSE] = i
            found += 1
            line[:] = NULL
        elif mask & steps[0, BIT]:
            slot = np.int64(0)
            if slots > 1:
                slot = head % slots
                changed = changed or stride > 0
                line[slot * settings[SLOT_WIDTH] : (slot + 1) * settings[SLOT_WIDTH]] = NULL
            if last > 0 or settings[WAIT] < 0:
                begin(line, slot * settings[SLOT_WIDTH], time, positions[i], fields, i)
            elif line[settings[WAITING] + slot * stride + START] == NULL:
                begin(line, settings[WAITING] + slot * stride, time, positions[i], fields, i)
                changed = True
        if slots > 1 and mask & steps[0, BIT]:
            begun[row] += 1
        if changed:
            dues[row] = due(line, settings)
    return found


@kernel("int64(int64, int64, int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[:, ::1])")
def tell_due(bound, shown, settings, chains, dues, begun, out):
    """Report every waiting chain whose time lies before `bound` (epoch ms), by key in order of time.

    `shown` is how many events a whole chain shows; the other arrays are those of `follow`, `out` of a row for each
    place in which a chain can wait. Cost: 1 ns a key.
    """
    found = 0
    for row in range(len(dues)):
        while dues[row] < bound:
            head = begun[row] if settings[SLOT_COUNT] > 1 else np.int64(1)
            tell(row, chains[row], head, settings, shown, out[found])
            found += 1
            dues[row] = due(chains[row], settings)
    return found


@kernel("int64(int64[::1])")
def first_due(dues):
    """Return when the first waiting chain of all keys is to be told, NEVER where none waits."""
    first = NEVER
    for at in dues:
        first = min(first, at)
    return first
