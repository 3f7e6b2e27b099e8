"""A simulated city on disk: events, truth and reference sets, with progress."""

from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.progress import bar
from citynerve.text import say
from connectors.simulator import SimulationError, simulate


def simulate_city(
    events: int,
    seed: int,
    out: Path,
    truth: Path,
    reference: Path,
    *,
    communities: int | None = None,
    progress: bool = False,
) -> None:
    """Write a city's files; folders are made where they are missing.

    Raises
    ------
    Failure
        the numbers do not go together
    """
    for path in (out, truth, reference / "devices.csv"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with bar(say(en="simulating", zh="模拟中"), events, always=progress) as advance:
        try:
            simulate(events, seed, out, truth, reference, communities=communities, progress=advance)
        except SimulationError as error:
            raise Failure(say(en=error.en, zh=error.zh)) from error
