import time

import orjson
import pytest

from connectors.protocol import Source
from events.block import Events
from streams.control.references import References
from streams.replay import Replay
from tests.streams.small_log import CITY, HOUR, MINUTE, T, line, planned

QUIET = "quiet, from: [gate, camera], key: person, absence: {for: 1h, expect: elders}, purpose: elder_care"
BURST = "burst, from: gate, key: device, window: 10s, threshold: count() >= 2, cooldown: 0s"
PANES = "panes, from: gate, key: device, window: 1m tumbling, threshold: count() >= 2"
PANIC = "panic, from: sensor, when: metric == 'panic', key: device"
ALL = planned(QUIET, BURST, PANES, PANIC)
ELDERS = [{"person": f"p{i}"} for i in range(12)]


class Memory(Source):
    """A file in memory, cut into blocks of so many lines."""

    def __init__(self, number, lines, per_block=10, asked=None):
        self.feed, self.asked = f"f{number}", asked if asked is not None else []
        self._lines, self._at, self._per_block = {}, 0, per_block
        self.position = number << 48
        for text in lines:
            self._lines[self.position] = text
            self.position += len(text) + 1
        self._positions = list(self._lines)

    def next_block(self):
        taken = self._positions[self._at : self._at + self._per_block]
        if not taken:
            return None
        self.asked.append(self.feed)
        self._at += len(taken)
        return Events.of(b"".join(self._lines[p] + b"\n" for p in taken), feed=self.feed, position=taken[0])

    def line(self, position):
        return self._lines[position]

    def close(self):
        pass


def replay(plan, *files, per_block=10, asked=None, **more):
    sources = [Memory(number, lines, per_block, asked) for number, lines in enumerate(files)]
    return Replay(plan, References.of(plan, {"elders": ELDERS}, CITY), sources, CITY, **more)


def written(run):
    return [alert for alerts in run.run() for alert in alerts]


def a_city(count=400, file=0):
    lines = []
    for i in range(count):
        at = i // 4 * 44_000 + i % 4 * 700 + (i * 7919) % 1500 + file * 3
        kind = ("gate", "gate", "camera", "sensor")[i % 4]
        more = {"metric": "panic"} if kind == "sensor" else {"person": f"p{i % 8}"}
        lines.append(line(at, f"{file}-{i % 397}", kind, device=f"d{i // 4 % 5}", **more))
    return lines


@pytest.fixture(scope="module")
def whole():
    run = replay(ALL, a_city(), a_city(300, 1), per_block=700)
    return [alert.canonical() for alert in written(run)], run.summary


def test_the_city_has_alerts_of_every_rule(whole):
    assert all(count > 3 for count in whole[1].alerts.values())
    assert sum(whole[1].alerts.values()) == len(whole[0])


@pytest.mark.parametrize("shards", [1, 2, 3])
@pytest.mark.parametrize("per_block", [1, 13])
def test_any_number_of_shards_and_any_cut_into_blocks_give_the_same_bytes_and_counts(whole, shards, per_block):
    run = replay(ALL, a_city(), a_city(300, 1), per_block=per_block, shards=shards)
    assert [alert.canonical() for alert in written(run)] == whole[0]
    for name in ("events", "late", "duplicates", "alerts", "without_key", "suppressed", "rejected"):
        assert getattr(run.summary, name) == getattr(whole[1], name), name


def test_alerts_are_written_in_the_order_of_time_rule_and_key_as_soon_as_none_can_come_before_them():
    run = replay(ALL, a_city(), per_block=5)
    alerts, early = [], 0
    for part in run.run():
        alerts += part
        early += bool(part)
    assert alerts == sorted(alerts, key=lambda a: a.sort_key())
    assert early > 50


def test_the_file_with_the_least_watermark_is_read_next_and_of_equal_ones_the_first(monkeypatch):
    monkeypatch.setattr("streams.replay.TURN", 1)
    asked = []
    fast, slow = [line(i * MINUTE, f"a{i}") for i in range(6)], [line(i * 1000, f"b{i}") for i in range(4)]
    written(replay(ALL, fast, slow, per_block=1, asked=asked))
    # both begin; f0 goes ahead to 0, f1 follows until it has ended, which holds nobody
    assert asked == ["f0", "f1", "f0", "f1", "f1", "f1", "f0", "f0", "f0", "f0"]


def test_how_files_are_cut_into_blocks_changes_nothing(monkeypatch):
    monkeypatch.setattr("streams.replay.TURN", 4)
    fast = [line((i * 37 % 50) * MINUTE, f"a{i}", person=f"p{i % 12}") for i in range(60)]
    slow = [b"{" if i % 7 == 0 else line((i * 29 % 60) * 90_000, f"b{i}", person=f"p{i % 5}") for i in range(45)]
    runs = [written(replay(ALL, fast, slow, per_block=size, shards=n)) for size in (1, 3, 10, 1000) for n in (1, 2)]
    assert all(run == runs[0] for run in runs) and runs[0]


def test_at_the_end_time_stands_at_the_greatest_event_of_all_files():
    lines = [line(0, "x", person="p1")]
    assert [a.time - T for a in written(replay(ALL, [*lines, line(HOUR - 1, "y")]))] == []
    assert {a.time - T for a in written(replay(ALL, [*lines, line(HOUR, "y")]))} == {HOUR}
    assert {a.time - T for a in written(replay(ALL, lines, [line(HOUR, "y")]))} == {HOUR}


def test_until_goes_further_and_never_back():
    lines = [line(0, "x", person="p1"), line(10 * MINUTE, "y")]
    run = replay(ALL, lines, until=T + HOUR)
    assert len(written(run)) == run.summary.alerts["quiet"] == len(ELDERS)
    assert written(replay(ALL, lines, until=T + HOUR - 1)) == []
    assert len(written(replay(ALL, [*lines, line(HOUR, "z")], until=T))) == len(ELDERS)


def test_its_time_is_the_greatest_event_of_all_files_whatever_fires():
    run = replay(planned(BURST), [line(0), line(5 * MINUTE)], [line(HOUR), line(3 * MINUTE)], until=T + 2 * HOUR)
    assert run.time is None
    assert written(run) == [] and run.time == T + HOUR


def test_an_epoch_is_the_first_event_of_any_kind():
    run = replay(ALL, [line(5, "x", "flow"), line(HOUR + 5, "y", "flow")])
    assert {(a.since - T, a.time - T) for a in written(run)} == {(5, HOUR + 5)}


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("files", [(), ([],), ([], []), ([b"{", b""],)])
def test_nothing_to_read_gives_nothing(files, shards):
    run = replay(ALL, *files, shards=shards, until=T)
    assert written(run) == []
    assert run.summary.events == 0


def test_dead_letters_are_counted_and_told_and_harm_no_neighbour():
    told = []
    lines = [
        b"{",
        line(0, "x", device="d"),
        b'{"kind":"gate"}',
        line(1, "y", device="d"),
        b'{"kind":"gate","time":1,"x":"\xff"}',
        b'{"kind":"cat","time":1}',
    ]
    run = replay(ALL, lines, on_dead_letters=lambda batch: told.extend(batch.rejects.line.tolist()))
    assert [a.rule for a in written(run)] == ["burst"]
    assert told == [0, 2, 4, 5]
    assert run.summary.rejected == {"syntax": 1, "utf8": 1, "missing_time": 1, "unknown_kind": 1}
    assert run.summary.events == 2


def test_late_and_repeated_events_are_counted():
    lines = [
        line(0, "x", device="d"),
        line(9000, "y", device="d"),
        line(9000, "y", device="d"),
        line(5, "late", device="d"),
    ]
    run = replay(ALL, lines, per_block=1)
    written(run)
    assert (run.summary.late, run.summary.duplicates) == (1, 1)


def test_the_summary_can_be_written_as_json():
    run = replay(ALL, a_city(40))
    written(run)
    body = orjson.loads(orjson.dumps(run.summary.as_dict()))
    assert body["events"] == 40
    assert body["events_per_s"] > 0
    assert set(body["stages"]) == {"decode", "order", "patterns", "alerts"}


def test_progress_is_told_the_bytes_of_each_block():
    read = []
    lines = [line(i, f"{i}") for i in range(5)]
    for _ in replay(ALL, lines, per_block=2).run(read.append):
        pass
    assert sum(read) == sum(len(text) + 1 for text in lines)


def test_alerts_that_must_wait_are_not_looked_through_again_for_every_block():
    # one clock an hour ahead makes the rest of the city late: its alerts stand at that watermark until the end
    lines = [
        line(HOUR, "ahead", "flow"),
        *(line(i, f"x{i}", "sensor", metric="panic", device="d") for i in range(4000)),
    ]
    start = time.process_time()
    assert len(written(replay(planned(PANIC), lines, per_block=4))) == 4000
    per_block = replay(planned(PANIC), lines, per_block=2000)
    between = time.process_time()
    written(per_block)
    assert between - start < 5 * (time.process_time() - between) + 3


def test_who_stops_reading_early_stops_the_replay():
    for shards in (1, 2):
        parts = replay(ALL, a_city(), per_block=5, shards=shards).run()
        next(parts)
        parts.close()


@pytest.mark.parametrize("shards", [1, 2])
def test_keys_that_went_because_a_table_was_full_are_counted_over_all_shards(shards):
    plan = planned(BURST + ", capacity: 2")
    run = replay(plan, [line(i, f"x{i}", device=f"d{i}") for i in range(20)], shards=shards)
    written(run)
    assert run.summary.evicted == {"burst": 20 - 2 * shards}
