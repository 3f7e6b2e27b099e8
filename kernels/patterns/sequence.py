"""Sequence: dynamic programming over the steps, keeping for each step the latest chain that has reached it.

A *chain* takes an event for `first` and `times` events for each `then`, in order; a `not` between two steps forbids
events between those that complete them. The kernel reports, at each event, whether any chain of the key's events is
complete with it. What that takes, for each step:

- the latest chain that has completed it, by its start, its last event and the events it is made of. Chains that reach a
  step later begin no earlier: each step takes over what the one before holds, and what that holds only ever moves on.
  So the latest chain has both the latest start and the latest last event, and where it breaks a limit (`within` since
  the step before, or over all) all others do.
- of a step with `times` > 1, its last `times - 1` events (`distinct`: the last `times` values, by their last event),
  each with the chain that waited before it. The chain before the first of the `times` latest events is the latest one
  that has enough of them behind it.

An event is tried on later steps first, so that it stands for one step of a chain; one that a `not` takes lets the
chains that wait there go. Hence the chain found is, of all that the event completes, the one that began last, and of
those the one whose events are latest, compared from its end: exact, with as much memory as the steps have events. A
match uses up every event of the key so far.

Behind the last step may stand `not ... within`: then the first chain that is complete waits, and is told when every
event of its time has passed. Any event that answers it would answer those behind it too.

**Candidates.** Where a step asks for a field of the first event, chains of different first events are no longer one as
good as the other, so each of the last SLOTS first events has its own chains (a *slot*). Which of these takes an event
is asked beforehand, for pairs of both (`kernels.patterns.steps`), so that all programs run over arrays. Where the final
`not` asks, chains wait in their slots, and one that is told uses up only its own.
"""

import numpy as np

from kernels.compile import kernel
from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.chains import (
    BIT,
    EVENTS,
    FIELDS,
    LAST,
    MORE,
    NOTS,
    OVERALL,
    REFERS,
    SLOT_COUNT,
    SLOT_WIDTH,
    START,
    STATE,
    TIMES,
    VALUE,
    WAIT,
    WAITING,
    WAITING_STRIDE,
    WITHIN,
    begin,
    completed,
    let_go,
    prolong,
    push,
)
from kernels.prefetch import AHEAD, LINE, prefetch

# Columns of a match: state row; time; place of the event (-1: none); then the chain
ROW, TIME, CAUSE, CHAIN = range(4)
ASKED = 4 * LINE  # words of a key that are asked for ahead


@kernel(inline=True, allocates=False)
def waits(settings):
    """Return in how many places chains can wait to be told."""
    return settings[SLOT_COUNT] if settings[WAITING_STRIDE] > 0 else np.int64(1)


@kernel(allocates=False)
def due(line, settings):
    """Return when the first of a key's waiting chains is to be told, NEVER where none waits."""
    first = NEVER
    for slot in range(waits(settings)):
        at = settings[WAITING] + slot * settings[WAITING_STRIDE]
        if line[at + START] != NULL:
            first = min(first, line[at + LAST] + settings[WAIT])
    return first


@kernel(allocates=False)
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
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], "
    "int64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[:, ::1])",
    allocates=False,
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
        int64[f, n] and int64[d, n]: what is kept of a first event; the `distinct` values (NULL: none)
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

    Cost: about 20 ns an event that a step takes; memory in 8 bytes: for each step a chain (2, the fields kept, its
    events), and for each further of its `times` one more.
    """
    found = 0
    last = len(steps) - 1
    slots = settings[SLOT_COUNT]
    stride = settings[WAITING_STRIDE]
    width = settings[SLOT_WIDTH]
    overall = settings[OVERALL]
    asking_bits = settings[REFERS]
    waiting = settings[WAITING]
    waits_last = settings[WAIT] >= 0
    first = steps[0, BIT]
    shown = steps[last, EVENTS]
    asked = min(chains.shape[1], ASKED)
    ends = np.int64(0)
    for k in range(len(finals)):
        ends |= finals[k, 0]
    for i in range(len(times)):
        if i + AHEAD < len(times):
            for word in range(0, asked, LINE):
                prefetch(chains, rows[i + AHEAD], word)
        row = rows[i]
        time = times[i]
        line = chains[row]
        head = begun[row] if slots > 1 else np.int64(1)
        if waits_last:
            while dues[row] < time:
                tell(row, line, head, settings, shown, out[found])
                found += 1
                dues[row] = due(line, settings)
        pair = np.int64(-1) if slots == 1 else asking[i]
        mask = masks[i]
        changed = False
        complete = False
        if waits_last and dues[row] != NEVER:
            for slot in range(waits(settings)):
                at = waiting + slot * stride
                if line[at + START] != NULL:
                    taken = mask
                    if pair >= 0 and stride > 0:
                        taken = (mask & ~asking_bits) | pair_masks[pair, slot]
                    if taken & ends:
                        for k in range(len(finals)):
                            if taken & finals[k, 0] and time - line[at + LAST] <= finals[k, 1]:
                                line[at + START] = NULL
                                changed = True
        for k in range(1, slots + 1):
            slot = (head - k) % slots
            base = slot * width
            taken = mask
            if pair >= 0:
                taken = (mask & ~asking_bits) | pair_masks[pair, slot]
            for j in range(last, 0, -1):
                if taken & steps[j, BIT]:
                    value = NULL
                    if steps[j, VALUE] >= 0:
                        value = values[steps[j, VALUE], i]
                    if steps[j, VALUE] < 0 or value != NULL:
                        at = completed(line, base, steps, settings, j, value)
                        if (
                            at >= 0
                            and time - line[at + LAST] <= steps[j, WITHIN]
                            and time - line[at + START] <= overall
                        ):
                            target = line
                            to = base + steps[j, STATE]
                            complete = j == last and not waits_last
                            if complete:
                                target = out[found]
                                to = np.int64(CHAIN)
                            elif j == last:
                                to = waiting + slot * stride
                                if line[to + START] == NULL:
                                    changed = True
                                else:  # the one before stays
                                    to = np.int64(-1)
                            if to >= 0:
                                prolong(line, base, steps, settings, j, at, value, time, positions[i], target, to)
                            if complete:
                                break
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
        elif mask & first:
            slot = np.int64(0)
            if slots > 1:
                slot = head % slots
                changed = changed or stride > 0
                line[slot * width : (slot + 1) * width] = NULL
            if last > 0 or not waits_last:
                begin(line, slot * width, time, positions[i], fields, i)
            elif line[waiting + slot * stride + START] == NULL:
                begin(line, waiting + slot * stride, time, positions[i], fields, i)
                changed = True
        if slots > 1 and mask & first:
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
