"""Falling objects, naively: every track keeps its points and is fitted anew, by least squares, at each of them."""

import math
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

GRAVITY, NOISE = 9.8, 0.02
Point = tuple[int, float, float]  # ms, x, z


@dataclass(frozen=True)
class Fit:
    """Parabolas through points, with time counted from the last of them."""

    z: np.ndarray  # position, speed, acceleration at the last point
    x: np.ndarray
    covariance: np.ndarray  # in units of the noise
    scatter: float
    count: int

    @property
    def variance(self) -> float:
        """The noise that the residuals show, drawn towards the declared one as if by 10 residuals."""
        return (10 * NOISE**2 + self.scatter) / (10 + max(0, 2 * self.count - 6))


def fit(points: list[Point]) -> Fit:
    """Fit points; at the first nothing is known of speed and acceleration, as if both were 0 with an error of 50."""
    last = points[-1][0]
    s = np.array([(t - last) / 1000 for t, _, _ in points])
    first = s[0]
    rows = np.stack([np.ones_like(s), s, s * s / 2], axis=1)
    known = np.array([[0, 1, first], [0, 0, 1]]) * NOISE / 50
    design = np.vstack([rows, known])
    scatter, solved = 0.0, []
    for axis in (2, 1):
        wanted = np.array([point[axis] for point in points] + [0.0, 0.0])
        # about the first position, so that nothing is lost to its size
        found = np.linalg.lstsq(design, wanted - np.append(np.full(len(points), points[0][axis]), [0, 0]), rcond=None)[
            0
        ]
        residuals = design @ found - wanted + np.append(np.full(len(points), points[0][axis]), [0, 0])
        scatter += float(residuals @ residuals)
        found[0] += points[0][axis]
        solved.append(found)
    return Fit(solved[0], solved[1], np.linalg.inv(design.T @ design), scatter, len(points))


def expects(points: list[Point], point: Point) -> bool:
    """Whether a point lies within 5 standard errors of where a fit expects it."""
    fitted = fit(points)
    dt = (point[0] - points[-1][0]) / 1000
    ahead = np.array([1, dt, dt * dt / 2])
    off = np.array([point[2] - ahead @ fitted.z, point[1] - ahead @ fitted.x])
    spread = ahead @ fitted.covariance @ ahead + 1
    return float(off @ off) <= 25 * spread * fitted.variance


def chord(points: list[Point]) -> tuple[float, float]:
    """The downward speed from the first of some points to the last, and the height half way."""
    (t, _, z), (later, _, lower) = points[0], points[-1]
    return (z - lower) / (later - t) * 1000, (z + lower) / 2


def chords(points: list[Point]) -> list[Point]:
    """The points between which speeds are measured: each at least 150 ms after the one before."""
    ends = [points[0]]
    for point in points[1:]:
        if point[0] - ends[-1][0] >= 150:
            ends.append(point)
    return ends


def fallen(speed: float, terminal: float) -> float:
    """How far a body has fallen from rest, until it is at 99 % of its terminal speed."""
    if terminal == math.inf:
        return speed**2 / (2 * GRAVITY)
    return -(terminal**2) / (2 * GRAVITY) * math.log1p(-min((speed / terminal) ** 2, 0.98))


@dataclass
class Track:
    """One track. `take` returns what is told at a point by output names, None mostly."""

    points: list[Point] = field(default_factory=list)
    descent: list[Point] = field(default_factory=list)
    newest: int | None = None
    passed_over: bool = False
    spoken: bool = False

    def take(self, t: int, x: float, z: float, first_floor: float, storey: float) -> dict[str, float] | None:
        """Take a point."""
        if math.isnan(x) or math.isnan(z):
            return None
        point = (t, x, z)
        if self.newest is None or t - self.newest > 400:
            if self.newest is not None and t - self.newest > 10_000:
                self.spoken = False
            self.begin(point)
            self.descent = [point]
            return None
        if t - self.newest < 8:
            return None
        if expects(self.points, point):
            self.points.append(point)
            self.newest, self.passed_over = t, False
            if t - self.points[0][0] > 10_000:
                self.begin(point)
        elif self.passed_over:
            self.begin(point)
        else:
            self.passed_over = True
            return None
        self.descend(point)
        told = None if self.spoken else self.heavy() or self.light()
        if told is not None:
            self.spoken = True
            if storey > 0:
                for name, of in (("", "drop_m"), ("_low", "release_m_low"), ("_high", "release_m_high")):
                    if of in told:
                        told[f"origin_floor{name}"] = max(1, 1 + math.floor((told[of] - first_floor) / storey))
        return told

    def begin(self, point: Point) -> None:
        """Begin the fit with a point."""
        self.points, self.newest, self.passed_over = [point], point[0], False

    def descend(self, point: Point) -> None:
        """Go on with the descent, unless the track has gone up or hardly down."""
        lowest = min(z for _, _, z in self.descent)
        if (point[0] - self.descent[0][0]) / 1000 > 1.5 and line(self.descent, 2)[1] > -0.5:
            self.descent = []
        if point[2] > lowest + 0.5:
            self.descent = []
        self.descent.append(point)

    def heavy(self) -> dict[str, float] | None:
        """What is told of a heavy body."""
        span_ms = self.points[-1][0] - self.points[0][0]
        if len(self.points) < 10 or span_ms < 360:
            return None
        fitted, span = fit(self.points), span_ms / 1000
        back = np.array([1, -span, span * span / 2])  # from the last point to the first
        turn = np.array([0, 1, -span])
        top, seen = float(back @ fitted.z), float(back @ fitted.z - fitted.z[0])
        down, sd = -float(fitted.z[2]), math.sqrt(fitted.variance * fitted.covariance[2, 2])
        first, last = -float(turn @ fitted.z), -float(fitted.z[1])
        if seen < min(max(3, top / 2), 4.5) or sd > 0.6 or fitted.variance > (3 * NOISE) ** 2:
            return None
        if max(abs(fitted.x[1]), abs(float(turn @ fitted.x))) > 8 or abs(fitted.x[2]) > 2 + 3 * sd:
            return None
        squared = (first**2 + first * last + last**2) / 3
        low = max(1.5, GRAVITY * (1 - squared / 12**2))
        high = 1.05 * GRAVITY + 3 * 0.075 * (first + last) / 2
        confidence = NormalDist(down, sd).cdf(high) - NormalDist(down, sd).cdf(low)
        ends = chords(self.points)
        if confidence < 0.9 or len(ends) < 2:
            return None
        early, early_height = chord([ends[0], ends[1]])
        late, late_height = chord([ends[-2], self.points[-1]])
        lost = 2 * GRAVITY * (early_height - late_height)
        energy = (late**2 - early**2) / lost
        duration = (self.points[-1][0] - ends[-2][0]) / 1000
        doubt = 6 * abs(late) * math.sqrt(2 * fitted.variance) / duration / lost
        if not 0.5 - doubt <= energy <= 1.3 + doubt:
            return None
        terminal = math.sqrt(GRAVITY * squared / (GRAVITY - down)) if down + 3 * sd < GRAVITY else math.inf
        slowest = math.sqrt(GRAVITY * squared / max(GRAVITY - down + 3 * sd, 1e-9))
        margin = 3 * math.sqrt(fitted.variance * float(back @ fitted.covariance @ back)) + 0.02 * abs(top)
        at_most = first + 3 * math.sqrt(fitted.variance * float(turn @ fitted.covariance @ turn))
        release = top + fallen(max(0.0, first), terminal)
        rest = max(0.0, float(fitted.z[0]))
        if terminal == math.inf:
            impact = last**2 + 2 * GRAVITY * rest
        else:
            impact = terminal**2 - (terminal**2 - last**2) * math.exp(-2 * GRAVITY * rest / terminal**2)
        return {
            "confidence": confidence,
            "drop_m": release,
            "speed_ms": math.sqrt(max(0.0, impact) + float(fitted.x[1]) ** 2),
            "release_m_low": top - margin,
            "release_m_high": max(release, top + margin + fallen(max(0.0, at_most), slowest)),
            "label_kind": 0.0,
            "acceleration_ms2": down,
            "acceleration_sd_ms2": sd,
            "energy": energy,
            "seen_m": seen,
        }

    def light(self) -> dict[str, float] | None:
        """What is told of a light object."""
        n, span = len(self.descent), (self.descent[-1][0] - self.descent[0][0]) / 1000
        if n < 12:
            return None
        top, slope, off_z = line(self.descent, 2)
        _, drift, off_x = line(self.descent, 1)
        heights = np.array([z for _, _, z in self.descent])
        if -slope * span < 3 or not 1 <= -slope <= 4 or abs(drift) > 2.5:
            return None
        if off_z > 0.03 * float(np.sum((heights - heights.mean()) ** 2)):
            return None
        sway = math.sqrt(off_x / (n - 2))
        if sway < 2.5 * NOISE:
            return None
        s = np.array([t / 1000 for t, _, _ in self.descent])
        spread = float(np.sum((s - s.mean()) ** 2)) / n
        sd = math.sqrt(max(off_z / (n - 2), NOISE**2) / spread / min(n, max(3, span / 0.5)))
        confidence = NormalDist(-slope, sd).cdf(4) - NormalDist(-slope, sd).cdf(1)
        if confidence < 0.9:
            return None
        return {
            "confidence": confidence,
            "drop_m": top,
            "speed_ms": math.hypot(slope, drift),
            "release_m_low": top - 3 * max(sway, NOISE) - 0.02 * abs(top),
            "label_kind": 1.0,
            "seen_m": -slope * span,
        }


def line(points: list[Point], axis: int) -> tuple[float, float, float]:
    """The straight line through points: its value at the first, its slope, and the residuals' sum of squares."""
    s = np.array([(t - points[0][0]) / 1000 for t, _, _ in points])
    values = np.array([point[axis] for point in points])
    middle, mean = s.mean(), values.mean()
    slope = float((s - middle) @ (values - mean) / ((s - middle) @ (s - middle)))
    residuals = values - mean - slope * (s - middle)
    return float(mean - slope * middle), slope, float(residuals @ residuals)
