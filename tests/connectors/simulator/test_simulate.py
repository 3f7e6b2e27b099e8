"""The simulated city: the same for the same seed, valid line by line, of the asked-for size, fast."""

import csv
import io
import time
from collections import Counter
from pathlib import Path

import orjson
import pytest

from connectors.simulator import START, SimulationError, SimulationSummary, simulate
from connectors.simulator.day import JITTER_MS
from events.schema import Schemas

SCHEMAS = Schemas.load()
TYPES = {"number": (int, float), "id": str, "ephemeral": str, "text": str, "enum": str, "flag": bool, "time": int}


def city(folder: Path, events: int, seed: int = 7, **options: int) -> tuple[bytes, SimulationSummary]:
    out = io.BytesIO()
    folder.mkdir(exist_ok=True)
    summary = simulate(events, seed, out, folder / "truth.csv", folder / "reference", **options)
    return out.getvalue(), summary


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, SimulationSummary]:
    folder = tmp_path_factory.mktemp("city")
    return folder, *city(folder, 150_000)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (city(tmp_path / name, 25_000, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert first == again
    assert first[0] != other[0]
    for name in ["truth.csv", *(f"reference/{path.name}" for path in (tmp_path / "a/reference").iterdir())]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("events", [1, 99, 100, 5_000, 36_000, 110_001])
def test_there_are_exactly_so_many_events(tmp_path: Path, events: int) -> None:
    text, summary = city(tmp_path, events)
    assert (text.count(b"\n"), summary.events, summary.bytes) == (events, events, len(text))
    assert sum(summary.kinds.values()) == events


def test_every_line_is_an_event_of_its_schema(told: tuple[Path, bytes, SimulationSummary]) -> None:
    for line in told[1].splitlines():
        event = orjson.loads(line)
        fields = SCHEMAS[event["kind"]].fields
        for name, value in event.items():
            if name != "kind":
                assert isinstance(value, TYPES[fields[name].type]), line
                if fields[name].type == "enum":
                    assert value in fields[name].values, line
        assert {"id", "time", "site", "device"} <= event.keys()


def test_events_arrive_nearly_in_order_and_only_history_comes_late(told: tuple[Path, bytes, SimulationSummary]) -> None:
    greatest = 0
    out_of_order = replayed = 0
    for line in told[1].splitlines():
        event = orjson.loads(line)
        if event.get("replayed"):
            replayed += 1
            continue
        out_of_order += event["time"] < greatest
        greatest = max(greatest, event["time"])
        assert greatest - event["time"] < JITTER_MS
    assert out_of_order > 100
    assert replayed > 0


def test_a_few_events_come_twice_word_for_word(told: tuple[Path, bytes, SimulationSummary]) -> None:
    lines = Counter(told[1].splitlines())
    ids = Counter(orjson.loads(line)["id"] for line in lines)
    assert sum(count - 1 for count in lines.values()) == told[2].duplicates == 75
    assert set(ids.values()) == {1}


def test_the_city_has_a_rhythm(told: tuple[Path, bytes, SimulationSummary]) -> None:
    hours = Counter(
        (event["time"] + 8 * 3_600_000) // 3_600_000 % 24
        for event in map(orjson.loads, told[1].splitlines())
        if event["kind"] == "gate"
    )
    assert hours[8] > 8 * hours[3]
    assert hours[18] > 2 * hours[22]


def test_half_of_the_events_are_people_cars_and_cameras(told: tuple[Path, bytes, SimulationSummary]) -> None:
    kinds = told[2].kinds
    assert kinds["gate"] + kinds["camera"] + kinds["traffic"] > 0.5 * told[2].events
    assert all(kinds[kind] > 0 for kind in ("flow", "sensor", "heartbeat", "report", "patrol"))


def test_reference_sets_know_who_and_what_is_in_the_events(told: tuple[Path, bytes, SimulationSummary]) -> None:
    folder, text, summary = told
    sets = {path.stem: rows(path) for path in (folder / "reference").iterdir()}
    residents = {(row["site"], row["person"]) for row in sets["residents"]}
    devices = {row["device"]: row for row in sets["devices"]}
    assert len(residents) == summary.residents
    assert len(sets["elders"]) == summary.elders
    assert len(devices) == summary.devices
    assert {(row["site"], row["person"]) for row in sets["elders"]} <= residents
    assert {row["device"] for row in sets["cameras"]} <= devices.keys()
    roads = {row["site"] for row in sets["roads"]}
    for event in map(orjson.loads, text.splitlines()):
        if event["kind"] in ("flow", "traffic"):
            assert event["site"] in roads
        if event["kind"] not in ("report", "patrol", "case"):
            assert devices[event["device"]]["site"] == event["site"]
        if str(event.get("person", "")).startswith("p"):
            assert (event["site"], event["person"]) in residents


def test_the_truth_names_shipped_rules_within_the_span(told: tuple[Path, bytes, SimulationSummary]) -> None:
    folder, _, summary = told
    truth = rows(folder / "truth.csv")
    assert Counter(row["rule"] for row in truth) == summary.planted
    assert len(summary.planted) > 30
    assert all("2025-03-03T00:00" <= row["start"] <= row["end"] < "2025-03-06T00:00" for row in truth)
    assert all(row["key"] and row["site"] and row["detail"] for row in truth)


def test_a_large_city_lives_shorter_for_few_events_and_a_short_span_plants_nothing(tmp_path: Path) -> None:
    _, summary = city(tmp_path, 40_000, communities=300)
    assert summary.communities == 300
    assert summary.end - START < 86_400_000
    assert summary.planted == {}


def test_the_whole_of_nanchang_can_be_simulated(tmp_path: Path) -> None:
    _, summary = city(tmp_path, 60_000, communities=1_913)
    assert (summary.communities, summary.residents) == (1_913, 1_913 * 800)


@pytest.mark.parametrize(("hour", "days"), [(0, 3), (13, 3), (23, 4), (5, 1)])
def test_a_span_may_begin_at_any_hour(tmp_path: Path, hour: int, days: int) -> None:
    text, summary = city(tmp_path, 60_000, start=START + hour * 3_600_000, duration_s=days * 86_400)
    times = [orjson.loads(line)["time"] for line in text.splitlines()]
    assert (min(times), summary.start) == (START + hour * 3_600_000,) * 2
    assert max(times) < summary.end
    # a silence of 48 hours takes longer than a day
    assert ("elder_inactive_48h" in summary.planted) == (days >= 3)
    assert len(summary.planted) > 30


@pytest.mark.parametrize(
    "options",
    [{"communities": 0}, {"communities": 1_914}, {"duration_s": 59}, {"communities": 1_000, "duration_s": 86_400}],
)
def test_what_does_not_go_together_is_refused_in_both_languages(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(SimulationError) as caught:
        city(tmp_path, 10_000, **options)
    assert caught.value.en != caught.value.zh


def test_progress_rises_to_the_number_of_events(tmp_path: Path) -> None:
    seen: list[int] = []
    simulate(120_000, 1, io.BytesIO(), tmp_path / "truth.csv", tmp_path, progress=seen.append)
    assert seen == sorted(seen)
    assert len(seen) > 1
    assert seen[-1] == 120_000


def test_three_hundred_thousand_events_take_less_than_a_second(tmp_path: Path) -> None:
    city(tmp_path, 1_000)
    began = time.process_time()
    city(tmp_path, 300_000)
    assert time.process_time() - began < 1.0
