"""The process around the engine: from sources to derived logs, stopped and started again at any time."""

import threading
import time

import numpy as np
import orjson
import pytest

from connectors.files import FileSource
from connectors.simulator import simulate
from events.block import Events
from events.identity import CityKey
from events.schema import Schemas
from rules.check import LIBRARY, load
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import log_folder, open_engine
from streams.embedded.process import Input, Process
from streams.log.file_log import Retention
from streams.log.reader import LogReader
from streams.replay import Replay
from streams.time.watermark import Feed
from tests.streams.embedded.town import bodies, in_one_order

CITY = CityKey()
PLAN = load([LIBRARY], Schemas.load(), CITY).plan
BEHIND = 2**62
FREE = Retention(headroom_bytes=0)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    simulate(40_000, 3, folder / "events.ndjson", folder / "truth.csv", folder / "reference")
    return folder


def source(city, **options):
    return FileSource(city / "events.ndjson", feed="city", number=0, time_max=BEHIND, **options)


def process(city, folder, inputs, *, shards=1, debt_s=3.0, feeds=("city",), **options):
    references, _ = References.load(PLAN, city / "reference", CITY)
    named = [Feed(name) for name in feeds]
    engine, inbox = open_engine(
        folder, Edition.of(PLAN, references), named, CITY, shards=shards, retention=FREE, clock=clock, debt_s=debt_s
    )
    return Process(engine, inbox, inputs, **options)


def clock():
    return time.time_ns() // 1_000_000 + 40 * 365 * 86_400_000


def replayed(city):
    references, _ = References.load(PLAN, city / "reference", CITY)
    replay = Replay(PLAN, references, [source(city)], CITY)
    return in_one_order(orjson.loads(orjson.dumps([alert.body() for some in replay.run() for alert in some])))


@pytest.mark.parametrize("shards", [1, 2])
def test_a_bounded_feed_gives_the_alerts_of_its_replay(city, tmp_path, shards):
    read = []
    running = process(city, tmp_path, [Input(source(city, block_bytes=1 << 18))], shards=shards, on_read=read.append)
    running.run()
    assert bodies(tmp_path) == replayed(city)
    assert sum(read) == (city / "events.ndjson").stat().st_size
    dead = [
        line
        for frame in LogReader(log_folder(tmp_path, "dead_letters")).read(0)
        for line in bytes(frame.text).splitlines()
    ]
    assert dead == []


class Given:
    """A live source of blocks that are given to it."""

    feed = "city"

    def __init__(self, blocks):
        self.left = list(blocks)
        self.delivered = 0
        self.closed = threading.Event()

    def next_block(self):
        if not self.left:
            self.closed.wait()
            return None
        self.delivered += 1
        return self.left.pop(0)

    def line(self, position):
        raise AssertionError("the event log has it")

    def close(self):
        self.closed.set()


def test_what_is_stopped_and_started_again_has_the_alerts_of_one_run(city, tmp_path):
    text = (city / "events.ndjson").read_bytes().splitlines(keepends=True)
    blocks = [Events.of(b"".join(text[i : i + 2000]), feed="city") for i in range(0, len(text), 2000)]
    for first in range(0, len(blocks), 5):
        given = Given(blocks[first : first + 5])
        running = process(city, tmp_path / "stopped", [Input(given, live=True)], debt_s=0.05, now_s=lambda: 0.0)
        stopping = threading.Thread(target=stop_behind, args=(running, given, 5))
        stopping.start()
        recovery = running.run()
        stopping.join()
        assert not recovery.refused and not recovery.missing
        assert first == 0 or recovery.bytes_read == 0, "it was stopped in order: nothing is read again"
    stopped = bodies(tmp_path / "stopped")
    one = process(city, tmp_path / "one", [Input(source(city, block_bytes=1 << 18))])
    one.run()
    assert {body["id"] for body in stopped} <= {body["id"] for body in bodies(tmp_path / "one")}
    assert len(stopped) > 20


def stop_behind(running, given, count):
    while given.delivered < min(count, given.delivered + len(given.left)):
        time.sleep(0.01)
    time.sleep(0.3)
    running.stop()


def test_a_start_notes_the_feed_that_was_given_another_name(city, tmp_path):
    process(city, tmp_path, [Input(source(city))]).run()
    engine = process(city, tmp_path, [], feeds=("town",)).engine
    found = engine.recover()
    engine.close()
    assert (found.left, found.changed) == (["city"], ["city", "town"]) and found.missing
    assert any("of other feeds than those that are declared" in why for why in found.refused)


def _ticks(folder):
    frames = LogReader(log_folder(folder, "events")).read(0)
    return [(frame.feed, orjson.loads(bytes(frame.text)).get("blind", False)) for frame in frames if frame.what]


def test_an_idle_feed_is_ticked_and_one_that_is_away_is_not(city, tmp_path):
    now = [0.0]
    away = {"b": True}
    running = process(
        city,
        tmp_path,
        [],
        feeds=("a", "b"),
        connected={"a": lambda: True, "b": lambda: not away["b"]},
        now_s=lambda: now[0],
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    for second in range(1, 5):
        now[0] = second + 0.1
        until = time.monotonic() + 10
        while _ticks(tmp_path).count(("a", False)) < second and time.monotonic() < until:
            time.sleep(0.05)
    running.append("b", b'{"kind":"gate"}\n').result(5)
    now[0] = 605.0
    time.sleep(0.3)
    running.stop()
    thread.join(10)
    ticks = _ticks(tmp_path)
    assert ticks.count(("a", False)) >= 4
    assert ("b", False) not in ticks and ("b", True) in ticks
    assert len(list(LogReader(log_folder(tmp_path, "dead_letters")).read(0))) == 1


def test_a_source_that_fails_ends_the_run_with_its_error(city, tmp_path):
    class Broken(Given):
        def next_block(self):
            raise ValueError("no such device")

    with pytest.raises(ValueError, match="no such device"):
        process(city, tmp_path, [Input(Broken([]), live=True)]).run()
    again = process(city, tmp_path, [Input(Given([]), live=True)])  # the logs were released
    again.stop()
    again.run()


def test_a_last_line_without_its_newline_is_a_line(city, tmp_path):
    (tmp_path / "two.ndjson").write_bytes(b'{"kind":"gate"}\n{"kind":"gate"}')
    two = FileSource(tmp_path / "two.ndjson", feed="city", number=0, time_max=BEHIND)
    process(city, tmp_path / "data", [Input(two)]).run()
    lines = [
        line
        for frame in LogReader(log_folder(tmp_path / "data", "dead_letters")).read(0)
        for line in bytes(frame.text).splitlines()
    ]
    assert [orjson.loads(line)["reason"] for line in lines] == ["missing_time"] * 2
    assert np.diff([orjson.loads(line)["position"] for line in lines]) == 16
