"""The truth is the truth: the shipped rules raise exactly what was planted, and nothing else."""

from pathlib import Path

import pytest

from citynerve.truth import read_truth, tallies
from connectors.files import FileSource
from connectors.simulator import simulate
from events.alert import Alert
from events.identity import CityKey
from events.schema import Schemas
from rules.check import LIBRARY, load
from streams.control.references import References
from streams.replay import Replay

CITY = CityKey()
PLAN = load([LIBRARY], Schemas.load(), CITY).plan

# What three days are too short for, or what only a part of the city that falls silent would show.
NOT_PLANTED = {
    "accident_overdue",
    "case_overdue",
    "dispute_open",
    "feed_silent",
    "flow_drop",
    "site_degraded",
    "site_silent",
    "synthetic_incident",  # which is the desk's
}


def raised(folder: Path) -> list[Alert]:
    references, _ = References.load(PLAN, folder / "reference", CITY)
    source = FileSource(folder / "events.ndjson", feed="city", number=0, time_max=2**62)
    replay = Replay(PLAN, references, [source], CITY)
    return [alert for alerts in replay.run() for alert in alerts if alert.n == 0]


def test_all_but_a_few_shipped_rules_have_incidents(tmp_path: Path) -> None:
    options = {"communities": 5, "duration_s": 3 * 86_400}
    simulate(180_000, 6, tmp_path / "events.ndjson", tmp_path / "truth.csv", tmp_path / "reference", **options)
    planted = {incident.rule for incident in read_truth(tmp_path / "truth.csv")}
    assert planted | NOT_PLANTED == {rule.rule for rule in PLAN.rules}


@pytest.mark.parametrize(
    ("events", "seed", "options"),
    [
        (25_000, 1, {}),
        (250_000, 2, {}),
        (120_000, 3, {"communities": 1}),
        (90_000, 4, {"duration_s": 86_400}),
        (90_000, 5, {"start": 1_740_931_200_000 + 13 * 3_600_000, "duration_s": 4 * 86_400}),
    ],
)
def test_shipped_rules_raise_what_was_planted_and_nothing_else(
    tmp_path: Path, events: int, seed: int, options: dict[str, int]
) -> None:
    simulate(events, seed, tmp_path / "events.ndjson", tmp_path / "truth.csv", tmp_path / "reference", **options)
    found = raised(tmp_path)
    planted = read_truth(tmp_path / "truth.csv")
    assert len(found) == len(planted)
    for rule, tally in tallies(planted, found).items():
        assert (tally.found, tally.beyond) == (tally.planted, 0), rule
