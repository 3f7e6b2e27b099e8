"""Backtests and explanations read the durable log of an engine as well as files."""

import json
from collections import Counter

import pytest

from rules.check import LIBRARY
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder of a run, and the alerts that its engine wrote."""
    from citynerve.cli.main import run

    folder = tmp_path_factory.mktemp("ran") / "run"
    assert run(["run", "--events", "20000", "--folder", str(folder)]) == 0
    frames = LogReader(log_folder(folder / "data", "alerts")).read(0)
    return folder, [json.loads(line) for frame in frames for line in bytes(frame.text).splitlines()]


def test_a_backtest_over_the_log_counts_what_the_engine_raised(citynerve, ran):
    folder, alerts = ran
    told = citynerve("rules", "backtest", LIBRARY, LIBRARY, "--log", folder, "--format", "json")
    document = json.loads(told.out)
    assert told.code == 0, told.err
    raised = Counter(alert["rule"] for alert in alerts if alert["transition"] == "firing")
    counted = {each["rule"]: sum(day["new"] for day in each["days"].values()) for each in document["rules"]}
    assert {rule: count for rule, count in counted.items() if count} == raised
    assert all(each["new"] == each["gone"] == 0 for each in document["rules"] if "gone" in each)


def test_an_alert_of_the_engine_is_explained_from_its_log(citynerve, ran):
    folder, alerts = ran
    alert = next(each for each in alerts if each["evidence"] and each["transition"] == "firing")
    told = citynerve("rules", "explain", alert["id"], "--log", folder, "--format", "json")
    assert told.code == 0, told.err
    assert alert["id"] in told.out and all(id in told.out for id in alert["evidence"])


def test_an_event_is_explained_from_the_log(citynerve, ran):
    folder, alerts = ran
    alert = next(each for each in alerts if each["rule"] == "smoke")
    told = citynerve("rules", "explain", "smoke", "--event", alert["evidence"][0], "--log", folder)
    assert told.code == 0 and alert["alert"] in told.out


def test_only_what_arrived_in_a_span_is_read(citynerve, ran):
    folder, _ = ran
    log = LogReader(log_folder(folder / "data", "events"))
    last = max(frame.received for frame in log.read(log.begin))
    for arguments in (("--from", last + 1), ("--to", 946_684_800_000)):
        told = citynerve("rules", "backtest", LIBRARY, LIBRARY, "--log", folder, *arguments)
        assert told.code == 1 and "nothing of that time" in told.err
    told = citynerve("rules", "backtest", LIBRARY, LIBRARY, "--log", folder, "--to", last + 1, "--format", "json")
    assert told.code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "with --log"),
        (("--log", "RUN", "--events", "a.ndjson"), "with --log"),
        (("--events", "a.ndjson", "--from", "2026-11-23T08:00:00+08:00"), "go with --log"),
    ],
)
def test_what_does_not_go_together_is_told(citynerve, ran, arguments, words):
    arguments = [ran[0] if each == "RUN" else each for each in arguments]
    told = citynerve("rules", "backtest", LIBRARY, LIBRARY, *arguments)
    assert told.code == 2 and words in told.err
    told = citynerve("rules", "explain", "smoke", "--event", "e", "--log", ran[0], "--until", "2026-11-23T08:00:00Z")
    assert told.code == 2 and "--until go with --events" in told.err
