"""Whether an engine grew in a soak: what of its memory nothing explains, and what is counted."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from benchmarks.soak import Sample

ROOM_MB = 2.0  # growth in half of a run that says nothing: allocators take memory by the piece
SPREAD = 0.1  # of the most that is counted
PARTS = 10  # of the second half; neighbouring samples are alike, means of parts are less so


def verdict(found: "list[Sample]") -> tuple[bool, list[str]]:
    """Return whether nothing grows, and a line of each thing.

    What is the engine's own memory (anonymous pages) less its tables of keys must not grow in the second half: tables
    fill up to what is declared for them, and pages of files are the kernel's to take back. It grows where the slope is
    more than twice its error and comes to more than `ROOM_MB` in that half.
    """
    half = found[len(found) // 2 :]
    minutes = np.array([each.at_s for each in half]) / 60
    well, lines = True, []
    rest = [each.anonymous_mb - each.state_mb for each in half]
    for name, values in (("engine", rest), ("desk", [each.desk_mb for each in half])):
        some = np.array(values)
        slope, error = trend(minutes, some)
        grows = slope > 2 * error and slope * (minutes[-1] - minutes[0]) > ROOM_MB
        well &= not grows
        least_to_most, a_minute = f"{some.min():.1f} to {some.max():.1f}", f"{slope:+.3f} ± {error:.3f} a minute"
        lines.append(f"{name + '_mb':<12} {least_to_most}, {a_minute}: {_said(grows)}")
    state, files = (np.array([getattr(each, name) for each in half]) for name in ("state_mb", "file_mb"))
    lines.append(f"{'state_mb':<12} {state.min():.1f} to {state.max():.1f}, part of the engine's memory beside that")
    lines.append(f"{'file_mb':<12} {files.min():.1f} to {files.max():.1f}, which the kernel may take back")
    for name in ("descriptors", "threads"):
        counts = [getattr(each, name) for each in half]
        before, after = max(counts[: len(counts) // 2]), max(counts[len(counts) // 2 :])
        grows = after > before + SPREAD * before
        well &= not grows
        lines.append(f"{name:<12} {min(counts)} to {max(counts)}, at most {before} and then {after}: {_said(grows)}")
    lags = np.array([each.lag_s for each in half])
    lines.append(f"{'disk_mb':<12} at most {max(each.disk_mb for each in half):.0f}")
    lines.append(f"{'lag_s':<12} median {np.median(lags):.2f}, at most {lags.max():.2f} behind")
    last, first = found[-1], found[0]
    rate = (last.events - first.events) / (last.at_s - first.at_s)
    lines.append(f"{'events':<12} {last.events:,.0f}, {rate:,.0f} a second; {last.alerts:,.0f} alerts")
    lines.append(f"{'done':<12} {last.snapshots:,.0f} snapshots, {last.changes} edits of a rule")
    return well, lines


def trend(minutes: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope of values by least squares over the means of `PARTS` parts, and its standard error."""
    x, y = (np.array([part.mean() for part in np.array_split(some, PARTS)]) for some in (minutes, values))
    away = x - x.mean()
    slope = float(away @ y / (away @ away))
    left = y - y.mean() - slope * away
    return slope, math.sqrt(float(left @ left) / (PARTS - 2) / float(away @ away))


def _said(grows: bool) -> str:
    return "GROWS" if grows else "flat"
