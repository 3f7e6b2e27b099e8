"""The plot of a soak: what was read over time, a panel each."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from benchmarks.soak import Sample

PANELS = {
    "anonymous_mb": "memory of the engine, MB",
    "desk_mb": "memory of the desk, MB",
    "file_mb": "files looked at, MB",
    "descriptors": "descriptors",
    "threads": "threads",
    "disk_mb": "data folder, MB",
    "alerts": "alerts",
    "lag_s": "behind, s",
}


def draw(samples: "list[Sample]", path: Path) -> None:
    """Draw all samples into a PNG."""
    minutes = [each.at_s / 60 for each in samples]
    figure, axes = plt.subplots(4, 2, figsize=(9, 9), sharex=True)
    for panel, (name, title) in zip(axes.flat, PANELS.items(), strict=True):
        values = [getattr(each, name) for each in samples]
        panel.plot(minutes, values, linewidth=1)
        panel.set_title(title, fontsize=9)
        panel.set_ylim(0, max(1.0, 1.15 * max(values)))
    for panel in axes[-1]:
        panel.set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
