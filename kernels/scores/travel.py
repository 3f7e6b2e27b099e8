"""Impossible travel: whether a plate is seen where its vehicle cannot be, which one of two vehicles with it can.

Two sightings *contradict* each other if the time between them and the doubt of both clocks is less than the way takes
at least. Between places of a network that is a share of what was learned of it: of neighbours by the time of day,
bounded from below by landmarks for all others (`kernels.scores.landmarks`); but no more than a straight way at
`straight_kmh` takes, since there may be one that nobody learned. Of other places only the great circle is known, which
nobody drives faster than `speed_kmh_max`; below `distance_m_min` it says nothing. What was learned takes its place, not
its side: it knows of wrong clocks and wrong positions.

A wrong reading is a sighting of somebody else, and there is one in every few thousand. So what is counted are disjoint
pairs of sightings that contradict each other, of 24 hours: each needs a wrong reading of its own, however often the
vehicle itself is seen before and behind it. A state holds two vehicles with their last sightings. A sighting goes on
with the newer one that it does not contradict, else it begins a vehicle in the place of the older one; it is paired
with the newest one that it contradicts and that has no partner yet.

`confidence` weighs k pairs against as many wrong readings: their number is Poisson with mean `misreads` a window, and
one vehicle of CLONED has its plate on another one.

State is 64 bytes a plate, one cache line: of each vehicle time, position (to 1e-5 degrees), place, doubt (to 0.1 s) and
whether it has a partner; the minutes of the last three pairs.

Sources: contradictions that must be frequent, and limits by road and time of day instead of one speed, Li Minxi et al.,
Journal of East China Normal University (Natural Science), 2018(2), doi:10.3969/j.issn.1000-5641.2018.02.007. Disjoint
pairs are a matching, never larger than the least number of sightings that explain all contradictions (weak duality).
"""

import numpy as np

from kernels.compile import kernel
from kernels.expression import NEVER, index_after
from kernels.geo.sphere import DEGREE_M, haversine
from kernels.instants import HOUR_MS, MINUTE_MS
from kernels.prefetch import AHEAD, prefetch
from kernels.scores.landmarks import NETWORK, SLOT_MS, SLOTS, excess

# Degrees; the doubt of the device's clock, seconds; 0 to 1; a row of the network.
INPUTS = ("lon", "lat", "eps_s", "plate_confidence", "place")
LON, LAT, EPS_S, PLATE_CONFIDENCE, PLACE = range(len(INPUTS))

# Name and default of each parameter.
PARAMETERS = {
    "speed_kmh_max": 180.0,  # nobody is believed to drive faster
    "distance_m_min": 2000.0,  # below that a great circle says nothing: positions and clocks are not that exact
    "least_share": 0.6,  # of a learned time that nobody is believed to take less than
    "least_s_min": 60.0,  # below that a learned time says nothing
    "straight_kmh": 60.0,  # there may be a way that was not learned, as straight and as quick as that
    "plate_confidence_min": 0.9,
    "window_h": 24.0,
    "misreads": 0.01,  # wrong readings of other plates as this one that are usual in a window
}
(
    SPEED_KMH_MAX,
    DISTANCE_M_MIN,
    LEAST_SHARE,
    LEAST_S_MIN,
    STRAIGHT_KMH,
    PLATE_CONFIDENCE_MIN,
    WINDOW_H,
    MISREADS,
) = range(len(PARAMETERS))

OUTPUTS = (
    "confidence",  # probability that the plate is on two vehicles
    "contradictions",  # pairs of sightings in the window, PAIRS at most
    "implied_kmh",  # least speed that explains the newest pair; this and the next are NaN without positions
    "distance_m",
    "elapsed_s",  # between its sightings
    "least_s",  # how long the way takes at least
)
CONFIDENCE, CONTRADICTIONS, IMPLIED_KMH, DISTANCE_M, ELAPSED_S, LEAST_S = range(len(OUTPUTS))
PAIRS = 4

SEEN, WHERE, WHO = 0, 1, 2  # of a vehicle
VEHICLE = 3
NEWEST, OLDEST = 6, 7  # minutes of pairs: of the last two, and of the one before
WIDTH = 8

NOWHERE = -1.0
DEGREE_STEPS = 100_000.0
LAT_BITS, EPS_BITS, MINUTE_BITS = 25, 13, 26
EPS_STEP_S = 0.1
EPS_MOST = (1 << EPS_BITS) - 1
CLONED = 1e-4


@kernel(inline=True)
def position(lon, lat):
    """Return a position as one whole number, NOWHERE where there is none."""
    if np.isnan(lon) or np.isnan(lat):
        return NOWHERE
    east, north = np.floor((lon + 180.0) * DEGREE_STEPS + 0.5), np.floor((lat + 90.0) * DEGREE_STEPS + 0.5)
    return east * (1 << LAT_BITS) + north


@kernel(inline=True)
def degrees(where):
    """Return the longitude and latitude of a position."""
    whole = np.int64(where)
    north = whole & ((1 << LAT_BITS) - 1)
    return (whole >> LAT_BITS) / DEGREE_STEPS - 180.0, north / DEGREE_STEPS - 90.0


@kernel(inline=True)
def bound(bounds, slot, other_slot, place, other):
    """Return the least seconds from one place to another that landmarks know of, at the quicker of two times of day."""
    places = len(bounds) // SLOTS
    seconds = excess(bounds, slot * places + other, slot * places + place)
    if other_slot != slot:
        seconds = min(seconds, excess(bounds, other_slot * places + other, other_slot * places + place))
    return np.float64(seconds)


@kernel(inline=True)
def least(since, where, other_where, place, other, slots, limits, bounds):
    """Return the seconds that a way takes at least; too few where `since` seconds are enough in any case.

    `limits` are the greatest speed (m/s), the shortest great circle that counts (m), the share of a learned time, the
    shortest one that counts (s), the speed of ways that nobody learned (m/s), and the longest learned time (s).
    """
    speed, distance_min, share, least_min, straight_speed, longest = limits
    located = where != NOWHERE and other_where != NOWHERE
    if place >= 0 and other >= 0:
        if since >= share * longest:
            return 0.0
        known = bound(bounds, slots[0], slots[1], place, other)
        seconds = share * known if known >= least_min else 0.0
        if since < seconds and located:
            lon, lat = degrees(where)
            other_lon, other_lat = degrees(other_where)
            seconds = min(seconds, haversine(lon, lat, other_lon, other_lat) / straight_speed)
        return seconds
    if located:
        lon, lat = degrees(where)
        other_lon, other_lat = degrees(other_where)
        # No great circle is longer than the way along a parallel and a meridian were on a plane: most need no sine.
        far = DEGREE_M * DEGREE_M * ((other_lon - lon) * (other_lon - lon) + (other_lat - lat) * (other_lat - lat))
        enough = max(distance_min, speed * since)
        if far > enough * enough:
            metres = haversine(lon, lat, other_lon, other_lat)
            if metres > distance_min:
                return metres / speed
    return 0.0


@kernel()
def pairs_within(state, row, minute, window):
    """Note a pair of the minute; return how many there are in the window with it."""
    newest, third = np.int64(state[row, NEWEST]), np.int64(state[row, OLDEST])
    first, second = newest >> MINUTE_BITS, newest & ((1 << MINUTE_BITS) - 1)
    state[row, NEWEST], state[row, OLDEST] = (minute << MINUTE_BITS) + first, second
    return 1 + (minute - first < window) + (minute - second < window) + (minute - third < window)


@kernel(inline=True)
def belief(count, misreads):
    """Return the probability of a clone where there are so many pairs."""
    by_chance = 1.0
    for k in range(count):
        by_chance *= misreads / (k + 1.0)
    return CLONED / (CLONED + by_chance)


@kernel(
    f"void(int64[::1], int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], {NETWORK}, float64[:, ::1])",
    allocates=False,
)
def step(rows, times, inputs, state, parameters, network, out):
    """Tell of each sighting of a plate whether it contradicts another one.

    Parameters
    ----------
    rows, times
        int64[n] each: the state rows of the plates, and when they were seen (epoch ms), in order
    inputs
        float64[len(INPUTS), n]; a sighting without position and place, or below `plate_confidence_min`, tells nothing;
        without doubt of the clock there is none, without confidence a reading is believed
    state
        float64[r, WIDTH], zero where a plate is new
    parameters
        float64[len(PARAMETERS)]
    network
        what is known of ways between places (`kernels.scores.landmarks.network`); there may be no place in it
    out
        float64[len(OUTPUTS), n], receives what is told at a sighting that is paired with an earlier one, else NaN

    Cost: about 25 ns a sighting.
    """
    bounds, longest, offset_edges, offsets = network
    speed, window = parameters[SPEED_KMH_MAX] / 3.6, np.int64(parameters[WINDOW_H] * (HOUR_MS / MINUTE_MS))
    limits = speed, parameters[DISTANCE_M_MIN], parameters[LEAST_SHARE], parameters[LEAST_S_MIN]
    limits = (*limits, parameters[STRAIGHT_KMH] / 3.6, longest)
    confidence_min, misreads = parameters[PLATE_CONFIDENCE_MIN], parameters[MISREADS]
    places = len(bounds) // SLOTS
    offset, offset_since, turn = np.int64(0), NEVER, -NEVER  # of the sightings at hand: the UTC offset
    slot, slot_since, slot_until = np.int64(0), NEVER, -NEVER  # and the time of day
    out[:, : len(rows)] = np.nan
    for i in range(len(rows)):
        if i + AHEAD < len(rows):
            prefetch(state, rows[i + AHEAD], 0)
        row, time = rows[i], times[i]
        where = position(inputs[LON, i], inputs[LAT, i])
        place = np.int64(-1)
        if inputs[PLACE, i] >= 0.0 and inputs[PLACE, i] < places:
            place = np.int64(inputs[PLACE, i])
        if inputs[PLATE_CONFIDENCE, i] < confidence_min or (where == NOWHERE and place < 0):
            continue
        if not offset_since <= time < turn:
            edge = index_after(offset_edges, 0, len(offset_edges), time)
            offset, offset_since = offsets[edge - 1], offset_edges[edge - 1]
            turn = offset_edges[edge] if edge < len(offset_edges) else NEVER
            slot_until = -NEVER
        if not slot_since <= time < slot_until:
            count = (time + offset) // SLOT_MS
            slot, slot_since = count % SLOTS, count * SLOT_MS - offset
            slot_until = slot_since + SLOT_MS
        eps = np.int64(0)
        if inputs[EPS_S, i] > 0.0:
            eps = np.int64(min(np.floor(inputs[EPS_S, i] / EPS_STEP_S + 0.5), EPS_MOST))

        home, foe, foe_least = -1, -1, 0.0
        for vehicle in range(2):
            base = VEHICLE * vehicle
            seen = np.int64(state[row, base + SEEN])
            if seen == 0:
                continue
            who = np.int64(state[row, base + WHO])
            if home >= 0 and who & 1:
                break  # whatever it says
            doubt = ((who >> 1) & EPS_MOST) + eps
            since = (time - seen) * 0.001 + doubt * EPS_STEP_S
            slots = slot if seen >= slot_since else (seen + offset) // SLOT_MS % SLOTS, slot
            before = (who >> (1 + EPS_BITS)) - 1
            seconds = least(since, state[row, base + WHERE], where, before, place, slots, limits, bounds)
            if since >= seconds:
                home = vehicle if home < 0 else home
            elif foe < 0 and who & 1 == 0:
                foe, foe_least = vehicle, seconds

        paired = np.int64(foe >= 0)
        if paired:
            base = VEHICLE * foe
            seen, who = np.int64(state[row, base + SEEN]), np.int64(state[row, base + WHO])
            state[row, base + WHO] = who + 1
            elapsed = (time - seen) * 0.001
            count = pairs_within(state, row, time // MINUTE_MS, window)
            out[CONFIDENCE, i] = belief(count, misreads)
            out[CONTRADICTIONS, i] = count
            out[ELAPSED_S, i], out[LEAST_S, i] = elapsed, foe_least
            if where != NOWHERE and state[row, base + WHERE] != NOWHERE:
                lon, lat = degrees(state[row, base + WHERE])
                other_lon, other_lat = degrees(where)
                metres = haversine(lon, lat, other_lon, other_lat)
                doubt = ((who >> 1) & EPS_MOST) + eps
                out[DISTANCE_M, i] = metres
                if elapsed + doubt > 0.0:
                    out[IMPLIED_KMH, i] = 3.6 * metres / (elapsed + doubt * EPS_STEP_S)
        if home != 0:
            for word in range(VEHICLE):
                state[row, VEHICLE + word] = state[row, word]
        state[row, SEEN], state[row, WHERE] = time, where
        state[row, WHO] = ((((place + 1) << EPS_BITS) + eps) << 1) + paired
