"""A small simulated city, and how a command line is run without a process of its own."""

from typing import NamedTuple

import pytest

from citynerve.cli.main import run as run_command


class Output(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def citynerve(capfd, monkeypatch):
    """Run a command line in English."""
    monkeypatch.setenv("CITYNERVE_LANG", "en")

    def run(*arguments):
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        return Output(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    """The folder of a city of 60,000 events: events.ndjson, truth.csv, reference/."""
    from citynerve.simulation import simulate_city

    folder = tmp_path_factory.mktemp("city")
    simulate_city(60_000, 11, folder / "events.ndjson", folder / "truth.csv", folder / "reference")
    return folder
