"""Change: what was kept of the event before, of the same key, while that lies in (t - window, t]."""

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.prefetch import AHEAD, prefetch

# A key's last event: its time (NULL: none) and log position, then what is kept of it
TIME, POSITION, KEPT = range(3)


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[:, ::1], int64, int64[::1], int64[:, ::1], int64[::1], "
    "int64[:, ::1])",
    allocates=False,
)
def lag(times, positions, rows, fields, window, nulls, last, before, previous):
    """Give each event what was kept of the one before of its key, and keep its own in that place.

    Parameters
    ----------
    times, positions, rows
        int64[n] each, the events in order: epoch ms; log position; state row of the key
    fields
        int64[f, n], what is kept of each event, 64 bits
    window
        ms that an event is remembered
    nulls
        int64[f], what stands for nothing in each field
    last
        state: int64[r, KEPT + f] (fresh: NULL), the last event of each key
    before, previous
        int64[n] and int64[f, n]: receive the log position of the event before (-1: none) and what was kept of it

    Cost: about 5 ns an event and 2 ns a field in cache; memory 8 x (2 + fields) bytes a key.
    """
    count = len(fields)
    for i in range(len(times)):
        if i + AHEAD < len(times):
            prefetch(last, rows[i + AHEAD], 0)
            prefetch(last, rows[i + AHEAD], KEPT + count - 1)
        line = last[rows[i]]
        if line[TIME] != NULL and line[TIME] > times[i] - window:
            before[i] = line[POSITION]
            for k in range(count):
                previous[k, i] = line[KEPT + k]
        else:
            before[i] = -1
            for k in range(count):
                previous[k, i] = nulls[k]
        line[TIME] = times[i]
        line[POSITION] = positions[i]
        for k in range(count):
            line[KEPT + k] = fields[k, i]
