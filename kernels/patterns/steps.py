"""Which steps of a sequence take an event: what each chose, in one order, and whom to ask of which first event."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.patterns.chains import SLOTS


@kernel("int64(int64[::1], int64, int64[::1], int64[::1], int64[::1], int64[::1])")
def merge_steps(places, count, keys, bits, taken, masks):
    """Bring what all steps chose into one order, and make one of all entries of one event and key.

    Parameters
    ----------
    places, count
        int64[n], the place of each entry's event in the order, and how many places there are
    keys, bits
        int64[n] each: the token of the event's key under the step that chose it, and the step's bit
    taken, masks
        int64[n] each: receive which entry stands for each event and key, and the bits of all steps that chose it

    Returns
    -------
    how many events and keys

    Cost: 6 ns an entry of an event that few steps (and rules) chose.
    """
    starts = np.zeros(count + 1, np.int64)
    for i in range(len(places)):
        starts[places[i] + 1] += 1
    for place in range(count):
        starts[place + 1] += starts[place]
    order = np.empty(len(places), np.int64)
    for i in range(len(places)):
        order[starts[places[i]]] = i
        starts[places[i]] += 1
    found = 0
    first = 0  # of those with the place of the last
    for i in order:
        if found == 0 or places[taken[found - 1]] != places[i]:
            first = found
        at = first
        while at < found and keys[taken[at]] != keys[i]:
            at += 1
        if at == found:
            taken[at] = i
            masks[at] = 0
            found += 1
        masks[at] |= bits[i]
    return found


@kernel("int64(int64[::1], int64[::1], int64, int64[::1], int64[::1])")
def concerning(keys, masks, first, held, out):
    """Find the events whose key has state, or that begin a chain, or follow one that does: the others need none.

    Parameters
    ----------
    keys, masks, first
        int64[n] each, the events in order: token of the key, bits of the steps that may take them; the first step's bit
    held
        int64[n], the state rows of the keys (NULL: none)
    out
        int64[n], receives the places of those events

    Returns
    -------
    how many

    Cost: about 5 ns an event.
    """
    begin = 0
    for i in range(len(keys)):
        begin += (masks[i] & first) != 0
    size = 16
    while size < 2 * begin:
        size *= 2
    begun = np.full(size, NULL, np.int64)
    found = 0
    for i in range(len(keys)):
        out[found] = i
        if held[i] != NULL:
            found += 1
            continue
        slot = keys[i] & (size - 1)
        while begun[slot] != NULL and begun[slot] != keys[i]:
            slot = (slot + 1) & (size - 1)
        if masks[i] & first:
            begun[slot] = keys[i]
        found += begun[slot] != NULL
    return found


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
