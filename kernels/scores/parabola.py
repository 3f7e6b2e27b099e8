"""A parabola through the newest points of a track, refined point by point, by recursive least squares.

Known are mean and covariance of (position, speed, acceleration) at the newest point, so that the origin of time moves
along and a point costs the same however many came before it. Height and lateral position have one covariance, because
it depends on times alone.
"""

from kernels.compile import kernel

# Words of a track's state, the first of them. Times are epoch ms; a float64 holds them exactly.
TIME, POINTS, PASSED_OVER, SPOKEN = 0, 1, 2, 3  # of the newest point; in the fit; whether a point just was; once told
BEGAN = 4  # the first point of the fit
HEIGHT, CLIMB, UPWARD, LATERAL, DRIFT, SIDEWAYS = 5, 6, 7, 8, 9, 10  # position, speed, acceleration; of z, then of x
ZZ, ZW, ZC, WW, WC, CC = 11, 12, 13, 14, 15, 16  # their covariance in units of the noise
SCATTER = 17  # the residuals' sum of squares over both axes, m^2
LATE_TIME = 18  # when the newest chord began
FIT = 19  # words that every point reads
# A chord over the first points, and whether it is complete; the points from which the newest one is drawn. They lie in
# a line of their own, which only every fourth point or so asks for.
EARLY_HEIGHT, EARLY_SPEED, EARLY_KNOWN, LATE_HEIGHT, BEFORE_TIME, BEFORE_HEIGHT = 32, 33, 34, 35, 36, 37

PRIOR_SPEED, PRIOR_ACCELERATION = 50.0, 50.0  # standard deviations of a new track: nothing is known
PRIOR_FREEDOM = 10.0  # how many residuals the declared noise counts for
GATE = 25.0  # squared standard errors by which a point may be off
CHORD_MS = 150.0  # speeds without t^2 are measured over that long


@kernel(inline=True)
def begin_fit(state, row, t, x, z, noise):
    """Begin a track's fit with one point."""
    state[row, TIME] = state[row, BEGAN] = t
    state[row, POINTS] = 1.0
    state[row, PASSED_OVER] = 0.0
    state[row, HEIGHT], state[row, LATERAL] = z, x
    for word in (CLIMB, UPWARD, DRIFT, SIDEWAYS, ZW, ZC, WC, SCATTER, EARLY_KNOWN):
        state[row, word] = 0.0
    state[row, ZZ] = 1.0
    state[row, WW] = (PRIOR_SPEED / noise) ** 2
    state[row, CC] = (PRIOR_ACCELERATION / noise) ** 2
    state[row, EARLY_HEIGHT] = state[row, LATE_HEIGHT] = state[row, BEFORE_HEIGHT] = z
    state[row, LATE_TIME] = state[row, BEFORE_TIME] = t


@kernel(inline=True)
def refine(state, row, t, x, z, noise):
    """Take a point into the fit, if it lies where the fit expects it; say whether it does."""
    dt = (t - state[row, TIME]) / 1000.0
    h = dt * dt / 2.0
    ww, wc, cc = state[row, WW], state[row, WC], state[row, CC]
    to_z = state[row, ZZ] + dt * state[row, ZW] + h * state[row, ZC]
    to_w = state[row, ZW] + dt * ww + h * wc
    zc = state[row, ZC] + dt * wc + h * cc
    wc_now = wc + dt * cc
    zz = to_z + dt * to_w + h * zc
    zw = to_w + dt * zc
    ww = ww + dt * wc + dt * wc_now
    height = state[row, HEIGHT] + dt * state[row, CLIMB] + h * state[row, UPWARD]
    lateral = state[row, LATERAL] + dt * state[row, DRIFT] + h * state[row, SIDEWAYS]
    off_z, off_x = z - height, x - lateral
    squared = off_z * off_z + off_x * off_x
    spread = zz + 1.0
    freedom = PRIOR_FREEDOM + max(0.0, 2.0 * state[row, POINTS] - 6.0)
    scatter = PRIOR_FREEDOM * noise * noise + state[row, SCATTER]
    if squared * freedom > GATE * spread * scatter:
        return False
    share = 1.0 / spread
    gain_z, gain_w, gain_c = zz * share, zw * share, zc * share
    state[row, HEIGHT] = height + gain_z * off_z
    state[row, LATERAL] = lateral + gain_z * off_x
    state[row, CLIMB] += dt * state[row, UPWARD] + gain_w * off_z
    state[row, DRIFT] += dt * state[row, SIDEWAYS] + gain_w * off_x
    state[row, UPWARD] += gain_c * off_z
    state[row, SIDEWAYS] += gain_c * off_x
    state[row, ZZ] = gain_z  # zz - gain_z * zz, which is zz / (zz + 1)
    state[row, ZW] = gain_w
    state[row, ZC] = gain_c
    state[row, WW] = ww - gain_w * zw
    state[row, WC] = wc_now - gain_w * zc
    state[row, CC] = cc - gain_c * zc
    state[row, SCATTER] += squared * share
    state[row, POINTS] += 1.0
    state[row, TIME] = t
    state[row, PASSED_OVER] = 0.0
    if t - state[row, LATE_TIME] >= CHORD_MS:
        if state[row, EARLY_KNOWN] == 0.0:
            state[row, EARLY_KNOWN] = 1.0
            state[row, EARLY_SPEED] = (state[row, EARLY_HEIGHT] - z) / (t - state[row, BEGAN]) * 1000.0
            state[row, EARLY_HEIGHT] = (state[row, EARLY_HEIGHT] + z) / 2.0
        state[row, BEFORE_TIME], state[row, BEFORE_HEIGHT] = state[row, LATE_TIME], state[row, LATE_HEIGHT]
        state[row, LATE_TIME], state[row, LATE_HEIGHT] = t, z
    return True
