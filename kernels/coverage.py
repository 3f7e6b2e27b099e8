"""Coverage: which share of a site's devices was heard of late, at each full minute.

A device that was heard at t counts at the minutes m with t < m < t + its window; a late event counts from its place in
event time on. So each sight covers some minutes, and a device has a run of them, [since, until) in minutes since 1970,
which the next sight prolongs, in whatever order they come. A sight that does not touch the run, because the device was
silent for longer than its window or because the sight is an old one, takes its place and leaves it as a spare run;
spare runs are few and live until their minutes have been sampled.
"""

import numpy as np

from kernels.compile import kernel
from kernels.instants import MINUTE_MS
from kernels.keys.membership import find_from, first_probe
from kernels.nulls import NULL
from kernels.prefetch import AHEAD, prefetch

TIME, KIND = 0, 1  # lanes, as in events.batch
CHUNK = 1024
BEGIN, FINISH, WINDOW = range(3)  # columns of a device
DEVICE, SINCE, UNTIL = range(3)  # columns of a spare run


@kernel(inline=True)
def minute_after(instant):
    """Return the first full minute behind an instant."""
    return instant // MINUTE_MS + 1


@kernel(inline=True)
def minute_from(instant):
    """Return the first full minute from an instant on."""
    return -(-instant // MINUTE_MS)


@kernel(inline=True)
def cover(device, since, until, sampled, runs, spare):
    """Let a device be heard in some minutes; return 1 if that left a spare run still to be sampled, else 0."""
    held = runs[device, BEGIN]
    end = runs[device, FINISH]
    if since <= end and until >= held and held < end:
        runs[device, BEGIN] = min(held, since)
        runs[device, FINISH] = max(end, until)
        return 0
    spare[DEVICE] = device
    spare[SINCE] = held
    spare[UNTIL] = end
    runs[device, BEGIN] = since
    runs[device, FINISH] = until
    return np.int64(end > sampled)


@kernel(
    "int64(int64[:, ::1], int64, boolean[::1], int64[::1], int64[::1], int64[::1], int64, int64[:, ::1], int64[:, ::1])"
)
def hear(lanes, device_lane, reads, places, slot_keys, slot_rows, sampled, runs, spare):
    """Take all events of a batch as they arrive, in any order.

    Parameters
    ----------
    lanes, device_lane
        int64[lane, n], the batch, and the lane of the device's token
    reads
        bool[kinds], which kinds count
    places
        int64[n], epoch ms: where each event stands in event time, its own time unless it is late
    slot_keys, slot_rows
        the hash table of the devices that count (`kernels.keys.membership`)
    sampled
        the first minute that has not been sampled yet
    runs
        int64[devices, 3]: its run, of which there is none where BEGIN is FINISH, and its WINDOW, how long it counts as
        heard, ms
    spare
        int64[n, 3], receives spare runs

    Returns
    -------
    how many spare runs there are

    Cost: 1 ns a row, 10 ns more for one that counts, 20 ns where 100,000 devices do not fit into the cache.
    """
    found = 0
    mask = len(slot_keys) - 1
    rows = np.empty(CHUNK, np.int64)
    tokens = np.empty(CHUNK, np.int64)
    first = np.empty(CHUNK, np.int64)
    row = 0
    while row < lanes.shape[1]:
        n = 0
        while row < lanes.shape[1] and n < CHUNK:
            rows[n] = row
            tokens[n] = lanes[device_lane, row]
            n += reads[lanes[KIND, row]] and tokens[n] != NULL
            row += 1
        first_probe(slot_keys, 0, mask, tokens, 0, n, first)
        for i in range(n):
            if i + AHEAD < n:
                prefetch(slot_rows, tokens[i + AHEAD] & mask, 0)
            tokens[i] = find_from(slot_keys, slot_rows, 0, mask, tokens[i], first[i])
            prefetch(runs, tokens[i], 0)
        for i in range(n):
            device = tokens[i]
            if device == NULL:
                continue
            since = max(minute_after(places[rows[i]]), sampled)
            until = minute_from(lanes[TIME, rows[i]] + runs[device, WINDOW])
            if since < until and (since < runs[device, BEGIN] or until > runs[device, FINISH]):
                found += cover(device, since, until, sampled, runs, spare[found])
    return found


@kernel("int64(int64[::1], int64, int64[:, ::1], int64[:, ::1])")
def assume(effective, sampled, runs, spare):
    """Let devices count as heard when their rows took effect (int64[devices], epoch ms), at that very minute, too.

    The other arrays are those of `hear`, `spare` of int64[devices, 3]. Returns how many spare runs there are.
    """
    found = 0
    for device in range(len(runs)):
        since = max(minute_from(effective[device]), sampled)
        until = minute_from(effective[device] + runs[device, WINDOW])
        if since < until:
            found += cover(device, since, until, sampled, runs, spare[found])
    return found


@kernel(inline=True)
def heard(device, since, until, first, columns, changes):
    """Count a device as heard in those of some minutes that are sampled."""
    low = max(since - first, 0)
    high = min(until - first, len(changes) - 1)
    if low < high:
        changes[low, columns[device]] += 1
        changes[high, columns[device]] -= 1


@kernel("void(int64, int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], float64[:, ::1])")
def sample(first, runs, spare, columns, totals, out):
    """Say which share of each site's devices was heard at some minutes.

    Parameters
    ----------
    first
        the first of these minutes
    runs, spare
        what was heard; spare runs int64[k, 3] sorted by device and since
    columns
        int64[devices], the site of each
    totals
        int64[sites], how many devices each has; not 0
    out
        float64[minutes, sites], receives the shares

    Cost: 2 ns a device, 1 ns a minute and site.
    """
    minutes, sites = out.shape
    changes = np.zeros((minutes + 1, sites), np.int64)
    for device in range(len(runs)):
        heard(device, runs[device, BEGIN], runs[device, FINISH], first, columns, changes)
    before = np.int64(-1)
    until = np.int64(0)
    for i in range(len(spare)):
        device = spare[i, DEVICE]
        if device != before:
            before = device
            until = NULL
        since = max(spare[i, SINCE], until)  # spare runs may overlap each other, and the run that came after them
        until = max(until, spare[i, UNTIL])
        heard(device, since, min(until, runs[device, BEGIN]), first, columns, changes)
        heard(device, max(since, runs[device, FINISH]), until, first, columns, changes)
    for minute in range(minutes):
        for site in range(sites):
            if minute > 0:
                changes[minute, site] += changes[minute - 1, site]
            out[minute, site] = changes[minute, site] / totals[site]
