"""A desk beside an engine: killed it comes again, it ends with its engine, and what it has read may go."""

import json
import os
import re
import signal
import time
from pathlib import Path

import orjson
import pytest

from citynerve import config, desk_process
from citynerve.desk_process import DeskProcess
from citynerve.desk_watch import DeskWatch
from dispatch.dispatcher import AGAIN_BYTES
from dispatch.progress import Progress, Topic, progress
from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import SNAPSHOTS, log_folder, open_engine
from streams.embedded.needed import needed
from streams.log.file_log import Retention
from streams.log.reader import LogReader
from streams.log.segment import segments
from streams.snapshot.container import pack
from streams.time.watermark import Feed
from tests.citynerve.test_service import RULES, Running, city

__all__ = ["city"]
WATCHED = """
- rule: synthetic_incident
  title: {zh: 自检, en: Test}
  purpose: operations
  from: synthetic
  key: device
  severity: low
  route: fire
  message: {zh: 自检, en: test}
"""


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)
    return found


def desks_of(engine):
    """Return the processes that an engine has started."""
    threads = Path(f"/proc/{engine}/task").glob("*/children")
    return [int(pid) for children in threads for pid in children.read_text().split()]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def dispatched(data, topic="dispatch.fire"):
    frames = LogReader(log_folder(data, topic)).read(0)
    records = [orjson.loads(text) for frame in frames for text in bytes(frame.text).splitlines()]
    return [record for record in records if record["rule"] != "watchdog"]


def test_a_desk_that_is_killed_comes_again_and_a_stopped_engine_leaves_nothing_undispatched(city):
    (city / "rules.yaml").write_text(RULES + WATCHED, encoding="utf-8")
    running = Running(city)
    running.post("d1")
    [first] = until(lambda: desks_of(running.process.pid))
    until(lambda: len(dispatched(city / "data")) >= 2)  # a synthetic incident, too: the watchdog looks at the engine
    assert {record["rule"] for record in dispatched(city / "data")} == {"smoke", "synthetic_incident"}
    os.kill(first, signal.SIGKILL)
    [second] = until(lambda: [pid for pid in desks_of(running.process.pid) if pid != first])
    running.post("d2")
    code, _, err = running.end(signal.SIGTERM)
    assert "no rule `synthetic_incident`" not in err
    assert code == 0 and "the desk was killed by signal 9; it is started again in 1 s" in err
    assert not lives(second)
    smoke = [record for record in dispatched(city / "data") if record["rule"] == "smoke"]
    assert [record["key"]["device"] for record in smoke] == ["d1", "d2"]


def test_an_engine_that_is_killed_takes_its_desk_with_it_and_holds_up_nobody(city):
    running = Running(city)
    [desk] = until(lambda: desks_of(running.process.pid))
    until((city / "data" / "desk" / "desk.db").exists)
    assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    until(lambda: not lives(desk), 20.0)


def test_both_stop_at_ctrl_c_and_at_once_at_the_second_signal(city):
    running = Running(city)
    [desk] = until(lambda: desks_of(running.process.pid))
    began = time.monotonic()
    os.kill(running.process.pid, signal.SIGINT)
    _, _, err = running.end(signal.SIGINT)
    assert "no rule `synthetic_incident` is in force" in err
    until(lambda: not lives(desk), 20.0)
    assert time.monotonic() - began < 30


def test_an_engine_may_have_its_desk_apart(city):
    path = city / "citynerve.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "desk: apart\n", encoding="utf-8")
    running = Running(city)
    metrics = next(line.split()[-1] for line in running.told if "metrics at" in line)
    assert metrics and desks_of(running.process.pid) == []
    assert running.end(signal.SIGTERM)[0] == 0


def test_a_desk_that_cannot_work_is_started_again_after_growing_pauses(tmp_path, monkeypatch):
    monkeypatch.setattr(desk_process, "PAUSE_S", 0.01)
    monkeypatch.setattr(desk_process, "PAUSE_MAX_S", 0.03)
    told = []
    desk = DeskProcess(["--data", str(tmp_path / "nowhere")], told.append)
    desk.start()
    until(lambda: desk.starts == 3)
    assert not desk.stop(time.monotonic() + 10, lambda: False) and desk.pid is None
    assert sum(bool(re.search("nowhere", line)) for line in told) >= 2
    assert any("has ended (1)" in line for line in told)


def engine_of(folder):
    ruleset = check.loads({"rules.yaml": RULES}, Schemas.load(), CityKey())
    references = References.of(ruleset.plan, {}, config.city())
    retention = Retention(segment_bytes=1, keep_ms=0, headroom_bytes=0)
    return open_engine(
        folder, Edition.of(ruleset.plan, references), [Feed("city")], config.city(), retention=retention
    )[0]


def test_alerts_go_when_they_are_old_and_read_and_no_snapshot_needs_them(tmp_path, monkeypatch):
    engine = engine_of(tmp_path)
    alerts = engine.logs.alerts
    for number in range(4):
        alerts.append("", b'{"id":"a%d"}\n' % number).result()
    watch = DeskWatch(tmp_path, engine, None)

    def kept():
        watch.forget()
        alerts.append("", b'{"id":"more"}\n').result()  # a segment each: what is not needed goes with the next one
        return segments(log_folder(tmp_path, "alerts"))[0]

    assert kept() == 0  # no snapshot, no desk
    header = {"shard": [0, 1], "beside": {"alerts": 30, "late": 0, "dead_letters": 0}}
    (tmp_path / SNAPSHOTS / "shard-000.0000000000000009.snapshot").write_bytes(pack(header, {}))
    assert kept() == 0  # nobody knows what a desk has read
    watch.latest = Progress(AGAIN_BYTES + 15, 0, 0, {})
    assert kept() == 12
    watch.latest = Progress(AGAIN_BYTES + 1000, 0, 0, {})
    assert kept() == 24  # the snapshot reads it from 30 on
    engine.close()


def test_what_a_start_needs_is_what_the_oldest_snapshot_needs(tmp_path):
    for shard, position, alerts in ((0, 5, 50), (0, 9, 90), (1, 7, 70)):
        path = tmp_path / f"shard-{shard:03d}.{position:016d}.snapshot"
        path.write_bytes(pack({"shard": [shard, 2], "beside": {"alerts": alerts}}, {}))
    assert needed(tmp_path, 2) == {"alerts": 50}
    assert needed(tmp_path, 3) == {}
    path.write_bytes(b"damaged")
    assert needed(tmp_path, 2) == {}


def test_how_far_a_desk_is_can_be_asked_while_it_works(tmp_path):
    from dispatch.state import State

    assert progress(tmp_path) is None
    state = State(tmp_path)
    with state.transaction() as database:
        state.set_number("position", 7)
        database.execute("INSERT INTO topics VALUES ('dispatch.fire', 4, 0)")
        database.execute("INSERT INTO outbox VALUES ('dispatch.fire', 3, 'x', '{}')")
    assert progress(tmp_path) == Progress(7, 0, 0, {"dispatch.fire": Topic(3, 1)})
    with state.transaction():
        state.set_number("position", 8)
        assert progress(tmp_path).position == 7  # what is not committed is not told
    state.close()
    (tmp_path / "desk.db").write_bytes(b"damaged" * 1000)
    assert progress(tmp_path) is None


def test_a_desk_that_is_heard_of_each_minute_is_not_down_between_two():
    assert desk_process.sender("token").pause_s == 180.0


@pytest.mark.parametrize(("host", "address"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.9", "10.0.0.9")])
def test_an_ingest_that_listens_everywhere_is_asked_at_home(host, address):
    assert desk_process.to_ingest(host, 8080, None) == ["--ingest", f"http://{address}:8080"]
    certificate = Path("a.pem")
    by_tls = ["--ingest", f"https://{address}:8080", "--certificate", "a.pem"]
    assert desk_process.to_ingest(host, 8080, certificate) == by_tls


def test_a_run_dispatches_all_that_it_raises(citynerve, tmp_path):
    assert citynerve("run", "--events", 20_000, "--folder", tmp_path).code == 0
    data = tmp_path / "data"
    found = progress(data / "desk")
    assert found.position == LogReader(log_folder(data, "alerts")).end > 0 and found.waiting == 0
    firings = {json.loads(line)["alert"] for line in (tmp_path / "alerts.ndjson").read_bytes().splitlines()}
    reached = {
        record["alert"] for topic in found.topics for record in dispatched(data, topic) if not record.get("synthetic")
    }
    assert reached and reached <= firings
