"""The plots of how well falls are told."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.quality.fall_confusers import CONFUSERS

if TYPE_CHECKING:
    from benchmarks.quality.falls import Cell

UNSTAMPED = {"Software": None}  # the same figures make the same file


def draw_grid(grid: "list[Cell]", path: Path) -> None:
    """Draw F of every cell: a panel a floor and time seen, frame rate across, noise down."""
    floors, times = sorted({c.floor for c in grid}), sorted({c.seen_s for c in grid})
    fps, noises = sorted({c.fps for c in grid}), sorted({c.noise_px for c in grid})
    figure, axes = plt.subplots(len(floors), len(times), figsize=(2.1 * len(times), 1.9 * len(floors)), squeeze=False)
    for i, floor in enumerate(floors):
        for j, seen_s in enumerate(times):
            own = {(c.fps, c.noise_px): c.f for c in grid if c.floor == floor and c.seen_s == seen_s}
            values = np.array([[own[f, n] for f in fps] for n in noises])
            panel = axes[i][j]
            panel.imshow(values, vmin=0, vmax=1, cmap="RdYlGn", aspect="auto")
            for (y, x), value in np.ndenumerate(values):
                panel.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=8)
            panel.set_xticks(range(len(fps)), [f"{f:g}" for f in fps] if i == len(floors) - 1 else [])
            panel.set_yticks(range(len(noises)), [f"{n:g}" for n in noises] if j == 0 else [])
            if i == 0:
                panel.set_title("whole fall" if seen_s == np.inf else f"seen {seen_s:g} s", fontsize=9)
            if j == 0:
                panel.set_ylabel(f"floor {floor}\nnoise, px", fontsize=8)
            if i == len(floors) - 1:
                panel.set_xlabel("frames a second", fontsize=8)
    figure.suptitle("F in % (100 falls and a day of confusers)", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)


def draw_days(days: list[tuple[int, int, int]], count: int, path: Path) -> None:
    """Draw what confusers are taken for, a camera and day."""
    figure, axes = plt.subplots(figsize=(8, 4.2))
    at = np.arange(len(CONFUSERS))
    for shift, which, name in ((-0.2, 1, "heavy"), (0.2, 2, "light")):
        values = [counted[which] / count for counted in days]
        bars = axes.barh(at + shift, values, 0.4, label=name)
        axes.bar_label(bars, [f"{value:.1f}" for value in values], fontsize=7, padding=2)
    axes.set_yticks(at, [f"{c.name_en} ({c.a_day} a day)" for c in CONFUSERS], fontsize=8)
    axes.margins(x=0.15)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlabel("false alarms a camera and day, 25 fps, 1 px")
    axes.invert_yaxis()
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata=UNSTAMPED)
    plt.close(figure)
