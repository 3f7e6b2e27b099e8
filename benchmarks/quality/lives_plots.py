"""The plots of how soon an illness is noticed."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from benchmarks.quality.lives import Told

UNSTAMPED = {"Software": None}  # the same figures make the same file
REFERENCE = 0.09, 5 + 23 / 60  # false alarms a day, hours: the aim is half of both


def draw_frontier(told: "dict[str, dict[str, Told]]", path: Path) -> None:
    """Draw the hours to an alert over the false alarms a day: half and 90 % of the illnesses."""
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for title, name, colour in (
        ("frontier", "inactivity", "tab:blue"),
        ("frontier, alert line", "alert line", "tab:orange"),
    ):
        rows = list(told[title].values())
        for share, style in ((0.5, "-"), (0.9, "--")):
            hours = [np.quantile(row.hours, share) for row in rows]
            label = f"{name}, {100 * share:.0f} % of illnesses"
            axes.plot([row.a_day for row in rows], hours, style, marker="o", markersize=3, color=colour, label=label)
    for title, name, style in (
        ("frontier, habits known", "habits known, 50 %", "-"),
        ("frontier, habits known, least median", "habits known, least median, 50 %", ":"),
    ):
        rows = list(told[title].values())
        medians = [np.median(row.hours) for row in rows]
        axes.plot([row.a_day for row in rows], medians, style, marker="o", markersize=3, color="tab:green", label=name)
    axes.plot(*REFERENCE, "k*", markersize=10, label="0.09 a day, 5 h 23 min")
    axes.plot(REFERENCE[0] / 2, REFERENCE[1] / 2, "k+", markersize=10, label="aim: half of both")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("false alarms a person and day")
    axes.set_ylabel("hours from onset to alert")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize=8)
    _save(figure, path)


def draw_hours(methods: "dict[str, Told]", path: Path) -> None:
    """Draw the median hours to an alert over the hour of the day at which an illness begins."""
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for name, told in methods.items():
        if name not in ("48 h", "inactivity, weekends apart"):
            medians = [np.median(told.hours[told.onset_hours == hour]) for hour in range(24)]
            axes.plot(range(24), medians, label=f"{name} ({told.a_day:.3f} a day)")
    axes.set_xlabel("hour of the onset")
    axes.set_ylabel("median hours to the alert")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    _save(figure, path)


def _save(figure: "plt.Figure", path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)
