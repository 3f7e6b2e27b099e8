"""The plot of incidents found over false alarms."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.quality.road_trial import Method

mpl.use("Agg")
import matplotlib.pyplot as plt

UNSTAMPED = {"Software": None}  # the same figures make the same file
OURS = "zscore"  # what our methods' names begin with


def draw_frontier(told: dict[str, Method], weeks: float, path: Path) -> None:
    """Draw the share of incidents that is found over the false alarms a detector and week."""
    figure, axes = plt.subplots(figsize=(8, 4.6))
    for name, method in told.items():
        curve = method.curve(weeks)
        axes.plot(
            [at for at, _ in curve],
            [100 * np.mean(each.found) for _, each in curve],
            "-" if name.startswith(OURS) else "--",
            marker="o",
            markersize=3,
            label=name,
        )
    axes.set_xscale("log")
    axes.set_xlim(0.1, 30)
    axes.set_xlabel("false alarms a detector and week")
    axes.set_ylabel("incidents found, %")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)
