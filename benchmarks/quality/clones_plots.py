"""The plots of how well cloned plates are told."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from benchmarks.quality.clones import Result

UNSTAMPED = {"Software": None}  # the same figures make the same file


def draw_frontier(results: "list[Result]", path: Path) -> None:
    """Draw the clones that are found over the false alarms."""
    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    shares = [r for r in results if r.name.startswith("share")]
    axes.plot([r.false_a_million for r in shares], [r.found() for r in shares], "-", color="tab:blue", linewidth=1)
    for r in results:
        travel = r.name.startswith(("travel", "share"))
        axes.plot(r.false_a_million, r.found(), "o" if travel else "s", color="tab:blue" if travel else "tab:orange")
        if r.name != "share 0.6":  # which is the default, and told as such
            axes.annotate(r.name, (r.false_a_million, r.found()), fontsize=7, xytext=(4, 4), textcoords="offset points")
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlabel("false alarms a million readings")
    axes.set_ylabel("share of the clones found in three days")
    axes.grid(visible=True, alpha=0.3)
    _save(figure, path)


def draw_found(results: "list[Result]", path: Path) -> None:
    """Draw the share of the clones that are found over the hours since they were first seen."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for r in results:
        hours = np.sort(r.hours)
        label = f"{r.name} ({r.false_a_million:.0f} false a million)"
        axes.step(np.append(hours, 72), np.append(np.arange(1, len(hours) + 1), len(hours)) / r.clones, label=label)
    axes.set_xlabel("hours since the clone was first seen")
    axes.set_ylabel("share of the clones")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)
