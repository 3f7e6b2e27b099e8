"""Falling objects: whether what a camera follows down a facade moves as a falling body does.

A track's heights are fitted by a parabola and its lateral positions by another one, by recursive least squares: mean
and covariance of (position, speed, acceleration) at the newest point, so that the origin of time moves along and a
point costs the same however many came before it. Both axes have one covariance, because it depends on times alone.

    z(t) = z + w t + c t^2 / 2,   sd(c) = s sqrt(P_cc),   s^2 = (10 sigma^2 + sum of residuals^2) / (10 + 2 n - 6)

`s` is the noise that the residuals show, drawn towards the one that is declared. A point that is off by more than 5 of
its own standard errors is passed over; the second in a row begins the fit anew: an object let go of, a landing, two
objects taken for one. Quadratic drag, a = g (1 - v^2 / v_t^2), says how slow a heavy body may gain speed.

*Heavy*: the acceleration lies between that of a body whose terminal speed is 12 m/s and that of one which flies towards
the camera, and speeds measured at both ends, without t^2, gain the energy that the height has lost. *Light* (a bag, a
leaf): a descent at a constant 1 to 4 m/s that sways, as no lift and no reflection does. Between the two lie rain and
the drips of air conditioners. Where there is more to see than `seen_m_min` it is waited for: half of the way to the
ground, at most 4.5 m.

Sources: recursive least squares, Gauss and Plackett (Some theorems in least squares, Biometrika 37, 1950); gating of
measurements and the test of innovations, Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and
Navigation, 2001, chapter 5; drag, Batchelor, An Introduction to Fluid Dynamics, section 5.11.
"""

import math

import numpy as np

from kernels.compile import kernel
from kernels.prefetch import AHEAD, prefetch
from kernels.scores.parabola import (
    BEFORE_HEIGHT,
    BEFORE_TIME,
    BEGAN,
    CC,
    CLIMB,
    DRIFT,
    EARLY_HEIGHT,
    EARLY_KNOWN,
    EARLY_SPEED,
    FIT,
    HEIGHT,
    PASSED_OVER,
    POINTS,
    PRIOR_FREEDOM,
    SCATTER,
    SIDEWAYS,
    SPOKEN,
    TIME,
    UPWARD,
    WC,
    WW,
    ZC,
    ZW,
    ZZ,
    begin_fit,
    refine,
)

INPUTS = ("x", "z", "first_floor_m", "storey_m")  # metres; where the first floor is and how high a storey, else NaN
X, Z, FIRST_FLOOR_M, STOREY_M = range(len(INPUTS))

# Name and default of each parameter.
PARAMETERS = {
    "gravity_ms2": 9.8,
    "noise_m": 0.02,  # of a coordinate: pixels of noise times metres a pixel
    "step_ms_min": 8.0,  # points that come sooner after another are the same frame twice
    "step_ms_max": 400.0,  # a track that was out of sight for longer is fitted anew
    "points_min": 10.0,
    "span_ms_min": 360.0,  # a fit over less than that says little at any frame rate
    "seen_m_min": 3.0,  # how much of the fall must have been seen
    "acceleration_sd_max": 0.6,  # m/s^2; a fit with a larger standard error is refused
    "confidence_min": 0.9,
}
(
    GRAVITY_MS2,
    NOISE_M,
    STEP_MS_MIN,
    STEP_MS_MAX,
    POINTS_MIN,
    SPAN_MS_MIN,
    SEEN_M_MIN,
    ACCELERATION_SD_MAX,
    CONFIDENCE_MIN,
) = range(len(PARAMETERS))

OUTPUTS = (
    "confidence",  # probability that the true acceleration (of a light object: speed) is one of the class
    "drop_m",  # from where it was probably let go of down to the ground
    "speed_ms",  # at impact
    "origin_floor",  # of the probable release height; this and the next two are NaN without a facade
    "origin_floor_low",
    "origin_floor_high",
    "release_m_low",  # the interval of heights that it may have been released from;
    "release_m_high",  # NaN where nothing bounds it: a light object
    "label_kind",  # HEAVY or LIGHT
    "acceleration_ms2",  # downwards; NaN of a light object, as the next two
    "acceleration_sd_ms2",
    "energy",  # kinetic energy gained over potential energy lost, by speeds at both ends
    "seen_m",  # how much of the fall was seen when it was told
)
(
    CONFIDENCE,
    DROP_M,
    SPEED_MS,
    ORIGIN_FLOOR,
    ORIGIN_FLOOR_LOW,
    ORIGIN_FLOOR_HIGH,
    RELEASE_M_LOW,
    RELEASE_M_HIGH,
    LABEL_KIND,
    ACCELERATION_MS2,
    ACCELERATION_SD_MS2,
    ENERGY,
    SEEN_M,
) = range(len(OUTPUTS))
HEAVY, LIGHT = 0.0, 1.0

# Words of a track's state behind those of its fit.
DESCENT, DESCENT_POINTS, LOWEST = FIT, FIT + 1, FIT + 2  # a descent's begin, its points, the lowest of them
MEAN_T, MEAN_Z, MEAN_X = FIT + 3, FIT + 4, FIT + 5  # of a descent's points, seconds from its begin and metres
TT, TZ, DESCENT_ZZ, TX, XX = range(FIT + 6, FIT + 11)  # their sums of products about the means
READ, WIDTH = 32, 40  # four lines of 64 bytes that every point reads, and one that few do

ROUGH = 3.0  # residuals, in units of the noise, of what moves on no parabola
TERMINAL_MS = 12.0  # the slowest terminal speed of a heavy body; drops of water reach 9
SLOWEST_MS2 = 1.5  # what gains less speed than that may be anything, whatever its speed
SURVEY = 1.05  # how much larger than they are heights may be measured
TOWARDS = 0.075  # of its distance a second that an object may fly towards the camera: 3 m/s, 40 m away
LATERAL_MS, LATERAL_MS2 = 8.0, 2.0
ENERGY_LOW, ENERGY_HIGH = 0.5, 1.3
BOUND = 3.0  # standard errors of an interval
DEPTH = 0.02  # of a height: the error of what is in front of the facade's plane (a metre out, 50 m away), or behind it
LIGHT_POINTS, LIGHT_MS_LOW, LIGHT_MS_HIGH, LIGHT_LATERAL_MS = 12.0, 1.0, 4.0, 2.5
STRAIGHT = 0.97  # the share of the heights' variance that a constant speed explains
SWAY = 2.5  # lateral residuals, in units of the noise, that tell a light object from a lift
SWAY_S = 0.5  # residuals that far apart are independent
RISE_M = 0.5  # a light object may be blown up so far
SLOW_MS, SLOW_S = 0.5, 1.5  # what sinks more slowly than that for so long does not fall
SEEN_SHARE, SEEN_ENOUGH_M = 0.5, 4.5  # so much of the way to the ground is waited for, but no more than that
FIT_MS_MAX = 10_000.0  # no fall lasts longer


@kernel(inline=True)
def begin_descent(state, row, t, x, z):
    """Begin a track's descent with one point."""
    state[row, DESCENT] = t
    state[row, DESCENT_POINTS] = 1.0
    state[row, LOWEST] = state[row, MEAN_Z] = z
    state[row, MEAN_X] = x
    for word in (MEAN_T, TT, TZ, DESCENT_ZZ, TX, XX):
        state[row, word] = 0.0


@kernel(inline=True)
def descend(state, row, t, x, z):
    """Take a point into the sums of a descent, or begin it anew where it has gone up or hardly down."""
    s = (t - state[row, DESCENT]) / 1000.0
    n = state[row, DESCENT_POINTS] + 1.0
    off_t, off_z, off_x = s - state[row, MEAN_T], z - state[row, MEAN_Z], x - state[row, MEAN_X]
    slow = s > SLOW_S and -state[row, TZ] < SLOW_MS * state[row, TT]
    if slow or z > state[row, LOWEST] + RISE_M:
        begin_descent(state, row, t, x, z)
        return
    share = 1.0 / n
    part = 1.0 - share
    state[row, DESCENT_POINTS] = n
    state[row, LOWEST] = min(state[row, LOWEST], z)
    state[row, MEAN_T] += off_t * share
    state[row, MEAN_Z] += off_z * share
    state[row, MEAN_X] += off_x * share
    state[row, TT] += part * off_t * off_t
    state[row, TZ] += part * off_t * off_z
    state[row, DESCENT_ZZ] += part * off_z * off_z
    state[row, TX] += part * off_t * off_x
    state[row, XX] += part * off_x * off_x


@kernel(inline=True)
def below(z):
    """Return the probability that a standard normal variable is below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@kernel()
def fallen(speed_squared, terminal_squared, gravity):
    """Return how far a body has fallen from rest, m; where it is at terminal speed, only far enough for 99 % of it."""
    if terminal_squared == np.inf:
        return speed_squared / (2.0 * gravity)
    return -terminal_squared / (2.0 * gravity) * math.log1p(-min(speed_squared / terminal_squared, 0.98))


@kernel()
def tell_floors(out, i, release, first_floor, storey):
    """Write which floors heights of release belong to; the lowest floor is 1."""
    if storey > 0.0:
        out[ORIGIN_FLOOR, i] = max(1.0, 1.0 + math.floor((release - first_floor) / storey))
        out[ORIGIN_FLOOR_LOW, i] = max(1.0, 1.0 + math.floor((out[RELEASE_M_LOW, i] - first_floor) / storey))
        if not np.isnan(out[RELEASE_M_HIGH, i]):
            out[ORIGIN_FLOOR_HIGH, i] = max(1.0, 1.0 + math.floor((out[RELEASE_M_HIGH, i] - first_floor) / storey))


@kernel()
def judge_heavy(state, row, z, seen, parameters, out, i):
    """Tell of a track whether it falls as a heavy body does; say whether it does."""
    gravity, noise = parameters[GRAVITY_MS2], parameters[NOISE_M]
    t, n = state[row, TIME], state[row, POINTS]
    span = (t - state[row, BEGAN]) / 1000.0
    variance = (PRIOR_FREEDOM * noise * noise + state[row, SCATTER]) / (PRIOR_FREEDOM + max(0.0, 2.0 * n - 6.0))
    down, sd = -state[row, UPWARD], math.sqrt(variance * state[row, CC])
    if sd > parameters[ACCELERATION_SD_MAX] or variance > (ROUGH * noise) ** 2:
        return False
    last = -state[row, CLIMB]
    first = last - down * span
    drift_first = state[row, DRIFT] - state[row, SIDEWAYS] * span
    if max(abs(state[row, DRIFT]), abs(drift_first)) > LATERAL_MS:
        return False
    if abs(state[row, SIDEWAYS]) > LATERAL_MS2 + BOUND * sd:
        return False
    # The mean of the squared speed, by which drag takes from the acceleration.
    squared = (first * first + first * last + last * last) / 3.0
    low = max(SLOWEST_MS2, gravity * (1.0 - squared / TERMINAL_MS**2))
    # Nearer by u t of D a body is seen larger by (1 + u t / D), which adds 3 v u / D to its acceleration.
    high = SURVEY * gravity + 3.0 * TOWARDS * (first + last) / 2.0
    confidence = below((high - down) / sd) - below((low - down) / sd)
    if confidence < parameters[CONFIDENCE_MIN]:
        return False
    late = (t - state[row, BEFORE_TIME]) / 1000.0
    late_speed = (state[row, BEFORE_HEIGHT] - z) / late
    lost = 2.0 * gravity * (state[row, EARLY_HEIGHT] - (state[row, BEFORE_HEIGHT] + z) / 2.0)
    energy = (late_speed**2 - state[row, EARLY_SPEED] ** 2) / lost
    doubt = BOUND * 2.0 * abs(late_speed) * math.sqrt(2.0 * variance) / late / lost
    if state[row, EARLY_KNOWN] == 0.0 or not ENERGY_LOW - doubt <= energy <= ENERGY_HIGH + doubt:
        return False

    # Drag is believed in where the acceleration is below gravity beyond doubt, and bounded where it is not.
    terminal = gravity * squared / (gravity - down) if down + BOUND * sd < gravity else np.inf
    slowest = gravity * squared / max(gravity - down + BOUND * sd, 1e-9)
    top = state[row, HEIGHT] + seen
    half = span * span / 2.0
    top_variance = (
        state[row, ZZ]
        + span * span * state[row, WW]
        + half * half * state[row, CC]
        - 2.0 * span * state[row, ZW]
        + 2.0 * half * state[row, ZC]
        - 2.0 * span * half * state[row, WC]
    )
    first_variance = state[row, WW] - 2.0 * span * state[row, WC] + span * span * state[row, CC]
    falling = max(0.0, first)
    at_most = max(0.0, first + BOUND * math.sqrt(variance * max(first_variance, 0.0)))
    margin = BOUND * math.sqrt(variance * max(top_variance, 0.0)) + DEPTH * abs(top)
    release = top + fallen(falling * falling, terminal, gravity)
    out[RELEASE_M_LOW, i] = top - margin
    out[RELEASE_M_HIGH, i] = max(release, top + margin + fallen(at_most * at_most, slowest, gravity))
    rest = max(0.0, state[row, HEIGHT])
    if terminal == np.inf:
        impact = last * last + 2.0 * gravity * rest
    else:
        impact = terminal - (terminal - last * last) * math.exp(-2.0 * gravity * rest / terminal)
    out[CONFIDENCE, i] = confidence
    out[DROP_M, i] = release
    out[SPEED_MS, i] = math.sqrt(max(impact, 0.0) + state[row, DRIFT] ** 2)
    out[LABEL_KIND, i] = HEAVY
    out[ACCELERATION_MS2, i] = down
    out[ACCELERATION_SD_MS2, i] = sd
    out[ENERGY, i] = energy
    out[SEEN_M, i] = seen
    return True


@kernel()
def judge_light(state, row, t, parameters, out, i):
    """Tell of a track whether it sinks as a light object does; say whether it does."""
    noise, n = parameters[NOISE_M], state[row, DESCENT_POINTS]
    span, tt = (t - state[row, DESCENT]) / 1000.0, state[row, TT]
    speed, drift = -state[row, TZ] / tt, state[row, TX] / tt
    if speed < LIGHT_MS_LOW or speed > LIGHT_MS_HIGH or abs(drift) > LIGHT_LATERAL_MS:
        return False
    unexplained = max(0.0, state[row, DESCENT_ZZ] - speed * speed * tt)
    if unexplained > (1.0 - STRAIGHT) * state[row, DESCENT_ZZ]:
        return False
    sway = math.sqrt(max(0.0, state[row, XX] - drift * drift * tt) / (n - 2.0))
    if sway < SWAY * noise:
        return False
    independent = min(n, max(3.0, span / SWAY_S))
    sd = math.sqrt(max(unexplained / (n - 2.0), noise * noise) * n / (tt * independent))
    confidence = below((LIGHT_MS_HIGH - speed) / sd) - below((LIGHT_MS_LOW - speed) / sd)
    if confidence < parameters[CONFIDENCE_MIN]:
        return False
    top = state[row, MEAN_Z] + speed * state[row, MEAN_T]
    out[CONFIDENCE, i] = confidence
    out[DROP_M, i] = top
    out[SPEED_MS, i] = math.hypot(speed, drift)
    out[LABEL_KIND, i] = LIGHT
    out[RELEASE_M_LOW, i] = top - BOUND * max(sway, noise) - DEPTH * abs(top)
    out[SEEN_M, i] = speed * span
    return True


@kernel(
    "void(int64[::1], int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], float64[:, ::1])", allocates=False
)
def step(rows, times, inputs, state, parameters, out):
    """Tell of each point of a track whether it completes a fall.

    Parameters
    ----------
    rows, times
        int64[n] each: the state rows of the points' tracks, and when they were seen (epoch ms), in order
    inputs
        float64[len(INPUTS), n], metres; a point without x or z tells nothing
    state
        float64[r, WIDTH], zero where a track is new
    parameters
        float64[len(PARAMETERS)]
    out
        float64[len(OUTPUTS), n], receives what is told at the point that completes a fall, NaN everywhere else. A
        track is told of once, until it was out of sight for 10 s.

    Cost: about 30 ns a point.
    """
    noise, step_min, step_max = parameters[NOISE_M], parameters[STEP_MS_MIN], parameters[STEP_MS_MAX]
    points_min, span_min, seen_min = parameters[POINTS_MIN], parameters[SPAN_MS_MIN], parameters[SEEN_M_MIN]
    # Not in the loop over points: as many columns a power of two apart as there are outputs fit no cache set.
    out[:, : len(rows)] = np.nan
    for i in range(len(rows)):
        if i + AHEAD < len(rows):
            for word in range(0, READ, 8):
                prefetch(state, rows[i + AHEAD], word)
        row, t, x, z = rows[i], np.float64(times[i]), inputs[X, i], inputs[Z, i]
        if np.isnan(x) or np.isnan(z):
            continue
        since = t - state[row, TIME]
        if state[row, POINTS] == 0.0 or since > step_max:
            if since > FIT_MS_MAX:
                state[row, SPOKEN] = 0.0
            begin_fit(state, row, t, x, z, noise)
            begin_descent(state, row, t, x, z)
            continue
        if since < step_min:
            continue
        if not refine(state, row, t, x, z, noise):
            if state[row, PASSED_OVER] == 0.0:
                state[row, PASSED_OVER] = 1.0
                continue
            begin_fit(state, row, t, x, z, noise)
        elif t - state[row, BEGAN] > FIT_MS_MAX:
            begin_fit(state, row, t, x, z, noise)
        descend(state, row, t, x, z)
        if state[row, SPOKEN] != 0.0:
            continue
        span = (t - state[row, BEGAN]) / 1000.0
        seen = (state[row, UPWARD] * span / 2.0 - state[row, CLIMB]) * span
        enough = min(max(seen_min, SEEN_SHARE * (state[row, HEIGHT] + seen)), max(seen_min, SEEN_ENOUGH_M))
        if seen >= enough and state[row, POINTS] >= points_min and span * 1000.0 >= span_min:
            if judge_heavy(state, row, z, seen, parameters, out, i):
                tell_floors(out, i, out[DROP_M, i], inputs[FIRST_FLOOR_M, i], inputs[STOREY_M, i])
                state[row, SPOKEN] = 1.0
                continue
        sunk = -state[row, TZ] * (t - state[row, DESCENT]) / 1000.0
        if state[row, DESCENT_POINTS] >= LIGHT_POINTS and sunk >= seen_min * state[row, TT]:
            if judge_light(state, row, t, parameters, out, i):
                tell_floors(out, i, out[DROP_M, i], inputs[FIRST_FLOOR_M, i], inputs[STOREY_M, i])
                state[row, SPOKEN] = 1.0
