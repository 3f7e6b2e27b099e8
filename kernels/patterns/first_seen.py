"""first_seen(): whether a value is new to its key: not seen with it in (t - window, t] before the event in hand.

A log that begins does not say what was seen before it, so until it is as old as the window no value is known to be new.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL


@kernel("void(int64[::1], int64[::1], int64, int64[::1], int64[::1], float64[::1])")
def first_seen(times, rows, window, known_from, seen, out):
    """Say of each event whether its value is new to its key, and remember that it was seen; each sight renews it.

    Parameters
    ----------
    times, rows
        int64[n] each, the events in order: epoch ms; state row of key and value together
    window
        ms that a value is remembered
    known_from
        int64[n], epoch ms: from then on the window lies within what was read of the log for this rule
    seen
        state: int64[r], when the value was last seen (NULL: never)
    out
        float64[n], receives 1.0 where it is new, 0.0 where it is not, NaN where nobody can know

    Cost: about 5 ns an event.
    """
    for i in range(len(times)):
        row = rows[i]
        out[i] = 0.0
        if seen[row] == NULL or seen[row] <= times[i] - window:
            out[i] = 1.0 if times[i] >= known_from[i] else np.nan
        seen[row] = times[i]
