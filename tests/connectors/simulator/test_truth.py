"""The truth is the truth: the shipped rules raise exactly what was planted, and nothing else."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from connectors.files import FileSource
from connectors.simulator import simulate
from events.identity import CityKey
from events.schema import Schemas
from rules.check import load
from streams.control.references import References
from streams.replay import Replay

CITY = CityKey()
LIBRARY = Path(__file__).parents[3] / "rules" / "library"

Firing = tuple[str, int, tuple[tuple[str, str], ...]]


def planted(path: Path) -> set[Firing]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (
                row["rule"],
                round(datetime.fromisoformat(row["start"]).timestamp() * 1000),
                tuple(sorted(tuple(part.split("=")) for part in row["key"].split(";"))),
            )
            for row in csv.DictReader(file)
        }


def raised(folder: Path) -> list[Firing]:
    plan = load([LIBRARY], Schemas.load(), CITY).plan
    references, _ = References.load(plan, folder / "reference", CITY)
    source = FileSource(folder / "events.ndjson", feed="city", number=0, time_max=2**62)
    replay = Replay(plan, references, [source], CITY)
    return [
        (alert.rule, alert.time, tuple(sorted((name, str(text)) for name, text in alert.key.items())))
        for alerts in replay.run()
        for alert in alerts
        if alert.n == 0
    ]


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
    assert len(found) == len(set(found))
    assert set(found) == planted(tmp_path / "truth.csv")
