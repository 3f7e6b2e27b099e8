"""A camera that looks up at a facade, and what its tracker reports: points on the facade's plane, with their faults.

The camera stands 45 m in front of the facade and sees 43 m of its height in 2,160 pixels: 1.5 cm a pixel at the bottom,
2.7 at the top. Positions are those of the image plus noise, rounded to half a pixel, as centres of boxes are; a
homography from four surveyed points, each clicked with an error of half a pixel, takes them to metres. What is not in
the plane of the facade is seen where its line of sight meets it.
"""

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
DISTANCE_M, EYE_M = 45.0, 1.6
IMAGE = np.array([3840.0, 2160.0])
FOCAL_PX, PITCH = 2630.0, np.radians(20.3)
STEP_S = 0.01  # of paths


@dataclass(frozen=True)
class Paths:
    """Where objects are: `places` float[steps, m, 3], one every `STEP_S`: x, outwards, z in metres; NaN: there is none.

    `shake_px` float[steps, m, 2] is what the camera moves by meanwhile; `flights` float[m, 2] has of what falls when
    it is let go of and when it lies, in seconds.
    """

    places: Array
    shake_px: Array | None = None
    flights: Array | None = None


@dataclass(frozen=True)
class Points:
    """What a tracker reports, track by track: the track's number, whose it is, ms, x and z in metres."""

    tracks: Array
    objects: Array
    times: Array
    x: Array
    z: Array

    def during(self, begins: Array, seconds: float) -> "Points":
        """Return what is seen of each object for some seconds from an instant on (ms)."""
        since = self.times - begins[self.objects]
        kept = (since >= 0) & (since <= 1000 * seconds)
        return Points(*(column[kept] for column in (self.tracks, self.objects, self.times, self.x, self.z)))


@dataclass(frozen=True)
class Camera:
    """A camera and its tracker. Probabilities are those of a frame."""

    fps: float
    noise_px: float
    missed: float = 0.05
    glitched: float = 0.005  # another object's place is taken for this one's
    broken: float = 0.004  # the track ends and goes on under another number
    clock_ms: float = 0.5  # error of a time stamp
    before_track: int = 2  # detections that it takes to begin a track

    def watch(self, rng: np.random.Generator, paths: Paths) -> Points:
        """Report what is seen of some objects."""
        homography = _survey(rng)
        columns: list[list[Array]] = [[] for _ in range(5)]
        track = 0
        steps = len(paths.places)
        for number in range(paths.places.shape[1]):
            instants = np.arange(rng.random() / self.fps, (steps - 1) * STEP_S, 1 / self.fps)
            instants = instants[rng.random(len(instants)) >= self.missed]
            pixels = _project(_at(paths.places[:, number], instants))
            if paths.shake_px is not None:
                pixels += _at(paths.shake_px[:, number], instants)
            with np.errstate(invalid="ignore"):
                seen = np.all((pixels >= 0) & (pixels <= IMAGE), axis=1)
            pixels, instants = pixels[seen], instants[seen]
            if len(instants) <= self.before_track:
                continue
            pixels += rng.normal(0, self.noise_px, pixels.shape)
            wrong = rng.random(len(pixels)) < self.glitched
            pixels[wrong] += rng.uniform(-150, 150, (int(wrong.sum()), 2))
            x, z = _transform(homography, np.round(2 * pixels) / 2).T
            ms = np.maximum.accumulate(np.round(1000 * instants + rng.normal(0, self.clock_ms, len(instants))))
            numbers = np.cumsum(rng.random(len(ms)) < self.broken)
            for each in range(int(numbers[-1]) + 1):
                own = np.flatnonzero(numbers == each)[self.before_track :]
                columns[0].append(np.full(len(own), track))
                columns[1].append(np.full(len(own), number))
                for column, values in zip(columns[2:], (ms, x, z), strict=True):
                    column.append(values[own])
                track += 1
        kinds = (np.int64, np.int64, np.int64, np.float64, np.float64)
        return Points(
            *(np.concatenate([*column, np.empty(0)]).astype(kind) for column, kind in zip(columns, kinds, strict=True))
        )


def _at(samples: Array, instants: Array) -> Array:
    """Return samples between the steps at which they were taken."""
    at = instants / STEP_S
    low = at.astype(np.int64)
    part = (at - low)[:, None]
    return np.asarray(samples[low] * (1 - part) + samples[low + 1] * part)


def _project(places: Array) -> Array:
    """Return pixels (from the upper left corner) of places, NaN behind the camera."""
    across, depth, up = places[:, 0], DISTANCE_M - places[:, 1], places[:, 2] - EYE_M
    forward = depth * np.cos(PITCH) + up * np.sin(PITCH)
    upward = up * np.cos(PITCH) - depth * np.sin(PITCH)
    forward = np.where(forward > 0.3, forward, np.nan)
    return np.stack([IMAGE[0] / 2 + FOCAL_PX * across / forward, IMAGE[1] / 2 - FOCAL_PX * upward / forward], axis=1)


def _survey(rng: np.random.Generator) -> Array:
    """Return the homography from pixels to metres that four surveyed points of the facade give."""
    corners = np.array([[-14.0, 3.0], [14.0, 3.0], [-14.0, 36.0], [14.0, 36.0]])
    clicked = _project(np.stack([corners[:, 0], np.zeros(4), corners[:, 1]], axis=1)) + rng.normal(0, 0.5, (4, 2))
    rows = []
    for (u, v), (x, z) in zip(clicked, corners, strict=True):
        rows.append([u, v, 1, 0, 0, 0, -x * u, -x * v])
        rows.append([0, 0, 0, u, v, 1, -z * u, -z * v])
    solved = np.linalg.solve(np.array(rows), corners.ravel())
    return np.append(solved, 1.0).reshape(3, 3)


def _transform(homography: Array, pixels: Array) -> Array:
    mapped = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
