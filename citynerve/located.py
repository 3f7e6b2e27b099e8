"""Which engine is meant: its data folder, with the configuration or the run that it belongs to."""

import fcntl
from dataclasses import dataclass
from pathlib import Path

from citynerve import config
from citynerve.cli.failure import Failure
from citynerve.configuration import Configuration
from citynerve.run_folder import DATA, REFERENCE
from citynerve.text import say
from streams.embedded.folder import LOG, log_folder

CONFIGURATION = "citynerve.yaml"
RUN = "run"  # where a run goes by itself


@dataclass(frozen=True, slots=True)
class Located:
    """An engine's data folder; `settings` where a configuration names it."""

    data: Path
    settings: Configuration | None = None
    reference: Path | None = None

    @property
    def is_running(self) -> bool:
        """Whether a process has the event log for itself."""
        lock = log_folder(self.data, "events") / "lock"
        if not lock.exists():
            return False
        with lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    @property
    def rules(self) -> tuple[Path, ...]:
        """The rules that it runs, none where they are the shipped ones or nobody says."""
        return self.settings.rules if self.settings else ()


def located(path: Path | None) -> Located:
    """Find an engine by its configuration, its data folder, or the folder of a run.

    Without a path it is `citynerve.yaml` of the present folder, else its folder `run`.

    Raises
    ------
    Failure
        there is none
    Problems
        errors in the configuration
    """
    here = path or Path(CONFIGURATION if Path(CONFIGURATION).is_file() else RUN)
    if here.is_file():
        settings = config.settings(here)
        return Located(settings.data, settings, settings.reference)
    if (here / LOG).is_dir():
        return Located(here)
    if (here / DATA / LOG).is_dir():
        reference = here / REFERENCE
        return Located(here / DATA, reference=reference if reference.is_dir() else None)
    raise Failure(
        say(
            en=f"{here} is no engine: name its citynerve.yaml, its data folder, or the folder of a run with --data",
            zh=f"{here} 不是引擎;请用 --data 给出 citynerve.yaml、数据目录或 run 的目录",
        )
    )
