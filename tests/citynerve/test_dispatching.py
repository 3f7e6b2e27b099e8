"""The whole way: an event into the log of an engine, an alert out of it, a dispatch in the topic of a department."""

import threading
import time

import orjson
import pytest

from citynerve import config
from citynerve.cli.failure import Failure
from citynerve.dispatching import open_desk
from citynerve.text import use
from citynerve.wordings import given
from dispatch.desk import Desk
from dispatch.state import StateError
from dispatch.watchdog import MINUTE_MS
from events.schema import Schemas
from rules import check
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import log_folder, open_engine, wall_clock
from streams.embedded.process import Process
from streams.log.file_log import Retention
from streams.log.reader import LogReader
from streams.time.watermark import Feed

RULES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (check.LIBRARY / "watchdog.yaml", check.LIBRARY / "routes.yaml")
}


@pytest.fixture(autouse=True)
def in_english():
    use("en")


def records(data, topic):
    log = LogReader(log_folder(data, topic))
    return [orjson.loads(text) for frame in log.read(log.begin) for text in bytes(frame.text).splitlines()]


def until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def test_a_synthetic_incident_goes_the_whole_way_and_the_watchdog_says_so(tmp_path):
    city = config.city()
    ruleset = check.loads(RULES, Schemas.load(), city)
    feeds = [Feed("desk", frozenset({"synthetic"}), 0)]
    references = References.of(ruleset.plan, {}, city)
    engine, inbox = open_engine(tmp_path, Edition.of(ruleset.plan, references), feeds, city)
    process = Process(engine, inbox, [], connected={"desk": lambda: True})
    running = threading.Thread(target=process.run)
    running.start()
    assert process.ready.wait(30)
    now, ahead = wall_clock(), 0
    dispatcher = open_desk(tmp_path, given(ruleset, None)[0], lambda: now + ahead)
    desk = Desk(dispatcher, lambda line: process.append("desk", line).result() and None)
    dispatching = threading.Thread(target=desk.run)
    dispatching.start()
    try:
        until(lambda: any(each["rule"] == "synthetic_incident" for each in records(tmp_path, "dispatch.synthetic")))
        ahead = MINUTE_MS
        until(lambda: len(records(tmp_path, "dispatch.fire")) == 2)
    finally:
        desk.stop()
        dispatching.join()
        process.stop()
        running.join()
    (incident,) = [each for each in records(tmp_path, "dispatch.synthetic") if each["rule"] == "synthetic_incident"][:1]
    assert incident["synthetic"] and incident["message"] == {
        "zh": "desk 的链路自检",
        "en": "synthetic incident of desk",
    }
    first, second = records(tmp_path, "dispatch.fire")
    assert [first["values"]["last_incident"], second["severity"]] == [None, "low"]
    assert second["title"]["en"] == "Alerts come through"
    assert second["values"] == {"last_incident": incident["time"]} and desk.failed_incidents == 0
    assert incident["time"] % MINUTE_MS == 0
    dispatcher.outbox.close()
    assert dispatcher.state.counts() == {}
    dispatcher.state.close()


def test_the_logs_of_topics_are_kept_as_long_as_it_is_told(tmp_path):
    log_folder(tmp_path, "alerts").mkdir(parents=True)
    ruleset = check.loads(RULES, Schemas.load(), config.city())
    now = [wall_clock()]
    retention = Retention(keep_ms=800 * MINUTE_MS, headroom_bytes=0)
    dispatcher = open_desk(tmp_path, given(ruleset, None)[0], lambda: now[0], retention)
    for _ in range(200):
        dispatcher.tick(incidents=False)
        dispatcher.outbox.deliver()
        now[0] += 10 * MINUTE_MS
    dispatcher.outbox.close()
    dispatcher.state.close()
    assert 80 <= len(records(tmp_path, "dispatch.fire")) <= 102


def test_a_folder_without_alerts_is_no_data_folder(tmp_path):
    ruleset = check.loads(RULES, Schemas.load(), config.city())
    with pytest.raises(Failure, match="no data folder"):
        open_desk(tmp_path, given(ruleset, None)[0], wall_clock)


def test_a_second_desk_is_told_of_the_first(tmp_path):
    log_folder(tmp_path, "alerts").mkdir(parents=True)
    ruleset = check.loads(RULES, Schemas.load(), config.city())
    first = open_desk(tmp_path, given(ruleset, None)[0], wall_clock)
    with pytest.raises(StateError, match="another desk"):
        open_desk(tmp_path, given(ruleset, None)[0], wall_clock)
    first.outbox.close()
    first.state.close()
