"""The plot of whom rules find among those who come again: over false alarms, and over visits that are not linked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from benchmarks.quality.reappearance import Score

UNSTAMPED = {"Software": None}  # the same figures make the same file


def draw(linked: "Mapping[float, Mapping[str, Score]]", usual: float, path: Path) -> None:
    """Draw of each rule the prowlers found over the false alarms, and over the share of visits that are not linked."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), sharey=True)
    colours = plt.get_cmap("tab10").colors
    for number, (name, score) in enumerate(linked[usual].items()):
        own = colours[number % len(colours)]
        left.plot(score.false_a_day, 100 * score.recall, "o", color=own)
        shares = [100 * scores[name].recall for scores in linked.values()]
        right.plot([100 * broken for broken in linked], shares, marker="o", markersize=3, color=own, label=name)
    left.set_xscale("log")
    left.set_xlabel(f"false alarms a compound and day ({100 * usual:.0f} % not linked)")
    left.set_ylabel("prowlers found, %")
    left.set_ylim(0, 100)
    right.set_xlabel("visits that are given a pseudonym of their own, %")
    for axes in (left, right):
        axes.grid(visible=True, which="both", alpha=0.3)
    figure.legend(*right.get_legend_handles_labels(), loc="lower center", ncols=2, fontsize=8)
    figure.tight_layout(rect=(0, 0.2, 1, 1))
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)
