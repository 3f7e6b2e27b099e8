"""An alert of an engine is explained by what was in force when it was raised, not by what is now."""

import json

import pytest

from streams.embedded.folder import log_folder
from streams.log.file_log import FileLog
from tests.citynerve.published import CONFIGURATION, ROWS, RULES, Place

EVENT = {"time": 1_764_000_001_000, "kind": "sensor", "id": "e1", "site": "S1", "device": "d1", "value": 4}
NOW = ("value > devices.limit", "value > 3 * devices.limit")


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.close()


def raised(place, citynerve):
    """Return the alert that the first rules raise of an event; both stand in the logs of the engine."""
    events, alerts, rules = place.folder / "e.ndjson", place.folder / "a.ndjson", place.folder / "first.yaml"
    rules.write_text(RULES, encoding="utf-8")
    events.write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    told = citynerve("replay", events, "--rules", rules, "--reference", place.reference, "--alerts", alerts)
    assert told.code == 0, told.err
    (line,) = alerts.read_bytes().splitlines()
    for name, text in (("events", events.read_bytes()), ("alerts", line + b"\n")):
        log = FileLog(log_folder(place.data, name), lambda: EVENT["time"])
        log.append("sensors", text).result()
        log.close()
    return json.loads(line)


def test_the_rules_and_sets_of_then_explain_an_alert(place, citynerve):
    alert = raised(place, citynerve)
    place.open()
    (first,) = place.entries
    assert alert["envelope"]["ruleset"] == first.ruleset
    told = citynerve("rules", "explain", alert["id"], "--log", place.data)
    assert told.code == 0 and "value = 4" in told.out and "in force when it was raised" not in told.err

    place.change(NOW)
    place.until(lambda: len(place.entries) == 2)
    place.rows(ROWS.replace("d1,3", "d1,9"))
    place.until(lambda: len(place.entries) == 3)
    place.close()
    told = citynerve("rules", "explain", alert["id"], "--log", place.data)
    assert told.code == 0, told.err
    assert "value = 4" in told.out and "devices.limit = 3" in told.out
    assert f"ruleset {first.ruleset}, edition {first.edition}" in told.err and "in force now" in told.err

    told = citynerve(
        "rules", "explain", alert["id"], "--log", place.data, "--rules", place.rules, "--reference", place.reference
    )
    assert told.code == 1 and "raise no alert" in told.err


def test_sets_that_are_no_longer_kept_are_said_to_be_those_of_now(place, citynerve):
    alert = raised(place, citynerve)
    place.open()
    place.close()
    feeds = f"feeds: {{sensors: {{token: {'0' * 64}}}}}"
    place.configuration.write_text(CONFIGURATION.replace("feeds: {}", feeds), encoding="utf-8")
    for copy in (place.data / "references").rglob("*"):
        copy.unlink()
    told = citynerve("rules", "explain", alert["id"], "--log", place.configuration)
    assert told.code == 0 and "no longer kept" in told.err and "devices.limit = 3" in told.out
    told = citynerve("rules", "explain", alert["id"], "--log", place.data, "--reference", place.reference)
    assert told.code == 0 and "no longer kept" not in told.err and "devices.limit = 3" in told.out
