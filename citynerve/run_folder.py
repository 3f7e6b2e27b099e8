"""The folder of a run. A run writes over what an earlier one left, and over nothing else."""

import shutil
from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.text import say

MARK = ".citynerve-run"
REFERENCE, DATA = "reference", "data"


def claim(folder: Path) -> None:
    """Make a folder that of a run, or take again one that is marked as such.

    Folders within it are nobody's concern but those of the reference sets and of the engine's data, which a run writes.

    Raises
    ------
    Failure
        the folder holds files and no mark of an earlier run
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if mark.exists():
        return
    if any(path.name in (REFERENCE, DATA) or not path.is_dir() for path in folder.iterdir()):
        raise Failure(
            say(
                en=f"{folder} holds files that no run has written; name a new or empty folder with --folder",
                zh=f"{folder} 中有并非由 run 写入的文件;请用 --folder 指定新目录或空目录",
            )
        )
    mark.touch()


def empty_data(folder: Path) -> Path:
    """Return the folder for the engine's data in that of a run, without what an earlier run left there."""
    data = folder / DATA
    if data.exists():
        shutil.rmtree(data)
    return data
