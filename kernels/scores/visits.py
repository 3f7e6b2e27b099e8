"""Visits: how often, where and how long somebody comes who is known by a pseudonym alone, a track or a plate.

Sights of one pseudonym that follow each other within `visit_gap_ms` are one visit. Told at each sight are the visits
that began within `within_ms`, the present one included, how many of them touched the night, in how many buildings it
was seen, and how long it has stayed: the time since its first sight of an unbroken stay, in which it was never out of
sight for `stay_gap_ms` or longer. The six latest visits and the four latest buildings are kept: six visits are six or
more.

Nothing of a face enters it. Whoever was not seen for `within_ms` is somebody new, and of earlier than that nothing is
kept when a visit begins.
"""

import numpy as np

from kernels.compile import kernel
from kernels.prefetch import AHEAD, prefetch

INPUTS = ("building", "hour")  # a number that names where it was seen, NaN where nothing does; civil hour, 0 to 24
BUILDING, HOUR = range(len(INPUTS))

# Name and default of each parameter.
PARAMETERS = {
    "within_ms": 86_400_000.0,  # what is older is forgotten
    "visit_gap_ms": 1_800_000.0,  # out of sight for so long and back is another visit
    "stay_gap_ms": 300_000.0,  # likewise another stay
    "night_h": 5.0,  # night is from midnight to that hour
}
WITHIN_MS, VISIT_GAP_MS, STAY_GAP_MS, NIGHT_H = range(len(PARAMETERS))

OUTPUTS = (
    "visits",  # 1 to VISITS_MAX
    "night_visits",
    "buildings",  # 0 to BUILDINGS_MAX
    "dwell_s",  # of the present stay
    "known_s",  # since the first of these visits began
)
VISITS, NIGHT_VISITS, BUILDINGS, DWELL_S, KNOWN_S = range(len(OUTPUTS))
VISITS_MAX, BUILDINGS_MAX = 6, 4

# Words of a state: two lines of 64 bytes.
LAST, STAY = 0, 1  # the latest sight, and the first of the stay (ms)
BEGAN = 2  # of each visit when it began, the latest first; negative where it touched the night, 0 where there is none
CODE = BEGAN + VISITS_MAX  # the buildings, the latest first,
SEEN = CODE + BUILDINGS_MAX  # and when it was last seen there, 0 where there is none
WIDTH = SEEN + BUILDINGS_MAX


@kernel(inline=True)
def begin_visit(state, row, t, since):
    """Make room for a visit that begins, and forget what lies before `since`."""
    for k in range(BEGAN + VISITS_MAX - 1, BEGAN, -1):
        earlier = state[row, k - 1]
        state[row, k] = earlier if abs(earlier) > since else 0.0
    state[row, BEGAN] = t
    for k in range(BUILDINGS_MAX):
        if state[row, SEEN + k] <= since:
            state[row, SEEN + k] = state[row, CODE + k] = 0.0


@kernel(inline=True)
def enter(state, row, t, building):
    """Put a building first, in place of where it stood or of the one that was left the longest ago."""
    place = 0
    while place < BUILDINGS_MAX - 1 and state[row, CODE + place] != building:
        place += 1
    for k in range(place, 0, -1):
        state[row, CODE + k] = state[row, CODE + k - 1]
        state[row, SEEN + k] = state[row, SEEN + k - 1]
    state[row, CODE] = building
    state[row, SEEN] = t


@kernel(
    "void(int64[::1], int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], float64[:, ::1])", allocates=False
)
def step(rows, times, inputs, state, parameters, out):
    """Tell of each sight what is known of the visits of whoever was seen.

    Parameters
    ----------
    rows, times
        int64[n] each: the state rows of the pseudonyms, and when they were seen (epoch ms), in order
    inputs
        float64[len(INPUTS), n]
    state
        float64[r, WIDTH], zero where a pseudonym is new
    parameters
        float64[len(PARAMETERS)]; `within_ms` is at least `visit_gap_ms`, that at least `stay_gap_ms`
    out
        float64[len(OUTPUTS), n], receives what is told at each sight

    Cost: about 20 ns a sight.
    """
    within, visit_gap = parameters[WITHIN_MS], parameters[VISIT_GAP_MS]
    stay_gap, night = parameters[STAY_GAP_MS], parameters[NIGHT_H]
    for i in range(len(rows)):
        if i + AHEAD < len(rows):
            prefetch(state, rows[i + AHEAD], LAST)
            prefetch(state, rows[i + AHEAD], CODE)
        row, t, building = rows[i], np.float64(times[i]), inputs[BUILDING, i]
        since = t - within
        unseen = t - state[row, LAST]
        if unseen >= visit_gap:
            begin_visit(state, row, t, since)
        if unseen >= stay_gap:
            state[row, STAY] = t
        state[row, LAST] = t
        if inputs[HOUR, i] < night:
            state[row, BEGAN] = -abs(state[row, BEGAN])
        if building == state[row, CODE]:
            state[row, SEEN] = t
        elif not np.isnan(building):
            enter(state, row, t, building)
        # The present visit counts even if it began before.
        first = abs(state[row, BEGAN])
        visits, night_visits, buildings = 1, np.int64(state[row, BEGAN] < 0.0), np.int64(state[row, SEEN] > since)
        for k in range(BEGAN + 1, BEGAN + VISITS_MAX):
            began = state[row, k]
            counts = abs(began) > since
            visits += counts
            night_visits += began < -since
            first = min(first, abs(began) if counts else first)
        for k in range(SEEN + 1, SEEN + BUILDINGS_MAX):
            buildings += state[row, k] > since
        out[VISITS, i] = visits
        out[NIGHT_VISITS, i] = night_visits
        out[BUILDINGS, i] = buildings
        out[DWELL_S, i] = (t - state[row, STAY]) / 1000.0
        out[KNOWN_S, i] = (t - first) / 1000.0
